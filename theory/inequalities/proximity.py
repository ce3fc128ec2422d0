"""What proximal steps do where f is a finite sum plus a convex penalty h, in the quantities of one step.

With ``x_{k+1}`` the minimiser of ``alpha h(v) + ||v - (y_k - alpha g)||^2/2`` every z obeys ``<y_k - alpha
g - x_{k+1}, x_{k+1} - z> >= alpha (h(x_{k+1}) - h(z))``. A projection is the case of an h that is zero on
the box and infinite elsewhere: the inequalities of :mod:`ratebound.theory.inequalities.projections` are
these without h. Gradients, L and mu are those of the finite sum alone; gaps are those of f.

As -grad f(x*) is a subgradient of h at x*, the step is one along ``g - grad f(x*)`` with the penalty ``h +
<grad f(x*), .>``, which is least at x*. What it exceeds that least value by is ``penalty_gap``: the gap of
f less the Bregman distance of the finite sum.
"""

from __future__ import annotations

from dataclasses import replace

from sympy import Expr

from ratebound.theory.errors import RateboundError
from ratebound.theory.inequalities.projections import nonexpansive_mean, obtuse_at_iterate, obtuse_at_star
from ratebound.theory.inequality import Assumption, Inequality, needs
from ratebound.theory.letters.penalty import (
    descent_apart,
    moment_apart,
    penalty,
    penalty_gap,
    penalty_gap_next,
    penalty_next,
    penalty_star,
)
from ratebound.theory.letters.stored import stored_sq
from ratebound.theory.method import Method
from ratebound.theory.methods.proximal import prox_gd, prox_lsvrg, prox_saga, prox_sgd, prox_svrg
from ratebound.theory.symbols import (
    L,
    L_max,
    alpha,
    d2,
    d2_next,
    delta,
    delta_next,
    descent,
    move_inner,
    move_sq,
    mu,
    sigma_star_sq,
    spread,
)

_PENALISED = needs("penalised")
_SUM_NOW, _SUM_NEXT = delta - penalty + penalty_star, delta_next - penalty_next + penalty_star
"""The finite sum at x_k and at x_{k+1}, minus its value at x*."""

prox_at_star = Inequality(
    "the proximal step seen from x*",
    obtuse_at_star.slack - alpha * (penalty_next - penalty_star),
    _PENALISED,
    prox_gd,
)
prox_at_iterate = Inequality(
    "the proximal step seen from x_k",
    obtuse_at_iterate.slack - alpha * (penalty_next - penalty),
    _PENALISED,
    prox_gd,
)
prox_mean = Inequality(
    "the proximal step seen from x*, in the mean",
    nonexpansive_mean.slack - 2 * alpha * (penalty_next - penalty_star),
    _PENALISED,
    prox_sgd,
)
sum_descent = Inequality(
    "descent lemma of the finite sum",
    _SUM_NOW + move_inner + L / 2 * move_sq - _SUM_NEXT,
    needs("smooth_sum", "penalised"),
)
sum_first_order = Inequality(
    "first-order convexity of the finite sum", descent - _SUM_NOW, needs("convex_sum", "penalised")
)
sum_strong = Inequality(
    "strong convexity of the finite sum",
    descent - _SUM_NOW - mu / 2 * d2,
    needs("strongly_convex_sum", "penalised"),
)

prox_apart = Inequality(
    "proximal steps bring x_{k+1} and x* no further apart, in the mean",
    d2 - 2 * alpha * descent_apart + alpha**2 * moment_apart - d2_next,
    _PENALISED,
    prox_sgd,
)
prox_towards_star = Inequality(
    "the proximal step seen from x*, f and h tilted by grad f(x*), in the mean",
    prox_apart.slack - 2 * alpha * penalty_gap_next,
    _PENALISED,
    prox_sgd,
)
cocoercive_gap_apart = Inequality(
    "co-coercive components of the finite sum towards x*",
    descent_apart - delta + penalty_gap - spread / (2 * L_max),
    needs("smooth_components_of_sum", "penalised"),
)


def moment_split(c: Expr) -> Inequality:
    """Return ``E||(1 - c) a - c b||^2 >= 0`` for the parts a and b of ``g_k - grad f(x*)``.

    They are ``a = grad f_i(x_k) - grad f_i(x*)`` and ``b = grad f_i(x*) - grad f(x*)``, whose mean square is
    the variance at the minimiser. Means over a batch have smaller squares, so that c is between 0 and 1.
    """
    return Inequality(
        f"spread and variance at the minimiser, split at {c}",
        (1 - c) * spread + c * sigma_star_sq - c * (1 - c) * moment_apart,
        needs("smooth_components_of_sum"),
        positive=c * (1 - c),
    )


def reduced_apart(split: Expr) -> Inequality:
    """Return the bound on E||v_k - grad f(x*)||^2 of a reduced estimate, Young's inequality with `split`.

    Its parts are ``grad f_i(x_k) - grad f_i(x*)``, and ``s_i - grad f_i(x*)`` less its mean, s_i what is
    stored.
    """
    return Inequality(
        f"second moment of the reduced estimate, seen from grad f(x*), split at {split}",
        (1 + split) * spread + (1 + 1 / split) * stored_sq - moment_apart,
        needs("smooth_components_of_sum"),
        estimate=prox_svrg.estimate,
        positive=split,
    )


def _about(inequality: Inequality, method: Method) -> Inequality:
    """Return it for another proximal method whose estimates have the mean grad f(x_k)."""
    if method not in (prox_sgd, prox_svrg, prox_lsvrg, prox_saga):
        raise RateboundError(f"it is not known that {method.name} takes proximal steps along means of grad f")
    return replace(inequality, about=method, estimate=method.estimate)


def towards_star(method: Method) -> Inequality:
    """Return `prox_towards_star` for another proximal method whose estimates have the mean grad f(x_k).

    Raises
    ------
    RateboundError
        If the method is none of this library.
    """
    return _about(prox_towards_star, method)


def no_further(method: Method) -> Inequality:
    """Return `prox_apart` for such a method; raises as :func:`towards_star`."""
    return _about(prox_apart, method)


cocoercive_spread = Inequality(
    "co-coercive components of the finite sum",
    descent_apart - spread / L_max,
    needs("smooth_components_of_sum"),
)
spread_below_gap = Inequality(
    "spread below the gap of f with its penalty",
    2 * L_max * delta - spread,
    needs("smooth_components_of_sum", "penalised"),
)
sum_growth = Inequality(
    "quadratic growth of f with its penalty",
    delta - mu / 2 * d2,
    needs("strongly_convex_sum", "penalised"),
)
monotone_apart = Inequality(
    "strong monotonicity of the gradient of the finite sum",
    descent_apart - mu * d2,
    needs("strongly_convex_sum"),
)
cocoercive_apart = Inequality(
    "co-coercive components and their variance at the minimiser",
    2 * L_max * descent_apart + 2 * sigma_star_sq - moment_apart,
    needs("smooth_components_of_sum"),
)

_ABOUT_BOTH = needs("strongly_convex_sum", "smooth_sum")
step_apart = Inequality(
    "a proximal step brings x_{k+1} and x* no further apart", prox_apart.slack, _PENALISED, prox_gd
)
coercive_apart = Inequality(
    "coercivity of the gradient of the finite sum",
    descent_apart - mu * L / (mu + L) * d2 - moment_apart / (mu + L),
    _ABOUT_BOTH,
    prox_gd,
)
steep_apart = Inequality(
    "||grad f(x_k) - grad f(x*)|| >= mu ||x_k - x*||",
    moment_apart - mu**2 * d2,
    needs("strongly_convex_sum"),
    prox_gd,
)
lipschitz_apart = Inequality(
    "||grad f(x_k) - grad f(x*)|| <= L ||x_k - x*||", L**2 * d2 - moment_apart, needs("smooth_sum"), prox_gd
)
between = Inequality(
    "||(1 - alpha mu) (x_{k+1} - x_k) + alpha mu (x_{k+1} - x*)||^2 >= 0",
    (1 - alpha * mu) * move_sq + alpha * mu * d2_next - alpha * mu * (1 - alpha * mu) * d2,
    needs("strongly_convex_sum"),
    prox_gd,
)

penalised = Assumption(
    "penalised", "f is a finite sum plus l1 ||x||_1; gradients are those of the finite sum", ("l1",)
)
smooth_sum = Assumption("smooth_sum", "the finite sum is L-smooth", ("L",), (sum_descent,))
convex_sum = Assumption("convex_sum", "the finite sum is convex", ("convex",), (sum_first_order,))
strongly_convex_sum = Assumption(
    "strongly_convex_sum", "the finite sum is mu-strongly convex", ("mu",), (sum_strong, monotone_apart)
)
smooth_components_of_sum = Assumption(
    "smooth_components_of_sum",
    "every f_i of the finite sum is convex and L_max-smooth",
    ("components_convex", "smooth_components", "L_max", "sigma_star_sq"),
    (cocoercive_apart,),
)
ASSUMPTIONS = (penalised, smooth_sum, convex_sum, strongly_convex_sum, smooth_components_of_sum)
FACTS = (
    (needs("strongly_convex_sum", "smooth_sum"), mu <= L),
    (needs("strongly_convex_sum", "smooth_components_of_sum"), mu <= L_max),
)
