"""Nonnegativity of polynomials in free symbols, by exact algebra."""

from __future__ import annotations

from collections.abc import Sequence

from sympy import QQ, Expr, Integer, Poly, Symbol, cancel, factor_list, fraction, ring, together
from sympy.polys.rings import PolyElement


def lowest_terms(expr: Expr) -> tuple[Expr, Expr]:
    """Return numerator and denominator without common factors."""
    symbols = sorted(expr.free_symbols, key=str)
    if not symbols:
        return fraction(together(expr))
    try:
        # Many times faster than to expand the expressions.
        above, below = quotient(expr, symbols)
    except ValueError:
        return _lowest_of_parts(expr, symbols)
    above, below = above.cancel(below)
    return above.as_expr(), below.as_expr()


def _lowest_of_parts(expr: Expr, symbols: Sequence[Symbol]) -> tuple[Expr, Expr]:
    """Return them where only the parts of the whole fraction may be polynomials, with radicals of numbers."""
    numerator, denominator = fraction(together(expr))
    polynomials = ring(symbols, QQ)[0]
    try:
        above, below = polynomials.from_expr(numerator), polynomials.from_expr(denominator)
    except ValueError:  # A coefficient is not rational.
        return fraction(cancel(numerator / denominator))
    above, below = above.cancel(below)
    return above.as_expr(), below.as_expr()


def quotient(expr: Expr, symbols: Sequence[Symbol]) -> tuple[PolyElement, PolyElement]:
    """Return a rational function as a polynomial over another one, with common factors perhaps.

    Raises
    ------
    ValueError
        If it is none, with rational coefficients, in these symbols.
    """
    polynomials, *generators = ring(symbols, QQ)
    one = polynomials.one
    known = {symbol: (generator, one) for symbol, generator in zip(symbols, generators, strict=True)}

    def parts(part: Expr) -> tuple[PolyElement, PolyElement]:
        if part not in known:
            known[part] = opened(part)
        return known[part]

    def opened(part: Expr) -> tuple[PolyElement, PolyElement]:
        if part.is_Rational:
            return polynomials(QQ(part.p, part.q)), one
        if part.is_Pow and part.exp.is_Integer:
            above, below = parts(part.base) if part.exp > 0 else reversed(parts(part.base))
            return above ** abs(int(part.exp)), below ** abs(int(part.exp))
        if not (part.is_Add or part.is_Mul):
            raise ValueError(f"{part} is not rational")
        above, below = parts(part.args[0])
        for over, under in map(parts, part.args[1:]):
            if part.is_Mul:
                above, below = above * over, below * under
            elif below == under:
                above = above + over
            else:
                _, own, other = below.cofactors(under)
                above, below = above * other + over * own, below * other
        return above, below

    above, below = parts(expr)
    if not below:
        raise ValueError(f"{expr} divides by zero")
    return above, below


def plainly_nonneg(expr: Expr) -> bool:
    """Whether a rational function of nonnegative symbols has no negative coefficient: the usual case."""
    symbols = sorted(expr.free_symbols, key=str)
    if not symbols or not all(symbol.is_nonnegative for symbol in symbols):
        return False
    try:
        return all(c >= 0 for part in quotient(expr, symbols) for c in part.values())
    except ValueError:
        return False


def polynomial_nonneg(expr: Expr) -> bool:
    """Whether it is proved that a polynomial is nonnegative, each symbol within its own assumptions."""
    symbols = sorted(expr.free_symbols, key=str)
    if not symbols:
        return bool(expr.is_nonnegative)
    try:
        poly = Poly(expr, *symbols)
    except Exception:
        return False
    if all(_term_nonneg(monomial, coefficient, symbols) for monomial, coefficient in poly.terms()):
        return True
    content, factors = factor_list(expr, *symbols)
    rest = [base for base, power in factors if power % 2]
    # Factors that are squares, or that have nonnegative coefficients, do not change the sign.
    open_ = [base for base in rest if not _coefficients_nonneg(base, symbols)]
    flips = [base for base in open_ if _coefficients_nonneg(-base, symbols)]
    hard = [base for base in open_ if base not in flips]
    sign = content * (-1) ** len(flips)
    if not sign.is_nonnegative:
        return False
    if not hard:
        return True
    product = Integer(1)
    for base in hard:
        product = product * base
    return any(_coefficientwise(product.expand(), symbol) for symbol in symbols) or _no_root(product)


def _term_nonneg(monomial: tuple[int, ...], coefficient: Expr, symbols: list[Symbol]) -> bool:
    signs = (s.is_nonnegative or m % 2 == 0 for s, m in zip(symbols, monomial, strict=True))
    return bool(coefficient.is_nonnegative) and all(signs)


def _coefficients_nonneg(expr: Expr, symbols: list[Symbol]) -> bool:
    terms = Poly(expr, *symbols).terms()
    return all(_term_nonneg(monomial, coefficient, symbols) for monomial, coefficient in terms)


def _coefficientwise(expr: Expr, symbol: Symbol) -> bool:
    """Whether, read as a polynomial in one nonnegative symbol, every coefficient is nonnegative."""
    if not symbol.is_nonnegative or not expr.has(symbol):
        return False
    coefficients = Poly(expr, symbol).all_coeffs()
    if len(coefficients) < 2 or any(c.has(symbol) for c in coefficients):
        return False
    return all(polynomial_nonneg(c) for c in coefficients)


def _no_root(expr: Expr) -> bool:
    """Whether a squarefree polynomial in one symbol is nonnegative, by counting its real roots (Sturm)."""
    symbols = list(expr.free_symbols)
    if len(symbols) != 1:
        return _quadratic_nonneg(expr.expand())
    poly = Poly(expr, symbols[0])
    if not all(c.is_Rational for c in poly.all_coeffs()):
        return False
    squarefree = poly.sqf_part()
    if not symbols[0].is_nonnegative:
        return bool(squarefree.count_roots() == 0 and poly.eval(1) >= 0)
    beyond = squarefree.count_roots(0, None) - (1 if squarefree.eval(0) == 0 else 0)
    return bool(beyond == 0 and poly.eval(1) >= 0)


def _quadratic_nonneg(expr: Expr) -> bool:
    """Whether a quadratic in one of its symbols has a nonnegative leading coefficient and no real roots."""
    for symbol in sorted(expr.free_symbols, key=str):
        poly = Poly(expr, symbol)
        if poly.degree() == 2:
            a, b, c = poly.all_coeffs()
            if polynomial_nonneg(a) and polynomial_nonneg((4 * a * c - b**2).expand()):
                return True
    return False
