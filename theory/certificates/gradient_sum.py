"""Certificates for the least gradient: the decrease of f, summed, pays for squared gradients at both ends."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sympy import Expr

from ratebound.theory.algebra.prover import nonnegative
from ratebound.theory.certificate import (
    Multipliers,
    Nonnegatives,
    prove_claim,
    require,
    require_known,
    with_expressions,
)
from ratebound.theory.errors import RateboundError
from ratebound.theory.symbols import delta, delta_next, gap0, grad_next_sq, grad_sq, k

if TYPE_CHECKING:
    from ratebound.theory.statement import Theorem


@dataclass(frozen=True)
class GradientSum:
    """The sum of ``delta_j - delta_{j+1} >= a ||grad f(x_j)||^2 + b ||grad f(x_{j+1})||^2`` over j < k - 1.

    With ``delta_{k-1} >= c ||grad f(x_{k-1})||^2`` every x_0 .. x_{k-1} has a share of gap0, so that the
    least squared gradient is at most ``gap0/((k - 1)(a + b) + c)``.

    Parameters
    ----------
    now, after, last
        a, b and c, expressions in the step.
    by, plus
        The proof of the one-step claim.
    final
        The proof of ``delta - c grad_sq >= 0``.
    """

    now: Expr
    after: Expr
    last: Expr
    by: Multipliers
    final: Multipliers
    plus: Nonnegatives = field(default_factory=dict)
    cited: bool = field(default=False, init=False)

    def __post_init__(self) -> None:
        with_expressions(self)

    @property
    def claim(self) -> Expr:
        """The one-step claim, ``>= 0``."""
        return delta - delta_next - self.now * grad_sq - self.after * grad_next_sq

    def check(self, theorem: Theorem) -> None:
        """Check both claims, the shares, and that they imply the bound for all k."""
        if theorem.measure != "grad_norm_sq_best" or theorem.stochastic or not nonnegative(theorem.start - 1):
            raise RateboundError(
                "a sum of gradients bounds grad_norm_sq_best of a deterministic method, from k = 1 on"
            )
        for what, share in (("now", self.now), ("after", self.after), ("last", self.last)):
            require_known(share, f"the share {what}")
            if share.has(k):
                raise RateboundError(f"the share {what} of the gradients is a constant")
            require(share, theorem, f"the share {what}")
        prove_claim(theorem, self.claim, self.by, self.plus)
        prove_claim(theorem, delta - self.last * grad_sq, self.final, {})
        total = (k - 1) * (self.now + self.after) + self.last
        require(theorem.at(k) * total - gap0, theorem, "the bound against the summed decrease")
