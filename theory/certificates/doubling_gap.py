"""The certificate of a small gradient by silver steps, from a gap: what comes down, then what holds.

In units with L = 1, and A one more than the sum of n steps, they are said to *come down* if on every convex,
smooth f

    f(x_0) - f(x_n) >= (A - 1) ||g_n||^2.

No step, A = 1, does. If n steps come down, and hold (:mod:`ratebound.theory.certificates.doubling`), then all
of these come down: the n steps, the step ``1 + A/r`` and the n steps again, for which it is enough that they
hold. As ``||g_n||^2 <= 2 (f(x_n) - f*)``, what comes down brings ``(2 A - 1) ||g_n||^2`` below
``2 (f(x_0) - f*)``.

That a schedule for the gradient goes on with one for distances is in Grimmer, Shu and Wang 2024 (not
checked); the multipliers are derived here.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sympy import Expr, S, Symbol, sqrt

from ratebound.theory.algebra.prover import vanishes
from ratebound.theory.certificate import require
from ratebound.theory.certificates.doubling import (
    FM,
    FN,
    GM,
    GN,
    SECOND,
    A,
    Doubling,
    Point,
    Sums,
    V,
    above,
    above_all,
    grown,
    held,
    middle,
    require_silver,
    require_sums,
    silver,
)
from ratebound.theory.errors import RateboundError
from ratebound.theory.symbols import L, gap0

if TYPE_CHECKING:
    from ratebound.theory.statement import Theorem

_F0, _STAR = Symbol("f_0", real=True), Symbol("f_*", real=True)
_BACK = 1 + (A - 1) / (sqrt(2) * A)
"""The multiplier of x_n above x_m."""


def come_down(weight: Expr, start: Expr, last: Point) -> Expr:
    """Return what comes down, ``>= 0``, for steps that add up to `weight` - 1."""
    return start - last.f - (weight - 1) * last.g**2


@dataclass(frozen=True)
class GapDoubling:
    """What comes down by the first 2^m - 1 steps, where A = r^m, says about the last of their gradients.

    The best of x_0 .. x_{k-1} is no worse than the latest of these points among them.
    """

    cited: bool = field(default=False, init=False)

    @staticmethod
    def joined() -> Sums:
        """Return what is to come down after joining, and its parts."""
        last, turn = Point(FN, GN, S.Zero), Point(FM, GM, middle * GM + V)
        ahead, behind = (1 + _BACK) / A, (1 + _BACK) / (silver * A) + 1 / A
        parts = {
            "what comes down by the first half": (S.One, come_down(A, _F0, turn)),
            "what the second half holds": (ahead + behind, held(A, SECOND, last)),
            "x_m above each point of the second half": (ahead, above_all(turn, SECOND, V)),
            "x_n above each point of the second half": (behind, above_all(last, SECOND, V)),
            "x_m above x_n": (ahead, above(turn, last)),
            "x_n above x_m": (_BACK, above(last, turn)),
            "a square": ((sqrt(2) * A - 1) / (2 * silver * A**2), (V + GN - A * GM) ** 2),
        }
        return come_down(silver * A, _F0, last), parts

    @staticmethod
    def ended() -> Sums:
        """Return ``f(x_0) - f*`` less what is claimed of it, and its parts."""
        last, star = Point(FN, GN, S.Zero), Point(_STAR, S.Zero, Symbol("at", real=True))
        parts = {
            "what comes down": (S.One, come_down(A, _F0, last)),
            "x_n above x*": (S.One, above(last, star)),
        }
        return _F0 - _STAR - (2 * A - 1) / 2 * GN**2, parts

    def check(self, theorem: Theorem) -> None:
        """Check the schedule, the sums, the signs of their multipliers, and the bound."""
        if theorem.measure != "grad_norm_sq_best":
            raise RateboundError("this certificate bounds the least gradient, grad_norm_sq_best")
        require_silver(theorem)
        require_sums({"what holds": Doubling.joined(), "joining": self.joined(), "the end": self.ended()})
        if (
            held(S.One, S.Zero, Point(FN, GN, S.Zero)) != 0
            or come_down(S.One, FN, Point(FN, GN, S.Zero)) != 0
        ):
            raise RateboundError("no step does not hold, or does not come down")
        implied = 2 * L * gap0 / (2 * grown - 1)
        if not vanishes(theorem.bound - implied):
            require(theorem.bound - implied, theorem, "the bound against what comes down")
