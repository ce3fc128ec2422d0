"""Proofs that an expression is nonnegative for all admissible values of its symbols.

The admissible values are swept by a *chart*: each restricted symbol is written through new symbols that range
freely over [0, oo), for example ``alpha = 1/(L (1 + s))`` for ``0 < alpha <= 1/L``. What remains is the
nonnegativity of a rational function of free nonnegative symbols, decided by exact algebra, never by sampling.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
from math import lcm

from sympy import (
    Abs,
    Add,
    Dummy,
    Expr,
    Float,
    Function,
    Integer,
    Max,
    Poly,
    PolynomialError,
    Pow,
    Rational,
    S,
    Symbol,
    apart,
    cancel,
    ceiling,
    exp,
    expand_log,
    expand_power_base,
    expand_power_exp,
    factor,
    fraction,
    log,
    together,
)

from ratebound.theory.algebra.chart import Chart, free, on_chart
from ratebound.theory.algebra.glance import negative_somewhere
from ratebound.theory.algebra.numbers import real
from ratebound.theory.algebra.polynomials import lowest_terms, plainly_nonneg, polynomial_nonneg
from ratebound.theory.algebra.radicals import roots_swept


def nonnegative(
    expr: Expr, chart: Chart | None = None, k: Symbol | None = None, start: Expr = S.Zero
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
    their sign is known; one radical is eliminated by squaring where that does not suffice. What is linear
    in a ``Max`` is proved argument by argument, each with fewer symbols: with one of them in its place where
    the factor of the ``Max`` is nonnegative, else with each.
    """
    return _proved(expr, tuple((chart or {}).items()), k, start)


@lru_cache(maxsize=4096)
def _proved(expr: Expr, swept: tuple[tuple[Symbol, Expr], ...], k: Symbol | None, start: Expr) -> bool:
    # Kept, for theorems of one family share multipliers, and so do all conjectures beside a theorem.
    chart = dict(swept)
    # One argument may decide, but the largest of several is a number only where all of them are.
    each = {argument for largest in expr.atoms(Max) for argument in largest.args}
    if not all(real(argument, lambda part: nonnegative(part, chart, k, start)) for argument in each):
        return False
    if each and (split := _split_largest(expr)) is not None:
        slope, values = split
        proved = (nonnegative(value, chart, k, start) for value in values)
        return any(proved) if nonnegative(slope, chart, k, start) else all(proved)
    sweep = dict(chart)
    if k is not None and not (start.is_zero and k.is_nonnegative):
        sweep[k] = start + free("j")
    # The algebra is exact: a float is the rational number that it is.
    expr = expr.xreplace({number: Rational(number) for number in expr.atoms(Float)})
    expr = on_chart(expr, sweep)
    # Counts are at least one.
    counts = {s for s in expr.free_symbols if s.is_integer and s.is_positive}
    expr = expr.xreplace({count: (1 + free("j")) ** _deepest_root(expr, count) for count in counts})
    if plainly_nonneg(expr):
        return True
    if negative_somewhere(expr) or not real(expr, nonnegative):
        return False
    try:
        return any(_nonneg(_atoms_freed(_normal_powers(_rounding_swept(e)))) for e in _forms(expr))
    except PolynomialError:
        return False  # Something that is left is no polynomial in a root: nothing is proved.


def _split_largest(expr: Expr) -> tuple[Expr, list[Expr]] | None:
    """Return the factor of a ``Max`` and the values with each argument in its place; None if not linear."""
    largest = min(expr.atoms(Max), key=str)
    place = free("m")
    opened = expr.xreplace({largest: place})
    slope = opened.diff(place)
    # Conditions of a Piecewise, which a derivative does not see, stand in functions as well.
    if slope.has(place) or any(each.has(place) for each in opened.atoms(Function)):
        return None
    return slope, [opened.xreplace({place: argument}) for argument in largest.args]


def _deepest_root(expr: Expr, count: Symbol) -> int:
    """Return the q of which powers of a count with exponents p/q occur, if it is above two, else one."""
    found = [int(p.exp.q) for p in expr.atoms(Pow) if p.base == count and p.exp.is_Rational]
    deepest = lcm(*found)
    return deepest if deepest > 2 else 1


def _forms(expr: Expr) -> Iterator[Expr]:
    """Yield the expression, and forms of it that know more of its absolute values, powers and ``Max``."""
    expr = roots_swept(expr)
    yield expr
    known = _signs_known(expr)
    for other in (known, _powers_swept(known)):
        if other != expr:
            yield other
    if (alone := roots_swept(expr, least=1)) != expr:
        yield alone
    for largest in sorted(expr.atoms(Max), key=str)[:1]:
        for argument in largest.args:
            yield expr.xreplace({largest: argument + free("m")})


def _rounding_swept(expr: Expr) -> Expr:
    """Replace ``ceiling(e)`` by ``e + t`` and ``exp(-u)``, u >= 0, by t, with t swept over [0, 1]."""
    expr = expr.xreplace({c: c.args[0] + 1 / (1 + free("s")) for c in expr.atoms(ceiling)})
    expr = expr.xreplace({e: exp(_split_fractions(e.args[0])).expand() for e in expr.atoms(exp)})
    decays = {e for e in expr.atoms(exp) if not e.is_number and nonnegative(-e.args[0])}
    return expr.xreplace({e: 1 / (1 + free("s")) for e in decays})


def _signs_known(expr: Expr) -> Expr:
    """Replace ``Abs(e)`` where the sign of e is known, and a ``Max`` whose arguments are then the same."""
    swaps = {}
    for absolute in expr.atoms(Abs):
        inside = absolute.args[0]
        if nonnegative(inside):
            swaps[absolute] = inside
        elif nonnegative(-inside):
            swaps[absolute] = -inside
    expr = expr.xreplace(swaps)
    same = {top: top.args[0] for top in expr.atoms(Max) if all(vanishes(a - top.args[0]) for a in top.args)}
    return expr.xreplace(same)


def _powers_swept(expr: Expr) -> Expr:
    """Replace powers ``q^k``, k >= 0, by t swept over (0, 1] where q is at most one, over [1, oo) above."""
    expr = expand_power_exp(expr)
    swaps: dict[Expr, Expr] = {}
    known: dict[Expr, Expr] = {}
    for power in (p for p in expr.atoms(Pow) if p.exp.free_symbols):
        base, (times, rest) = factor(together(power.base)), power.exp.as_coeff_Mul()
        if not (times.is_Integer and rest.is_nonnegative and nonnegative(base)):
            continue
        above = 1 + free("p")
        if nonnegative(1 - base):
            swaps[power] = known.setdefault(base**rest, 1 / above) ** times
        elif nonnegative(base - 1):
            swaps[power] = known.setdefault(base**rest, above) ** times
    return expr.xreplace(swaps)


def _split_fractions(expr: Expr) -> Expr:
    """Return the expression as a sum of partial fractions, so that numbers stand alone."""
    for symbol in sorted(expr.free_symbols, key=str):
        expr = apart(together(expr), symbol)
    return expr


def vanishes(expr: Expr) -> bool:
    """Whether the expression is identically zero, by exact algebra."""
    if expr == 0:
        return True
    try:
        return _root_free_zero(_atoms_freed(_normal_powers(expr)))
    except PolynomialError:
        return False


def _root_free_zero(freed: tuple[Expr, dict[Symbol, Expr]]) -> bool:
    expr, squares = freed
    numerator = fraction(together(expr))[0].expand()
    for root, square in squares.items():
        numerator = _reduced(numerator, root, square)
    return bool(cancel(together(numerator)) == 0)


def _normal_powers(expr: Expr) -> Expr:
    """Factor the bases of powers and split exponents such as 2*k + 1, so that equal powers look equal."""
    symbolic = [p for p in expr.atoms(Pow) if p.exp.free_symbols]
    swaps = {p: factor(together(p.base)) ** p.exp for p in symbolic if not p.base.is_Atom}
    return expand_power_exp(expand_power_base(expand_log(expr.xreplace(swaps))))


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
            root = roots.setdefault(argument, Dummy("r", nonnegative=True))
            swaps[power] = root ** Integer(exponent.p)
        elif not exponent.is_number:
            coefficient, rest = exponent.as_coeff_Mul()
            if coefficient.is_Integer:
                key = base**rest
                swaps[power] = roots.setdefault(key, _signed_dummy(base, rest)) ** coefficient
    for atom in expr.atoms(log, Abs, Max) | expr.atoms(Function):
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
    numerator, denominator = lowest_terms(expr)
    if _sign(numerator, squares) and _sign(denominator, squares):
        return True
    return _sign(-numerator, squares) and _sign(-denominator, squares)


def _sign(expr: Expr, squares: Mapping[Symbol, Expr]) -> bool:
    """Whether a polynomial in free nonnegative symbols and square roots is nonnegative."""
    if plainly_nonneg(expr) or expr.is_nonnegative:
        return True
    for root, square in squares.items():
        expr = _reduced(expr, root, square)
    if polynomial_nonneg(expr):
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


_LARGEST_SQUARE = 2500
"""Products of terms beyond which no root is squared away; the proofs of the catalogue need at most 1104."""


def _by_squaring(expr: Expr, root: Symbol, squares: Mapping[Symbol, Expr]) -> bool:
    """P + Q r >= 0 where P >= 0 and P^2 >= Q^2 r^2, or where Q >= 0 and Q^2 r^2 >= P^2."""
    poly = Poly(expr, root)
    if poly.degree() != 1:
        return False
    Q, P = poly.all_coeffs()
    terms = [len(Add.make_args(each.expand())) for each in (P, Q, squares[root])]
    if terms[0] ** 2 + terms[1] ** 2 * terms[2] > _LARGEST_SQUARE:
        return False
    rest = {r: s for r, s in squares.items() if r != root}
    difference = (P**2 - Q**2 * squares[root]).expand()
    for leading, gain in ((P, difference), (Q, -difference)):
        numerator = fraction(together(gain))[0].expand()
        if _sign(leading, rest) and _sign(numerator, rest):
            return True
    return False
