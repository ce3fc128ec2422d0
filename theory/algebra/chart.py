"""Charts: admissible values of symbols, written through new symbols that range freely over [0, oo)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache

from sympy import Dummy, Expr, Integer, Symbol, together
from sympy.core.relational import Relational

from ratebound.theory.errors import RateboundError
from ratebound.theory.printed import printed

Chart = Mapping[Symbol, Expr]


def free(name: str) -> Symbol:
    """Return a fresh symbol that ranges over [0, oo)."""
    return Dummy(name, nonnegative=True)


def chart_of(
    conditions: Iterable[Relational], facts: Iterable[Relational] = (), *, with_ends: bool = True
) -> dict[Symbol, Expr]:
    """Return a chart that sweeps all values that satisfy the conditions.

    Parameters
    ----------
    conditions
        Relations between a symbol, on the left, and an expression: ``alpha <= 1/L``, ``s0 >= L_max/mu``. A
        symbol may have a lower and an upper one.
    facts
        Relations between constants that always hold, such as ``mu <= L``.
    with_ends
        Whether an open end is swept as closed. Else ends are reached where they are closed, and there alone;
        a symbol between two closed ones, which no chart reaches, is left free.

    Raises
    ------
    RateboundError
        If a condition has another form.

    Notes
    -----
    With bounds a <= p <= b the chart is ``p = (b + a s)/(1 + s)``, s >= 0, with a = 0 where no lower bound
    is given: its image is (a, b]. An open end is swept as closed, which proves more than is asked of
    inequalities that are not strict.
    """
    return dict(_chart(tuple(conditions), tuple(facts), with_ends))


@lru_cache(maxsize=1024)
def _chart(
    conditions: tuple[Relational, ...], facts: tuple[Relational, ...], with_ends: bool
) -> dict[Symbol, Expr]:
    # One range has one chart, with the same free symbols, so that proofs about it are found again.
    open_ends = set() if with_ends else {(r[0], r[2]) for r in map(_read, filter(_strict, conditions))}
    lows: dict[Symbol, Expr] = {}
    highs: dict[Symbol, Expr] = {}
    for relation in conditions:
        symbol, side, upper = _read(relation)
        bounds = highs if upper else lows
        if symbol in bounds and bounds[symbol] != side:
            other = bounds[symbol]
            both = together(1 / (1 / other + 1 / side) if upper else other + side)
            raise RateboundError(
                f"{symbol} has two bounds on one side: {printed(other)} and {printed(side)}; state one, "
                f"such as {symbol} {'<=' if upper else '>='} {printed(both)}, which implies both"
            )
        bounds[symbol] = side
    for relation in facts:
        symbol, side, upper = _read(relation)
        # Using fewer facts proves more than is asked.
        (highs if upper else lows).setdefault(symbol, side)
    chart: dict[Symbol, Expr] = {}
    for symbol in {**lows, **highs}:
        low, high = lows.get(symbol, Integer(0)), highs.get(symbol)
        open_low, open_high = ((symbol, upper) in open_ends for upper in (False, True))
        if not with_ends and symbol in lows and high is not None and low != high and not open_low:
            if not open_high:
                continue
            low, high, open_high = high, low, False
        first_open = open_low if high is None else open_high
        s = Dummy("s", positive=True) if first_open else free("s")
        chart[symbol] = low + s if high is None else (high + low * s) / (1 + s)
    return chart


def _strict(relation: Relational) -> bool:
    return relation.rel_op in ("<", ">")


def _read(relation: Relational) -> tuple[Symbol, Expr, bool]:
    left, right = relation.lhs, relation.rhs
    upper = relation.rel_op in ("<", "<=")
    if not isinstance(left, Symbol):
        left, right, upper = right, left, not upper
    if not isinstance(left, Symbol) or relation.rel_op not in ("<", "<=", ">", ">="):
        raise RateboundError(f"the condition {relation} is not of the form symbol <= expression")
    return left, right, upper


def on_chart(expr: Expr, chart: Chart) -> Expr:
    """Return the expression with every charted symbol replaced until none is left."""
    for _ in range(len(chart) + 1):
        changed = expr.xreplace(dict(chart))
        if changed == expr:
            return expr
        expr = changed
    raise RateboundError(f"the bounds of {', '.join(map(str, chart))} refer to each other in a circle")
