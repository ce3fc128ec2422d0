"""Certificates by induction over the single steps of passes, read off after whole ones."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar

from sympy import Expr, S, powsimp

from ratebound.theory.certificate import (
    Multipliers,
    Nonnegatives,
    require,
    require_assumed,
    require_known,
    with_expressions,
)
from ratebound.theory.errors import RateboundError
from ratebound.theory.inequalities.passes import WITHIN, pass_step
from ratebound.theory.onestep import prove_step
from ratebound.theory.symbols import D, alpha, d2, d2_next, k, n

if TYPE_CHECKING:
    from ratebound.theory.statement import Theorem


@dataclass(frozen=True)
class Within:
    """Induction along ``E||x_{j+1} - x*_{j+1}||^2 <= rate E||x_j - x*_j||^2 + noise``, x*_n = x* = x*_0.

    Parameters
    ----------
    rate, noise
        Expressions in the step ``alpha``, the same for all steps.
    by, plus
        The proof of one step within a pass.
    """

    rate: Expr
    noise: Expr
    by: Multipliers
    plus: Nonnegatives = field(default_factory=dict)
    about_passes: ClassVar[bool] = True
    cited: bool = field(default=False, init=False)

    def __post_init__(self) -> None:
        with_expressions(self)

    @property
    def claim(self) -> Expr:
        """The claim about one step within a pass."""
        return self.rate * d2 + self.noise - d2_next

    def check(self, theorem: Theorem) -> None:
        """Check one step, and the induction over all steps of all passes."""
        if theorem.measure != "distance_sq" or not theorem.in_passes:
            raise RateboundError("an induction within passes bounds distance_sq, in passes over the data")
        pass_step(theorem.method)
        require_assumed(self.by, theorem)
        require_known(self.rate + self.noise, "the recursion")
        if (self.rate + self.noise + theorem.step).has(k):
            raise RateboundError("an induction within passes takes the same step throughout")
        values = {alpha: theorem.step}
        prove_step(
            self.claim, self.by, self.plus, definitions=WITHIN, values=values, chart=theorem.chart, k=k,
            start=S.Zero,
        )  # fmt: skip
        rate, noise = self.rate.xreplace(values), self.noise.xreplace(values)
        require(rate, theorem, "the rate", S.Zero)
        # After j = n k steps; the bound is claimed for whole passes, and proved for every j.
        after = powsimp(theorem.bound.subs(k, k / n))
        require(after.subs(k, 0) - D**2, theorem, "the bound at k = 0")
        require(after.subs(k, k + 1) - rate * after - noise, theorem, "the induction step", S.Zero)
