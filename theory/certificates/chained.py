"""Certificates for epochs that start at the last point of the one before.

A potential ``V_j = f(x_j) - f* + share_j Q_j`` of one epoch that starts with Q_0 = 0 falls in it from
f(x_0) - f* to what is at least f(x_m) - f*, which is where the next one starts: the descents add up over all
epochs, and over a part of one.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from sympy import Expr, Symbol, expand

from ratebound.theory.algebra.prover import vanishes
from ratebound.theory.certificate import require, require_constant_step
from ratebound.theory.certificates.beside_gap import BesideGap
from ratebound.theory.draws import Draws, coin
from ratebound.theory.errors import RateboundError
from ratebound.theory.method import Method
from ratebound.theory.statement import Theorem
from ratebound.theory.symbols import K, alpha, gap0, k

_x, _v, _w, _e = (Symbol(name, real=True) for name in ("x", "v", "w", "e"))


def length(method: Method, of: Method) -> Expr:
    """Return the steps m of an epoch of a method that runs another one in epochs, each from the last point.

    At the end of an epoch the full gradient is taken at the point that is reached. It is the estimate there:
    v where the other method steps along v; else e, the estimate for the next step, and v, beside the
    snapshot w, which is that point.

    Raises
    ------
    RateboundError
        If the method does something else.
    """
    draws, inner, tracks = method.draws, of.draws, set(of.update) == {"x", "v"}
    keeps = set(of.update) == {"x", "w", "v"} and (of.update["w"], of.update["v"]) == (_w, _v)
    if draws is not None and inner is not None and len(draws.full) == 1 and (tracks or keeps):
        ((name, place),) = draws.full.items()
        full, ahead = Symbol(name, real=True), of.update["x"] if tracks else _x - alpha * _e
        goes = {"x": ahead, **({"v": of.update["v"]} if tracks else {"w": _w, "v": _v})}
        ends = {"x": ahead, **({} if tracks else {"w": ahead}), "v": full}
        if keeps:
            goes["e"], ends["e"] = expand((_x - of.update["x"]) / alpha), full
        same = _is(method, goes, 0) and _is(method, ends, 1) and method.from_start == of.from_start
        there = (method.point, place, of.point) == (ahead, ahead, ahead if tracks else _x)
        if same and there and _reads(draws, inner, ("v",) if tracks else ("v", "e")):
            return draws.every
    raise RateboundError(f"{method.name} does not run {of.name} in epochs that start at the last point")


def _is(method: Method, rules: dict[str, Expr], fallen: int) -> bool:
    """Whether a step does this where the coin is one, or zero."""
    update = method.update
    return set(update) == set(rules) and all(
        vanishes(expand(update[name].subs(coin, fallen) - rule)) for name, rule in rules.items()
    )


def _reads(draws: Draws, inner: Draws, gradients: tuple[str, ...]) -> bool:
    """Whether both read the same besides the full gradient, and start at it."""
    starts = (set(draws.from_gradient), inner.from_gradient) == (set(gradients), ("v",))
    plain = not (inner.has_coin or draws.single or draws.uneven or inner.single or inner.uneven)
    return starts and plain and draws.every != 0 and dict(draws.also) == dict(inner.also)


@dataclass(frozen=True)
class Chained:
    """The descent of one epoch, added up over all.

    Parameters
    ----------
    of
        The theorem about one epoch of K steps, on the mean of the squared gradients, at its longest step.
    """

    of: Theorem
    cited: bool = field(default=False, init=False)

    def epoch(self, theorem: Theorem) -> Theorem:
        """Return the theorem about the first epoch, of K steps, in the range of the other one, proved."""
        steps = length(theorem.method, self.of.method)
        return replace(
            self.of,
            id=f"{theorem.id}, first epoch",
            step=theorem.step,
            where=tuple(each.xreplace({steps: K}) for each in theorem.where),
            bound=theorem.bound.xreplace({steps: K, k: K}),
            defaults={p: value.xreplace({steps: K}) for p, value in theorem.defaults.items()},
        )

    def check(self, theorem: Theorem) -> None:
        """Check the method, the descent within an epoch, and the sum over all."""
        proof = self.of.certificate
        if not isinstance(proof, BesideGap) or not self.of.at_horizon or theorem.at_horizon:
            raise RateboundError(f"{self.of.id} has no potential that ends an epoch of K steps with the gap")
        if theorem.measure != "grad_norm_sq_mean" or theorem.weights.has(k):
            raise RateboundError("the descents of epochs bound the even mean of squared gradients")
        if not self.of.assumed <= theorem.assumed:
            raise RateboundError(f"{self.of.id} assumes more than {theorem.id}")
        require_constant_step(theorem)
        self.epoch(theorem)
        weight = (k * proof.weight).xreplace({alpha: theorem.step})
        require(theorem.at(k) * weight - gap0, theorem, "the bound against the sum of the descents")
