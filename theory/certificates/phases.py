"""Certificates for runs in two phases that know the horizon: one for the start, one for the noise."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from sympy import Dummy, Expr, Piecewise, Symbol, ceiling, floor, sqrt

from ratebound.theory.algebra.prover import nonnegative
from ratebound.theory.certificate import require, require_within
from ratebound.theory.certificates.tails import require_concave
from ratebound.theory.errors import RateboundError
from ratebound.theory.symbols import D, K, k
from ratebound.theory.visits import INDEPENDENT

if TYPE_CHECKING:
    from ratebound.theory.statement import Theorem

_s = Dummy("s", integer=True, positive=True)
_MIDDLE = ceiling(K / 2)


@dataclass(frozen=True)
class TwoPhases:
    """A theorem on the distance after ceil(K/2) steps, then another one from where the first ends.

    The second bound is a concave function of ``||x_s - x*||^2``: it may be read at the expectation of that.

    Parameters
    ----------
    first, then
        The theorems, each with the values of its parameters.
    """

    first: tuple[Theorem, Mapping[Symbol, Expr]]
    then: tuple[Theorem, Mapping[Symbol, Expr]]
    steps_proved: ClassVar[bool] = True
    """Steps are those of the two theorems, of which none is negative."""

    @property
    def cited(self) -> bool:
        """Whether one of the two rests on its source."""
        return any(theorem.proof != "certified" for theorem, _ in (self.first, self.then))

    @property
    def step(self) -> Expr:
        """The schedule: that of the first theorem, and of the second one counted anew."""
        (first, early), (then, late) = self.first, self.then
        again = then.step.subs(late).subs(k, k - _MIDDLE)
        return Piecewise((first.step.subs(early), 2 * k < K), (again, True))

    @property
    def implied(self) -> Expr:
        """The bound at K that follows."""
        (first, early), (then, late) = self.first, self.then
        reached = first.bound.subs(early).subs(k, _MIDDLE)
        return then.bound.subs(late).subs({D: sqrt(reached), k: floor(K / 2)}, simultaneous=True)

    def check(self, theorem: Theorem) -> None:
        """Check that both theorems are about this run, and the bound for even and odd K."""
        for each, values in (self.first, self.then):
            if (each.measure, each.method, each.visits) != ("distance_sq", theorem.method, INDEPENDENT):
                raise RateboundError(f"{each.id} does not bound the distance of {theorem.method.name}")
            if each.at_horizon or each.batch is not None or theorem.batch is not None:
                raise RateboundError(f"{each.id} must hold at every k, with batches of one size")
            require_within(each, values, theorem)
        (first, _), (then, _) = self.first, self.then
        if (theorem.measure, theorem.visits) != ("distance_sq", INDEPENDENT) or not theorem.at_horizon:
            raise RateboundError("two phases bound distance_sq at the horizon, for independent batches")
        if not (nonnegative(1 - first.start) and nonnegative(-then.start) and nonnegative(theorem.start - 1)):
            raise RateboundError(f"{then.id} must hold from its start on, {first.id} after one step")
        if theorem.step != self.step:
            raise RateboundError(f"the step {theorem.step} is not that of the two phases, {self.step}")
        require_concave(then, theorem)
        for horizon in _parities():
            require((theorem.bound - self.implied).subs(K, horizon), theorem, "the bound of the two phases")


def _parities() -> Iterator[Expr]:
    """Yield K = 1, 3, .. and K = 2, 4, .. with ceil(K/2) = s >= 1."""
    yield 2 * _s - 1
    yield 2 * _s
