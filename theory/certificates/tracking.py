"""Certificates for estimates that track the gradient by differences: SARAH and PAGE.

The method steps along its estimate v_k, ``x_{k+1} = x_k - alpha v_k``, and corrects it by the same batch at
two points, ``v_{k+1} = v_k + grad f_B(x_{k+1}) - grad f_B(x_k)``, or takes the full gradient where a coin
falls.
With ``e_k = v_k - grad f(x_k)``, and v_0 the full gradient,

    <grad f, v> = (||grad f||^2 + ||v||^2 - ||e||^2)/2,    E_k ||e_{k+1}||^2 <= (1 - p) (||e_k||^2 + drift/b),

for the correction has mean grad f(x_{k+1}) - grad f(x_k), and its variance, of a batch of b samples with
replacement or without, is no more than 1/b of ``drift``, the mean square of the change of the gradients of
components.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING

from sympy import Expr, Symbol, expand

from ratebound.theory.algebra.chart import Chart, free
from ratebound.theory.algebra.prover import vanishes
from ratebound.theory.certificates.beside_gap import BesideGap
from ratebound.theory.draws import coin
from ratebound.theory.errors import RateboundError
from ratebound.theory.method import Method, g, x
from ratebound.theory.symbols import (
    K,
    alpha,
    b,
    drift,
    drift_inner,
    error_next,
    error_sq,
    grad_sq,
    k,
    moment,
    moment_next,
    move_inner,
    move_sq,
)

if TYPE_CHECKING:
    from ratebound.theory.statement import Theorem


ALONG_ESTIMATE: Mapping[Symbol, Expr] = MappingProxyType(
    {move_inner: -alpha * (grad_sq + moment - error_sq) / 2, move_sq: alpha**2 * moment}
)
"""The move of a step along an estimate, in terms of the estimate and its error."""


estimate = Symbol("v", real=True)
"""The estimate, coordinate by coordinate."""


def behind(method: Method) -> Symbol | None:
    """Return the gradient at x_k of a batch whose gradient at x_{k+1} is ``g``.

    None for methods that do not step along an estimate v which starts at the gradient of f and reads both.
    """
    draws, after = method.draws, x - alpha * estimate
    if draws is None or draws.uneven or draws.from_gradient != ("v",) or set(method.update) != {"x", "v"}:
        return None
    if method.point != after or not vanishes(expand(method.update["x"] - after)):
        return None
    return Symbol(next(iter(draws.also)), real=True) if list(draws.also.values()) == [x] else None


def refreshed(method: Method) -> Expr:
    """Return the probability p with which the estimate becomes the full gradient.

    Raises
    ------
    RateboundError
        If the method does not step along an estimate that it corrects in this way.
    """
    there, draws = behind(method), method.draws
    if draws is not None and there is not None and all(at == method.point for at in draws.full.values()):
        corrected = estimate + g - there
        if draws.full:
            corrected = coin * Symbol(next(iter(draws.full)), real=True) + (1 - coin) * corrected
        if vanishes(expand(method.update["v"] - corrected)):
            return draws.coin
    raise RateboundError(f"{method.name} does not step along an estimate that tracks the gradient")


def tracked(method: Method) -> dict[Symbol, Expr]:
    """Return the move of a step in terms of the estimate, and its error after the step, an upper bound."""
    return {**ALONG_ESTIMATE, error_next: (1 - refreshed(method)) * (error_sq + drift / b)}


def only_tracked(method: Method) -> dict[Symbol, Expr]:
    """Return the same where no step takes a full gradient, with the mean square of the estimate that follows.

    Raises
    ------
    RateboundError
        If a step may take a full gradient.
    """
    if refreshed(method) != 0:
        raise RateboundError(f"{method.name} takes full gradients at times: it does not only track")
    return tracked(method) | {moment_next: moment - 2 / alpha * drift_inner + drift}


def _before_horizon(theorem: Theorem) -> Chart:
    """Return the chart of a step: at the horizon k runs over 0 .. K - 1."""
    return {**theorem.chart, K: 1 + k + free("j")} if theorem.at_horizon else theorem.chart


class Tracking(BesideGap):
    """Decrease of ``V_k = f(x_k) - f* + share ||e_k||^2``."""

    letters = (error_sq, error_next)
    said = (
        "With e_k the error of the estimate a step makes of the state, in expectation and at most:",
        "no error",
    )
    definitions = staticmethod(tracked)
    chart = staticmethod(_before_horizon)
