"""Certificates for methods that run another one in epochs, each from where the one before has got.

If after m steps from x_0 the gap of the average is at most ``rho (f(x_0) - f*)`` in expectation, whatever x_0
is, then epochs that start at this average multiply the gap by rho each.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sympy import Expr, Pow, S, Symbol, expand, floor

from ratebound.theory.algebra.prover import nonnegative, vanishes
from ratebound.theory.certificate import require, require_within
from ratebound.theory.draws import coin
from ratebound.theory.errors import RateboundError
from ratebound.theory.method import Method
from ratebound.theory.statement import Theorem
from ratebound.theory.symbols import ALONG_RUN, D, gap0, grad0_sq, k

if TYPE_CHECKING:
    from ratebound.theory.draws import Draws

_OF_START = (D, gap0, grad0_sq, *ALONG_RUN)
"""Constants that belong to one start."""
_RENAMED = {Symbol(old, real=True): Symbol(new, real=True) for old, new in (("x", "z"), ("w", "x"))}
"""The letters of one epoch -> those of many: the iterate is z, the snapshot x."""


def length(method: Method, of: Method) -> Expr:
    """Return the steps m of an epoch of a method that runs another one, with the snapshot w, in epochs.

    In an epoch z moves as the iterate of the other method, and s sums z - x. At the end x, and with it z,
    becomes the mean of z over the epoch, and the full gradient is taken there.

    Raises
    ------
    RateboundError
        If the method does something else.
    """
    draws, inner = method.draws, of.draws
    x, z, s, v = (Symbol(name, real=True) for name in ("x", "z", "s", "v"))
    if draws is not None and inner is not None and draws.every != 0 and len(draws.full) == 1:
        ((name, place),) = draws.full.items()
        mean = x + (s + z - x) / draws.every
        ends = {"x": mean, "z": mean, "s": S.Zero, "v": Symbol(name, real=True)}
        goes = {"x": x, "z": of.update["x"].xreplace(_RENAMED), "s": s + z - x, "v": v}
        ends_so, goes_so = (_is(method.update, rules, fallen) for rules, fallen in ((ends, 1), (goes, 0)))
        if ends_so and goes_so and place == mean and _starts(method, of) and _reads(draws, inner):
            return draws.every
    raise RateboundError(f"{method.name} does not run {of.name} in epochs that start at an average")


def _is(update: Mapping[str, Expr], rules: Mapping[str, Expr], fallen: int) -> bool:
    """Whether an update does this where the coin is one, or zero."""
    if set(update) != set(rules):
        return False
    return all(vanishes(expand(update[name].subs(coin, fallen) - rule)) for name, rule in rules.items())


def _starts(method: Method, of: Method) -> bool:
    """Whether both start, and take gradients, at the same places, and the other keeps w and v as they are."""
    w, v = (Symbol(name, real=True) for name in ("w", "v"))
    kept = set(of.update) == {"x", "w", "v"} and (of.update["w"], of.update["v"]) == (w, v)
    return (
        kept
        and (method.from_start, of.from_start) == (("z",), ("w",))
        and of.point.xreplace(_RENAMED) == method.point
    )


def _reads(draws: Draws, inner: Draws) -> bool:
    """Whether both read the same besides the full gradient."""
    also = {name: place.xreplace(_RENAMED) for name, place in inner.also.items()}
    same = (draws.from_gradient, dict(draws.also)) == (inner.from_gradient, also)
    return same and not (inner.has_coin or draws.single or draws.uneven or inner.single or inner.uneven)


@dataclass(frozen=True)
class Epochs:
    """The gap at the average falls by a factor in each epoch.

    Parameters
    ----------
    of
        The theorem about one epoch, on the gap of the average.
    """

    of: Theorem
    cited: bool = field(default=False, init=False)

    def factor(self, theorem: Theorem) -> Expr:
        """Return what an epoch multiplies the gap by."""
        return expand(self.of.bound.subs(k, length(theorem.method, self.of.method)) / gap0)

    def check(self, theorem: Theorem) -> None:
        """Check the method, that the factor is the same for every epoch, and the bound."""
        parent, steps = self.of, length(theorem.method, self.of.method)
        if (parent.measure, theorem.measure, parent.weights) != ("gap_average", "gap_last", S.One):
            raise RateboundError(f"epochs of {parent.id} bound gap_last by the gap of an even average")
        if parent.proof != "certified" or parent.at_horizon or theorem.at_horizon:
            raise RateboundError(f"{parent.id} is not certified for all k")
        if not vanishes(theorem.step - parent.step) or theorem.step.has(k):
            raise RateboundError("every epoch takes the steps of the first")
        require_within(parent, {}, theorem)
        if not nonnegative(steps - parent.start):
            raise RateboundError(f"{parent.id} says nothing yet after {steps} steps")
        factor = self.factor(theorem)
        if factor.has(*_OF_START) or set(parent.constants) & {each.name for each in ALONG_RUN}:
            raise RateboundError(f"the bound of {parent.id} is no multiple of the gap at any start")
        require(factor, theorem, "the factor of an epoch")
        stand_in = Symbol("r", nonnegative=True)
        powers = {power: stand_in for power in theorem.bound.atoms(Pow) if power.exp == floor(k / steps)}
        if not all(vanishes(power.base - factor) for power in powers):
            raise RateboundError(f"the bound is no power of the factor {factor} of an epoch")
        left = theorem.bound.xreplace(powers)
        if left.has(k):
            raise RateboundError(f"the bound {theorem.bound} does not count whole epochs of {steps} steps")
        require(left - stand_in * gap0, theorem, "the bound against the gap at the start")
