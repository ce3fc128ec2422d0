"""Interval arithmetic on SymPy expressions of one variable, vectorised over many intervals.

Every operation rounds outwards by two units in the last place, which covers the rounding of IEEE arithmetic
and the error of the elementary functions of NumPy (at most one unit on the platforms that NumPy tests).
"""

from __future__ import annotations

from collections.abc import Callable
from functools import reduce

import numpy as np
from sympy import Add, Expr, Integer, Mul, Pow, Symbol, cos, exp, log, sin

from ratebound.problems.certified import NotCertified
from ratebound.problems.lower import expit_at
from ratebound.problems.primitives import expit, softplus
from ratebound.problems.quiet import quiet

Interval = tuple[np.ndarray, np.ndarray]
_INCREASING: dict[type, Callable[[np.ndarray], np.ndarray]] = {
    exp: np.exp,
    log: np.log,
    softplus: lambda z: np.logaddexp(0.0, z),
    expit: expit_at,
}
# The first maximum of each periodic function; the first minimum lies half a period later.
_PERIODIC: dict[type, tuple[Callable[[np.ndarray], np.ndarray], float]] = {
    sin: (np.sin, np.pi / 2),
    cos: (np.cos, 0.0),
}


def enclose(expr: Expr, symbol: Symbol, lo: np.ndarray | float, hi: np.ndarray | float) -> Interval:
    """Return lower and upper bounds of an expression over the intervals [lo, hi].

    Parameters
    ----------
    expr
        An expression in `symbol` built of sums, products, integer powers, exp, log, sin, cos, softplus and
        expit.
    symbol
        The variable.
    lo, hi
        Ends of the intervals, any common shape; infinite ends are allowed.

    Returns
    -------
    tuple of numpy.ndarray
        Lower and upper bounds, of that shape.

    Raises
    ------
    NotCertified
        If the expression contains anything else.
    """
    start = (np.asarray(lo, dtype=np.float64), np.asarray(hi, dtype=np.float64))
    with quiet:
        low, high = _visit(expr, symbol, start)
    shape = np.broadcast_shapes(start[0].shape, start[1].shape)
    return np.broadcast_to(low, shape), np.broadcast_to(high, shape)


def _outward(low: np.ndarray, high: np.ndarray) -> Interval:
    for _ in range(2):
        low, high = np.nextafter(low, -np.inf), np.nextafter(high, np.inf)
    return low, high


def _visit(expr: Expr, symbol: Symbol, box: Interval) -> Interval:
    if expr == symbol:
        return box
    if expr.is_number:
        value = np.asarray(float(expr))
        return (value, value) if isinstance(expr, Integer) and abs(expr) < 2**53 else _outward(value, value)
    args = [_visit(a, symbol, box) for a in expr.args]
    if isinstance(expr, Add):
        return reduce(lambda a, b: _outward(a[0] + b[0], a[1] + b[1]), args)
    if isinstance(expr, Mul):
        return reduce(_multiply, args)
    if isinstance(expr, Pow) and isinstance(expr.args[1], Integer):
        return _power(args[0], int(expr.args[1]))
    kind = type(expr)
    if kind in _INCREASING:
        return _outward(_INCREASING[kind](args[0][0]), _INCREASING[kind](args[0][1]))
    if kind in _PERIODIC:
        return _periodic(*_PERIODIC[kind], args[0])
    raise NotCertified(f"no interval arithmetic for {kind.__name__} in {expr}")


def _multiply(a: Interval, b: Interval) -> Interval:
    products = np.stack(np.broadcast_arrays(*(x * y for x in a for y in b)))
    # 0 * inf: a bounded factor of exactly zero keeps the product at zero.
    products = np.nan_to_num(products, nan=0.0, posinf=np.inf, neginf=-np.inf)
    return _outward(products.min(0), products.max(0))


def _power(base: Interval, exponent: int) -> Interval:
    if exponent < 0:
        low, high = _power(base, -exponent)
        straddles = (low <= 0) & (high >= 0)
        return _outward(np.where(straddles, -np.inf, 1 / high), np.where(straddles, np.inf, 1 / low))
    ends = np.stack(np.broadcast_arrays(base[0] ** exponent, base[1] ** exponent))
    # NumPy's pow may err by more than one unit: widen in proportion.
    slack = 4 * np.finfo(float).eps * np.abs(ends)
    low, high = (ends - slack).min(0), (ends + slack).max(0)
    if exponent % 2 == 0:
        low = np.where((base[0] <= 0) & (base[1] >= 0), 0.0, low)
    return np.where(np.isnan(low), -np.inf, low), np.where(np.isnan(high), np.inf, high)


def _periodic(function: Callable[[np.ndarray], np.ndarray], peak: float, box: Interval) -> Interval:
    low, high = box
    slack = 1e-12 * (1 + np.abs(low) + np.abs(high))

    def holds(point: float) -> np.ndarray:
        period = 2 * np.pi
        return np.ceil((low - slack - point) / period) <= np.floor((high + slack - point) / period)

    whole = ~np.isfinite(low) | ~np.isfinite(high)
    ends = np.stack(np.broadcast_arrays(function(low), function(high)))
    bottom, top = _outward(ends.min(0), ends.max(0))
    bottom = np.where(whole | holds(peak + np.pi), -1.0, np.maximum(bottom, -1.0))
    top = np.where(whole | holds(peak), 1.0, np.minimum(top, 1.0))
    return bottom, top


def supremum(expr: Expr, symbol: Symbol, lo: float, hi: float, pieces: int = 4096) -> float:
    """Return an upper bound of an expression over [lo, hi], from its values and slopes on small pieces."""
    edges = np.linspace(lo, hi, pieces + 1)
    edges[0], edges[-1] = lo, hi
    return float(mean_value(expr, symbol, edges[:-1], edges[1:])[1].max())


def mean_value(expr: Expr, symbol: Symbol, lo: np.ndarray, hi: np.ndarray) -> Interval:
    """Return second-order enclosures ``g(middle) + g'([lo, hi]) * (half width)`` on finite intervals."""
    middle = (lo + hi) / 2
    low, high = enclose(expr, symbol, middle, middle)
    below, above = enclose(expr.diff(symbol), symbol, lo, hi)
    half = np.nextafter(np.maximum(hi - middle, middle - lo), np.inf)
    spread = np.nextafter(half * np.maximum(np.abs(below), np.abs(above)), np.inf)
    return _outward(low - spread, high + spread)
