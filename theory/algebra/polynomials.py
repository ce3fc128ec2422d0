"""Nonnegativity of polynomials in free symbols, by exact algebra."""

from __future__ import annotations

from sympy import QQ, Expr, Integer, Poly, Symbol, cancel, factor_list, fraction, ring, together


def lowest_terms(expr: Expr) -> tuple[Expr, Expr]:
    """Return numerator and denominator without common factors."""
    numerator, denominator = fraction(together(expr))
    symbols = sorted(expr.free_symbols, key=str)
    if not symbols:
        return numerator, denominator
    polynomials = ring(symbols, QQ)[0]
    try:
        # Many times faster than to expand the expressions.
        above, below = polynomials.from_expr(numerator), polynomials.from_expr(denominator)
    except ValueError:  # A coefficient is not rational.
        return fraction(cancel(numerator / denominator))
    above, below = above.cancel(below)
    return above.as_expr(), below.as_expr()


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
