"""What is a number at all: radicals and logarithms of what is not negative, no hidden division by zero."""

from __future__ import annotations

from collections.abc import Callable

from sympy import Abs, Expr, Function, I, Integer, Piecewise, Pow, Rational, ceiling, exp, floor, log, sign

from ratebound.theory.algebra.valuation import twos
from ratebound.theory.errors import RateboundError

_OF_REALS = (Abs, Piecewise, ceiling, exp, floor, sign, twos)
"""Functions that are real wherever their arguments are."""
_SIZES = ((Rational(1, 7), Rational(1, 7)), (Integer(9), Rational(1, 60)), (Rational(1, 60), Integer(9)))
"""Sizes of every other symbol, as what is rounded down may be zero at some points and not at others."""


def real(expr: Expr, nonnegative: Callable[[Expr], bool]) -> bool:
    """Whether it is proved that an expression is a real number, nowhere divided by what is always zero.

    Proofs treat roots as nonnegative; of a negative number one is none, and its square is negative. Both
    ``1/z`` and ``-1/z`` would be proved for a z that is zero and does not look it.

    Parameters
    ----------
    expr
        An expression in real symbols.
    nonnegative
        Says what is proved to be nonnegative.
    """
    for power in expr.atoms(Pow):
        base, exponent = power.args
        if not (exponent.is_integer or base.is_nonnegative or nonnegative(base)):
            return False
        if exponent.could_extract_minus_sign() and not (base.is_nonzero or nonzero(base)):
            return False
    for inner in expr.atoms(Function):
        if isinstance(inner, log):
            if not (inner.args[0].is_nonnegative or nonnegative(inner.args[0])):
                return False
        elif isinstance(inner, Piecewise) and inner.args[-1][1] != True:  # noqa: E712
            return False  # It has no value where no condition holds.
        elif not (isinstance(inner, _OF_REALS) or inner.is_real):
            return False
    return True


def refuse_unreal(expr: Expr, shown: str) -> None:
    """Refuse an expression that is certainly not real, such as the root of -1.

    Raises
    ------
    RateboundError
        If so; it is named as `shown`.
    """
    if expr.has(I) or (expr.is_number and expr.is_extended_real is False):
        raise RateboundError(f"{shown} is not real; take no root and no logarithm of a negative number")


def nonzero(expr: Expr) -> bool:
    """Whether an expression is certainly not zero at some point, and so at most points.

    >>> from ratebound.theory.symbols import k
    >>> from sympy import sqrt
    >>> hidden = sqrt(k + 1) * sqrt(k + 2) - sqrt(k**2 + 3 * k + 2)
    >>> nonzero(k), nonzero(hidden)
    (True, False)
    """
    symbols = sorted(expr.free_symbols, key=lambda s: s.sort_key())
    for sizes in _SIZES:
        point = {s: sizes[j % 2] * (3 * j + 5) for j, s in enumerate(symbols)}
        point = {s: ceiling(value) if s.is_integer else value for s, value in point.items()}
        value = expr.xreplace(point).evalf(15, maxn=60)
        # A precision of 1 marks a number of which no digit is certain, such as a zero that does not cancel.
        if value.is_comparable and abs(value) > 0 and value._prec > 1:
            return True
    return False
