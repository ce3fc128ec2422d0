"""Steps in a metric with many digits, for Newton's method and the quasi-Newton ones."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import mpmath
import numpy as np

from ratebound.experiments.backends.metric import along_one_axis, pushed, recalled, updated
from ratebound.problems.axes import axis_smoothness
from ratebound.problems.constants import certify
from ratebound.theory.letters.metric import step_curvature, step_inner
from ratebound.theory.method import AXES

if TYPE_CHECKING:
    from ratebound.problems.finite_sum import Problem
    from ratebound.theory.method import Method

_FLAT = 1e-30
"""Eigenvalues of the Hessian below this, relative to the largest, are zero: there is no step along them."""


class MetricRules:
    """What an update reads of the metric of a method, step after step.

    Parameters
    ----------
    problem, method
        What runs; the metric has no cubic term.
    hessian
        f's Hessian at a vector of mpmath numbers.
    """

    def __init__(self, problem: Problem, method: Method, hessian: Callable[[np.ndarray], np.ndarray]) -> None:
        assert method.metric is not None
        self._kind, self._hessian = method.metric.kind, hessian
        self._constant = problem.kind == "quadratic"
        self._inverse: np.ndarray | None = None
        self._curved = np.zeros(0)
        if self._kind in AXES:
            self._curved = np.array([mpmath.mpf(v) for v in axis_smoothness(problem)], dtype=object)
        elif self._kind != "hessian":
            least = 1 / mpmath.mpf(certify(problem, "L").value)
            self._inverse = np.eye(problem.d, dtype=int) * least
        self._first = self._inverse
        self._kept = [np.zeros((method.metric.memory, problem.d), dtype=int).astype(object) for _ in "sy"]
        self._left: tuple[np.ndarray, np.ndarray] | None = None
        self._reads_curvature = any(rule.has(step_curvature) for rule in method.update.values())

    def __call__(self, x: np.ndarray, g: np.ndarray, k: int) -> dict[str, Any]:
        """Return the step p, and the numbers made of it, by name."""
        if self._kind in AXES:
            p = along_one_axis(self._kind, g, self._curved)
        else:
            p = self._inverse_at(x, g) @ g
        numbers = {"p": p, step_inner.name: g @ p}
        if self._reads_curvature:
            numbers[step_curvature.name] = (p @ self._hessian(x) @ p) or mpmath.mpf(1)
        return numbers

    def _inverse_at(self, x: np.ndarray, g: np.ndarray) -> np.ndarray:
        if self._kind == "hessian":
            if self._inverse is None or not self._constant:
                self._inverse = _pseudo_inverse(self._hessian(x))
            return self._inverse
        assert self._inverse is not None
        if self._left is not None:
            moved, changed = x - self._left[0], g - self._left[1]
            if self._kind == "lbfgs":
                self._kept = [pushed(kept, v) for kept, v in zip(self._kept, (moved, changed), strict=True)]
                assert self._first is not None
                self._inverse = recalled(self._first, *self._kept)
            else:
                self._inverse = updated(self._kind, self._inverse, moved, changed)
        self._left = x, g
        return self._inverse


def _pseudo_inverse(matrix: np.ndarray) -> np.ndarray:
    values, vectors = mpmath.eigsy(mpmath.matrix(matrix.tolist()))
    found = np.array(values.tolist(), dtype=object).ravel()
    basis = np.array(vectors.tolist(), dtype=object).reshape(matrix.shape)
    largest = max(abs(v) for v in found)
    inverses = np.array([0 if abs(v) <= _FLAT * largest else 1 / v for v in found], dtype=object)
    return (basis * inverses) @ basis.T
