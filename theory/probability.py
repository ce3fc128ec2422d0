"""Statements in probability that follow from those in expectation, by Markov's inequality.

A measure q is nonnegative. Where it exceeds c it is at least c, so that ``q >= c 1{q > c}``, and the mean of
that is

    P(q > c) <= E q/c,    and P(q > B/risk) <= risk for every bound B >= E q > 0.

The least of several measures lies below the one whose mean is least, so that it obeys the bound on the least
mean. Nothing else of the noise is read. Bounds that grow with the logarithm of 1/risk need more of it, such
as bounded noise. Source: Markov 1884; elementary.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from sympy import Expr, Rational, Symbol

from ratebound.theory.algebra.chart import free
from ratebound.theory.algebra.prover import nonnegative
from ratebound.theory.errors import RateboundError
from ratebound.theory.measures import ONE_STEP

if TYPE_CHECKING:
    from ratebound.theory.statement import Theorem


def check_markov() -> None:
    """Check that a nonnegative number is at least c times whether it exceeds c, in both cases."""
    c, q = Symbol("c", nonnegative=True), free("q")
    if not (nonnegative((c + q) - c) and nonnegative(q)):
        raise RateboundError("a number that exceeds c is not proved to be at least c")


@dataclass(frozen=True)
class InProbability:
    """At each k of the claim of a theorem its measure exceeds `limit` with probability at most `risk`.

    Parameters
    ----------
    theorem
        A theorem about runs, in which samples are drawn. A claim of one's own about a limit C is a conjecture
        with the bound ``risk C``.
    risk
        The probability, between 0 and 1.

    Raises
    ------
    RateboundError
        If there is no chance in a run of the theorem, or the risk is no probability.
    """

    theorem: Theorem
    risk: Expr | float

    def __post_init__(self) -> None:
        risk = self.risk if isinstance(self.risk, Expr) else Rational(str(float(self.risk)))
        object.__setattr__(self, "risk", risk)
        if not (risk.is_number and risk.is_real and 0 < risk < 1):
            raise RateboundError(f"risk = {self.risk}; a probability of being exceeded lies between 0 and 1")
        if self.theorem.measure in ONE_STEP:
            raise RateboundError(f"{self.theorem.id} is about means of one step; it has no claim about a run")
        if not self.theorem.stochastic:
            raise RateboundError(f"chance has no part in {self.theorem.id}; leave out the risk")
        check_markov()

    @property
    def limit(self) -> Expr:
        """What is exceeded rarely."""
        return self.theorem.bound / self.risk

    @property
    def proof(self) -> Literal["certified", "conditional", "cited", "conjecture"]:
        """That of the theorem: the rest is proved here."""
        return self.theorem.proof
