"""Measures of many points at once, shared by threads; the gap with the loss fused into its sum.

:meth:`Problem.gap` avoids the cancellation of f(x) - f*, at the price of several evaluations of the loss per
sample. Far enough from the minimum the plain difference is as good, and most points of a stochastic run
stay there: this function takes it where it loses at most five digits, and leaves the rest to the problem.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from sympy import Abs, Max, S, exp

from ratebound.experiments.backends.cache import load_module
from ratebound.experiments.backends.numba_source import imports
from ratebound.experiments.backends.recorder import Measure, nan_to_inf
from ratebound.experiments.backends.simd import WIDTH
from ratebound.experiments.backends.threads import share
from ratebound.problems.finite_sum import Problem
from ratebound.problems.losses import Loss
from ratebound.problems.lower import printed
from ratebound.problems.primitives import softplus

_POINTS = 64
_VALUES = 2**20
_LARGE = 2**20
_LOST = 1e-5

_SOURCE = '''"""Sums of the {title}: printed, not written."""

{imports}

@njit(nogil=True, cache=True, error_model="numpy", boundscheck=False)
def sums(predictions, labels, inside, out):
    for p in range(predictions.shape[0]):
        total = fill(0.0)
        for first in range(0, predictions.shape[1], {block}):
            factor = fill(1.0)
            for i in range(first, min(first + {block}, predictions.shape[1]), {width}):
                z = load(predictions, (p, i))
                y = load(labels, (i,))
                counts = load(inside, (i,)) > 0.0
                total = total + where(counts, {term}, 0.0)
                factor = factor * where(counts, {factor}, 1.0)
            total = total + log(factor)
        store(total, out, (p, 0))
'''
_FACTORS = 512
"""Factors, at most 2 each, that are multiplied before a logarithm is taken."""

_SPARSE_SOURCE = '''"""Sums of the {title} over sparse rows: printed, not written."""

{imports}

@njit(nogil=True, cache=True, error_model="numpy", boundscheck=False)
def sums(starts, columns, entries, labels, points, out):
    total = fill(0.0)
    for first in range(0, labels.size, {block}):
        factor = fill(1.0)
        for i in range(first, min(first + {block}, labels.size)):
            z = fill(0.0)
            for e in range(starts[i], starts[i + 1]):
                z = z + entries[e] * load(points, (columns[e], 0))
            y = fill(labels[i])
            total = total + ({term})
            factor = factor * ({factor})
        total = total + log(factor)
    store(total, out, (0,))
'''


def sums_source(loss: Loss, sparse: bool = False) -> str:
    """Print the module that sums a loss over the samples: of predictions, or of eight points on sparse rows.

    A sum of ``softplus(v) = max(v, 0) + log(1 + exp(-|v|))`` takes one logarithm, of a product.

    Raises
    ------
    RateboundError
        If the loss has no printing.
    """
    term, factor = loss.phi, S.One
    if isinstance(term, softplus):
        (v,) = term.args
        term, factor = Max(v, 0), 1 + exp(-Abs(v))
    return (_SPARSE_SOURCE if sparse else _SOURCE).format(
        title=loss.title,
        imports=imports("float64"),
        width=WIDTH,
        block=_FACTORS if sparse else WIDTH * _FACTORS,
        term=printed(term, "numba"),
        factor=printed(factor, "numba"),
    )


def _in_threads(function: Measure, problem: Problem) -> Measure:
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


def _fused_value(problem: Problem) -> Measure:
    """Return f at points (P, d)."""
    rows = -(-problem.n // WIDTH) * WIDTH
    labels, inside = np.zeros(rows), np.zeros(rows)
    labels[: problem.n], inside[: problem.n] = problem.y, 1.0
    data = np.zeros((rows, problem.d))
    data[: problem.n] = problem.A
    sums = load_module(sums_source(problem.loss)).sums

    def value(X: np.ndarray) -> np.ndarray:
        out = np.empty((X.shape[0], WIDTH))

        def work(first: int, last: int) -> None:
            for start in range(first * _POINTS, min(last * _POINTS, X.shape[0]), _POINTS):
                block = slice(start, start + _POINTS)
                sums(X[block] @ data.T, labels, inside, out[block])

        share(work, -(-X.shape[0] // _POINTS), X.size * rows)
        return out.sum(1) / problem.n + problem.l2 / 2 * (X * X).sum(1)

    return value


def _sparse_value(problem: Problem) -> Measure:
    """Return f at points (P, d); a vector holds the same prediction at eight points."""
    A: Any = problem.A
    data = A.indptr.astype(np.int64), A.indices.astype(np.uint32), np.array(A.data), np.array(problem.y)
    sums = load_module(sums_source(problem.loss, sparse=True)).sums

    def value(X: np.ndarray) -> np.ndarray:
        count = X.shape[0]
        out = np.empty(-(-count // WIDTH) * WIDTH)

        def work(first: int, last: int) -> None:
            points = np.zeros((problem.d, WIDTH))
            for start in range(first * WIDTH, last * WIDTH, WIDTH):
                here = X[start : start + WIDTH]
                points[:, : len(here)] = here.T
                sums(*data, points, out[start : start + WIDTH])

        share(work, out.size // WIDTH, count * A.nnz)
        return out[:count] / problem.n + problem.l2 / 2 * (X * X).sum(1)

    return value


def _fused_gap(problem: Problem) -> Measure:
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


def fused_measures(problem: Problem) -> dict[str, Measure]:
    """Return the measures of :func:`ratebound.experiments.backends.recorder.measures_of`, shared by threads.

    Raises
    ------
    RateboundError
        If the loss has no printing.
    """
    # The other routes have a gap that is cheaper, or safer, than a plain difference.
    fused = problem.minimum.route == "newton"
    return {
        "gap": _fused_gap(problem) if fused else _in_threads(problem.gap, problem),
        "distance_sq": _in_threads(problem.distance_sq, problem),
        "grad_norm_sq": _in_threads(problem.grad_norm_sq, problem),
    }
