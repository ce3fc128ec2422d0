"""A deterministic run once more at 50 digits: nothing is called violated on the strength of rounding."""

from __future__ import annotations

from typing import Any

import mpmath
import numpy as np

from ratebound.experiments.applicability import Trial
from ratebound.problems.finite_sum import Problem
from ratebound.problems.losses import y as label
from ratebound.problems.losses import z as prediction
from ratebound.problems.lower import lower_mp
from ratebound.theory.symbols import K, k

_DIGITS = 50
_WORK = 3e6
"""Multiplications of 50-digit numbers that are affordable: a few seconds."""
_REFINEMENTS = 8


def feasible(trial: Trial, at: int) -> bool:
    """Whether :func:`ratio` can recompute the measure at x_k: full gradients, and not too many."""
    return not trial.theorem.stochastic and trial.problem.n * trial.problem.d * (at + 1) <= _WORK


def ratio(trial: Trial, at: int) -> float:
    """Return measured/bound at k = `at`, both computed with 50 digits, then rounded.

    Parameters
    ----------
    trial
        A deterministic run for which :func:`feasible` holds.
    at
        The step number.
    """
    with mpmath.workdps(_DIGITS):
        symbols = sorted(trial.values, key=str)
        bound = lower_mp(trial.theorem.bound, (k, K, *symbols))(
            at, trial.steps, *(float(trial.values[s]) for s in symbols)
        )
        measured = _measure(trial, at)
        if bound <= 0:
            return float("inf") if measured > bound else 0.0
        return float(measured / bound)


class _Exact:
    """A finite sum in mpmath numbers."""

    def __init__(self, problem: Problem) -> None:
        self._A = _numbers(problem.A)
        self._y = _numbers(problem.y)
        self._l2, self._n = mpmath.mpf(problem.l2), problem.n
        self._phi = lower_mp(problem.loss.phi, (prediction, label))
        self._slope = lower_mp(problem.loss.slope, (prediction, label))

    def value(self, x: np.ndarray) -> Any:
        terms = [self._phi(t, y) for t, y in zip(self._A @ x, self._y, strict=True)]
        return sum(terms, mpmath.mpf(0)) / self._n + self._l2 * (x @ x) / 2

    def gradient(self, x: np.ndarray) -> np.ndarray:
        slopes = [self._slope(t, y) for t, y in zip(self._A @ x, self._y, strict=True)]
        return np.array(slopes, dtype=object) @ self._A / self._n + self._l2 * x

    def minimiser(self, problem: Problem) -> np.ndarray:
        """Refine the minimiser by Newton steps; the Hessian in double precision gains its digits at each."""
        assert problem.x_star is not None
        curvature = problem.loss.second_at(problem.A @ problem.x_star, problem.y)
        hessian = (problem.A.T * curvature) @ problem.A / problem.n + problem.l2 * np.eye(problem.d)
        inverse = _numbers(np.linalg.pinv(hessian, hermitian=True))
        x = _numbers(problem.x_star)
        for _ in range(_REFINEMENTS):
            x = x - inverse @ self.gradient(x)
        return x


def _numbers(array: np.ndarray) -> np.ndarray:
    flat = [mpmath.mpf(float(v)) for v in np.ravel(array)]
    return np.array(flat, dtype=object).reshape(np.shape(array))


def _measure(trial: Trial, at: int) -> Any:
    problem, name = trial.problem, trial.theorem.measure
    exact = _Exact(problem)
    weights = np.ones(trial.steps) if trial.weights is None else trial.weights
    x = _numbers(problem.x0)
    past, total, squares, best = x * 0, mpmath.mpf(0), mpmath.mpf(0), mpmath.inf
    for alpha, weight in zip(trial.alphas[:at], weights[:at], strict=True):
        g = exact.gradient(x)
        w, square = mpmath.mpf(float(weight)), g @ g
        past, total, squares = past + w * x, total + w, squares + w * square
        best = min(best, square)
        x = x - mpmath.mpf(float(alpha)) * g
    if name == "grad_norm_sq_best":
        return best
    if name == "grad_norm_sq_mean":
        return squares / total
    if name == "grad_norm_sq_last":
        return exact.gradient(x) @ exact.gradient(x)
    x_star = exact.minimiser(problem)
    if name == "distance_sq":
        return (x - x_star) @ (x - x_star)
    point = past / total if name == "gap_average" else x
    return exact.value(point) - exact.value(x_star)
