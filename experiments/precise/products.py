"""Products of data with vectors of mpmath numbers, in whole numbers: exact to the last digit, and fast."""

from __future__ import annotations

import mpmath
import numpy as np

from ratebound.experiments.precise.moments import numbers

_RANGE = 4096
"""Bits below the largest number of a vector that are kept: those of any two floats lie nearer together."""


class Data:
    """A matrix of floats, which are whole numbers over one power of two.

    Parameters
    ----------
    array
        Shape (n, d).
    """

    def __init__(self, array: np.ndarray) -> None:
        self.numbers = numbers(array)
        found = _over_one_power(self.numbers)
        assert found is not None  # Data are finite.
        self._whole, self._exponent = found

    def times(self, v: np.ndarray) -> np.ndarray:
        """Return A v for mpmath numbers v, shape (d,)."""
        part = _over_one_power(v)
        if part is None:
            return np.asarray(self.numbers @ v)
        return _numbers(self._whole @ part[0], self._exponent + part[1])

    def combined(self, weights: np.ndarray) -> np.ndarray:
        """Return A^T w, the sum of the rows with these weights, shape (n,)."""
        part = _over_one_power(weights)
        if part is None:
            return np.asarray(weights @ self.numbers)
        return _numbers(part[0] @ self._whole, self._exponent + part[1])


def _over_one_power(values: np.ndarray) -> tuple[np.ndarray, int] | None:
    """Return numbers as integers times one power of two, and its exponent; None where one is not finite."""
    raw = [mpmath.mpf(each)._mpf_ for each in values.flat]
    if any(exponent and not mantissa for _, mantissa, exponent, _ in raw):
        return None
    tops = [exponent + bits for _, mantissa, exponent, bits in raw if mantissa]
    low = max(min((each[2] for each in raw if each[1]), default=0), max(tops, default=0) - _RANGE)
    whole = [_shifted(-mantissa if sign else mantissa, exponent - low) for sign, mantissa, exponent, _ in raw]
    return np.array(whole, dtype=object).reshape(values.shape), low


def _shifted(mantissa: int, by: int) -> int:
    return mantissa << by if by >= 0 else mantissa >> -by


def _numbers(whole: np.ndarray, exponent: int) -> np.ndarray:
    return np.array([mpmath.mpf((each, exponent)) for each in whole], dtype=object)
