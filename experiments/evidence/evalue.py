"""Betting on replicas: e-processes that refute a bound, and that confirm one where a range is certified.

Refutation: for nonnegative ratios Y = q/B with E Y <= 1 at every checkpoint, the wealth
``prod_i (1 + l (Y_i - 1))`` is a supermartingale for every bet l in [0, 1), hence so is any fixed mixture;
by Ville's inequality its supremum reaches 1/delta with probability at most delta, however often one looks.
Neither boundedness nor a variance nor independence between checkpoints is needed.
Source: Waudby-Smith and Ramdas 2024 (betting); Ville 1939.
"""

from __future__ import annotations

import numpy as np

from ratebound.experiments.checks import whole
from ratebound.problems.quiet import quiet
from ratebound.theory.errors import RateboundError

_LARGEST = 0.98
"""At a bet of 1 a single zero would end the game."""
BETS = np.minimum(2.0 ** (-np.arange(21) / 2), _LARGEST)
"""The bets that are mixed with equal weights."""
_LOWEST = 1 - 1 / _LARGEST
_BLOCK = 256
_RANGE_SLACK = 1e-9


def _log_mean_exp(values: np.ndarray, axis: tuple[int, ...]) -> np.ndarray:
    top = values.max(axis, keepdims=True)
    anchor = np.where(np.isfinite(top), top, 0.0)
    with quiet:
        mean = np.log(np.exp(values - anchor).mean(axis, keepdims=True)) + anchor
    return np.squeeze(mean, axis)


def _checked(ratios: np.ndarray, count: int) -> np.ndarray:
    Y = np.asarray(ratios, dtype=np.float64)
    if Y.ndim != 2 or Y.shape[1] != count:
        raise RateboundError(f"ratios have shape {Y.shape}; expected (replicas, {count})")
    if np.isnan(Y).any():
        r, c = np.argwhere(np.isnan(Y))[0]
        raise RateboundError(
            f"ratio of replica {r} at checkpoint {c} is nan; leave out checkpoints without a bound or a value"
        )
    if Y.size and Y.min() < _LOWEST:
        raise RateboundError(f"ratio {Y.min():.3g} is negative; only nonnegative measures can be tested")
    return Y


def _exp(log_value: float) -> float:
    with np.errstate(over="ignore"):
        return float(np.exp(log_value))


class EProcess:
    """Evidence against "E q(x_k) <= B(k) at every checkpoint".

    Parameters
    ----------
    checkpoints
        Number of checkpoints C.

    Notes
    -----
    Half of the prior goes to the ratio pooled over the checkpoints, half uniformly to (checkpoint, bet).
    Rejecting when the value reaches 1/delta is wrong with probability at most delta, at any stopping time.
    """

    def __init__(self, checkpoints: int) -> None:
        self._count = whole("checkpoints", checkpoints, 1)
        self._wealth = np.zeros((self._count, BETS.size))
        self._pooled = np.zeros(BETS.size)
        self._current = 0.0
        self._sup = 0.0
        self.replicas = 0

    def update(self, ratios: np.ndarray) -> None:
        """Take in further replicas, in order.

        Parameters
        ----------
        ratios
            q(x_k)/B(k), shape (R, C). ``inf`` is infinite evidence.

        Raises
        ------
        RateboundError
            If a ratio is nan or negative beyond rounding, or the shape does not fit.
        """
        Y = _checked(ratios, self._count)
        for start in range(0, len(Y), _BLOCK):
            self._take(Y[start : start + _BLOCK])
        self.replicas += len(Y)

    def _take(self, Y: np.ndarray) -> None:
        pooled = (Y / self._count).sum(1)
        wealth = self._wealth + np.cumsum(np.log1p(BETS * (Y - 1)[:, :, None]), 0)
        pool = self._pooled + np.cumsum(np.log1p(BETS * (pooled - 1)[:, None]), 0)
        halves = np.stack([_log_mean_exp(pool, (1,)), _log_mean_exp(wealth, (1, 2))], 1)
        evidence = _log_mean_exp(halves, (1,))
        self._wealth, self._pooled = wealth[-1], pool[-1]
        self._current = float(evidence[-1])
        self._sup = max(self._sup, float(evidence.max()))

    @property
    def current(self) -> float:
        """The e-value after all replicas so far; its expectation is at most 1 if the bound holds."""
        return _exp(self._current)

    @property
    def value(self) -> float:
        """The largest e-value after any number of replicas so far; at least 1, the start."""
        return _exp(self._sup)

    def rejects(self, threshold: float) -> bool:
        """Whether the value has reached `threshold` = 1/delta."""
        return bool(self._sup >= np.log(threshold))


class ConfirmProcess:
    """Evidence for "E q(x_k) <= B(k) at every checkpoint", given a range 0 <= q(x_k) <= b(k) that is certain.

    Parameters
    ----------
    range_over_bound
        b(k)/B(k), shape (C,); ``inf`` where no range is certified.

    Raises
    ------
    RateboundError
        If a range is nan or negative.

    Notes
    -----
    At each checkpoint the opposite, ``E q >= B``, is tested by ``prod (1 - l (q/B - 1))`` with
    ``0 < l < 1/(b/B - 1)``, mixed over l. All checkpoints must be won (an intersection-union test, so
    nothing is paid for their number); where b <= B there is nothing to test. It speaks about the
    tested checkpoints only.
    """

    def __init__(self, range_over_bound: np.ndarray) -> None:
        ranges = np.array(range_over_bound, dtype=np.float64, ndmin=1)
        if ranges.ndim != 1 or ranges.size == 0 or np.isnan(ranges).any() or (ranges < 0).any():
            raise RateboundError(f"range over bound is {ranges}; pass one number >= 0 per checkpoint")
        self._ranges = ranges
        self._certain = ranges <= 1
        excess = np.where(self._certain, np.inf, ranges - 1)
        self._bets = BETS / excess[:, None]
        self._wealth = np.zeros((ranges.size, BETS.size))
        self._sup = np.where(self._certain, np.inf, 0.0)
        self.replicas = 0

    def update(self, ratios: np.ndarray) -> None:
        """Take in further replicas, in order.

        Parameters
        ----------
        ratios
            q(x_k)/B(k), shape (R, C).

        Raises
        ------
        RateboundError
            If a ratio is nan, negative beyond rounding, or beyond its certified range.
        """
        Y = _checked(ratios, self._ranges.size)
        limits = self._ranges * (1 + _RANGE_SLACK)
        over = limits < Y
        if over.any():
            r, c = np.argwhere(over)[0]
            raise RateboundError(
                f"ratio {Y[r, c]:.6g} of replica {r} exceeds the range {self._ranges[c]:.6g} stated for "
                f"checkpoint {c}; the range is not certified"
            )
        for start in range(0, len(Y), _BLOCK):
            self._take(Y[start : start + _BLOCK])
        self.replicas += len(Y)

    def _take(self, Y: np.ndarray) -> None:
        with np.errstate(invalid="ignore"):
            gains = np.where(self._bets > 0, self._bets * (1 - Y[:, :, None]), 0.0)
        wealth = self._wealth + np.cumsum(np.log1p(gains), 0)
        self._wealth = wealth[-1]
        self._sup = np.maximum(self._sup, _log_mean_exp(wealth, (2,)).max(0))

    @property
    def value(self) -> float:
        """The smallest over the checkpoints of the largest e-value so far; ``inf`` if all ranges suffice."""
        return _exp(float(self._sup.min()))

    def confirms(self, threshold: float) -> bool:
        """Whether the value has reached `threshold` = 1/delta."""
        return bool(self._sup.min() >= np.log(threshold))
