"""Square roots made polynomial: what is under one of them is swept through the root itself."""

from __future__ import annotations

from sympy import Expr, Function, Pow, Symbol, cancel, factor, sqrt, together

from ratebound.theory.algebra.chart import free


def roots_swept(expr: Expr, least: int = 2) -> Expr:
    """Return the expression with a symbol x >= 0 replaced, such that a square root of it is none any more.

    With p a square and q > 0, ``sqrt(p + q x)`` runs from ``sqrt(p)`` upwards: it is ``sqrt(p) + a``, a >= 0,
    for ``x = (2 a sqrt(p) + a^2)/q``. Nothing is lost, and one root less is left to square.

    >>> from ratebound.theory.symbols import k
    >>> len({p.base for p in roots_swept(sqrt(k + 1) + sqrt(k + 2)).atoms(Pow) if _half(p)})
    1
    """
    roots = {p.base for p in expr.atoms(Pow) if _half(p) and p.free_symbols}
    if len(roots) < least:
        return expr  # One root alone is mostly eliminated in one step.
    inner = {symbol for each in expr.atoms(Function) for symbol in each.free_symbols}
    inner |= {symbol for p in expr.atoms(Pow) for symbol in p.exp.free_symbols}
    for under in sorted(roots, key=lambda base: (base.count_ops(), str(base))):
        for x in sorted(under.free_symbols - inner, key=str):
            swept = _swept(under, x)
            if swept is not None:
                expr = expr.xreplace({x: swept})
                return expr.xreplace(
                    {p: factor(together(p.base)) ** p.exp for p in expr.atoms(Pow) if _half(p)}
                )
    return expr


def _half(power: Pow) -> bool:
    return bool(power.exp.is_Rational and power.exp.q == 2)


def _swept(under: Expr, x: Symbol) -> Expr | None:
    """Return what sweeps x through the root of what is affine in it; None where that is no polynomial."""
    least = factor(together(under.subs(x, 0)))
    slope = cancel(together(under.diff(x)))
    root = sqrt(least)
    if not (x.is_nonnegative and slope.is_positive) or slope.has(x) or any(map(_half, root.atoms(Pow))):
        return None
    rise = free("a")
    return (rise**2 + 2 * rise * root) / slope
