"""The leading term of an expression far out: c t^p log(t)^q, by the rules for sums, products and powers."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod

from sympy import Expr, Integer, Rational, Symbol, log


@dataclass(frozen=True)
class Leading:
    """The term c t^p log(t)^q that an expression is equivalent to as t grows."""

    c: Expr
    p: Expr
    q: Expr


def leading(expr: Expr, t: Symbol) -> Leading | None:
    """Return the leading term of an expression, None where these rules do not find one.

    Two expressions with leading terms have that of their sum, unless the coefficients cancel; of their
    product; and of rational powers and logarithms. Where coefficients cancel a limit has to be taken.

    Parameters
    ----------
    expr
        An expression whose other symbols are generic positive numbers.
    t
        The variable that grows, positive.
    """
    if not expr.has(t):
        return None if _cancels(expr) else Leading(expr, Integer(0), Integer(0))
    if expr == t:
        return Leading(Integer(1), Integer(1), Integer(0))
    if expr.is_Pow:
        base = leading(expr.base, t) if expr.exp.is_number else None
        return base and Leading(base.c**expr.exp, base.p * expr.exp, base.q * expr.exp)
    if isinstance(expr, log):
        return _of_logarithm(leading(expr.args[0], t))
    if not (expr.is_Add or expr.is_Mul):
        return None
    parts = [part for each in expr.args if (part := leading(each, t))]
    if len(parts) < len(expr.args):
        return None
    if expr.is_Mul:
        c, p, q = prod(x.c for x in parts), sum(x.p for x in parts), sum(x.q for x in parts)
        return Leading(c, p, q)
    p, q = max((x.p, x.q) for x in parts)
    c = sum(x.c for x in parts if (x.p, x.q) == (p, q))
    return None if _cancels(c) else Leading(c, p, q)


def _of_logarithm(inner: Leading | None) -> Leading | None:
    if inner is None or not (inner.p or not inner.q):
        return None  # A logarithm of a logarithm.
    if inner.p:
        return Leading(inner.p, Integer(0), Integer(1))
    c = log(inner.c)
    return None if _cancels(c) else Leading(c, Integer(0), Integer(0))


def _cancels(coefficient: Expr) -> bool:
    """Whether a coefficient is zero at a generic point, to forty digits."""
    others = sorted(coefficient.free_symbols, key=str)
    at = coefficient.xreplace({s: Rational(j + 3, 2 * j + 5) for j, s in enumerate(others)})
    return bool(abs(at.evalf(60)) < Rational(1, 10**40))
