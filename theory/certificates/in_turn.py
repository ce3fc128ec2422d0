"""Certificates for two methods in turn, one for the gap and one for the gradient, that know the horizon."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sympy import Expr, S, Symbol, ceiling, expand, floor

from ratebound.theory.algebra.chart import free
from ratebound.theory.algebra.prover import nonnegative, vanishes
from ratebound.theory.certificate import require_within
from ratebound.theory.errors import RateboundError
from ratebound.theory.method import x
from ratebound.theory.symbols import K, alpha, gap0, k

if TYPE_CHECKING:
    from ratebound.theory.statement import Theorem

_j, _r = (Symbol(name, integer=True, nonnegative=True) for name in "jr")


@dataclass(frozen=True)
class InTurn:
    """A theorem on f(x_k) - f* for ceil(K/2) steps, then one on the gradient from that gap for the others.

    Parameters
    ----------
    first
        It holds at every k.
    then
        It holds at its horizon, from x alone: its other states start at zero.
    """

    first: Theorem
    then: Theorem

    @property
    def cited(self) -> bool:
        """Whether one of the two rests on its source."""
        return any(theorem.proof != "certified" for theorem in (self.first, self.then))

    @property
    def implied(self) -> Expr:
        """The bound at K that follows."""
        reached = self.first.bound.subs(k, ceiling(K / 2))
        return self.then.bound.subs({K: floor(K / 2), gap0: reached}, simultaneous=True)

    def check(self, theorem: Theorem) -> None:
        """Check what the theorems are about, every step of the method, and the bound."""
        first, then = self.first, self.then
        if first.measure != "gap_last" or first.at_horizon or not then.at_horizon:
            raise RateboundError(f"{first.id} must bound gap_last at every k, and {then.id} at its horizon")
        if (theorem.measure, theorem.at_horizon) != (then.measure, True):
            raise RateboundError(f"two methods in turn bound {then.measure} at the horizon")
        if not (
            nonnegative(1 - first.start) and nonnegative(1 - then.start) and nonnegative(theorem.start - 2)
        ):
            raise RateboundError("each method is to make a step at least, for which its theorem holds")
        if any(each.parameters or each.method.sampling != "full" for each in (first, then, theorem)):
            raise RateboundError("the methods in turn take full gradients, and have no parameters")
        for each in (first, then):
            require_within(each, {}, theorem)
        self._check_steps(theorem)
        if not vanishes(theorem.bound - self.implied):
            raise RateboundError(f"the bound is not that of {then.id} after {first.id}, {self.implied}")

    def _check_steps(self, theorem: Theorem) -> None:
        method, first, then = theorem.method, self.first.method, self.then.method
        if set(method.update) != set(first.update) | set(then.update) or then.from_start or then.point != x:
            raise RateboundError(f"{method.name} has not the states of {first.name} and {then.name}")
        if set(method.from_start) != set(first.from_start):
            raise RateboundError(f"the states of {method.name} do not start where those of {first.name} do")
        # At a step of the first half with 2 k + 1 <= K; the states of the second method wait at zero.
        waiting = {name: S.Zero for name in set(then.update) - set(first.update)}
        wanted = {"the point": first.point, **first.update}
        wanted = {name: rule.subs(alpha, self.first.step).subs(k, _j) for name, rule in wanted.items()}
        self._compare(theorem, {k: _j, K: 2 * _j + 1 + _r}, wanted | waiting)
        for at, (done, horizon) in self._second_half():
            wanted = {"the point": x, **then.update}
            step = self.then.step.subs({k: done, K: horizon}, simultaneous=True)
            wanted = {name: rule.subs({alpha: step, k: done}) for name, rule in wanted.items()}
            self._compare(theorem, at, wanted)

    @staticmethod
    def _second_half() -> Iterator[tuple[dict[Symbol, Expr], tuple[Expr, Expr]]]:
        """Yield k and K at steps of the second half, with the steps of it that are done, and all of them."""
        for done in (S.Zero, 1 + free("j")):
            for odd in (0, 1):
                half = done + 1 + free("r")
                yield {k: half + odd + done, K: 2 * half + odd}, (done, half)

    @staticmethod
    def _compare(theorem: Theorem, at: Mapping[Symbol, Expr], wanted: Mapping[str, Expr]) -> None:
        step = theorem.step.subs(at, simultaneous=True)
        found = {"the point": theorem.method.point, **theorem.method.update}
        for name, rule in wanted.items():
            moved = found[name].subs(alpha, step).subs(k, at[k])
            if not vanishes(expand(moved - rule)):
                raise RateboundError(
                    f"{name} of {theorem.method.name} does not go where the proof says, at k = {at[k]}"
                )
