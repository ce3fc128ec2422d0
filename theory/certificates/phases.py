"""Certificates for runs in two phases that know the horizon: one for the start, one for the noise."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from sympy import Dummy, Expr, Piecewise, S, Symbol, ceiling, floor, sqrt

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

    The second one may be about an average, which then leaves out what was before. Its bound is a concave
    function of ``||x_s - x*||^2``: it may be read at the expectation of that.

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
    def weights(self) -> Expr:
        """The weights of what the second theorem averages, if it does: none before the middle."""
        then, late = self.then
        if then.averaged_over is None:
            return S.One
        again = then.weights.subs(late).subs(k, k - _MIDDLE)
        return Piecewise((S.Zero, 2 * k < K), (again, True))

    @property
    def implied(self) -> Expr:
        """The bound at K that follows."""
        (first, early), (then, late) = self.first, self.then
        reached = first.bound.subs(early).subs(k, _MIDDLE)
        return then.bound.subs(late).subs({D: sqrt(reached), k: floor(K / 2)}, simultaneous=True)

    def check(self, theorem: Theorem) -> None:
        """Check that both theorems are about this run, and the bound for even and odd K."""
        known = theorem.measure in ("distance_sq", "gap_average")
        if not known or theorem.visits != INDEPENDENT or not theorem.at_horizon:
            raise RateboundError(
                "two phases bound distance_sq or gap_average at the horizon, for independent batches"
            )
        (first, _), (then, late) = self.first, self.then
        for (each, values), measure in ((self.first, "distance_sq"), (self.then, theorem.measure)):
            if (each.measure, each.method, each.visits) != (measure, theorem.method, INDEPENDENT):
                raise RateboundError(f"{each.id} does not bound the {measure} of {theorem.method.name}")
            if each.at_horizon or each.batch is not None or theorem.batch is not None:
                raise RateboundError(f"{each.id} must hold at every k, with batches of one size")
            require_within(each, values, theorem)
        # floor(K/2) steps are left for the second phase.
        reached = nonnegative(theorem.start - 2 * then.start)
        if not (nonnegative(1 - first.start) and reached and nonnegative(theorem.start - 1)):
            raise RateboundError(f"{then.id} must hold from its start on, {first.id} after one step")
        if theorem.weights != self.weights:
            raise RateboundError(f"the weights {theorem.weights} are not those of {then.id}, {self.weights}")
        if theorem.step != self.step:
            raise RateboundError(f"the step {theorem.step} is not that of the two phases, {self.step}")
        require_concave(then, theorem, late)
        for horizon in _parities(first=int(theorem.start)):
            require((theorem.bound - self.implied).subs(K, horizon), theorem, "the bound of the two phases")


def _parities(first: int) -> Iterator[Expr]:
    """Yield the odd and the even K from `first`, 1 or 2, on, with ceil(K/2) = s >= 1 or floor(K/2) = s."""
    yield 2 * _s - 1 if first == 1 else 2 * _s + 1
    yield 2 * _s
