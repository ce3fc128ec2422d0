"""Two methods whose runs, from one start and on the same samples, stay near each other.

The linear scaling rule says that k steps of the length alpha are one step of the length k alpha with k times
the batch. The large step takes all its gradients at x_0, the small ones where they are, so that with
``E||g_j||^2 <= G^2`` along the small steps the triangle inequality of root mean squares gives

    root of E||x_j - x_0||^2 <= reach(j),    reach(j + 1) = reach(j) + alpha G,
    root of E||x_k - y_k||^2 <= gap(k),      gap(k + 1) = gap(k) + alpha L_max reach(k),

for gradients of one batch differ by at most L_max times what their points differ by.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sympy import Expr, Symbol, sqrt

from ratebound.theory.algebra.prover import nonnegative, vanishes
from ratebound.theory.errors import RateboundError
from ratebound.theory.method import Method, g, x
from ratebound.theory.methods import sgd
from ratebound.theory.symbols import L_max, alpha, k, second_moment

_w = Symbol("w", real=True)


@dataclass(frozen=True)
class Nearby:
    """The second method takes every gradient at x_0, the first where it is.

    Parameters
    ----------
    id, title, source
        As of a theorem.
    first, second
        The methods, both with the step `step`.
    step
        An expression in k and constants.
    reach
        How far the first is from x_0 after k steps at most, in root mean square, where every f_i is
        L_max-smooth and E||g_j||^2 at most ``second_moment`` at all its points.
    gap
        How far the two are from each other then, at most.

    Raises
    ------
    RateboundError
        If the methods are others, or the induction over k does not close.
    """

    id: str
    title: str
    source: str
    first: Method
    second: Method
    step: Expr
    reach: Expr
    gap: Expr

    def __post_init__(self) -> None:
        try:
            self._check()
        except RateboundError as problem:
            raise RateboundError(f"nearby runs {self.id}: {problem}") from problem

    def _check(self) -> None:
        for method in (self.first, self.second):
            if not vanishes(method.update["x"] - (x - alpha * g)) or method.draws is not None:
                raise RateboundError(f"{method.name} does not step along the gradient of a batch")
        if self.first.sampling != self.second.sampling:
            raise RateboundError("one method takes full gradients, the other those of batches")
        if not nonnegative(self.step):
            raise RateboundError(f"the step {self.step} may be negative, and so may what it adds")
        if self.first.point != x:
            raise RateboundError(f"{self.first.name} does not take its gradients where it is")
        start = self.second.point
        if self.second.update.get(str(start)) != start or str(start) not in self.second.from_start:
            raise RateboundError(f"{self.second.name} does not take its gradients at x_0")
        grown = {
            "reach": (self.reach, self.step * sqrt(second_moment)),
            "gap": (self.gap, self.step * L_max * self.reach),
        }
        for what, (bound, added) in grown.items():
            if not vanishes(bound.subs(k, 0)):
                raise RateboundError(f"the {what} starts at {bound.subs(k, 0)}, and both runs at x_0")
            if not vanishes(bound.subs(k, k + 1) - bound - added):
                raise RateboundError(f"a step adds {added} to the {what}, which {bound} does not say")


frozen = Method(
    "frozen",
    "SGD with every gradient taken at x_0: after k steps one step of k times the length and the batch",
    {"x": x - alpha * g, "w": _w},
    "batch",
    point=_w,
    from_start=("w",),
)
NEARBY: Mapping[str, Nearby] = {
    each.id: each
    for each in (
        Nearby(
            id="linear_scaling",
            title="k steps of SGD, and one step of k times the length with k times the batch",
            source="Goyal et al. 2017 for the rule (number not checked); derived here",
            first=sgd,
            second=frozen,
            step=alpha,
            reach=alpha * sqrt(second_moment) * k,
            gap=alpha**2 * L_max * sqrt(second_moment) * k * (k - 1) / 2,
        ),
    )
}
"""Pairs of methods that stay near each other, by id."""
