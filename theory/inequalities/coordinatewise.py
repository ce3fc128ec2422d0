"""Steps along one drawn axis: what they do in expectation, and the inequalities that proofs use of them.

Axis j is drawn with a probability p_j and x moves along it by ``-s_j d_j f(x)``. A sum over the axes of
``c_j (d_j f)^2`` is known for c_j in proportion to 1 or to 1/L_j, one of ``c_j d_j f (x - x*)_j`` for 1.
"""

from __future__ import annotations

from sympy import Expr, S, Symbol, expand, powsimp

from ratebound.theory.draws import L_j
from ratebound.theory.errors import RateboundError
from ratebound.theory.inequality import Assumption, Inequality, needs
from ratebound.theory.letters.coordinates import (
    L_coord,
    L_coord_sum,
    d,
    d2_scaled,
    d2_scaled_next,
    grad_scaled_sq,
    move_scaled_sq,
    mu_axis,
    mu_signs,
)
from ratebound.theory.letters.metric import step_inner
from ratebound.theory.method import Method, g, x
from ratebound.theory.methods import rcd
from ratebound.theory.methods.metric import gauss_southwell
from ratebound.theory.symbols import (
    L_inf,
    d2,
    d2_next,
    delta,
    delta_next,
    descent,
    grad_l1,
    grad_sq,
    move_inner,
    move_sq,
    mu,
    mu_pl,
)

_TOTALS = {S.One: d, L_j: L_coord_sum}
"""Weight of an axis -> its sum over the axes."""
_SQUARES = {S.One: grad_sq, 1 / L_j: grad_scaled_sq}
_SLOPES = {S.One: descent}


def axis_step(method: Method) -> dict[Symbol, Expr]:
    """Return what a step along a drawn axis makes of the next state, in expectation, as far as it is known.

    Raises
    ------
    RateboundError
        If the step is not x plus a multiple of the partial derivative, or the probabilities are not known.
    """
    draws, move = method.draws, expand(method.update["x"] - x)
    weight = None if draws is None else draws.axis
    length = move.coeff(g)
    if weight not in _TOTALS or expand(move - length * g) != 0 or length.has(x, g):
        raise RateboundError(f"{method.name} is no step along one axis, drawn evenly or in proportion to L_j")
    chance = weight / _TOTALS[weight]
    inner = _over_axes(chance * length, _SQUARES)
    scaled = _over_axes(chance * length**2 * L_j, _SQUARES)
    plain = _over_axes(chance * length**2, _SQUARES)
    known = {
        move_inner: inner,
        move_scaled_sq: scaled,
        move_sq: plain,
        d2_scaled_next: _away(d2_scaled, _over_axes(chance * length * L_j, _SLOPES), scaled),
        d2_next: _away(d2, _over_axes(chance * length, _SLOPES), plain),
    }
    return {quantity: value for quantity, value in known.items() if value is not None}


def _away(now: Symbol, slope: Expr | None, square: Expr | None) -> Expr | None:
    """Return the squared distance after a step."""
    return None if slope is None or square is None else now + 2 * slope + square


def _over_axes(term: Expr, known: dict[Expr, Symbol]) -> Expr | None:
    """Return the sum over the axes of a factor, an expression in L_j, times what `known` stands for."""
    factor, of_axis = powsimp(term).as_independent(L_j)
    return factor * known[of_axis] if of_axis in known else None


_COORDINATES = needs("smooth_coordinates")
descent_along_axis = Inequality(
    "descent lemma along an axis",
    delta + move_inner + move_scaled_sq / 2 - delta_next,
    _COORDINATES,
    estimate=rcd.estimate,
)
scaled_gradient = Inequality(
    "||grad f||^2 <= L_coord sum (d_j f)^2/L_j", L_coord * grad_scaled_sq - grad_sq, _COORDINATES
)
scaled_distance = Inequality(
    "sum L_j (x - x*)_j^2 <= L_coord ||x - x*||^2", L_coord * d2 - d2_scaled, _COORDINATES
)

smooth_coordinates = Assumption(
    "smooth_coordinates",
    "f is L_j-smooth along axis j",
    ("d", "L_coord", "L_coord_sum"),
    (descent_along_axis, scaled_gradient, scaled_distance),
)
steep_in_signs = Inequality(
    "||g||_1^2 >= 2 mu_signs (f - f*)", grad_l1**2 / 2 - mu_signs * delta, needs("pl_signs")
)
steep_along_axis = Inequality(
    "max (d_j f)^2 >= 2 mu_axis (f - f*), over the largest L_j",
    step_inner / 2 - mu_axis / L_coord * delta,
    needs("pl_axis", "smooth_coordinates"),
    gauss_southwell,
)
pl_signs = Assumption(
    "pl_signs", "the sum of the absolute slopes is large against the gap", ("mu_signs",), (steep_in_signs,)
)
pl_axis = Assumption("pl_axis", "the largest absolute slope is large against the gap", ("mu_axis",), ())
ASSUMPTIONS = (smooth_coordinates, pl_signs, pl_axis)
"""The assumptions."""
FACTS = (
    # The gain of the best step, ||grad f||_1^2/(2 L_inf), is at most f - f*; along an axis (d_j f)^2/(2 L_j).
    (needs("pl_signs", "smooth_inf"), mu_signs <= L_inf),
    (needs("pl_axis", "smooth_coordinates"), mu_axis <= L_coord),
    # The mean gain of a step, ||grad f||^2/(2 L_coord_sum), is at most f - f*.
    (needs("pl", "smooth_coordinates"), mu_pl <= L_coord_sum),
    (needs("smooth_coordinates"), L_coord_sum <= d * L_coord),
    # The curvature along an axis lies between mu and L_j.
    (needs("strongly_convex", "smooth_coordinates"), mu <= L_coord),
)
"""Relations between constants that follow from assumptions."""
