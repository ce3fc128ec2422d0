"""Certificates for sublinear rates by the reciprocal of the gap: 1/delta grows at least linearly."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sympy import Expr

from ratebound.theory.algebra.prover import vanishes
from ratebound.theory.assumptions import first_order
from ratebound.theory.certificate import (
    Multipliers,
    Nonnegatives,
    prove_claim,
    require,
    require_known,
    with_expressions,
)
from ratebound.theory.errors import RateboundError
from ratebound.theory.symbols import D, d2, d2_next, delta, delta_next, gap0, grad_sq, k

if TYPE_CHECKING:
    from ratebound.theory.statement import Theorem


@dataclass(frozen=True)
class Reciprocal:
    """A deterministic descent method on a convex f whose distance to x* does not grow.

    ``delta_{k+1} <= delta_k - c ||grad f||^2`` and ``delta <= <grad f, x - x*> <= ||grad f|| D`` give
    ``delta_{k+1} <= delta_k - (c/D^2) delta_k^2``, hence ``1/delta_{k+1} >= 1/delta_k + c/D^2`` and
    ``delta_k <= 1/(1/gap0 + k c/D^2)``.

    Parameters
    ----------
    decrease
        c, an expression in the step.
    by, plus
        The proof of ``delta - c grad_sq - delta_next >= 0``.
    shrink, shrink_plus
        The proof of ``d2 - d2_next >= 0``.
    """

    decrease: Expr
    by: Multipliers
    shrink: Multipliers
    plus: Nonnegatives = field(default_factory=dict)
    shrink_plus: Nonnegatives = field(default_factory=dict)
    cited: bool = field(default=False, init=False)

    def __post_init__(self) -> None:
        with_expressions(self)

    def check(self, theorem: Theorem) -> None:
        """Check both one-step claims, and that the bound is the one that follows."""
        if theorem.measure != "gap_last" or theorem.stochastic:
            raise RateboundError("a reciprocal certificate bounds gap_last of a deterministic method")
        if not first_order.requires <= theorem.assumed:
            raise RateboundError("a reciprocal certificate needs a convex f; assume it")
        require_known(self.decrease, "the decrease")
        if self.decrease.has(k):
            raise RateboundError("a reciprocal certificate needs a constant decrease")
        require(self.decrease, theorem, "the decrease")
        prove_claim(theorem, delta - self.decrease * grad_sq - delta_next, self.by, self.plus)
        prove_claim(theorem, d2 - d2_next, self.shrink, self.shrink_plus)
        implied = 1 / (1 / gap0 + k * self.decrease / D**2)
        if not vanishes(theorem.bound - implied):
            require(theorem.bound - implied, theorem, "the bound against 1/(1/gap0 + k c/D^2)")
