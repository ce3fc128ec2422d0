"""A ratio once more at 50 digits: no bound is called refuted on the strength of rounding."""

from __future__ import annotations

from typing import Any

import mpmath
import numpy as np

from ratebound.experiments import precise
from ratebound.experiments.applicability import Trial
from ratebound.problems.certified import batch_factor
from ratebound.problems.finite_sum import Problem
from ratebound.problems.lower import lower_mp
from ratebound.theory.statement import ONE_STEP
from ratebound.theory.symbols import K, k

_DIGITS = 50
_WORK = 2e6
_REFINEMENTS = 6


def ratio(trial: Trial, at: int) -> float | None:
    """Return measured/bound at k = `at` from 50 digits; None where that is not known or too costly.

    Known are deterministic runs (a single component counts as one) and SGD on least squares.
    """
    problem, theorem = trial.problem, trial.theorem
    if theorem.measure in ONE_STEP:
        return None
    if not theorem.stochastic or problem.n == 1:
        return precise.ratio(trial, at) if problem.n * problem.d * (at + 1) <= _WORK else None
    if problem.kind != "quadratic" or problem.n * (2 * problem.d + 1) ** 3 * (at + 1) > _WORK:
        return None
    with mpmath.workdps(_DIGITS):
        symbols = sorted(trial.values, key=str)
        numbers = (float(trial.values[symbol]) for symbol in symbols)
        bound = lower_mp(theorem.bound, (k, K, *symbols))(at, trial.steps, *numbers)
        measured = _moment(trial, at)
        return float(measured / bound) if bound > 0 else float("inf")


def _moment(trial: Trial, at: int) -> Any:
    """Return the expectation by the recursion of :mod:`ratebound.experiments.adversary.moments`."""
    problem, name = trial.problem, trial.theorem.measure
    d, size = problem.d, 2 * problem.d + 1
    G, H, z = _maps(problem)
    c = mpmath.mpf(batch_factor(problem.n, trial.batch, trial.replacement))
    mean = _mean(G)
    weights = np.ones(trial.steps) if trial.weights is None else trial.weights
    Z, total, squares = z * z.T, mpmath.mpf(0), []
    for alpha, weight in zip(trial.alphas[:at], weights[:at], strict=True):
        squares.append((mpmath.mpf(float(weight)), _trace(mean * Z * mean.T)))
        keep = mpmath.eye(size)
        for j in range(d):
            keep[d + j, j] = mpmath.mpf(float(weight))
        step = mpmath.mpf(float(alpha))
        moved = [M * Z * M.T for M in (_moved(keep, g, step) for g in (mean, *G))]
        Z = (1 - c) * moved[0] + c * _mean(moved[1:])
        total += squares[-1][0]
    if name == "grad_norm_sq_best":
        return min(q for _, q in squares)
    if name == "grad_norm_sq_mean":
        return sum(w * q for w, q in squares) / total
    if name == "grad_norm_sq_last":
        return _trace(mean * Z * mean.T)
    if name == "distance_sq":
        return _trace(Z[:d, :d])
    block = Z[d : 2 * d, d : 2 * d] / total**2 if name == "gap_average" else Z[:d, :d]
    return _trace(H * block) / 2


def _moved(keep: Any, g: Any, alpha: Any) -> Any:
    M = keep.copy()
    for i in range(g.rows):
        for j in range(g.cols):
            M[i, j] -= alpha * g[i, j]
    return M


def _mean(matrices: list[Any]) -> Any:
    return sum(matrices[1:], matrices[0]) / len(matrices)


def _trace(matrix: Any) -> Any:
    return sum((matrix[i, i] for i in range(matrix.rows)), mpmath.mpf(0))


def _maps(problem: Problem) -> tuple[list[Any], Any, Any]:
    """Return the maps G_i, the Hessian and z at the start, with x* refined to all digits."""
    n, d = problem.n, problem.d
    rows = [mpmath.matrix(row.tolist()) for row in problem.A]
    labels = [mpmath.mpf(float(v)) for v in problem.y]
    ridge = mpmath.mpf(problem.l2) * mpmath.eye(d)
    M = [a * a.T + ridge for a in rows]
    H = _mean(M)
    inverse = mpmath.matrix(np.linalg.pinv(problem.H, hermitian=True).tolist())
    assert problem.x_star is not None
    x = mpmath.matrix(problem.x_star.tolist())
    right = _mean([a * v for a, v in zip(rows, labels, strict=True)])
    for _ in range(_REFINEMENTS):
        x = x - inverse * (H * x - right)
    G = []
    for i in range(n):
        g = mpmath.zeros(d, 2 * d + 1)
        g[:, :d] = M[i]
        g[:, 2 * d] = M[i] * x - labels[i] * rows[i]
        G.append(g)
    z = mpmath.zeros(2 * d + 1, 1)
    for j in range(d):
        z[j] = mpmath.mpf(float(problem.x0[j])) - x[j]
    z[2 * d] = mpmath.mpf(1)
    return G, H, z
