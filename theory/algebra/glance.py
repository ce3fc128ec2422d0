"""A look at some points before any algebra: what is negative at one of them needs no proof tried."""

from __future__ import annotations

from sympy import Add, Expr, Float, Integer, Rational, ceiling

_VALUES = (Rational(1, 3), Integer(2), Rational(1, 17), Integer(9), Integer(1), Integer(60), Rational(7, 5))
"""What a free symbol is set to in turn."""
_POINTS, _TINY = 4, Float("1e-60")


def negative_somewhere(expr: Expr) -> bool:
    """Whether the expression is seen to be negative at one of some points: then there is nothing to prove.

    It only saves time, never proves anything.
    """
    symbols = sorted(expr.free_symbols, key=lambda s: s.sort_key())
    if not all(s.is_nonnegative for s in symbols):
        return False
    for shift in range(_POINTS):
        chosen = [_VALUES[(shift * (1 + i % 3) + i) % len(_VALUES)] for i in range(len(symbols))]
        point = {s: ceiling(v) if s.is_integer else v for s, v in zip(symbols, chosen, strict=True)}
        near = {s: v if s.is_integer else Float(v) for s, v in point.items()}
        terms = [term.xreplace(near).evalf(15, maxn=15) for term in Add.make_args(expr)]
        if not all(term.is_Float or term.is_Rational for term in terms):
            continue
        # A sum near rounding is most likely zero, and not worth 100 digits.
        if sum(terms) < -1e-9 * sum(map(abs, terms)):
            value = expr.xreplace(point).evalf(6)
            if value.is_Float and value < -_TINY:
                return True
    return False
