"""Proofs that an expression is nonnegative for all admissible values of its symbols.

The admissible values are swept by a *chart*: each restricted symbol is written through new symbols that range
freely over [0, oo), for example ``alpha = 1/(L (1 + s))`` for ``0 < alpha <= 1/L``. What remains is the
nonnegativity of a rational function of free nonnegative symbols, decided by exact algebra, never by sampling.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from sympy import (
    Abs,
    Dummy,
    Expr,
    Function,
    Integer,
    Max,
    Poly,
    Pow,
    Symbol,
    apart,
    cancel,
    ceiling,
    exp,
    expand_log,
    expand_power_base,
    expand_power_exp,
    factor_list,
    fraction,
    log,
    powsimp,
    together,
)
from sympy.core.relational import Relational, StrictGreaterThan, StrictLessThan
from sympy.functions.elementary.integers import RoundFunction

from ratebound.theory.errors import RateboundError

Chart = Mapping[Symbol, Expr]


def free(name: str) -> Symbol:
    """Return a fresh symbol that ranges over [0, oo)."""
    return Dummy(name, nonnegative=True)


def chart_of(conditions: Iterable[Relational], facts: Iterable[Relational] = ()) -> dict[Symbol, Expr]:
    """Return a chart that sweeps all values that satisfy the conditions.

    Parameters
    ----------
    conditions
        Relations between a symbol, on the left, and an expression: ``alpha <= 1/L``, ``s0 >= L_max/mu``. A
        symbol may have a lower and an upper one.
    facts
        Relations between constants that always hold, such as ``mu <= L``.

    Raises
    ------
    RateboundError
        If a condition has another form.

    Notes
    -----
    With bounds a <= p <= b the chart is ``p = (b + a s)/(1 + s)``, s >= 0, with a = 0 where no lower bound
    is given: its image is (a, b]. An open end is swept as closed, which proves more than is asked.
    """
    lows: dict[Symbol, Expr] = {}
    highs: dict[Symbol, Expr] = {}
    for relation in conditions:
        symbol, side, upper = _read(relation)
        bounds = highs if upper else lows
        if symbol in bounds and bounds[symbol] != side:
            raise RateboundError(
                f"{symbol} has two bounds on one side: {bounds[symbol]} and {side}; keep one"
            )
        bounds[symbol] = side
    for relation in facts:
        symbol, side, upper = _read(relation)
        # Using fewer facts proves more than is asked.
        (highs if upper else lows).setdefault(symbol, side)
    chart: dict[Symbol, Expr] = {}
    for symbol in {**lows, **highs}:
        s = free("s")
        low, high = lows.get(symbol, Integer(0)), highs.get(symbol)
        chart[symbol] = low + s if high is None else (high + low * s) / (1 + s)
    return chart


def _read(relation: Relational) -> tuple[Symbol, Expr, bool]:
    left, right = relation.lhs, relation.rhs
    upper = relation.rel_op in ("<", "<=")
    if not isinstance(left, Symbol):
        left, right, upper = right, left, not upper
    if not isinstance(left, Symbol) or relation.rel_op not in ("<", "<=", ">", ">="):
        raise RateboundError(f"the condition {relation} is not of the form symbol <= expression")
    return left, right, upper


def is_strict(relation: Relational) -> bool:
    """Whether the relation excludes equality."""
    return isinstance(relation, StrictLessThan | StrictGreaterThan)


def on_chart(expr: Expr, chart: Chart) -> Expr:
    """Return the expression with every charted symbol replaced until none is left."""
    for _ in range(len(chart) + 1):
        changed = expr.xreplace(dict(chart))
        if changed == expr:
            return expr
        expr = changed
    raise RateboundError(f"the bounds of {', '.join(map(str, chart))} refer to each other in a circle")


def nonnegative(
    expr: Expr, chart: Chart | None = None, k: Symbol | None = None, start: Expr = Integer(0)
) -> bool:
    """Whether it is proved that ``expr >= 0`` for all admissible values.

    Parameters
    ----------
    expr
        The expression. Its symbols are positive or nonnegative by their own assumptions.
    chart
        Restricts some symbols further.
    k
        A counter; it is swept over start, start + 1, ... as ``start + j`` with real j >= 0.
    start
        First value of the counter.

    Returns
    -------
    bool
        False means "not proved"; the expression may still be nonnegative.

    Notes
    -----
    Radicals, logarithms and powers with a symbolic exponent are treated as free nonnegative quantities where
    their sign is known; one radical is eliminated by squaring where that does not suffice.
    """
    sweep = dict(chart or {})
    if k is not None and not (start.is_zero and k.is_nonnegative):
        sweep[k] = start + free("j")
    return _nonneg(_atoms_freed(_normal_powers(_rounding_swept(on_chart(expr, sweep)))))


def _rounding_swept(expr: Expr) -> Expr:
    """Replace ``ceiling(e)`` by ``e + t`` and ``exp(-u)``, u >= 0, by t, with t swept over [0, 1]."""
    expr = expr.xreplace({c: c.args[0] + 1 / (1 + free("s")) for c in expr.atoms(ceiling)})
    expr = expr.xreplace({e: exp(_split_fractions(e.args[0])).expand() for e in expr.atoms(exp)})
    decays = {e for e in expr.atoms(exp) if not e.is_number and nonnegative(-e.args[0])}
    return expr.xreplace({e: 1 / (1 + free("s")) for e in decays})


def _split_fractions(expr: Expr) -> Expr:
    """Return the expression as a sum of partial fractions, so that numbers stand alone."""
    for symbol in sorted(expr.free_symbols, key=str):
        expr = apart(together(expr), symbol)
    return expr


def vanishes(expr: Expr) -> bool:
    """Whether the expression is identically zero, by exact algebra."""
    if expr == 0:
        return True
    freed = _atoms_freed(_normal_powers(expr))
    return _root_free_zero(freed)


def _root_free_zero(freed: tuple[Expr, dict[Symbol, Expr]]) -> bool:
    expr, squares = freed
    numerator = fraction(together(expr))[0].expand()
    for root, square in squares.items():
        numerator = _reduced(numerator, root, square)
    return bool(cancel(together(numerator)) == 0)


def _normal_powers(expr: Expr) -> Expr:
    """Split exponents such as 2*k + 1 so that equal powers look equal."""
    return expand_power_exp(expand_power_base(expand_log(powsimp(expr, combine="base")), force=True))


def _atoms_freed(expr: Expr) -> tuple[Expr, dict[Symbol, Expr]]:
    """Replace functions of known sign by free symbols; return also the square of each freed square root."""
    swaps: dict[Expr, Expr] = {}
    roots: dict[Expr, Symbol] = {}
    for power in sorted(expr.atoms(Pow), key=lambda p: p.count_ops(), reverse=True):
        base, exponent = power.as_base_exp()
        if exponent.is_Rational and exponent.q == 2:
            argument = together(base)
            if argument.is_number:
                continue
            root = roots.setdefault(argument, Dummy("r", positive=argument.is_positive, nonnegative=True))
            swaps[power] = root ** Integer(exponent.p)
        elif not exponent.is_number:
            coefficient, rest = exponent.as_coeff_Mul()
            if coefficient.is_Integer:
                key = base**rest
                swaps[power] = roots.setdefault(key, _signed_dummy(base, rest)) ** coefficient
    for atom in expr.atoms(log, Abs, Max, RoundFunction) | expr.atoms(Function):
        if atom not in swaps and not atom.is_number:
            swaps[atom] = _signed_dummy(atom, Integer(1))
    freed = expr.subs(sorted(swaps.items(), key=lambda pair: pair[0].count_ops(), reverse=True))
    squares = {root: argument for argument, root in roots.items() if not isinstance(argument, Pow)}
    return freed, {root: argument for root, argument in squares.items() if root in freed.free_symbols}


def _signed_dummy(base: Expr, exponent: Expr) -> Symbol:
    # Powers of a nonnegative base with a real exponent are nonnegative; a logarithm is nonnegative if its
    # argument is at least one.
    if exponent == 1 and isinstance(base, log):
        above = base.args[0] - 1
        if _nonneg(_atoms_freed(together(above))):
            return Dummy("l", nonnegative=True)
        return Dummy("l", real=True)
    if exponent == 1:
        return Dummy("a", nonnegative=True) if base.is_nonnegative else Dummy("a", real=True)
    if base.is_nonnegative or _nonneg(_atoms_freed(base)):
        return Dummy("p", nonnegative=True)
    return Dummy("p", real=True)


def _nonneg(freed: tuple[Expr, dict[Symbol, Expr]]) -> bool:
    expr, squares = freed
    numerator, denominator = fraction(cancel(together(expr)))
    if _sign(numerator, squares) and _sign(denominator, squares):
        return True
    return _sign(-numerator, squares) and _sign(-denominator, squares)


def _sign(expr: Expr, squares: Mapping[Symbol, Expr]) -> bool:
    """Whether a polynomial in free nonnegative symbols and square roots is nonnegative."""
    if expr.is_nonnegative:
        return True
    for root, square in squares.items():
        expr = _reduced(expr, root, square)
    if _polynomial_nonneg(expr):
        return True
    return any(_by_squaring(expr, root, squares) for root in squares if expr.has(root))


def _reduced(expr: Expr, root: Symbol, square: Expr) -> Expr:
    """Return the expression with every square of `root` replaced: it is at most linear in it."""
    if not expr.has(root):
        return expr
    poly = Poly(expr, root)
    even = sum(c * square ** (m // 2) for (m,), c in poly.terms() if m % 2 == 0)
    odd = sum(c * square ** (m // 2) for (m,), c in poly.terms() if m % 2)
    return fraction(together(even + odd * root))[0].expand()


def _by_squaring(expr: Expr, root: Symbol, squares: Mapping[Symbol, Expr]) -> bool:
    """P + Q r >= 0 where P >= 0 and P^2 >= Q^2 r^2, or where Q >= 0 and Q^2 r^2 >= P^2."""
    poly = Poly(expr, root)
    if poly.degree() != 1:
        return False
    Q, P = poly.all_coeffs()
    rest = {r: s for r, s in squares.items() if r != root}
    difference = (P**2 - Q**2 * squares[root]).expand()
    for leading, gain in ((P, difference), (Q, -difference)):
        numerator = fraction(together(gain))[0].expand()
        if _sign(leading, rest) and _sign(numerator, rest):
            return True
    return False


def _polynomial_nonneg(expr: Expr) -> bool:
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
    return all(_polynomial_nonneg(c) for c in coefficients)


def _no_root(expr: Expr) -> bool:
    """Whether a polynomial in one nonnegative symbol has no sign change on (0, oo)."""
    symbols = list(expr.free_symbols)
    if len(symbols) != 1:
        return _quadratic_nonneg(expr.expand())
    poly = Poly(expr, symbols[0])
    if not all(c.is_Rational for c in poly.all_coeffs()):
        return False
    squarefree = poly.sqf_part()
    beyond = squarefree.count_roots(0, None) - (1 if squarefree.eval(0) == 0 else 0)
    return bool(beyond == 0 and poly.eval(1) >= 0)


def _quadratic_nonneg(expr: Expr) -> bool:
    """Whether a quadratic in one of its symbols has a nonnegative leading coefficient and no real roots."""
    for symbol in sorted(expr.free_symbols, key=str):
        poly = Poly(expr, symbol)
        if poly.degree() == 2:
            a, b, c = poly.all_coeffs()
            if _polynomial_nonneg(a) and _polynomial_nonneg((4 * a * c - b**2).expand()):
                return True
    return False
