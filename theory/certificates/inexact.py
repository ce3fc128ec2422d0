"""Certificates for gradients with an error of a known length, wherever it points.

A step is ``- alpha (grad f(x_k) + e_k)``. What the step with the exact gradient does is proved as ever; the
error then moves the point by at most ``alpha ||e_k||``.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sympy import Expr, S, sqrt

from ratebound.theory.algebra.prover import nonnegative, vanishes
from ratebound.theory.assumptions import value_below_distance
from ratebound.theory.certificate import (
    Multipliers,
    Nonnegatives,
    prove_claim,
    require,
    require_assumed,
    require_known,
    with_expressions,
)
from ratebound.theory.certificates.telescope import JENSEN
from ratebound.theory.errors import RateboundError
from ratebound.theory.inequality import Inequality, needs
from ratebound.theory.letters.inexact import error, error_along, fall
from ratebound.theory.methods import gd
from ratebound.theory.methods.rounded import ERROR_SQ, FALLING_SQ, gd_finer, gd_quantised, gd_rounded
from ratebound.theory.onestep import expansion, prove_step
from ratebound.theory.symbols import D, L, alpha, d2, d2_next, delta, delta_next, error_inner, error_sq, k

if TYPE_CHECKING:
    from ratebound.theory.statement import Theorem

short_error = Inequality("||e_k|| <= error", ERROR_SQ[gd_rounded] - error_sq, needs(), gd_rounded)
small_error = Inequality(
    "||e_k|| <= q ||grad f(x_k)||", ERROR_SQ[gd_quantised] - error_sq, needs(), gd_quantised
)
falling_error = Inequality("||e_k||^2 <= error^2 fall^k", FALLING_SQ[gd_finer] - error_sq, needs(), gd_finer)


@dataclass(frozen=True)
class Perturbed:
    """Where exact steps multiply the distance to x* by at most `factor`, an error adds ``alpha error`` to it.

    ``||x_{k+1} - x*|| <= factor ||x_k - x*|| + alpha error``, by the triangle inequality.

    Parameters
    ----------
    factor
        Free of k.
    by, plus
        The proof of ``factor^2 ||x_k - x*||^2 - ||x_{k+1} - x*||^2 >= 0`` for the exact gradient.
    """

    factor: Expr
    by: Multipliers
    plus: Nonnegatives = field(default_factory=dict)
    cited: bool = field(default=False, init=False)

    def __post_init__(self) -> None:
        with_expressions(self)

    @property
    def claim(self) -> Expr:
        """What is claimed of a step with the exact gradient, ``>= 0``."""
        return self.factor**2 * d2 - d2_next

    def check(self, theorem: Theorem) -> None:
        """Check the exact step, and the induction over the root of the bound."""
        if theorem.measure != "distance_sq" or theorem.method != gd_rounded or theorem.step != alpha:
            raise RateboundError(
                f"a perturbed contraction bounds distance_sq of {gd_rounded.name} with a constant step"
            )
        require_known(self.factor, "the factor")
        require_assumed(self.by, theorem)
        prove_step(
            self.claim, self.by, self.plus, definitions=expansion(gd), values={}, chart=theorem.chart, k=k,
            start=S.Zero,
        )  # fmt: skip
        distance, power = theorem.bound.as_base_exp()
        if power != 2 or self.factor.has(k):
            raise RateboundError("the bound is the square of one on the distance, and the factor a constant")
        require(self.factor, theorem, "the factor")
        require(distance.subs(k, 0) - D, theorem, "the bound at k = 0")
        after = distance.subs(k, k + 1) - self.factor * distance - alpha * error
        require(after, theorem, "the induction step")


@dataclass(frozen=True)
class Nearing:
    """Far from the minimum the iterate comes nearer, whatever the errors: the best gap of x_0 .. x_{k-1}.

    With ``r_j = ||x_j - x*||`` a step gives ``r_{j+1}^2 <= r_j^2 - 2 alpha (f(x_{j+1}) - f*) + 2 alpha error
    r_{j+1}``. If no gap of x_1 .. x_{k-1} is below ``error D``, then ``(r_{j+1} - alpha error)^2 <= r_j^2 - 2
    alpha error D + (alpha error)^2``, so that by induction no r_j exceeds D, where ``alpha error <= D``; and
    the sum of the k - 1 steps leaves a gap of at most ``D^2/(2 alpha (k - 1)) + error D``. Where ``alpha
    error > D`` the gap of x_0 is at most ``L D^2/2 <= error D``.

    Parameters
    ----------
    by, plus
        The proof of one step, with the error as it is.
    """

    by: Multipliers
    plus: Nonnegatives
    cited: bool = field(default=False, init=False)

    def __post_init__(self) -> None:
        with_expressions(self)

    @property
    def claim(self) -> Expr:
        """What is claimed of a step, ``>= 0``; its last part is -2 alpha <e_k, x_{k+1} - x*>."""
        at_end = error_along - alpha * (error_inner + error_sq)
        return d2 - d2_next - 2 * alpha * (delta_next + at_end)

    def check(self, theorem: Theorem) -> None:
        """Check the step, that x_0 does where errors are long, and the bound."""
        if theorem.measure != "gap_best" or theorem.method != gd_rounded or theorem.step != alpha:
            raise RateboundError(
                f"a proof by nearing bounds gap_best of {gd_rounded.name} with a constant step"
            )
        prove_claim(theorem, self.claim, self.by, self.plus)
        require_assumed({value_below_distance: S.One}, theorem)
        require(1 / alpha - L / 2, theorem, "error D less L D^2/2, where alpha error > D")
        implied = D**2 / (2 * alpha * (k - 1)) + error * D
        if not nonnegative(theorem.start - 2) or not vanishes(theorem.bound - implied):
            raise RateboundError(f"the sum of the steps gives {implied} from k = 2 on, not {theorem.bound}")


@dataclass(frozen=True)
class Summed:
    """Errors of which the sum is finite: the gap at the average of x_0 .. x_{k-1}.

    Exact steps go from x_j to y_j with ``||y_j - x*||^2 <= ||x_j - x*||^2 - 2 alpha (f(x_j) - f*)``. With
    ``a_j = alpha ||e_j||`` and ``r_j = ||x_j - x*||`` then ``r_{j+1} <= ||y_j - x*|| + a_j``, so that r_j is
    at most D and the sum of the a_i with i < j, and ``2 alpha (f(x_j) - f*) <= r_j^2 - r_{j+1}^2 + 2 a_j r_j
    + a_j^2``. Summed, with A the sum of the a_j with j < k, the right is at most ``D^2 + 2 A D + A^2``.

    Parameters
    ----------
    by, plus
        The proof of the exact step.
    """

    by: Multipliers
    plus: Nonnegatives
    cited: bool = field(default=False, init=False)

    def __post_init__(self) -> None:
        with_expressions(self)

    @property
    def claim(self) -> Expr:
        """What is claimed of a step with the exact gradient, ``>= 0``."""
        return d2 - 2 * alpha * delta - d2_next

    def check(self, theorem: Theorem) -> None:
        """Check the exact step, that the errors are summable, and the bound."""
        if theorem.measure != "gap_average" or theorem.method != gd_finer or theorem.step != alpha:
            raise RateboundError(f"summed errors bound gap_average of {gd_finer.name} with a constant step")
        if theorem.weights != 1 or not theorem.assumed & JENSEN:
            raise RateboundError("Jensen's inequality for the even average needs a convex f; assume it")
        require_assumed(self.by, theorem)
        prove_step(
            self.claim, self.by, self.plus, definitions=expansion(gd), values={}, chart=theorem.chart, k=k,
            start=S.Zero,
        )  # fmt: skip
        require(1 - fall, theorem, "the sum of the errors, with 1 - fall")
        moved = alpha * error * (1 - fall ** (k / 2)) / (1 - sqrt(fall))
        implied = (D + moved) ** 2 / (2 * alpha * k)
        if theorem.start < 1 or not vanishes(theorem.bound - implied):
            raise RateboundError(f"the sum of the steps gives {implied} from k = 1 on, not {theorem.bound}")
