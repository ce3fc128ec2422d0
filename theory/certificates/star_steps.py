"""Certificate for SGD with Polyak's step of the sample towards f_i(x*): the gap of the average.

One step (:mod:`ratebound.theory.certificates.sample_steps`) decreases the distance by an amount that holds
for every number s >= 0. The method knows no s: it is chosen when the decrease of all steps has been added up.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sympy import Expr

from ratebound.theory.certificate import Multipliers, prove_claim, require, require_known, with_expressions
from ratebound.theory.certificates.sample_steps import s
from ratebound.theory.certificates.telescope import JENSEN
from ratebound.theory.errors import RateboundError
from ratebound.theory.symbols import D, alpha, d2, d2_next, delta, k

if TYPE_CHECKING:
    from ratebound.theory.statement import Theorem


@dataclass(frozen=True)
class StarSteps:
    """``E_k ||x_{k+1} - x*||^2 + weight (f - f*) <= ||x_k - x*||^2 + noise`` for every s, summed for one s.

    Parameters
    ----------
    by
        The proof of the step, whose multipliers may read s.
    weight, noise
        Expressions in s.
    best
        The s, an expression in k and constants, for k steps.
    """

    by: Multipliers
    weight: Expr
    noise: Expr
    best: Expr
    cited: bool = field(default=False, init=False)

    def __post_init__(self) -> None:
        with_expressions(self)

    @property
    def claim(self) -> Expr:
        """The one-step claim."""
        return d2 + self.noise - self.weight * delta - d2_next

    def check(self, theorem: Theorem) -> None:
        """Check the step for every s, and that with the best one the bound follows for all k."""
        if theorem.measure != "gap_average" or theorem.weights != 1 or theorem.step.has(k):
            raise RateboundError("steps towards f_i(x*) bound the gap of an even average")
        if not theorem.assumed & JENSEN:
            raise RateboundError("Jensen's inequality for the averaged iterate needs a convex f; assume it")
        prove_claim(theorem, self.claim, self.by, {})
        require_known(self.weight + self.noise + self.best, "the weight, the noise or s", (s,))
        best = self.best.xreplace({alpha: theorem.step})
        weight, noise = (each.xreplace({alpha: theorem.step, s: best}) for each in (self.weight, self.noise))
        require(best, theorem, "s")
        require(weight, theorem, "the weight")
        require(
            theorem.at(k) * k * weight - D**2 - k * noise, theorem, "the bound against the telescoped sum"
        )
