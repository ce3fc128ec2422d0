"""Inequalities on components whose gradients are compared at x_k, at stored points and at x*."""

from __future__ import annotations

from sympy import Expr, Integer, S

from ratebound.theory.inequality import Assumption, Inequality, needs
from ratebound.theory.letters.stored import stored_gap, stored_sq
from ratebound.theory.methods import saga
from ratebound.theory.symbols import (
    L,
    L_max,
    d2,
    delta,
    descent,
    drift,
    drift_inner,
    grad_sq,
    moment,
    move_sq,
    mu,
    mu_min,
    spread,
)

_CONVEX = needs("smooth_components")
_STRONG = needs("smooth_components", "strongly_convex_components")


def reduced_moment(split: Expr) -> Inequality:
    """Return the bound on E||v_k||^2 of a reduced estimate v_k, Young's inequality with the factor `split`.

    With a = grad f_i(x_k) - grad f_i(x*), b = s_i - grad f_i(x*) the noise of v_k is that of a - b, so that
    ``E||v_k||^2 <= ||E a||^2 + (1 + t) Var a + (1 + 1/t) Var b``; a batch has less. Source: Defazio, Bach and
    Lacoste-Julien 2014, Lemma 3 (number not checked).
    """
    slack = (1 + split) * spread + (1 + 1 / split) * stored_sq - split * grad_sq - moment
    return Inequality(
        f"second moment of the reduced estimate, split at {split}",
        slack,
        _CONVEX,
        estimate=saga.estimate,
        positive=split,
    )


spread_below = Inequality("spread below the gap", 2 * L_max * delta - spread, _CONVEX)
spread_cocoercive = Inequality(
    "co-coercive components towards x*", descent - delta - spread / (2 * L_max), _CONVEX
)
spread_jensen = Inequality("the mean of squares and the square of the mean", spread - grad_sq, _CONVEX)
stored_below = Inequality("stored gradients below their gaps", 2 * L_max * stored_gap - stored_sq, _CONVEX)
strong_components = Inequality(
    "interpolation of smooth, strongly convex components towards x*",
    2 * descent - 2 * (1 - mu_min / L_max) * delta - spread / L_max - mu_min * d2,
    _STRONG,
)
both_sided = Inequality(
    "co-coercive, strongly convex components towards x*",
    (L_max + mu_min) * descent - mu_min * L_max * d2 - spread,
    _STRONG,
)
steep_components = Inequality(
    "strongly convex components towards x*", descent - mu_min * d2, needs("strongly_convex_components")
)
strong_slope = Inequality(
    "||grad f||^2 >= 2 mu_min (f - f*)", grad_sq - 2 * mu_min * delta, needs("strongly_convex_components")
)
drift_below = Inequality(
    "components are L_max-smooth along the step", L_max**2 * move_sq - drift, needs("lipschitz_steps")
)

drift_cocoercive = Inequality("co-coercive components along the step", L_max * drift_inner - drift, _CONVEX)
drift_interpolated = Inequality(
    "interpolation of smooth, strongly convex components along the step",
    (L_max + mu_min) * drift_inner - mu_min * L_max * move_sq - drift,
    _STRONG,
)
drift_strong = Inequality(
    "f is strongly convex along the step", drift_inner - mu * move_sq, needs("strongly_convex")
)
drift_strong_components = Inequality(
    "components are strongly convex along the step",
    drift_inner - mu_min * move_sq,
    needs("strongly_convex_components"),
)

strongly_convex_components = Assumption(
    "strongly_convex_components",
    "every f_i is mu_min-strongly convex",
    ("mu_min",),
    (strong_slope,),
)
lipschitz_steps = Assumption(
    "lipschitz_steps",
    "every f_i is L_max-smooth, convex or not",
    ("smooth_components", "L_max"),
    (drift_below,),
)
ASSUMPTIONS = (strongly_convex_components, lipschitz_steps)
"""The assumptions."""
COMPARED = (
    reduced_moment(S.One),
    reduced_moment(Integer(2)),
    spread_below,
    spread_cocoercive,
    spread_jensen,
    stored_below,
    strong_components,
    both_sided,
    steep_components,
    drift_cocoercive,
    drift_interpolated,
    drift_strong,
    drift_strong_components,
)
"""The inequalities that take other assumptions."""
FACTS = (
    (needs("smooth_components", "strongly_convex_components"), mu_min <= L_max),
    (needs("smooth", "lipschitz_steps"), L_max >= L),
    (needs("smooth", "smooth_components"), L_max >= L),
)
"""Relations between constants that follow from assumptions."""
