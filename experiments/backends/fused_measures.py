"""Measures of many points at once, shared by threads; the gap with the loss fused into its sum.

:meth:`Problem.gap` avoids the cancellation of f(x) - f*, at the price of several evaluations of the loss per
sample. Far enough from the minimum the plain difference is as good, and most points of a stochastic run
stay there: this function takes it where it loses at most five digits, and leaves the rest to the problem.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ratebound.experiments.backends.aligned import aligned
from ratebound.experiments.backends.cache import load_module
from ratebound.experiments.backends.gradient_source import shape_of_tile
from ratebound.experiments.backends.lanes_sparse import filled_rows
from ratebound.experiments.backends.loss_sums import SPARSE_VECTORS, dense_sums, sparse_sums
from ratebound.experiments.backends.recorder import nan_to_inf
from ratebound.experiments.backends.simd import WIDTH
from ratebound.experiments.backends.threads import share
from ratebound.problems.finite_sum import Problem
from ratebound.problems.point_values import Values, values_at

_BLOCK = 2**15
"""Values of points that share a look at the data: they stay in the second cache."""
_VECTORS = 2
"""Vectors of rows that share a look at a point."""
_VALUES = 2**20
_LARGE = 2**20
_LOST = 1e-5


def _in_threads(function: Values, problem: Problem) -> Values:
    """Return a measure of points (..., d) that is taken in blocks of points, which threads share."""

    def apply(X: np.ndarray) -> np.ndarray:
        points = X.reshape(-1, problem.d)
        count, size = points.shape[0], points.size * problem.n
        parts = share(
            lambda first, last: nan_to_inf(function(points[first:last])),
            count,
            size,
            # Not by the number of threads, for the blocks of a matrix product show in its rounding.
            ranges=max(8 if size > _LARGE else 1, count * problem.n // _VALUES),
        )
        return np.concatenate(parts).reshape(X.shape[:-1])

    return apply


def _fused_value(problem: Problem) -> Values:
    """Return f at points (P, d)."""
    at_once, vectors = shape_of_tile(_VECTORS * WIDTH, "float64")
    n, d, lanes = problem.n, problem.d, WIDTH * vectors
    tiles = -(-n // lanes)
    labels, inside, rows = np.zeros((tiles, lanes)), np.zeros((tiles, lanes)), np.zeros((tiles * lanes, d))
    labels.flat[:n], inside.flat[:n], rows[:n] = problem.y, 1.0, problem.A
    data = np.ascontiguousarray(rows.reshape(tiles, lanes, d).transpose(0, 2, 1))
    sums = load_module(dense_sums(problem.loss, at_once, vectors)).sums

    def value(X: np.ndarray) -> np.ndarray:
        count = X.shape[0]
        values, groups = np.empty(count), -(-count // at_once)

        def work(first: int, last: int) -> None:
            step = max(1, _BLOCK // (d * at_once))
            for start in range(first, last, step):
                part = slice(start * at_once, min((start + step) * at_once, last * at_once, count))
                points = X[part]
                if surplus := -len(points) % at_once:
                    points = np.concatenate([points, np.zeros((surplus, d))])
                totals, factors = np.zeros((len(points), WIDTH)), np.ones((len(points), WIDTH))
                sums(data, labels, inside, points, totals, factors)
                # Shorter by far than NumPy's sum over so short an axis.
                added = np.einsum("pl->p", totals[: len(X[part])])
                values[part] = added / n + problem.l2 / 2 * _squares(X[part])

        share(work, groups, X.size * tiles * lanes)
        return values

    return value


def _sparse_value(problem: Problem) -> Values:
    """Return f at points (P, d)."""
    A: Any = problem.A
    data = *filled_rows(problem, "float64"), np.array(problem.y)
    sums = load_module(sparse_sums(problem.loss)).sums
    lanes = WIDTH * SPARSE_VECTORS

    def value(X: np.ndarray) -> np.ndarray:
        count = X.shape[0]
        totals = np.empty(-(-count // lanes) * lanes)

        def work(first: int, last: int) -> None:
            points = aligned((problem.d + 1, lanes), "float64")
            for start in range(first * lanes, last * lanes, lanes):
                here = X[start : start + lanes]
                points[:-1, : len(here)] = here.T
                sums(*data, points, totals[start : start + lanes])

        share(work, totals.size // lanes, count * A.nnz)
        return totals[:count] / problem.n + problem.l2 / 2 * _squares(X)

    return value


def _squares(X: np.ndarray) -> np.ndarray:
    return np.asarray(np.einsum("pj,pj->p", X, X))


def _fused_gap(problem: Problem) -> Values:
    """Return f - f* at points (..., d), as :meth:`Problem.gap` to about ten digits."""
    value = _sparse_value(problem) if problem.sparse else _fused_value(problem)
    careful = _in_threads(problem.gap, problem)

    def gap(X: np.ndarray) -> np.ndarray:
        points = np.ascontiguousarray(X).reshape(-1, problem.d)
        with np.errstate(all="ignore"):
            values = value(points)
            result = values - problem.f_star
            near = np.isfinite(values) & ~(result > _LOST * np.abs(values))
        if near.any():
            result[near] = careful(points[near])
        return nan_to_inf(result).reshape(X.shape[:-1])

    return gap


def fused_measures(problem: Problem) -> dict[str, Values]:
    """Return the measures of :func:`ratebound.experiments.backends.recorder.measures_of`, shared by threads.

    Raises
    ------
    RateboundError
        If the loss has no printing.
    """
    # The other routes have a gap that is cheaper, or safer, than a plain difference.
    fused = problem.minimum.route == "newton"
    shared = {name: _in_threads(function, problem) for name, function in values_at(problem).items()}
    return shared | ({"gap": _fused_gap(problem)} if fused else {})
