"""One-step claims: what an update does to the state quantities, and why a claim about it is >= 0.

A claim is an expression, linear in the state quantities of one iteration. It is proved by writing it as

    claim = sum_j m_j slack_j + sum_i c_i q_i

with assumed inequalities ``slack_j >= 0``, quantities ``q_i >= 0`` and multipliers m_j, c_i that are
nonnegative over the whole admissible range. Linearity makes the claim true in expectation.
"""

from __future__ import annotations

from collections.abc import Mapping

from sympy import Expr, Integer, Poly, Symbol, expand, together

from ratebound.theory.assumptions import Inequality
from ratebound.theory.errors import RateboundError
from ratebound.theory.methods import Method, g, x
from ratebound.theory.prover import Chart, nonnegative, vanishes
from ratebound.theory.symbols import (
    d2,
    d2_next,
    delta,
    delta_next,
    descent,
    error_inner,
    error_sq,
    grad_sq,
    moment,
    move_inner,
    move_sq,
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
)
"""The quantities of one iteration in which every claim is linear."""

_X, _GRAD, _STAR = Symbol("X"), Symbol("G"), Symbol("xs")


def expansion(method: Method, pathwise: bool = False) -> dict[Symbol, Expr]:
    """Return what the update makes of ``d2_next``, ``move_inner`` and ``move_sq``.

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
    if set(method.update) != {"x"}:
        raise RateboundError(f"{method.name} keeps state besides x: its step has no expansion here")
    rule = method.update["x"]
    moved = expand(rule.xreplace({x: _X + _STAR}) - _STAR)
    if moved.has(_STAR):
        raise RateboundError(
            f"the update {rule} of {method.name} moves x* itself: it is not x plus a direction"
        )
    move = expand(rule - x)
    return {
        d2_next: _averaged(moved**2, method, pathwise),
        move_inner: _averaged(move * _GRAD, method, pathwise),
        move_sq: _averaged(move**2, method, pathwise),
    }


def _averaged(product: Expr, method: Method, pathwise: bool) -> Expr:
    """Read a quadratic form in X = x - x*, g and grad f as state quantities."""
    poly = Poly(expand(product), _X, g, _GRAD)
    inner, square = (
        (grad_sq + error_inner, grad_sq + 2 * error_inner + error_sq) if pathwise else (grad_sq, moment)
    )
    if method.sampling == "full":
        inner, square = grad_sq, grad_sq
    meaning = {(2, 0, 0): d2, (1, 1, 0): descent, (0, 2, 0): square, (0, 1, 1): inner}
    total = Integer(0)
    for powers, coefficient in poly.terms():
        if powers not in meaning:
            raise RateboundError(f"the update of {method.name} is not linear in x and g")
        total += coefficient * meaning[powers]
    return total


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
        Coefficients of nonnegative state quantities.
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
    total += sum((c * quantity for quantity, c in plus.items()), Integer(0))
    residual = expand((claim - total).xreplace(dict(definitions)).xreplace(dict(values)))
    _check_linear(claim)
    poly = Poly(residual, *STATE)
    left = {m: c for m, c in poly.terms() if not vanishes(c)}
    if left:
        shown = sum(together(c) * _monomial(m) for m, c in sorted(left.items(), reverse=True))
        raise RateboundError(
            f"the certificate does not close: the claim differs from the multipliers' sum by {shown}; "
            "correct the multipliers, or the bound"
        )
    named = [(f"of the {ineq.name!r} inequality", m) for ineq, m in by.items()]
    named += [(f"of {quantity}", c) for quantity, c in plus.items()]
    for what, multiplier in named:
        if not nonnegative(multiplier.xreplace(dict(values)), chart, k, start):
            raise RateboundError(
                f"the multiplier {multiplier} {what} may be negative within the admissible range; "
                "narrow the range, or choose other multipliers"
            )


def _check_linear(claim: Expr) -> None:
    if Poly(expand(claim), *STATE).total_degree() > 1:
        raise RateboundError(
            f"the claim {claim} is not linear in the state: it does not pass to expectations"
        )


def _monomial(powers: tuple[int, ...]) -> Expr:
    product = Integer(1)
    for symbol, power in zip(STATE, powers, strict=True):
        product = product * symbol**power
    return product
