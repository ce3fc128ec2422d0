"""Certified ranges ``0 <= q(x_k) <= b(k)`` of a measure along every run: confirmations by replicas need them.

They are known for ``x - alpha g`` with independent batches only.
For losses of bounded slope each step moves x by at most ``alpha (push + l2 ||x||)``, so the run cannot leave
a ball about 0 of known radius; L, ||x*|| and the slopes then limit every measure on it.
"""

from __future__ import annotations

import numpy as np

from ratebound.experiments.evidence.linear import is_plain
from ratebound.experiments.grid import Grid
from ratebound.experiments.plan import OF_HESSIANS
from ratebound.problems.certified import EPS
from ratebound.problems.constants import certify
from ratebound.problems.finite_sum import Problem
from ratebound.problems.losses import radius
from ratebound.problems.lower import lower
from ratebound.problems.point_values import at_most
from ratebound.theory.measures import BEST
from ratebound.theory.readings import READINGS


def certified_range(grid: Grid) -> np.ndarray:
    """Return b(k) at each point of the grid, shape (N,); ``inf`` where no range is certified."""
    problem, measure = grid.problem, grid.theorem.measure
    plain = is_plain(grid.theorem.method) and not grid.theorem.in_passes
    # The smallest error along a replica is smaller, in expectation, than the smallest expectation.
    unfit = measure in BEST or measure in READINGS or measure in OF_HESSIANS
    if problem.loss.slope_bound is None or not plain or unfit:
        return np.full(grid.k.size, np.inf)
    return np.concatenate([_limits(problem, measure, trial.alphas)[at] for trial, at in grid.entries])


def _limits(problem: Problem, measure: str, alphas: np.ndarray) -> np.ndarray:
    """Return the range at k = 0 .. K, shape (K+1,), of the points x_0 .. x_k."""
    assert problem.loss.slope_bound is not None
    norms = np.linalg.norm(problem.A, axis=1) * (1 + problem.d * EPS)
    steepest = float(lower(problem.loss.slope_bound, (radius,))(np.inf))
    push, mean = float(norms.max()) * steepest, float(norms.mean()) * steepest
    r = np.empty(alphas.size + 1)
    r[0] = np.linalg.norm(problem.x0)
    with np.errstate(over="ignore"):
        for k, alpha in enumerate(map(float, alphas)):
            # A batch averages such steps, so that the radius holds for it by convexity.
            r[k + 1] = (abs(1 - alpha * problem.l2) * r[k] + alpha * push) * (1 + 16 * EPS)
        r = np.maximum.accumulate(np.where(np.isnan(r), np.inf, r))
        if measure.startswith("grad"):
            norm = (mean + (problem.l2 * r if problem.l2 else 0.0)) * np.full(r.size, 1 + 16 * EPS)
            return np.asarray(at_most(measure, norm, problem.d))
        if problem.x_star is None:
            return np.full(r.size, np.inf)
        reach = r + float(np.linalg.norm(problem.x_star)) + problem.minimum.distance_error
        if measure == "distance_sq":
            return reach**2
        if problem.loss.kinked:
            return reach * mean * (1 + 16 * EPS)
        return reach**2 * certify(problem, "L").value / 2
