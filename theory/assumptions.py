"""Assumptions, each with the inequalities (slack >= 0) that it contributes to proofs.

Every inequality speaks about one iteration: x_k, the gradient there, and (in conditional expectation given
x_k) the next point. The tests check each of them numerically on every problem that certifies its constants.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from sympy import Expr, S
from sympy.core.relational import Relational

from ratebound.theory.certificates import sample_steps
from ratebound.theory.inequalities import (
    coordinatewise,
    noise_models,
    proximity,
    relaxed,
    second_order,
    stored,
)
from ratebound.theory.inequalities.passes import shuffled_path
from ratebound.theory.inequalities.projections import bounded_coordinates, boxed
from ratebound.theory.inequality import Assumption, Inequality, needs
from ratebound.theory.symbols import (
    L,
    L_inf,
    L_max,
    component_gap,
    d2,
    d2_next,
    delta,
    delta_next,
    descent,
    ell,
    grad_curvature,
    grad_inner,
    grad_l1,
    grad_next_sq,
    grad_sq,
    moment,
    move_curvature,
    move_inf_sq,
    move_inner,
    move_sq,
    mu,
    mu_pl,
    next_descent,
    next_move_inner,
    second_moment,
    sigma_b_sq,
    sigma_star_sq,
    variance_bound,
)

descent_lemma = Inequality(
    "descent lemma of L-smoothness", delta + move_inner + L / 2 * move_sq - delta_next, needs("smooth")
)
gradient_below_gap = Inequality("||grad f||^2 <= 2 L (f - f*)", 2 * L * delta - grad_sq, needs("smooth"))
gradient_lipschitz = Inequality("||grad f|| <= L ||x - x*||", L**2 * d2 - grad_sq, needs("smooth"))
value_below_distance = Inequality("f - f* <= L/2 ||x - x*||^2", L / 2 * d2 - delta, needs("smooth"))
first_order = Inequality("first-order convexity", descent - delta, needs("convex"))
cocoercive = Inequality(
    "convexity and smoothness", descent - delta - grad_sq / (2 * L), needs("convex", "smooth")
)
strong_first_order = Inequality("strong convexity", descent - delta - mu / 2 * d2, needs("strongly_convex"))
quadratic_growth = Inequality("f - f* >= mu/2 ||x - x*||^2", delta - mu / 2 * d2, needs("strongly_convex"))
strong_monotone = Inequality(
    "strong monotonicity of the gradient", descent - mu * d2, needs("strongly_convex")
)
strong_gradient = Inequality("||grad f|| >= mu ||x - x*||", grad_sq - mu**2 * d2, needs("strongly_convex"))
coercive = Inequality(
    "coercivity of a smooth, strongly convex gradient",
    descent - mu * L / (mu + L) * d2 - grad_sq / (mu + L),
    needs("strongly_convex", "smooth"),
)
pl_next = Inequality(
    "Polyak-Lojasiewicz inequality at x_{k+1}", grad_next_sq / 2 - mu_pl * delta_next, needs("pl")
)
variance_transfer = Inequality(
    "variance transfer",
    4 * L_max * delta + 2 * sigma_star_sq - moment,
    needs("smooth_components"),
)
pl_inequality = Inequality("Polyak-Lojasiewicz inequality", grad_sq / 2 - mu_pl * delta, needs("pl"))


def _interpolation(
    name: str,
    rise: Expr,
    slope: Expr,
    grad_diff_sq: Expr,
    distance_sq: Expr,
    paired: Expr,
    curvature: Expr = mu,
    requires: tuple[str, ...] = ("strongly_convex", "smooth"),
) -> Inequality:
    """Interpolation of the class at two points (Taylor, Hendrickx and Glineur 2017, Theorem 4; not checked).

    ``f_i - f_j - <g_j, x_i - x_j> >= (||g_i - g_j||^2/L + m ||x_i - x_j||^2 - 2 (m/L) <g_j - g_i, x_j -
    x_i>) / (2 (1 - m/L))`` with curvatures between m and L; at m = L it is read as the limit. m is mu, 0
    for convex f, -L for nonconvex f.
    """
    excess = grad_diff_sq / L + curvature * distance_sq - 2 * curvature / L * paired
    return Inequality(name, rise - slope - excess * L / (2 * (L - curvature)), needs(*requires))


_GRAD_DIFF_SQ = grad_sq - 2 * grad_inner + grad_next_sq

interpolation_step = _interpolation(
    "interpolation between x_k and x_{k+1}",
    delta - delta_next,
    -next_move_inner,
    _GRAD_DIFF_SQ,
    move_sq,
    next_move_inner - move_inner,
)
interpolation_step_back = _interpolation(
    "interpolation between x_{k+1} and x_k",
    delta_next - delta,
    move_inner,
    _GRAD_DIFF_SQ,
    move_sq,
    next_move_inner - move_inner,
)
convex_step = _interpolation(
    "smooth convex interpolation, x_k above x_{k+1}",
    delta - delta_next,
    -next_move_inner,
    _GRAD_DIFF_SQ,
    move_sq,
    next_move_inner - move_inner,
    S.Zero,
    ("convex", "smooth"),
)
convex_step_back = _interpolation(
    "smooth convex interpolation, x_{k+1} above x_k",
    delta_next - delta,
    move_inner,
    _GRAD_DIFF_SQ,
    move_sq,
    next_move_inner - move_inner,
    S.Zero,
    ("convex", "smooth"),
)
smooth_step = _interpolation(
    "smooth interpolation between x_k and x_{k+1}",
    delta - delta_next,
    -next_move_inner,
    _GRAD_DIFF_SQ,
    move_sq,
    next_move_inner - move_inner,
    -L,
    ("smooth",),
)
interpolation_now = _interpolation("interpolation between x* and x_k", -delta, -descent, grad_sq, d2, descent)
interpolation_next = _interpolation(
    "interpolation between x* and x_{k+1}", -delta_next, -next_descent, grad_next_sq, d2_next, next_descent
)
quadratic_step = Inequality(
    "f along a step, f quadratic", delta + move_inner + move_curvature / 2 - delta_next, needs("quadratic")
)
quadratic_descent = Inequality(
    "<grad f, x - x*> = 2 (f - f*) on a quadratic", descent - 2 * delta, needs("quadratic")
)
cauchy_schwarz = Inequality(
    "Cauchy-Schwarz on a quadratic", 2 * delta * grad_curvature - grad_sq**2, needs("quadratic")
)
spectrum = Inequality(
    "eigenvalues between mu and L",
    (mu_pl + L) * grad_sq - 2 * mu_pl * L * delta - grad_curvature,
    needs("quadratic", "pl", "smooth"),
)
curvature_below = Inequality(
    "<g, H g> <= L ||g||^2", L * grad_sq - grad_curvature, needs("quadratic", "smooth")
)
bounded_moment = Inequality("bounded second moment", second_moment - moment, needs("second_moment"))
bounded_gradient = Inequality(
    "||grad f||^2 <= E||g||^2, bounded", second_moment - grad_sq, needs("second_moment")
)
expected_smoothness = Inequality(
    "expected smoothness and variance at the minimiser",
    4 * ell * delta + 2 * sigma_b_sq - moment,
    needs("expected_smoothness"),
)

components_below = Inequality(
    "||grad f_i||^2 <= 2 L_max (f_i - inf f_i), averaged",
    2 * L_max * (delta + component_gap) - moment,
    needs("bounded_components"),
)
bounded_noise = Inequality("bounded variance", grad_sq + variance_bound - moment, needs("bounded_variance"))
cocoercive_components = Inequality(
    "co-coercive components and variance at the minimiser",
    2 * L_max * descent + 2 * sigma_star_sq - moment,
    needs("smooth_components"),
)

smooth = Assumption(
    "smooth",
    "f is L-smooth",
    ("L",),
    (descent_lemma, gradient_below_gap, gradient_lipschitz, value_below_distance, smooth_step),
)
convex = Assumption("convex", "f is convex", ("convex",), (first_order,))
strongly_convex = Assumption(
    "strongly_convex",
    "f is mu-strongly convex",
    ("mu",),
    (strong_first_order, strong_monotone, strong_gradient, quadratic_growth),
)
pl = Assumption("pl", "f satisfies the Polyak-Lojasiewicz inequality", ("mu_pl",), (pl_inequality, pl_next))
quadratic = Assumption(
    "quadratic", "f is quadratic", ("quadratic",), (quadratic_step, quadratic_descent, cauchy_schwarz)
)
bounded_second_moment = Assumption(
    "second_moment",
    "E||g_k||^2 <= second_moment at every iterate of the run",
    ("second_moment",),
    (bounded_moment, bounded_gradient),
)
convex_components = Assumption(
    "expected_smoothness",
    "every f_i is convex and L_i-smooth; ell is the expected smoothness constant of the sampling",
    ("components_convex", "smooth_components", "ell", "sigma_b_sq"),
    (expected_smoothness,),
)
smooth_components = Assumption(
    "smooth_components",
    "every f_i is convex and L_max-smooth",
    ("components_convex", "smooth_components", "L_max", "sigma_star_sq"),
    (cocoercive_components, variance_transfer),
)
bounded_components = Assumption(
    "bounded_components",
    "every f_i is L_max-smooth and bounded below",
    ("smooth_components", "L_max", "component_gap"),
    (components_below,),
)
bounded_variance = Assumption(
    "bounded_variance",
    "E||g_k - grad f(x_k)||^2 <= variance_bound at every iterate of the run",
    ("variance_bound",),
    (bounded_noise,),
)
descent_in_signs = Inequality(
    "descent lemma in the maximum norm",
    delta + move_inner + L_inf / 2 * move_inf_sq - delta_next,
    needs("smooth_inf"),
)
norms = Inequality("||g||_1 >= ||g||", grad_l1**2 - grad_sq, needs("smooth_inf"))
smooth_inf = Assumption(
    "smooth_inf", "f is L_inf-smooth in the maximum norm", ("L_inf",), (descent_in_signs, norms)
)
lower_bounded = Assumption("lower_bounded", "f is bounded below", ("gap0",))

ASSUMPTIONS: Mapping[str, Assumption] = MappingProxyType(
    {
        each.name: each
        for each in (
            smooth,
            convex,
            strongly_convex,
            pl,
            quadratic,
            bounded_second_moment,
            convex_components,
            smooth_components,
            bounded_components,
            bounded_variance,
            lower_bounded,
            smooth_inf,
            boxed,
            bounded_coordinates,
            shuffled_path,
            *noise_models.ASSUMPTIONS,
            *stored.ASSUMPTIONS,
            *coordinatewise.ASSUMPTIONS,
            *second_order.ASSUMPTIONS,
            *sample_steps.ASSUMPTIONS,
            *proximity.ASSUMPTIONS,
            *relaxed.ASSUMPTIONS,
        )
    }
)
"""The assumptions by name."""

JOINT = (
    cocoercive,
    coercive,
    convex_step,
    convex_step_back,
    interpolation_step,
    interpolation_step_back,
    interpolation_now,
    interpolation_next,
    spectrum,
    curvature_below,
)
"""Inequalities that take more than one assumption."""

FACTS: tuple[tuple[frozenset[str], Relational], ...] = (
    (needs("strongly_convex", "smooth"), mu <= L),
    (needs("pl", "smooth"), mu_pl <= L),
    # The maximum norm is the smaller one: L <= L_inf.
    (needs("pl", "smooth_inf"), mu_pl <= L_inf),
    (needs("strongly_convex", "expected_smoothness"), mu <= ell),
    (needs("strongly_convex", "smooth_components"), mu <= L_max),
    (needs("strongly_convex", "bounded_components"), mu <= L_max),
    (needs("smooth", "bounded_components"), L_max >= L),
    *noise_models.FACTS,
    *stored.FACTS,
    *coordinatewise.FACTS,
    *second_order.FACTS,
    *sample_steps.FACTS,
    *proximity.FACTS,
)
"""Relations between constants that follow from assumptions; proofs may use them."""
