"""Certificates for methods that run another one in epochs, each from where the one before has got.

If in m steps from x_0 the mean of the gaps, or of the squared gradients, is at most ``rho (f(x_0) - f*)``, or
``rho ||grad f(x_0)||^2``, in expectation, whatever x_0 is, then epochs of m steps multiply the gap, or the
squared gradient, by rho each that start at a point of the one before drawn evenly. The gap of an average is
at most the mean of the gaps where f is convex.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sympy import Expr, Max, Pow, S, Symbol, expand, floor

from ratebound.theory.algebra.prover import nonnegative, vanishes
from ratebound.theory.certificate import require, require_within
from ratebound.theory.certificates.telescope import JENSEN
from ratebound.theory.draws import coin, picked
from ratebound.theory.errors import RateboundError
from ratebound.theory.method import Method
from ratebound.theory.methods.proximal import shrinks, shrunk
from ratebound.theory.statement import Theorem
from ratebound.theory.symbols import ALONG_RUN, D, gap0, grad0_sq, k

if TYPE_CHECKING:
    from ratebound.theory.draws import Draws

_OF_START = (D, gap0, grad0_sq, *ALONG_RUN)
"""Constants that belong to one start."""
_x, _y, _z, _s, _v, _w = (Symbol(name, real=True) for name in ("x", "y", "z", "s", "v", "w"))
_RENAMED = {_x: _z, _w: _x}
"""The letters of one epoch -> those of many: the iterate is z, the snapshot x."""
_MEANS = {"gap_mean": ("gap_last", gap0), "grad_norm_sq_mean": ("grad_norm_sq_last", grad0_sq)}
"""Means over an epoch -> what is measured at a point of it drawn evenly, and what it is at x_0."""


def length(method: Method, of: Method) -> Expr:
    """Return the steps m of an epoch of a method that runs another one, with the snapshot w, in epochs.

    In an epoch z moves as the iterate of the other method. At the end x, and with it z, becomes the mean of z
    over the epoch, for which s sums z - x, or the point y drawn out of it; the full gradient is taken there.

    Raises
    ------
    RateboundError
        If the method does something else.
    """
    draws, inner = method.draws, of.draws
    if draws is not None and inner is not None and draws.every != 0 and len(draws.full) == 1:
        ((name, place),) = draws.full.items()
        end, kept, ended = _end(draws)
        goes = {"x": _x, "z": _moved(of), "v": _renamed(of.update["v"]), **kept}
        ends = {"x": end, "z": end, "v": Symbol(name, real=True), **ended}
        if _is(method.update, goes, ends) and place == end and _starts(method, of) and _reads(draws, inner):
            return draws.every
    raise RateboundError(f"{method.name} does not run {of.name} in epochs that start at a point of the last")


def _end(draws: Draws) -> tuple[Expr, dict[str, Expr], dict[str, Expr]]:
    """Return where an epoch ends, what the state beside z becomes in one, and what at its end."""
    if draws.picks:
        drawn = picked * _z + (1 - picked) * _y
        return drawn, {"y": drawn}, {"y": drawn}
    return _x + (_s + _z - _x) / draws.every, {"s": _s + _z - _x}, {"s": S.Zero}


def _renamed(expr: Expr) -> Expr:
    return expr.xreplace(_RENAMED)


def _moved(of: Method) -> Expr:
    """Return where z goes in an epoch."""
    inner = shrinks(of)
    return _renamed(of.update["x"]) if inner is None else shrunk(_renamed(inner))


def _is(update: Mapping[str, Expr], goes: Mapping[str, Expr], ends: Mapping[str, Expr]) -> bool:
    """Whether an update does the one where the coin is zero, and the other where it is one."""
    if not set(update) == set(goes) == set(ends):
        return False
    for name, rule in update.items():
        # Rules with thresholds are compared as they stand: SymPy would not expand them alike.
        if rule != coin * ends[name] + (1 - coin) * goes[name]:
            sides = rule.subs(coin, 0) - goes[name], rule.subs(coin, 1) - ends[name]
            if rule.has(Max) or not all(vanishes(expand(side)) for side in sides):
                return False
    return True


def _starts(method: Method, of: Method) -> bool:
    """Whether both start, and take gradients, at the same places, and the other keeps a snapshot as it is."""
    snapshot = set(of.update) == {"x", "w", "v"} and of.update["w"] == _w and of.from_start == ("w",)
    alone = set(of.update) == {"x", "v"} and not of.from_start
    return (snapshot or alone) and method.from_start == ("z",) and _renamed(of.point) == method.point


def _reads(draws: Draws, inner: Draws) -> bool:
    """Whether both read the same besides the full gradient."""
    also = {name: _renamed(place) for name, place in inner.also.items()}
    same = (draws.from_gradient, dict(draws.also)) == (inner.from_gradient, also) == (("v",), also)
    return same and not (inner.has_coin or draws.single or draws.uneven or inner.single or inner.uneven)


@dataclass(frozen=True)
class Epochs:
    """What is measured at the start of an epoch falls by a factor in each.

    Parameters
    ----------
    of
        The theorem about one epoch, on the mean of the gaps or of the squared gradients.
    """

    of: Theorem
    cited: bool = field(default=False, init=False)

    def factor(self, theorem: Theorem) -> Expr:
        """Return what an epoch multiplies the measure by."""
        steps = length(theorem.method, self.of.method)
        return expand(self.of.bound.subs(k, steps) / _MEANS[self.of.measure][1])

    def check(self, theorem: Theorem) -> None:
        """Check the method, that the factor is the same for every epoch, and the bound."""
        parent, steps = self.of, length(theorem.method, self.of.method)
        measure, first = _MEANS.get(parent.measure, ("", S.Zero))
        if theorem.measure != measure or parent.weights != 1:
            raise RateboundError(
                f"epochs bound gap_last by an even gap_mean, or grad_norm_sq_last by an even "
                f"grad_norm_sq_mean; {parent.id} bounds {parent.measure}"
            )
        at_average = not (theorem.method.draws and theorem.method.draws.picks)
        if at_average and (measure != "gap_last" or not JENSEN & theorem.assumed):
            raise RateboundError("the value at an average is at most the mean of values where f is convex")
        if parent.proof != "certified" or parent.at_horizon or theorem.at_horizon:
            raise RateboundError(f"{parent.id} is not certified for all k")
        if not vanishes(theorem.step - parent.step) or theorem.step.has(k):
            raise RateboundError("every epoch takes the steps of the first")
        require_within(parent, {}, theorem)
        if not nonnegative(steps - parent.start):
            raise RateboundError(f"{parent.id} says nothing yet after {steps} steps")
        factor = self.factor(theorem)
        if factor.has(*_OF_START) or set(parent.constants) & {each.name for each in ALONG_RUN}:
            raise RateboundError(f"the bound of {parent.id} is no multiple of {first} at any start")
        require(factor, theorem, "the factor of an epoch")
        stand_in = Symbol("r", nonnegative=True)
        powers = {power: stand_in for power in theorem.bound.atoms(Pow) if power.exp == floor(k / steps)}
        if not all(vanishes(power.base - factor) for power in powers):
            raise RateboundError(f"the bound is no power of the factor {factor} of an epoch")
        left = theorem.bound.xreplace(powers)
        if left.has(k):
            raise RateboundError(f"the bound {theorem.bound} does not count whole epochs of {steps} steps")
        require(left - stand_in * first, theorem, "the bound against what it is at the start")
