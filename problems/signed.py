"""Signed squares ``y_i (a_i.x)^2 / 2``: components with y_i = -1 are concave, and their mean may be convex.

The Hessian ``H = (1/n) sum y_i a_i a_i^T + l2 I`` is constant, so that f is as convex as its least eigenvalue
says, whatever the components are.
"""

from __future__ import annotations

import numpy as np

from ratebound.problems.certified import EPS


def hessian(A: np.ndarray, y: np.ndarray, l2: float) -> tuple[np.ndarray, float]:
    """Return H and a bound on how far rounding moves its eigenvalues.

    Rounding is relative to terms in absolute value, and the norm of ``(1/n) |A|^T |A|`` is at most its trace.
    """
    n, d = A.shape
    size = float((A**2).sum(1).mean()) + l2
    return (A.T * y) @ A / n + l2 * np.eye(d), (n + 2 * d + 8) * EPS * size


def eigenvalues(A: np.ndarray, y: np.ndarray, l2: float) -> tuple[float, float, float]:
    """Return the least and the largest eigenvalue of H, and a bound on their errors."""
    H, error = hessian(A, y, l2)
    values = np.linalg.eigvalsh(H)
    return float(values[0]), float(values[-1]), error
