"""The certificate of silver steps: what holds of n steps holds of n steps, one longer step, and n steps more.

In units with L = 1 let h_0 .. h_{n-1} be steps of gradient descent, ``x_{i+1} = x_i - h_i g_i``, and A one
more than their sum. They are said to *hold* if on every convex, smooth f

    sum of h_i (f(x_i) - f(x_n)) >= sum of h_i (h_i - 1)/2 ||g_i||^2 + A (A - 1)/2 ||g_n||^2.

No step, A = 1, holds. If n steps do, so do they, the step ``1 + A/r`` with r = 1 + sqrt(2), and they again:
then A has grown to r A. With interpolation at x* what holds says ``(4 A - 2) (f(x_n) - f*) <= D^2``, and
``A^2 ||g_n||^2 <= D^2``.

The points before the last one occur in the sums ``F = sum of h_i f_i - h_i (h_i - 1)/2 ||g_i||^2`` and ``V =
sum of h_i g_i = x_0 - x_n`` only, as ``sum of h_i <g_i, x_i - x_n> = ||V||^2/2 + sum of h_i^2/2 ||g_i||^2``.

Source of the schedule: Altschuler and Parrilo 2024; the constant is half of theirs. Zhang and Jiang 2024, and
Grimmer, Shu and Wang 2024, join schedules in the same spirit (not checked); this form is derived here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from sympy import Expr, Integer, Rational, S, Symbol, expand, log, sqrt

from ratebound.theory.algebra.chart import free
from ratebound.theory.algebra.prover import nonnegative, vanishes
from ratebound.theory.algebra.valuation import twos
from ratebound.theory.certificate import require
from ratebound.theory.errors import RateboundError
from ratebound.theory.measures import BEST
from ratebound.theory.methods import gd
from ratebound.theory.symbols import D, L, k

if TYPE_CHECKING:
    from ratebound.theory.statement import Theorem

silver = 1 + sqrt(2)
"""r, by which A grows."""
silver_exponent = log(silver) / log(2)
"""p with ``r = 2^p``: after n = 2^m - 1 steps A is ``(n + 1)^p``."""
silver_step = (1 + silver ** (twos(k + 1) - 1)) / L

A = Symbol("A", positive=True)
middle = 1 + A / silver
"""The step between the two halves."""
grown = ((k + 1) / 2) ** silver_exponent
"""At the latest 2^m - 1 < k, where ``2^m <= k < 2^(m+1)``, A has grown to ``r^m``: at least to this."""
Sums = tuple[Expr, dict[str, tuple[Expr, Expr]]]
"""A claim, and what it is the sum of: by name a multiplier and what is ``>= 0``."""
_X, V, GN, GM = (Symbol(name, real=True) for name in ("X", "V", "g_N", "g_M"))
FN, FM, _FIRST, SECOND = (Symbol(name, real=True) for name in ("f_N", "f_M", "F_1", "F_2"))


class Point(NamedTuple):
    """A value, a gradient, and where: seen from the last point of the steps it is compared with."""

    f: Expr
    g: Expr
    at: Expr


def above(first: Point, second: Point) -> Expr:
    """Return interpolation at two points, ``>= 0``: the first lies above what is known at the second."""
    rise, apart = first.f - second.f, first.at - second.at
    return rise - second.g * apart - (first.g - second.g) ** 2 / 2


def above_all(point: Point, F: Expr, V: Expr) -> Expr:
    """Return the same at a point and each point before the last one, times h_i, summed."""
    # Of the terms with i: sum of h_i (f_i - <g_i, x_i - x_n> + ||g_i||^2/2) is F - ||V||^2/2.
    return (A - 1) * (point.f - point.g**2 / 2) - F - V * (point.at - point.g) + V**2 / 2


def held(weight: Expr, F: Expr, last: Point) -> Expr:
    """Return what holds, ``>= 0``, for steps that add up to `weight` - 1."""
    return F - (weight - 1) * last.f - weight * (weight - 1) / 2 * last.g**2


def require_sums(sums: Mapping[str, Sums]) -> None:
    """Check that each claim is the sum of its parts, with multipliers ``>= 0`` for every A >= 1.

    Raises
    ------
    RateboundError
        Naming the claim that is no such sum, or the multiplier.
    """
    for what, (claim, parts) in sums.items():
        if not vanishes(expand(claim - sum((c * part for c, part in parts.values()), S.Zero))):
            raise RateboundError(f"the certificate does not close: {what} is not the sum of its parts")
        for name, (factor, _) in parts.items():
            if not nonnegative(factor, {A: 1 + free("s")}):
                raise RateboundError(f"the multiplier {factor} of {name} may be negative")


def require_silver(theorem: Theorem) -> None:
    """Check that a theorem is about the best point of gradient descent with silver steps.

    Step 2^m - 1 is to be the longer one, and the steps before and behind it are to be the same.

    Raises
    ------
    RateboundError
        Saying what it is about instead.
    """
    if theorem.measure not in BEST or theorem.method != gd or not nonnegative(theorem.start - 1):
        raise RateboundError("this certificate bounds the best point of gradient descent, from k = 1 on")
    if not {"smooth", "convex"} <= theorem.assumed:
        raise RateboundError("interpolation needs a smooth, convex f; assume both")
    turn, count = Symbol("m", integer=True, nonnegative=True), Symbol("t")
    longer = (theorem.step * L).subs(k, 2**turn - 1)
    if not vanishes(longer - middle.subs(A, silver**turn)) or theorem.step.subs(twos(k + 1), count).has(k):
        raise RateboundError(f"the step {theorem.step} is not the silver one, {silver_step}")


@dataclass(frozen=True)
class Doubling:
    """What holds of the first 2^m - 1 steps, where A = r^m, says about the last of their points.

    The best of x_0 .. x_{k-1} is no worse than the latest of these points among them.
    """

    cited: bool = field(default=False, init=False)

    @staticmethod
    def joined() -> Sums:
        """Return what is to hold after joining, and its parts: by name a multiplier and what is ``>= 0``."""
        last = Point(FN, GN, S.Zero)
        # x_m, from which the longer step is made, seen from x_n: m is the number of steps of the first half.
        turn = Point(FM, GM, middle * GM + V)
        parts = {
            "what the first half holds": (S.One, held(A, _FIRST, turn)),
            "what the second half holds": (1 + 2 * silver, held(A, SECOND, last)),
            "x_m above each point of the second half": (silver, above_all(turn, SECOND, V)),
            "x_n above each point of the second half": (silver, above_all(last, SECOND, V)),
            "x_m above x_n": (silver, above(turn, last)),
            "x_n above x_m": (A, above(last, turn)),
        }
        gathered = _FIRST + middle * FM - middle * (middle - 1) / 2 * GM**2 + SECOND
        return held(silver * A, gathered, last), parts

    @staticmethod
    def ended(measure: str) -> Sums:
        """Return half of ``||x_0 - x*||^2`` less what the measure claims, and its parts.

        X is x_n - x*, and f* is zero.
        """
        last, star = Point(FN, GN, S.Zero), Point(S.Zero, S.Zero, -_X)
        half = (_X + V) ** 2 / 2
        weight = S.One if measure == "grad_norm_sq_best" else A
        parts = {
            "what the steps hold": (S.One, held(A, _FIRST, last)),
            "x* above each point before x_n": (S.One, above_all(star, _FIRST, V)),
            "x* above x_n": (weight, above(star, last)),
            "a square": (Rational(1, 2), (_X - weight * GN) ** 2),
        }
        if measure == "grad_norm_sq_best":
            return half - A**2 * GN**2 / 2, parts | {"x_n above x*": (A, above(last, star))}
        return half - (2 * A - 1) * FN, parts

    @staticmethod
    def implied(measure: str) -> Expr:
        """Return the bound at the latest 2^m - 1 < k."""
        return (L * D / grown) ** 2 if measure == "grad_norm_sq_best" else L * D**2 / (4 * grown - 2)

    def check(self, theorem: Theorem) -> None:
        """Check the schedule, the two sums, the signs of their multipliers, and the bound."""
        measure = theorem.measure
        require_silver(theorem)
        require_sums({"joining": self.joined(), "the end": self.ended(measure)})
        if held(Integer(1), S.Zero, Point(FN, GN, S.Zero)) != 0:
            raise RateboundError("no step does not hold")
        if not vanishes(theorem.bound - self.implied(measure)):
            require(theorem.bound - self.implied(measure), theorem, "the bound against what the steps hold")
