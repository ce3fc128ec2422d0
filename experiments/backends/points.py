"""Points in several arrays, each as it lies in memory, read in blocks: copies of all of them take time."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import as_strided


class Points:
    """The points of several arrays (..., d), one after the other, in the order in which they lie in memory.

    Parameters
    ----------
    arrays
        At least one.
    """

    def __init__(self, arrays: Sequence[np.ndarray]) -> None:
        self._orders = [sorted(range(X.ndim - 1), key=lambda axis: -X.strides[axis]) for X in arrays]
        turned = [X.transpose(*o, X.ndim - 1) for X, o in zip(arrays, self._orders, strict=True)]
        self._shapes = [X.shape[:-1] for X in turned]
        self._parts = [X.reshape(-1, X.shape[-1]) for X in turned]
        self._ends = np.cumsum([len(part) for part in self._parts]).tolist()
        self.count: int = self._ends[-1]

    def copy(self, first: int, last: int, centre: Any, block: np.ndarray) -> int:
        """Copy the points ``first .. last - 1`` less a centre into a block; return how many there are.

        What is left of the first ``last - first`` rows becomes zero.
        """
        here, stop = first, min(last, self.count)
        place = bisect_right(self._ends, first)
        while here < stop:
            part, end = self._parts[place], self._ends[place]
            begin, until = here - (end - len(part)), min(stop, end)
            rows = part[begin : begin + until - here]
            np.subtract(rows, centre, out=block[here - first : until - first])
            here, place = until, place + 1
        block[stop - first : last - first] = 0.0
        return stop - first

    def lying(self, first: int, last: int) -> np.ndarray | None:
        """Return the points from `first` on, at most to ``last - 1``, where they lie in one array.

        Rows may be longer than the points. None where they are not contiguous numbers of float64.
        """
        place = bisect_right(self._ends, first)
        part, end = self._parts[place], self._ends[place]
        row, number = part.strides
        contiguous = number == part.itemsize and row % number == 0 and row >= part.shape[1] * number
        # A kernel is compiled for arrays that may be written to, though it does not write.
        if part.dtype != np.float64 or not part.flags.writeable or not contiguous:
            return None
        begin = first - (end - len(part))
        rows = part[begin : begin + min(last, end) - first]
        return as_strided(rows, (len(rows), row // number), part.strides)

    def at(self, places: np.ndarray) -> np.ndarray:
        """Return a copy of the points at increasing places, shape (places, d)."""
        cuts = np.searchsorted(places, self._ends[:-1])
        starts = [0, *self._ends[:-1]]
        chosen = zip(self._parts, np.split(places, cuts), starts, strict=True)
        return np.concatenate([part[each - start] for part, each, start in chosen])

    def shaped(self, values: np.ndarray) -> list[np.ndarray]:
        """Return values (count,) of all points in the shapes of the arrays, without their last axis."""
        found, start = [], 0
        for end, shape, order in zip(self._ends, self._shapes, self._orders, strict=True):
            back = sorted(range(len(order)), key=order.__getitem__)
            found.append(values[start:end].reshape(shape).transpose(back))
            start = end
        return found
