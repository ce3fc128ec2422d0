"""How far f lies above its tangent at the minimiser, without the cancellation of a difference of values."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ratebound.problems.quadrature import taylor_rule
from ratebound.problems.sparse import predictions

if TYPE_CHECKING:
    from ratebound.problems.finite_sum import Problem

# Taylor's remainder by quadrature where the subtraction phi(z) - phi(z*) - phi'(z*)(z - z*) would cancel.
_SMALL = 0.25


def bregman(problem: Problem, X: np.ndarray) -> np.ndarray:
    """Return the rise of the finite sum above its tangent at x*, shape (...), at points of shape (..., d)."""
    x_star, y = problem.minimum.x_star, problem.y
    assert x_star is not None
    base = problem.A @ x_star
    dz = predictions(problem.A, X - x_star)
    phi, slope, second = problem.loss.value_at, problem.loss.slope_at, problem.loss.second_at
    far = phi(base + dz, y) - phi(base, y) - slope(base, y) * dz
    small = np.abs(dz) < _SMALL
    if problem.loss.jumps:
        # No quadrature goes across a jump of phi''.
        small &= second(base, y) == second(base + dz, y)
    step = np.where(small, dz, 0.0)
    near = sum((w * second(base + t * step, y) for t, w in taylor_rule()), start=np.zeros(()))
    terms = np.where(small, near * step**2, far)
    return np.asarray(terms.mean(-1) + problem.l2 / 2 * ((X - x_star) ** 2).sum(-1))
