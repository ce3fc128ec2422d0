"""One-step claims: what an update does to the state quantities, and why a claim about it is >= 0.

A claim is an expression, linear in the state quantities of one iteration. It is proved by writing it as

    claim = sum_j m_j slack_j + sum_i c_i q_i

with assumed inequalities ``slack_j >= 0``, quantities ``q_i >= 0`` and multipliers m_j, c_i that are
nonnegative over the whole admissible range. Linearity makes the claim true in expectation.
"""

from __future__ import annotations

from collections.abc import Mapping

from sympy import Expr, Integer, Poly, Pow, Symbol, expand, fraction, sign, together

from ratebound.theory.algebra.chart import Chart
from ratebound.theory.algebra.prover import nonnegative, vanishes
from ratebound.theory.assumptions import Inequality
from ratebound.theory.errors import RateboundError
from ratebound.theory.inequalities.coordinatewise import axis_step
from ratebound.theory.letters.coordinates import COORDINATE_STATE
from ratebound.theory.letters.inexact import INEXACT_STATE, error_along
from ratebound.theory.letters.metric import METRIC_STATE, step_curvature, step_inner, step_sq
from ratebound.theory.letters.passes import PASS_STATE
from ratebound.theory.letters.penalty import PENALTY_STATE
from ratebound.theory.letters.stored import STORED_STATE
from ratebound.theory.method import Method, g, p, x
from ratebound.theory.methods.boxed import aimed, frank_wolfe
from ratebound.theory.methods.proximal import shrinks
from ratebound.theory.methods.rounded import ERROR_SQ, FALLING_SQ
from ratebound.theory.printed import printed
from ratebound.theory.symbols import (
    alpha,
    cross_descent,
    d2,
    d2_next,
    delta,
    delta_next,
    descent,
    drift,
    drift_inner,
    error_inner,
    error_next,
    error_sq,
    grad_curvature,
    grad_inner,
    grad_l1,
    grad_next_sq,
    grad_sq,
    moment,
    moment_next,
    move_curvature,
    move_inf_sq,
    move_inner,
    move_sq,
    next_descent,
    next_move_inner,
    spread,
)

STATE = (
    delta,
    delta_next,
    d2,
    d2_next,
    grad_sq,
    moment,
    descent,
    error_sq,
    error_inner,
    move_inner,
    move_sq,
    next_descent,
    cross_descent,
    next_move_inner,
    grad_inner,
    grad_next_sq,
    grad_curvature,
    move_curvature,
    grad_l1,
    move_inf_sq,
    spread,
    drift,
    error_next,
    drift_inner,
    moment_next,
    *STORED_STATE,
    *PASS_STATE,
    *COORDINATE_STATE,
    *METRIC_STATE,
    *PENALTY_STATE,
    *INEXACT_STATE,
)
"""The quantities of one iteration in which every claim is linear."""

X, G, H, E = (Symbol(name, real=True) for name in ("X", "G", "H", "E"))
"""The vectors x_k - x*, grad f(x_k), grad f(x_{k+1}), and what a gradient taken elsewhere adds to the
second: a product of two of them is their inner product."""

_INNER = {
    (2, 0, 0, 0): d2,
    (1, 1, 0, 0): descent,
    (0, 2, 0, 0): grad_sq,
    (1, 0, 1, 0): cross_descent,
    (0, 1, 1, 0): grad_inner,
    (0, 0, 2, 0): grad_next_sq,
    (1, 0, 0, 1): error_along,
    (0, 1, 0, 1): error_inner,
    (0, 0, 0, 2): error_sq,
}


def state_of(form: Expr) -> Expr:
    """Return a quadratic form in the vectors X, G, H, E as an expression in the state quantities.

    Raises
    ------
    RateboundError
        If it is not one.
    """
    total = Integer(0)
    for powers, coefficient in Poly(expand(form), X, G, H, E).terms():
        if powers not in _INNER:
            raise RateboundError(f"{form} is not a quadratic form in X, G, H and E that is known")
        total += coefficient * _INNER[powers]
    return total


def expansion(method: Method, pathwise: bool = False) -> dict[Symbol, Expr]:
    """Return what the update makes of the quantities of the next point.

    Parameters
    ----------
    method
        A method whose only state is x, with an update linear in x and g.
    pathwise
        Whether to keep the error ``e = g - grad f`` of one gradient estimate; otherwise expectations given
        x_k are taken, with ``E g = grad f``.

    Raises
    ------
    RateboundError
        If the update has another form.
    """
    if set(method.update) != {"x"} or method.point != x or method.estimate == "made by the update":
        raise RateboundError(f"{method.name} keeps state besides x: its step has no expansion here")
    if method.draws is not None and method.draws.axis is not None:
        return axis_step(method)
    by_sample = method.draws is not None and method.draws.values
    within = aimed(method) is not None or method == frank_wolfe
    if within or shrinks(method) is not None or by_sample:
        # Inequalities say all that is known of a point in a box, of a shrunk one, or of a sampled step.
        return {}
    if method in ERROR_SQ or method in FALLING_SQ:
        return _with_error()
    rule = method.update["x"]
    if method.metric is not None:
        return _in_metric(method, expand(rule - x))
    if rule.has(sign(g)):
        return _along_signs(method, expand(rule - x))
    star = Symbol("xs")
    moved = expand(rule.xreplace({x: X + star}) - star)
    move = expand(rule - x)
    if moved.has(star) or move.has(x) or Poly(moved, X, g).total_degree() > 1:
        raise RateboundError(f"the update {printed(rule)} of {method.name} is not x plus a multiple of g")
    if method.sampling == "full":
        moved, move = moved.xreplace({g: G}), move.xreplace({g: G})
        length = move.coeff(G)
        return {
            d2_next: state_of(moved**2),
            move_curvature: length**2 * grad_curvature,
            move_inner: state_of(move * G),
            move_sq: state_of(move**2),
            next_descent: state_of(moved * H),
            next_move_inner: state_of(move * H),
        }
    inner, square = grad_sq, moment
    if pathwise:
        inner, square = grad_sq + error_inner, grad_sq + 2 * error_inner + error_sq
    length = move.coeff(g)
    return {
        d2_next: d2 + 2 * length * descent + length**2 * square,
        move_inner: length * inner,
        move_sq: length**2 * square,
    }


def _with_error() -> dict[Symbol, Expr]:
    move = -alpha * (G + E)
    return {d2_next: state_of((X + move) ** 2), move_inner: state_of(move * G), move_sq: state_of(move**2)}


def _along_signs(method: Method, move: Expr) -> dict[Symbol, Expr]:
    length = -move.coeff(sign(g))
    if method.sampling != "full" or expand(move + length * sign(g)) != 0 or length.has(x, g):
        raise RateboundError(f"{method.name} is not a step along the signs of the full gradient")
    return {move_inner: -length * grad_l1, move_inf_sq: length**2}


def _in_metric(method: Method, move: Expr) -> dict[Symbol, Expr]:
    length = -move.coeff(p)
    if expand(move + length * p) != 0 or length.has(x, g):
        raise RateboundError(f"{method.name} is not a step along p")
    return {
        move_inner: -length * step_inner,
        move_sq: length**2 * step_sq,
        move_curvature: length**2 * step_curvature,
    }


def prove_step(
    claim: Expr,
    by: Mapping[Inequality, Expr],
    plus: Mapping[Expr, Expr],
    *,
    definitions: Mapping[Symbol, Expr],
    values: Mapping[Symbol, Expr],
    chart: Chart,
    k: Symbol,
    start: Expr,
) -> None:
    """Check that the multipliers prove ``claim >= 0``.

    Parameters
    ----------
    claim
        Linear in the state quantities.
    by
        Multipliers of assumed inequalities.
    plus
        Coefficients of nonnegative state quantities, or of squares of combinations of X, G, H and E.
    definitions
        What the update makes of the next state, from :func:`expansion`.
    values
        Symbols, such as the step, with what the schedule puts in their place.
    chart, k, start
        The admissible range, and the counter swept from its start; see :func:`nonnegative`.

    Raises
    ------
    RateboundError
        Naming the residual, or the multiplier that may be negative.
    """
    for quantity in plus:
        if not quantity.is_nonnegative:
            raise RateboundError(
                f"{quantity} may be negative, so a multiple of it proves nothing; leave it out"
            )
    total = sum((m * ineq.slack for ineq, m in by.items()), Integer(0))
    total += sum((c * _as_state(quantity) for quantity, c in plus.items()), Integer(0))
    residual = expand((claim - total).xreplace(dict(definitions)).xreplace(dict(values)))
    _check_linear(claim)
    if _divides(residual):
        residual = expand(fraction(together(residual))[0])
    require_closed(residual)
    named = [(f"of the {ineq.name!r} inequality", m) for ineq, m in by.items()]
    named += [(f"of {quantity}", c) for quantity, c in plus.items()]
    for what, multiplier in named:
        if not nonnegative(multiplier.xreplace(dict(values)), chart, k, start):
            raise RateboundError(
                f"the multiplier {printed(multiplier)} {what} may be negative within the admissible range; "
                "narrow the range, or choose other multipliers"
            )


def require_closed(residual: Expr) -> None:
    """Check that what a claim leaves beside the sum of its multipliers is zero.

    Raises
    ------
    RateboundError
        Naming the residual.
    """
    if not residual.is_polynomial(*STATE):
        raise RateboundError(f"the certificate does not close: {residual} is no polynomial in the state")
    left = {m: c for m, c in Poly(residual, *STATE).terms() if not vanishes(c)}
    if left:
        shown = sum(together(c) * _monomial(m) for m, c in sorted(left.items(), reverse=True))
        raise RateboundError(
            f"the certificate does not close: the claim differs from the multipliers' sum by "
            f"{printed(shown)}; correct the multipliers, or the bound"
        )


def _divides(expr: Expr) -> bool:
    """Whether a state quantity stands in a denominator, as steps that read the state put it there."""
    return any(p.exp.is_negative and p.base.free_symbols & set(STATE) for p in expr.atoms(Pow))


def _as_state(quantity: Expr) -> Expr:
    return state_of(quantity) if quantity.has(X, G, H, E) else quantity


def _check_linear(claim: Expr) -> None:
    if not claim.is_polynomial(*STATE) or Poly(expand(claim), *STATE).total_degree() > 1:
        raise RateboundError(
            f"the claim {claim} is not linear in the state: it does not pass to expectations"
        )


def _monomial(powers: tuple[int, ...]) -> Expr:
    product = Integer(1)
    for symbol, power in zip(STATE, powers, strict=True):
        product = product * symbol**power
    return product
