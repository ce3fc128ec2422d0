"""Certificates for averages of gradients that are corrected by a second gradient of the same batch: STORM.

The method steps along its estimate v_k, ``x_{k+1} = x_k - alpha v_k``, which then becomes

    v_{k+1} = grad f_B(x_{k+1}) + beta (v_k - grad f_B(x_k)).

With ``e_k = v_k - grad f(x_k)``, which is zero at the start, e_{k+1} is beta e_k and, of mean zero, 1 - beta
times the noise of the batch at x_{k+1} and beta times that of its change, so that by ``||a + b||^2 <= 2
||a||^2 + 2 ||b||^2``

    E_k ||e_{k+1}||^2 <= beta^2 ||e_k||^2 + 2 ((1 - beta)^2 noise + beta^2 drift)/b,

with batches with replacement or without. Source: Cutkosky and Orabona 2019 (number not checked).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sympy import Expr, Poly, S, Symbol, expand

from ratebound.theory.algebra.prover import nonnegative, vanishes
from ratebound.theory.certificates.tracking import ALONG_ESTIMATE, Tracking, behind, estimate
from ratebound.theory.errors import RateboundError
from ratebound.theory.letters.stored import noise_next
from ratebound.theory.method import Method, g
from ratebound.theory.onestep import STATE
from ratebound.theory.symbols import (
    alpha,
    b,
    beta,
    delta,
    delta_next,
    drift,
    error_next,
    error_sq,
    grad_sq,
)

if TYPE_CHECKING:
    from ratebound.theory.statement import Theorem


def corrected(method: Method) -> dict[Symbol, Expr]:
    """Return the move of a step in terms of the estimate, and its error after the step, an upper bound.

    Raises
    ------
    RateboundError
        If the method does not step along an average that it corrects in this way.
    """
    there = behind(method)
    if there is None or not vanishes(expand(method.update["v"] - (g + beta * (estimate - there)))):
        raise RateboundError(f"{method.name} does not step along an average that its batches correct")
    return {
        **ALONG_ESTIMATE,
        error_next: beta**2 * error_sq + 2 * ((1 - beta) ** 2 * noise_next + beta**2 * drift) / b,
    }


class Corrected(Tracking):
    """Decrease of ``V_k = f(x_k) - f* + share ||e_k||^2``, where each step adds some noise.

    The noise of the last step, at x_K, where no step is made any more, is not needed: what remains of the
    proof without the estimate after that step is checked by itself.
    """

    definitions = staticmethod(corrected)

    def check(self, theorem: Theorem) -> None:
        """Check the step in expectation, the last step, the signs, and that the bound follows for all k."""
        super().check(theorem)
        claim = delta + self.share * error_sq - self.weight * grad_sq - delta_next
        kept = {i: m for i, m in self.by.items() if not i.slack.has(drift, noise_next)}
        left = claim - sum((m * i.slack for i, m in kept.items()), S.Zero)
        left = expand(left.xreplace(corrected(theorem.method)).xreplace({alpha: theorem.step}))
        for powers, factor in Poly(left, *STATE).terms():
            positive = all(
                not power or letter.is_nonnegative for power, letter in zip(powers, STATE, strict=True)
            )
            if not (positive and nonnegative(factor, theorem.chart)):
                raise RateboundError(
                    f"the last step, which knows no noise, leaves the factor {factor} unproved"
                )
