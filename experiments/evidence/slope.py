"""The rate that a curve shows: a robust line through its asymptotic part, on log-log or semilog axes."""

from __future__ import annotations

from typing import Any, Literal, NamedTuple

import numpy as np

from ratebound.theory.errors import RateboundError

_FEWEST = 4
_NORMAL = 1.959963984540054
"""The 97.5 % quantile of the normal distribution."""


class Slope(NamedTuple):
    """A fitted slope: its 95 % interval from the pairwise slopes, and the range of k that was used."""

    slope: float
    low: float
    high: float
    k_range: tuple[int, int]


def fit_slope(
    k: np.ndarray, values: np.ndarray, kind: Literal["power", "linear"], floor: float = 0.0
) -> Slope | None:
    """Fit the asymptotic slope of a curve by Theil and Sen's median of pairwise slopes.

    Parameters
    ----------
    k
        Increasing step numbers, shape (C,), about evenly spaced in log k.
    values
        The curve, shape (C,).
    kind
        ``"power"``: d log(value) / d log(k), the exponent p of a rate k^p. ``"linear"``:
        d log(value) / dk, the natural log of a contraction per step.
    floor
        Absolute accuracy of the values; the curve is cut where it first reaches the floor.

    Returns
    -------
    Slope or None
        None where fewer than four points are usable.

    Raises
    ------
    RateboundError
        If shapes differ or the kind is unknown.

    Notes
    -----
    The transient is dropped by a fixed rule. Of the points with k >= 1 up to the cut, ``"power"`` keeps the
    last two decades or the last half of the range of log k, whichever is shorter; ``"linear"`` keeps
    k >= k_last/4. Points of one curve depend on each other, so the interval measures how straight the
    curve is and is no confidence statement.
    """
    k, values = np.asarray(k, dtype=np.float64), np.asarray(values, dtype=np.float64)
    if k.ndim != 1 or k.shape != values.shape:
        raise RateboundError(f"k has shape {k.shape} and values {values.shape}; both must be (C,)")
    if kind not in ("power", "linear"):
        raise RateboundError(f"kind = {kind!r}; it must be 'power' or 'linear'")
    started = k >= 1
    k, values = k[started], values[started]
    ended = np.flatnonzero(~(np.isfinite(values) & (values > max(floor, 0.0))))
    if ended.size:
        k, values = k[: ended[0]], values[: ended[0]]
    if k.size < _FEWEST:
        return None
    first = max(k[-1] / 100, np.sqrt(k[0] * k[-1])) if kind == "power" else k[-1] / 4
    kept = k >= first
    k, values = k[kept], values[kept]
    if k.size < _FEWEST:
        return None
    x = np.log(k) if kind == "power" else k
    return Slope(*theil_sen(x, np.log(values)), (int(k[0]), int(k[-1])))


def _kendall(count: Any) -> Any:
    """Return 18 times the variance of Kendall's statistic of so many numbers in a random order."""
    return count * (count - 1) * (2 * count + 5)


def theil_sen(x: np.ndarray, y: np.ndarray) -> tuple[float, float, float]:
    """Return the median of the slopes between points (C,) of increasing x, and the ends of its 95 % interval.

    Notes
    -----
    Sen 1968, Estimates of the regression coefficient based on Kendall's tau (section not checked): of N
    ordered slopes those of ranks (N -+ 1.96 sigma)/2, with the variance sigma^2 of Kendall's statistic, less
    that of values that are equal. SciPy has it, among statistics that take long to load.
    """
    first, second = np.triu_indices(x.size, 1)
    slopes = np.sort((y[second] - y[first]) / (x[second] - x[first]))
    count, equal = x.size, np.unique(y, return_counts=True)[1]
    variance = (_kendall(count) - _kendall(equal).sum()) / 18
    reach = _NORMAL * np.sqrt(variance)
    low = max(round((slopes.size - reach) / 2) - 1, 0)
    high = min(round((slopes.size + reach) / 2), slopes.size - 1)
    return float(np.median(slopes)), float(slopes[low]), float(slopes[high])
