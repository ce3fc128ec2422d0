"""Potentials of accelerated methods whose estimate is reduced by a snapshot w_k of earlier iterates."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sympy import Expr, Symbol

from ratebound.theory.certificates.potential import Potential, centred, letter
from ratebound.theory.certificates.reduced import at_snapshot
from ratebound.theory.errors import RateboundError
from ratebound.theory.letters.stored import stored_gap
from ratebound.theory.method import Method, g
from ratebound.theory.symbols import delta

_v = Symbol("v", real=True)


@dataclass(frozen=True)
class ReducedPotential(Potential):
    """A :class:`Potential` that may read ``stored_gap``, the gap f(w_k) - f* of the snapshot.

    In it ``g`` is the whole estimate, ``grad f_i(y_k) - grad f_i(w_k) + grad f(w_k)``, of mean grad f(y_k). A
    coin renews the snapshot: w_{k+1} is x_k with the probability p, and so is its gap in the mean.
    """

    def read(self, method: Method) -> tuple[str, ...]:
        """Return the states of which the potential may read the letters: not those of the snapshot."""
        return tuple(name for name in method.update if name not in ("w", "v"))

    def gaps(self, method: Method) -> Mapping[Symbol, Expr]:
        """Return the gaps that the potential may read, and what they are one step later."""
        assert method.draws is not None
        p = method.draws.coin
        return {**super().gaps(method), stored_gap: p * delta + (1 - p) * stored_gap}

    def moved(self, name: str, method: Method) -> Expr:
        """Return the next value of a state variable, seen from x*, with g for the whole estimate."""
        there = at_snapshot(method)
        assert there is not None
        result = centred(method.update[name].xreplace({g: g + there - _v}), method, g)
        if result.free_symbols & {there, letter("v")}:
            raise RateboundError(
                f"{name} of {method.name} reads g, {there} or v other than as g - {there} + v"
            )
        return result

    def check_draws(self, method: Method) -> None:
        """Check that w and v are a snapshot, from x_0 on, and the gradient of f there."""
        if at_snapshot(method) is None:
            raise RateboundError(
                f"{method.name} keeps no snapshot w of x, renewed by a coin, with its gradient v; a reduced "
                "potential is about methods that do"
            )
