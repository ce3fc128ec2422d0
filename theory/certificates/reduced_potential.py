"""Potentials of accelerated methods whose estimate is reduced by a snapshot w_k of earlier iterates."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sympy import Expr, Symbol

from ratebound.theory.algebra.prover import vanishes
from ratebound.theory.certificates.potential import Potential, centred
from ratebound.theory.draws import Draws, coin
from ratebound.theory.errors import RateboundError
from ratebound.theory.letters.stored import stored_gap
from ratebound.theory.method import Method, g, x
from ratebound.theory.symbols import delta

_w, _v = (Symbol(name, real=True) for name in ("w", "v"))


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
        p = _draws(method).coin
        return {**super().gaps(method), stored_gap: p * delta + (1 - p) * stored_gap}

    def moved(self, name: str, method: Method) -> Expr:
        """Return the next value of a state variable, seen from x*, with g for the whole estimate."""
        ((there, _),) = _draws(method).also.items()
        h = Symbol(there, real=True)
        rule = method.update[name].xreplace({g: g + h - _v})
        result = centred(rule, method, g)
        if result.free_symbols & {h, Symbol("V", real=True)}:
            raise RateboundError(
                f"{name} of {method.name} reads g, {there} or v other than as g - {there} + v"
            )
        return result

    def check_draws(self, method: Method) -> None:
        """Check that w and v are a snapshot, from x_0 on, and the gradient of f there."""
        draws = method.draws
        kept = draws is not None and len(draws.full) == len(draws.also) == 1
        if kept and draws is not None:
            ((full, at),), ((_, place),) = draws.full.items(), draws.also.items()
            renewed = {"w": coin * x + (1 - coin) * _w, "v": coin * Symbol(full, real=True) + (1 - coin) * _v}
            kept = (
                all(vanishes(method.update.get(name, g) - rule) for name, rule in renewed.items())
                and (at, place) == (x, _w)
                and "w" in method.from_start
                and draws.from_gradient == ("v",)
                and draws.weight is None
                and draws.every == 0
            )
        if not kept:
            raise RateboundError(
                f"{method.name} keeps no snapshot w of x, renewed by a coin, with its gradient v; a reduced "
                "potential is about methods that do"
            )


def _draws(method: Method) -> Draws:
    assert method.draws is not None
    return method.draws
