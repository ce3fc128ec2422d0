"""Measures of points that lie on a GPU: predictions by cuBLAS, sums over the samples by a printed kernel."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ratebound.experiments.backends.cuda_device import Device
from ratebound.experiments.backends.cuda_full import loss_source
from ratebound.experiments.backends.fused_measures import fused_measures, gaps
from ratebound.experiments.backends.pieces import PREDICTIONS
from ratebound.experiments.backends.recorder import nan_to_inf
from ratebound.problems.finite_sum import Problem
from ratebound.problems.point_values import Values
from ratebound.theory.readings import READINGS


class _Fetched:
    """A measure that the host takes, of points on a device (..., d)."""

    def __init__(self, measure: Values, device: Device) -> None:
        self._measure, self._device = measure, device

    def __call__(self, X: Any) -> np.ndarray:
        return self._measure(self._device.numpy(X).astype(np.float64, copy=False))

    def each(self, arrays: Sequence[Any]) -> list[np.ndarray]:
        """Return the values at the points of several arrays."""
        return [self(X) for X in arrays]


class _There(_Fetched):
    """A measure that a device takes of points (P, d) in float64, and returns as host values (P,)."""

    def __call__(self, X: Any) -> np.ndarray:
        return self.each([X])[0]

    def each(self, arrays: Sequence[Any]) -> list[np.ndarray]:
        """Return the values at the points of several arrays, by one product of matrices for all of them."""
        d = arrays[0].shape[-1]
        ends = np.cumsum([X.size // d for X in arrays])
        points = self._device.copies(np.zeros(d), int(ends[-1]))
        for X, end in zip(arrays, ends.tolist(), strict=True):
            points[end - X.size // d : end] = X.reshape(-1, d)
        values = np.split(self._measure(points), ends[:-1])
        return [found.reshape(X.shape[:-1]) for found, X in zip(values, arrays, strict=True)]


def _quadratic_gap(problem: Problem, device: Device) -> Callable[[Any], np.ndarray]:
    """Return f - f* of least squares, a sum of as many squares as there are features."""
    assert problem.x_star is not None
    root, x_star = device.array(problem.root), device.array(problem.x_star)

    def gap(points: Any) -> np.ndarray:
        roots = (points - x_star) @ root.T
        return nan_to_inf(device.numpy((roots * roots).sum(-1)) / 2)

    return gap


def _gap(problem: Problem, device: Device, careful: Values) -> Callable[[Any], np.ndarray]:
    """Return f - f*: the difference where it keeps its digits, elsewhere the `careful` one of the host."""
    rows, labels = device.array(problem.A), device.array(problem.y)
    lanes, n = device.lanes(problem.n), problem.n
    source, block = loss_source(problem.loss, lanes), max(1, PREDICTIONS // n)

    def gap(points: Any) -> np.ndarray:
        count = points.shape[0]
        sums = device.array(np.empty(count))
        for first in range(0, count, block):
            predictions = points[first : first + block] @ rows.T
            some = predictions.shape[0]
            arguments = np.uint64(some), np.uint64(n), predictions, labels, sums[first : first + block]
            device.launch(source, "sum_losses", some * lanes, 0, arguments)
        values = device.numpy(sums) / n + problem.l2 / 2 * device.numpy((points * points).sum(-1))
        return gaps(values, problem.f_star, lambda places: careful(device.numpy(points)[places]))

    return gap


def device_measures(problem: Problem, device: Device) -> dict[str, Values]:
    """Return the measures of :func:`fused_measures` for points on a device; most of them the host takes.

    Raises
    ------
    RateboundError
        If the loss has no printing.
    """
    host = fused_measures(problem)
    # What is stored for samples comes to the host as it is read.
    fetched = {reading.norm for reading in READINGS.values() if reading.of_table}
    measures = {
        name: measure if name in fetched else _Fetched(measure, device) for name, measure in host.items()
    }
    if problem.sparse:
        return measures
    if problem.minimum.route == "newton":
        measures["gap"] = _There(_gap(problem, device, host["gap"]), device)
    elif problem.minimum.route == "closed form":
        measures["gap"] = _There(_quadratic_gap(problem, device), device)
    return measures
