"""Certificates of quadratic convergence: each step squares the distance, up to a factor."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sympy import Expr, S, expand

from ratebound.theory.certificate import Multipliers, require, require_assumed, with_expressions
from ratebound.theory.errors import RateboundError
from ratebound.theory.methods.metric import newton
from ratebound.theory.onestep import require_closed
from ratebound.theory.symbols import D, d2, d2_next, k

if TYPE_CHECKING:
    from ratebound.theory.statement import Theorem


@dataclass(frozen=True)
class Squaring:
    """``||x_{k+1} - x*|| <= c ||x_k - x*||^2``, so that ``c ||x_k - x*|| <= (c D)^(2^k)``.

    Parameters
    ----------
    factor
        c, an expression in constants.
    by
        The one-step proof of the square of it. Inequalities that read D are about points within D of x*,
        where the run stays if c D <= 1.
    """

    factor: Expr
    by: Multipliers
    cited: bool = field(default=False, init=False)

    def __post_init__(self) -> None:
        with_expressions(self)

    @property
    def claim(self) -> Expr:
        """The one-step claim, ``>= 0``: of degree two in the state, for a method without noise."""
        return self.factor**2 * d2**2 - d2_next

    @property
    def implied(self) -> Expr:
        """The bound on ||x_k - x*||^2."""
        return (self.factor * D) ** (2 ** (k + 1)) / self.factor**2

    def check(self, theorem: Theorem) -> None:
        """Check the method, the one-step claim, and the bound."""
        if theorem.method != newton or theorem.step != 1 or theorem.measure != "distance_sq":
            raise RateboundError("this certificate bounds distance_sq of Newton's method with full steps")
        require_assumed(self.by, theorem)
        total = sum((m * inequality.slack for inequality, m in self.by.items()), S.Zero)
        require_closed(expand(self.claim - total))
        for inequality, multiplier in self.by.items():
            require(multiplier, theorem, f"the multiplier of {inequality.name}", S.Zero)
        require(self.factor, theorem, "the factor", S.Zero)
        if any(inequality.slack.has(D) for inequality in self.by):
            require(1 - self.factor * D, theorem, "that no step leads away from x*", S.Zero)
        share = theorem.bound / self.implied
        if share.has(k):
            raise RateboundError(f"the bound {theorem.bound} is no multiple of {self.implied}")
        require(share - 1, theorem, "the bound against what squaring gives")
