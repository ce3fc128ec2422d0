"""Passes over the data: k counts passes, and each visits every sample once, with one step per sample.

The samples are in a new random order for every pass (random reshuffling), in one random order for all
(shuffle once), or as they lie (cyclic, the incremental gradient method). A pass is one step of a proof. What
the order adds is how far the sum of some of the n gradients of a pass is from its share of the whole: for
vectors v_i that sum to zero, of mean square s, and m of them in random order

    E ||sum||^2 = m s + m (m - 1) (-s/(n - 1)) = s m (n - m)/(n - 1),

and in any order ``||sum||^2 <= min(m, n - m) n s``. Source: Mishchenko, Khaled and Richtárik 2020.
"""

from __future__ import annotations

from sympy import Dummy, Expr, Integer, Poly, Rational, bernoulli, cancel, expand

from ratebound.theory.errors import RateboundError
from ratebound.theory.inequality import Assumption, Inequality, needs
from ratebound.theory.letters.passes import (
    aside_gap,
    aside_slope,
    aside_spread,
    pass_away,
    pass_out,
    pass_slope,
    pass_spread,
    shuffle_radius,
)
from ratebound.theory.method import Method, g, x
from ratebound.theory.symbols import (
    L_max,
    alpha,
    d2,
    d2_next,
    delta_next,
    grad_sq,
    moment,
    move_inner,
    move_sq,
    mu,
    mu_min,
    n,
    sigma_star_sq,
)
from ratebound.theory.visits import PASSES, RESHUFFLE, SHUFFLED

_m = Dummy("m", integer=True, nonnegative=True)
_DRAWN = _m + _m * (_m - 1) * (-1 / (n - 1))


def _over_pass(term: Expr, first: int, last: Expr) -> Expr:
    """Return the sum of a polynomial in the number m of summands, from the first to the last.

    By Bernoulli polynomials: sum_{m=a}^{b} m^p = (B_{p+1}(b + 1) - B_{p+1}(a)) / (p + 1).
    """
    total = Integer(0)
    for (p,), factor in Poly(term, _m).terms():
        total += factor * (bernoulli(p + 1, last + 1) - bernoulli(p + 1, first)) / (p + 1)
    return cancel(total)


_ANY = n**2 / 4
"""At least the sum of min(m, n - m) over m = 1 .. n."""
_OUT_OWN, _OUT_STAR = _over_pass(2 * _m, 1, n), _over_pass(2 * _DRAWN, 1, n)
_AWAY_OWN, _AWAY_MEAN = _over_pass(2 * _m, 0, n - 1), _over_pass(2 * _m**2, 0, n - 1)
_AWAY_NOISE = _over_pass(2 * _DRAWN, 0, n - 1)


def pass_step(method: Method) -> dict[Expr, Expr]:
    """Return what a pass makes of the distance: as in a step back from x_{k+1}, and within the pass.

    Raises
    ------
    RateboundError
        If the method is not ``x - alpha g``.
    """
    if method.draws is not None or set(method.update) != {"x"} or method.point != x:
        raise RateboundError(f"{method.name} draws or keeps more than x: its passes have no expansion here")
    if method.sampling != "batch" or expand(method.update["x"] - x + alpha * g) != 0:
        raise RateboundError(f"{method.name} is not x - alpha g with the gradient of a sample")
    return {d2_next: d2 - 2 * alpha * pass_slope - move_sq}


WITHIN = {d2_next: d2 - 2 * alpha * aside_slope + alpha**2 * aside_spread}
"""What one step within a pass makes of ``d2 = ||x_j - x*_j||^2``."""

three_points = Inequality(
    "co-coercive components along a pass, seen from its end",
    pass_slope - n * delta_next - pass_spread / (2 * L_max) + L_max / 2 * pass_out,
    needs("smooth_components"),
    visits=PASSES,
)
out_shuffled = Inequality(
    "points of a shuffled pass near its end",
    alpha**2 * (_OUT_OWN * pass_spread + _OUT_STAR * sigma_star_sq) - pass_out,
    needs("smooth_components"),
    visits=SHUFFLED,
)
out_any = Inequality(
    "points of a pass in any order near its end",
    alpha**2 * (_OUT_OWN * pass_spread + 2 * n * _ANY * sigma_star_sq) - pass_out,
    needs("smooth_components"),
    visits=PASSES,
)
growth_after = Inequality(
    "f - f* >= mu/2 ||x - x*||^2 after the pass", delta_next - mu / 2 * d2_next, needs("strongly_convex")
)
mean_gradient = Inequality(
    "the mean gradient of a pass near grad f(x_k)",
    alpha / 2 * L_max**2 * pass_away - alpha * n / 2 * grad_sq - move_sq / (2 * alpha * n) - move_inner,
    needs("lipschitz_steps"),
    visits=PASSES,
)
away_reshuffled = Inequality(
    "points of a reshuffled pass near its start",
    alpha**2 * (_AWAY_OWN * L_max**2 * pass_away + _AWAY_MEAN * grad_sq + _AWAY_NOISE * (moment - grad_sq))
    - pass_away,
    needs("lipschitz_steps"),
    visits=(RESHUFFLE,),
)
away_any = Inequality(
    "points of a pass in any order near its start",
    alpha**2 * _AWAY_OWN * (L_max**2 * pass_away + n * moment) - pass_away,
    needs("lipschitz_steps"),
    visits=PASSES,
)
aside_strong = Inequality(
    "smooth, strongly convex components within a pass",
    aside_slope - mu_min / 2 * d2 - aside_spread / (2 * L_max) + aside_gap,
    needs("smooth_components", "strongly_convex_components"),
    visits=PASSES,
)
# m (n - m)/(n - 1) <= n/2 for n >= 2, and min(m, n - m) <= n/2.
aside_shuffled = Inequality(
    "the path of x* in a shuffled pass",
    alpha**2 * L_max * Rational(1, 4) * n * sigma_star_sq - aside_gap,
    needs("smooth_components"),
    visits=SHUFFLED,
)
aside_any = Inequality(
    "the path of x* in a pass in any order",
    alpha**2 * L_max * Rational(1, 4) * n**2 * sigma_star_sq - aside_gap,
    needs("smooth_components"),
    visits=PASSES,
)
aside_radius = Inequality(
    "the path of x* in a shuffled pass, by its radius",
    alpha**2 * shuffle_radius - aside_gap,
    needs("shuffle_radius"),
    visits=SHUFFLED,
)
shuffled_path = Assumption(
    "shuffle_radius",
    "a shuffled pass that takes the gradients of x* stays within the radius of x*",
    ("smooth_components", "shuffle_radius"),
    (),
)
ALONG_PASSES = (
    three_points,
    out_shuffled,
    out_any,
    growth_after,
    mean_gradient,
    away_reshuffled,
    away_any,
    aside_strong,
    aside_shuffled,
    aside_any,
    aside_radius,
)
"""The inequalities."""
