"""Lemmas on sums, each with a symbolic induction proof for all k."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Literal

from sympy import Expr, Integer, S, limit, log, oo, sqrt, together
from sympy import Symbol as _Symbol

from ratebound.theory import proved
from ratebound.theory.algebra.prover import nonnegative
from ratebound.theory.errors import RateboundError
from ratebound.theory.symbols import k, s0

_t = _Symbol("t", positive=True)


@dataclass(frozen=True)
class SumLemma:
    """``sum over j < k of summand(j)`` is at most (``"upper"``) or at least (``"lower"``) ``bound(k)``.

    Parameters
    ----------
    name
        What readers call it.
    summand
        An expression in ``k``, read as j.
    bound
        An expression in ``k``.
    direction
        Which side the bound is on.
    start
        First k for which it is claimed.

    Raises
    ------
    RateboundError
        If the induction does not close.
    """

    name: str
    summand: Expr
    bound: Expr
    direction: Literal["upper", "lower"]
    start: Expr = S.One

    def __post_init__(self) -> None:
        if not proved.trusting():
            self.prove()

    @cache  # noqa: B019  -- the lemmas of a process are few
    def prove(self) -> None:
        """Check the induction; see the class for what is raised."""
        if not (self.start.is_Integer and self.start.is_nonnegative):
            raise RateboundError(
                f"lemma {self.name!r} starts at k = {self.start}; sums have no terms before 0"
            )
        sign = 1 if self.direction == "upper" else -1
        first = sum((self.summand.subs(k, j) for j in range(int(self.start))), Integer(0))
        if not (sign * (self.bound.subs(k, self.start) - first)).is_nonnegative:
            raise RateboundError(f"lemma {self.name!r} fails at k = {self.start}")
        step = sign * (self.bound.subs(k, k + 1) - self.bound - self.summand)
        if not (nonnegative(step, k=k, start=self.start) or _decreases_to_zero(step, self.start)):
            raise RateboundError(f"lemma {self.name!r}: the induction step {step} is not proved to be >= 0")


def _decreases_to_zero(expr: Expr, start: Expr) -> bool:
    """Whether the expression, as a function of real k >= start, decreases and tends to a limit >= 0."""
    curve = expr.xreplace({k: _t})
    slope = together(curve.diff(_t)).xreplace({_t: k})
    return bool(nonnegative(-slope, k=k, start=start) and limit(curve, _t, oo).is_nonnegative)


with proved.remembered():
    harmonic = SumLemma("harmonic sum", 1 / (k + 1), 1 + log(k), "upper")
    harmonic_shifted = SumLemma("harmonic sum, shifted", 1 / (k + 1), 2 * log(k + 1), "upper")
    odd_harmonic = SumLemma("sum of 1/(2 j + 1)", 1 / (2 * k + 1), 1 + log(k) / 2, "upper")
    inverse_sqrt = SumLemma("sum of 1/sqrt(j+1)", 1 / sqrt(k + 1), sqrt(k), "lower")
    inverse_sqrt_above = SumLemma("sum of 1/sqrt(j+1), from above", 1 / sqrt(k + 1), 2 * sqrt(k), "upper")
    inverse_sqrt_sharp = SumLemma(
        "sum of 1/sqrt(j+1), sharp", 1 / sqrt(k + 1), 2 * (sqrt(k + 1) - 1), "lower"
    )

    inverse_sqrt_corrected = SumLemma(
        "sum of 1/sqrt(j+1) - 1/(2 (j+1))",
        1 / sqrt(k + 1) - 1 / (2 * (k + 1)),
        2 * sqrt(k) / 5,
        "lower",
    )
    triangular = SumLemma("triangular numbers", k + 1, k * (k + 1) / 2, "lower")
    shifted_triangular = SumLemma("sum of j + s0", k + s0, k * (k + 2 * s0 - 1) / 2, "lower")

LEMMAS = (
    inverse_sqrt_above,
    harmonic,
    harmonic_shifted,
    odd_harmonic,
    inverse_sqrt,
    inverse_sqrt_sharp,
    inverse_sqrt_corrected,
    triangular,
    shifted_triangular,
)
"""All lemmas."""
