"""Measures of many points at once, shared by threads; the gap with the loss fused into its sum.

:meth:`Problem.gap` avoids the cancellation of f(x) - f*, at the price of several evaluations of the loss per
sample. Far enough from the minimum the plain difference is as good, and most points of a stochastic run
stay there: this function takes it where it loses at most five digits, and leaves the rest to the problem.
The gap of least squares is a sum of squares, of as many terms as there are features.
"""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ratebound.experiments.backends.aligned import aligned
from ratebound.experiments.backends.cache import load_module
from ratebound.experiments.backends.gradient_source import shape_of_tile
from ratebound.experiments.backends.lanes_sparse import filled_rows
from ratebound.experiments.backends.loss_sums import (
    PART,
    SPARSE_VECTORS,
    SQUARE,
    Summand,
    dense_sums,
    multiple,
    sparse_sums,
    summand,
)
from ratebound.experiments.backends.points import Points
from ratebound.experiments.backends.recorder import nan_to_inf
from ratebound.experiments.backends.simd import WIDTH
from ratebound.experiments.backends.threads import share
from ratebound.problems.finite_sum import Problem
from ratebound.problems.losses import Loss
from ratebound.problems.losses import y as label
from ratebound.problems.lower import lower
from ratebound.problems.point_values import Values, values_at
from ratebound.problems.quiet import quiet

_BLOCK = 2**15
"""Values of points that share a look at the data: they stay in the second cache."""
_VECTORS = 3
"""Vectors of rows that share a look at a point."""
_VALUES = 2**20
_LARGE = 2**20
_LOST = 1e-5

Sum = Callable[[Points], np.ndarray]
"""From points to values (P,)."""


def _in_threads(function: Values, problem: Problem) -> Values:
    """Return a measure of points (..., d) that is taken in blocks of points, which threads share."""

    def apply(X: np.ndarray) -> np.ndarray:
        points = X.reshape(-1, X.shape[-1])
        count, size = points.shape[0], X.size * problem.n
        parts = share(
            lambda first, last: nan_to_inf(function(points[first:last])),
            count,
            size,
            # Not by the number of threads, for the blocks of a matrix product show in its rounding.
            ranges=max(8 if size > _LARGE else 1, count * problem.n // _VALUES),
        )
        return np.concatenate(parts).reshape(X.shape[:-1])

    return apply


def _turned(A: np.ndarray, scales: np.ndarray, lanes: int) -> np.ndarray:
    """Return multiples of the rows of A in tiles of so many, which a vector finds side by side.

    Threads share the work: large data take as long to turn as a checkpoint to measure.
    """
    n, d = A.shape
    whole = n // lanes
    data = np.empty((-(-n // lanes), d, lanes))

    def turn(first: int, last: int) -> None:
        part = slice(first * lanes, last * lanes)
        rows, of_rows = A[part].reshape(-1, lanes, d), scales[part].reshape(-1, 1, lanes)
        np.multiply(rows.transpose(0, 2, 1), of_rows, out=data[first:last])

    share(turn, whole, n * d)
    if n % lanes:
        data[-1] = 0.0
        np.multiply(A[whole * lanes :].T, scales[whole * lanes :], out=data[-1, :, : n % lanes])
    return data


def _firsts(data: np.ndarray) -> np.ndarray:
    """Return for each tile the first column that is not zero."""
    firsts = np.zeros(len(data), np.uint64)
    later = np.flatnonzero(~data[:, 0].any(1))
    firsts[later] = data[later].any(2).argmax(1)
    return firsts


def _dense_sum(
    added: Summand, A: np.ndarray, scales: np.ndarray | None, y: np.ndarray, nothing: float, centre: Any,
    unit: float, l2: float,
) -> Sum:  # fmt: skip
    """Return `unit` times the sum over multiples of the rows of A, and the regulariser.

    Points are taken less a centre. At a prediction of `nothing` a sample adds nothing.
    """
    at_once, vectors = shape_of_tile(_VECTORS * WIDTH, "float64")
    n, d, lanes = *A.shape, WIDTH * vectors
    data = _turned(A, np.ones(n) if scales is None else scales, lanes)
    tiles, firsts = len(data), _firsts(data)
    begin, labels, inside = (np.zeros((tiles, lanes)) for _ in range(3))
    labels.flat[:n], inside.flat[:n], begin.flat[n:] = y, 1.0, nothing
    sums = load_module(dense_sums(added, at_once, vectors)).sums
    centred = bool(np.any(centre))

    def value(points: Points) -> np.ndarray:
        values, groups = np.empty(points.count), -(-points.count // at_once)

        def work(first: int, last: int) -> None:
            step = min(max(1, _BLOCK // (d * at_once)), last - first) * at_once
            block, sum_of, squares = (np.empty(shape) for shape in ((step, d), step, step if l2 else 0))
            start, end = first * at_once, min(last * at_once, points.count)
            while start < end:
                stop = min(start + step, last * at_once)
                lying = None if centred else points.lying(start, stop)
                # A kernel takes whole groups; where few of them lie together, a copy costs less than a call.
                whole = 0 if lying is None else len(lying) // at_once * at_once
                if lying is not None and 8 * whole >= stop - start:
                    rows, here = lying[:whole], whole
                else:
                    rows, here = block[: stop - start], points.copy(start, stop, centre, block)
                sum_of[:] = 0.0
                sums(data, firsts, begin, labels, inside, rows, sum_of, squares[: len(rows)])
                found = values[start : start + here]
                np.multiply(sum_of[:here], unit, out=found)
                if l2:
                    found += l2 / 2 * squares[:here]
                start += here

        share(work, groups, points.count * d * tiles * lanes)
        return values

    return value


def _scales(loss: Loss, y: np.ndarray) -> np.ndarray | None:
    """Return what predictions are multiplied by where a loss is the softplus of a multiple, else None."""
    c = multiple(loss)
    return None if c is None else lower(c, (label,))(y) / PART


def _dense_value(problem: Problem) -> Sum:
    """Return f."""
    scales, added = _scales(problem.loss, problem.y), summand(problem.loss, True)
    nothing, unit = (0.0, 1 / problem.n) if scales is None else (-np.inf, PART / problem.n)
    return _dense_sum(added, problem.A, scales, problem.y, nothing, 0.0, unit, problem.l2)


def _sparse_value(problem: Problem) -> Sum:
    """Return f."""
    A: Any = problem.A
    data = *filled_rows(problem, "float64"), np.array(problem.y)
    sums = load_module(sparse_sums(summand(problem.loss, False))).sums
    lanes = WIDTH * SPARSE_VECTORS
    unit = 1.0 if multiple(problem.loss) is None else PART
    # Of each thread, which keeps it: fresh memory costs as much as a good part of the sums.
    room = threading.local()

    def value(points: Points) -> np.ndarray:
        totals = np.empty(-(-points.count // lanes) * lanes)
        squares = np.empty_like(totals)

        def work(first: int, last: int) -> None:
            if not hasattr(room, "here"):
                room.here, room.turned = (
                    np.empty((lanes, problem.d)),
                    aligned((problem.d + 1, lanes), "float64"),
                )
            here, turned = room.here, room.turned
            for start in range(first * lanes, last * lanes, lanes):
                points.copy(start, start + lanes, 0.0, here)
                part = slice(start, start + lanes)
                sums(*data, here, 1 / unit, turned, totals[part], squares[part])

        share(work, totals.size // lanes, points.count * A.nnz)
        return (totals * (unit / problem.n) + problem.l2 / 2 * squares)[: points.count]

    return value


class _OfArrays(ABC):
    """A measure of points (..., d) that takes several arrays at once."""

    def __call__(self, X: np.ndarray) -> np.ndarray:
        return self.each([X])[0]

    @abstractmethod
    def each(self, arrays: Sequence[np.ndarray]) -> list[np.ndarray]:
        """Return the values at the points of several arrays."""


def gaps(values: np.ndarray, f_star: float, careful: Callable[[np.ndarray], np.ndarray]) -> np.ndarray:
    """Return f - f* of values of f (P,): `careful` tells it at places where the difference loses digits."""
    with quiet:
        result = values - f_star
        near = np.isfinite(values) & ~(result > _LOST * np.abs(values))
    if near.any():
        result[near] = careful(np.flatnonzero(near))
    return nan_to_inf(result)


class _Gap(_OfArrays):
    """f - f* at points (..., d), as :meth:`Problem.gap` to about ten digits."""

    def __init__(self, problem: Problem) -> None:
        self._problem = problem
        self._value = _sparse_value(problem) if problem.sparse else _dense_value(problem)
        self._careful = _in_threads(problem.gap, problem)

    def each(self, arrays: Sequence[np.ndarray]) -> list[np.ndarray]:
        """Return the gaps at the points of several arrays."""
        points = Points(arrays)
        with quiet:
            values = self._value(points)
        return points.shaped(
            gaps(values, self._problem.f_star, lambda places: self._careful(points.at(places)))
        )


class _QuadraticGap(_OfArrays):
    """f - f* of least squares at points (..., d)."""

    def __init__(self, problem: Problem) -> None:
        root = problem.root
        self._value = _dense_sum(SQUARE, root, None, np.zeros(len(root)), 0.0, problem.x_star, 1.0, 0.0)

    def each(self, arrays: Sequence[np.ndarray]) -> list[np.ndarray]:
        """Return the gaps at the points of several arrays."""
        points = Points(arrays)
        with quiet:
            return points.shaped(nan_to_inf(self._value(points)))


def fused_measures(problem: Problem) -> dict[str, Values]:
    """Return the measures of :func:`ratebound.experiments.backends.recorder.measures_of`, shared by threads.

    Raises
    ------
    RateboundError
        If the loss has no printing.
    """
    # The other routes have a gap that is cheaper, or safer, than a plain difference.
    shared: dict[str, Values] = {
        name: _in_threads(function, problem) for name, function in values_at(problem).items()
    }
    if problem.minimum.route == "newton":
        shared["gap"] = _Gap(problem)
    elif problem.minimum.route == "closed form" and not problem.sparse:
        shared["gap"] = _QuadraticGap(problem)
    return shared
