"""The minimiser of a sum of losses with one kink each, such as absolute and hinge losses: a vertex.

Each loss is linear on both sides of ``z = y``, so that f is piecewise linear. A linear program finds a
vertex, which is certified apart from it: d samples of independent rows lie on their kinks and fix the point;
zero is a mean of slopes that lie strictly between those of the two sides. Then the vertex is the only
minimiser, and rounding cannot undo that.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ratebound.problems.certified import EPS
from ratebound.problems.losses import Loss

_MARGIN = 1e-6
"""How far slopes at kinks must stay from those of the sides."""


@dataclass(frozen=True, eq=False)
class Vertex:
    """The only minimiser of a piecewise linear f.

    Parameters
    ----------
    x
        The point, shape (d,).
    error
        Bound on its distance from the exact vertex.
    steepest
        A Lipschitz constant of f.
    """

    x: np.ndarray
    error: float
    steepest: float


def vertex(A: np.ndarray, y: np.ndarray, loss: Loss) -> Vertex | None:
    """Return the minimiser of ``(1/n) sum phi(a_i.x, y_i)`` if it is a vertex that can be certified."""
    n, d = A.shape
    left, right = loss.slope_at(y - 1, y), loss.slope_at(y + 1, y)
    found = _program(A, y, left, right)
    if found is None:
        return None
    on = np.sort(np.argsort(np.abs(A @ found - y))[:d])
    condition = float(np.linalg.cond(A[on]))
    if n < d or condition > 1e8:
        return None
    x = np.linalg.solve(A[on], y[on])
    off = np.setdiff1d(np.arange(n), on)
    size = float(np.linalg.norm(x)) + float(np.abs(y).max() / np.linalg.norm(A[on], 2))
    error = 8 * d * condition * EPS * size
    reach = error * np.linalg.norm(A, axis=1) + 8 * d * EPS * (np.abs(A) @ np.abs(x) + np.abs(y))
    away = A[off] @ x - y[off]
    if (np.abs(away) <= reach[off]).any():
        return None
    # The slopes on the kinks that balance those of the other samples.
    slopes = np.linalg.solve(A[on].T, -A[off].T @ np.where(away > 0, right[off], left[off]))
    margin = _MARGIN * (right - left)[on]
    if (slopes < left[on] + margin).any() or (slopes > right[on] - margin).any():
        return None
    steepest = float((np.linalg.norm(A, axis=1) * np.maximum(np.abs(left), np.abs(right))).mean())
    return Vertex(x, error, steepest)


def _program(A: np.ndarray, y: np.ndarray, left: np.ndarray, right: np.ndarray) -> np.ndarray | None:
    """Return the x of: minimise the sum of t_i, each above both lines of its loss at ``a_i.x``."""
    # Loaded where it is needed, as in :mod:`ratebound.problems.ball`.
    from scipy.optimize import linprog

    n, d = A.shape
    rows = [np.hstack([s[:, None] * A, -np.eye(n)]) for s in (left, right)]
    limits = np.concatenate([left * y, right * y])
    cost = np.concatenate([np.zeros(d), np.ones(n)])
    solved = linprog(cost, np.vstack(rows), limits, bounds=(None, None), method="highs-ds")
    return solved.x[:d] if solved.status == 0 else None
