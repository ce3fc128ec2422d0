"""Two bounds as formulas: which is smaller for all constants, where they cross, which wins far out."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass
from math import ceil, isfinite

from sympy import Dummy, Expr, Poly, PolynomialError, Symbol, fraction, lambdify, roots, together

from ratebound.theory.algebra.chart import Chart, chart_of, free, on_chart
from ratebound.theory.algebra.prover import nonnegative, vanishes
from ratebound.theory.errors import RateboundError
from ratebound.theory.measures import ONE_STEP
from ratebound.theory.order import Order
from ratebound.theory.statement import Theorem
from ratebound.theory.symbols import ALONG_RUN, K, k

_LARGEST = 400
"""Operations in the difference of two bounds beyond which no formula is looked for."""
_POINTS, _DECADES, _ROUNDING = 400, (1, 3, 8), 1e-9
"""Points at which two bounds are looked at, the decades that values reach in turn, what may be rounding."""


@dataclass(frozen=True)
class Contrast:
    """What the formulas say.

    Parameters
    ----------
    never_larger
        Id of the bound that is proved never to exceed the other; None where neither is. Of two equal bounds
        it is the first.
    equal
        Whether both are the same.
    crossings
        The k at which both are equal, where their difference is a polynomial in k up to a factor.
    far
        Id of the bound that decays faster; None for the same order.
    """

    never_larger: str | None
    equal: bool
    crossings: tuple[Expr, ...]
    far: str | None


def contrast(first: Theorem, second: Theorem, chosen: Mapping[Symbol, Expr] | None = None) -> Contrast:
    """Compare two bounds symbolically, each at the defaults of its parameters.

    Parameters
    ----------
    first, second
        Theorems that bound quantities of one unit.
    chosen
        Parameter -> value, in place of a default.
    """
    one, two = (_at_defaults(theorem, chosen or {}) for theorem in (first, second))
    # Noise along a run is that of the theorem's own run: one letter would stand for two numbers.
    two = two.xreplace({symbol: Dummy(symbol.name, positive=True) for symbol in ALONG_RUN})
    difference = two - one
    far = _far(first, second)
    if vanishes(difference):
        return Contrast(first.id, True, (), far)
    if difference.count_ops() > _LARGEST:
        return Contrast(None, False, (), far)
    chart = chart_of((), dict.fromkeys((*first.facts, *second.facts)))
    start = first.start if nonnegative(first.start - second.start) else second.start
    larger = _larger_somewhere(one, two, {**chart, k: start + free("j")})
    for side, (smaller, gap) in enumerate(((first, difference), (second, -difference))):
        # A proof of what is false is a long search.
        if not larger[side] and nonnegative(gap, chart, k, start):
            return Contrast(smaller.id, False, (), far)
    return Contrast(None, False, _crossings(difference), far)


def check_comparable(first: Theorem, second: Theorem) -> None:
    """Check that both theorems bound quantities of one unit along a run.

    Raises
    ------
    RateboundError
        If they do not.
    """
    for theorem in (first, second):
        if theorem.measure in ONE_STEP:
            raise RateboundError(f"{theorem.id} is about one step: it has no curve in k to compare")
    kinds = [_kind(theorem) for theorem in (first, second)]
    if kinds[0] != kinds[1]:
        raise RateboundError(
            f"{first.id} bounds {first.measure} and {second.id} bounds {second.measure}: "
            "two bounds can be compared if both are on gaps, on gradients or on distances"
        )


def _kind(theorem: Theorem) -> str:
    return theorem.measure.split("_")[0]


def _at_defaults(theorem: Theorem, chosen: Mapping[Symbol, Expr]) -> Expr:
    return theorem.at(k).xreplace({K: k}).subs(theorem.chosen(chosen))


def _larger_somewhere(one: Expr, two: Expr, chart: Chart) -> tuple[bool, bool]:
    """Return whether `one` is the larger, and whether `two` is, at one of some admissible points at least."""
    pair = [on_chart(expr, chart) for expr in (one, two)]
    symbols = sorted(pair[0].free_symbols | pair[1].free_symbols, key=lambda s: s.sort_key())
    value = lambdify(symbols, pair, modules="math")
    numbers, found = random.Random(0), [False, False]
    for point in range(_POINTS):
        reach = _DECADES[point % len(_DECADES)]
        drawn = [10 ** numbers.uniform(-reach, reach) for _ in symbols]
        try:
            a, b = value(*(ceil(v) if s.is_integer else v for s, v in zip(symbols, drawn, strict=True)))
        except (ArithmeticError, ValueError, NameError):
            continue  # Out of the range of doubles, or a function that the module does not have.
        # A power of a negative number is complex: the point is not admissible.
        real = isinstance(a, float | int) and isinstance(b, float | int) and isfinite(a) and isfinite(b)
        if real and abs(a - b) > _ROUNDING * max(abs(a), abs(b)):
            found[b > a] = True
    return found[0], found[1]


def _crossings(difference: Expr) -> tuple[Expr, ...]:
    """Return the positive roots of the difference where it is a polynomial in k of degree two or less."""
    numerator = fraction(together(difference))[0]
    t = Symbol("t", positive=True)
    try:
        poly = Poly(numerator.xreplace({k: t}), t)
    except PolynomialError:
        return ()
    if poly.degree() > 2 or any(coefficient.has(t) for coefficient in poly.all_coeffs()):
        return ()
    return tuple(root for root in roots(poly) if root.is_positive)


def _far(first: Theorem, second: Theorem) -> str | None:
    one, two = _rank(first.order), _rank(second.order)
    if one == two:
        return None
    return first.id if one > two else second.id


def _rank(order: Order) -> tuple[int, float, int]:
    """Return a key that is larger for faster decay; all bounds with a floor are alike, unless it rises."""
    if order.kind == "quadratic":
        return 4, 0.0, 0
    if order.kind == "superlinear":
        return 3, 0.0, 0
    if order.kind == "linear":
        return 2, 0.0, 0
    if order.kind == "floor" or order.exponent is None:
        return 0, 0.0, -order.rise
    return 1, float(order.exponent), -order.log_power
