"""Certificates that read another measure off a theorem: gradients and values from distances, and so on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from sympy import Expr, S, Symbol

from ratebound.theory.algebra.prover import nonnegative, vanishes
from ratebound.theory.certificate import (
    LAST,
    Multipliers,
    require,
    require_assumed,
    require_known,
    require_within,
    with_expressions,
)
from ratebound.theory.errors import RateboundError
from ratebound.theory.onestep import prove_step
from ratebound.theory.statement import Theorem
from ratebound.theory.symbols import alpha, k


@dataclass(frozen=True)
class Conversion:
    """The measure at x_k is at most `factor` times what another theorem bounds there.

    Parameters
    ----------
    of
        The theorem about the same method and step.
    factor
        A constant.
    by
        The proof of ``factor q - measure >= 0``, q what the theorem bounds.
    values
        Parameter -> value, where the other theorem leaves it open.
    """

    of: Theorem
    factor: Expr
    by: Multipliers
    values: Mapping[Symbol, Expr] = field(default_factory=dict)
    cited: bool = field(default=False, init=False)

    def __post_init__(self) -> None:
        with_expressions(self)
        object.__setattr__(self, "cited", self.of.proof != "certified")

    def claim(self, theorem: Theorem) -> Expr:
        """Return ``factor q - measure``, which is ``>= 0`` at every point."""
        return self.factor * LAST[self.of.measure][0] - LAST[theorem.measure][0]

    def check(self, theorem: Theorem) -> None:
        """Check the inequality at a point, that the other theorem applies, and the bound."""
        parent = self.of
        if parent.method != theorem.method or parent.at_horizon or theorem.at_horizon:
            raise RateboundError(f"{parent.id} is about another method, or about a horizon")
        if not {parent.measure, theorem.measure} <= LAST.keys():
            raise RateboundError(f"{theorem.measure} at x_k is not read off {parent.measure}")
        if not vanishes(theorem.step - parent.step.subs(self.values)):
            raise RateboundError(f"the step {theorem.step} is not that of {parent.id} at {dict(self.values)}")
        require_within(parent, self.values, theorem)
        if not nonnegative(theorem.start - parent.start):
            raise RateboundError(f"{parent.id} says nothing yet at k = {theorem.start}")
        require_known(self.factor, "the factor")
        require(self.factor, theorem, "the factor")
        require_assumed(self.by, theorem, at_end=True)
        prove_step(
            self.claim(theorem),
            self.by,
            {},
            definitions={},
            values={alpha: theorem.step},
            chart=theorem.chart,
            k=k,
            start=S.Zero,
        )
        implied = self.factor * parent.bound.subs(self.values)
        require(theorem.at(k) - implied, theorem, f"the bound of {parent.id}, converted")
