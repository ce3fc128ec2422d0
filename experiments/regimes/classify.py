"""The regime of one constant step, by stated rules.

An error curve e_0 .. e_K belongs to the first of these that fits. *Exact* curves come with their noise
floor F and the radius of the second-moment operator; *measured* ones are replicas, whose mean stands for
the error.

``divergent``
    Exact: the radius is at least 1. Measured: a replica is not finite; or mean and median of e_K are above
    e_0, and log(error) grew from K/2 to K by log 2 or more, by three standard errors over replicas (paired).
``plateau``
    Exact: e_K <= 2 F. Measured: the mean no longer falls from K/2 to K by more than two standard errors
    (paired), or falls by less than half as much, in logarithm, as from K/4 to K/2.
``slow``
    e_K > e_0 / 10: less than one digit is gained. It is about the horizon: more steps would settle it.
``linear``
    log(e - F) falls from K/2 to K at least 1.5 times as much as from K/4 to K/2 (measured: F = 0). A
    geometric rate makes this ratio 2, a power of k makes it 1.
``sublinear``
    The rest.

Where gradient descent is beyond its local stability and yet bounded,
:mod:`ratebound.experiments.regimes.edge` tells ``edge`` and ``chaotic`` apart.

A curve that reaches the rounding error of the problem is read up to there, and a floor below it counts as
none. Two limits of measured regimes: few replicas cannot tell a slow fall from a plateau; and beyond the
exact threshold typical runs may settle while the mean diverges through rare ones, which replicas miss.
"""

from __future__ import annotations

import numpy as np

_NEAR_FLOOR, _DIGIT, _GEOMETRIC, _STALLED, _GROWN = 2.0, 10.0, 1.5, 0.5, 2.0
_TINY = float(np.finfo(np.float64).tiny)


def exact_regime(k: np.ndarray, error: np.ndarray, floor: float, radius: float, rounding: float) -> str:
    """Return the regime of an exact curve.

    Parameters
    ----------
    k
        Checkpoints 0 .. K, shape (C,).
    error
        Expected errors there, shape (C,).
    floor
        Limit of the error.
    radius
        Contraction factor per step.
    rounding
        Absolute accuracy of errors.
    """
    if radius >= 1 or not np.isfinite(error[-1]):
        return "divergent"
    if rounding < floor and error[-1] <= _NEAR_FLOOR * floor:
        return "plateau"
    return _decay(k, error - floor, error, rounding)


def measured_regime(k: np.ndarray, samples: np.ndarray, rounding: float) -> str:
    """Return the regime of measured curves.

    Parameters
    ----------
    k
        Checkpoints 0 .. K, shape (C,).
    samples
        Errors of each replica there, shape (R, C); not finite where a replica diverged.
    rounding
        Absolute accuracy of errors.
    """
    half = int(np.argmin(np.abs(k - k[-1] / 2)))
    if not np.isfinite(samples).all():
        return "divergent"
    mean = samples.mean(0)
    growth = np.log(np.maximum(samples[:, -1], _TINY) / np.maximum(samples[:, half], _TINY))
    grown = growth.mean() - 3 * _standard_error(growth) >= np.log(_GROWN)
    if grown and min(mean[-1], np.median(samples[:, -1])) > mean[0]:
        return "divergent"
    if mean[-1] > rounding:
        change = samples[:, half] - samples[:, -1]
        early, late = _falls(k, mean, int(k[-1]))
        if change.mean() <= 2 * _standard_error(change) or late < _STALLED * early:
            return "plateau"
    return _decay(k, mean, mean, rounding)


def _standard_error(values: np.ndarray) -> float:
    return float(values.std(ddof=1) / np.sqrt(values.size)) if values.size > 1 else 0.0


def _decay(k: np.ndarray, excess: np.ndarray, error: np.ndarray, rounding: float) -> str:
    if error[-1] > error[0] / _DIGIT:
        return "slow"
    end = int(k[np.flatnonzero(excess > rounding)[-1]]) if (excess > rounding).any() else 0
    early, late = _falls(k, excess, end)
    return "linear" if late >= _GEOMETRIC * early else "sublinear"


def _falls(k: np.ndarray, error: np.ndarray, end: int) -> tuple[float, float]:
    """Return how far log(error) falls from end/4 to end/2, and from there to the end."""
    at = np.interp([end / 4, end / 2, end], k, np.log(np.maximum(error, _TINY)))
    return float(at[0] - at[1]), float(at[1] - at[2])
