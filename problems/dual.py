"""The dual of a finite sum of losses along the rows, f(x) = mean_i phi(a_i . x, y_i) + (l2/2)||x||^2.

At numbers beta_i, one of each sample, the dual function and its point are

    D(beta) = - mean_i phi*(beta_i, y_i) - (l2/2)||y||^2,    y = - mean_i beta_i a_i/l2,

so that f(y) - D(beta) = mean_i [phi(a_i . y, y_i) + phi*(beta_i, y_i) - beta_i a_i . y], of which no term is
negative (Fenchel and Young). D is at most f*, which it attains at the slopes of the losses at x*. SDCA stores
t_i = beta_i a_i + l2 x_0, from which the beta_i are read; on sparse data, from x_0 = 0, the beta_i alone.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ratebound.problems.certified import NotCertified
from ratebound.problems.constants import certify
from ratebound.problems.finite_sum import Problem
from ratebound.problems.quiet import quiet
from ratebound.problems.sparse import combined, predictions, row_norms_sq

_ROUNDING = 1e-12
"""Relative accuracy of slopes that are read from what is stored."""


def require_dual(problem: Problem) -> None:
    """Check that what (mu_min/2)||x||^2 leaves of the components are the losses, along the rows.

    Raises
    ------
    NotCertified
        If it leaves less, the components are not strongly convex, or the loss has no conjugate.
    """
    if problem.loss.conjugate is None:
        raise NotCertified(f"the {problem.loss.title} is not convex, and has no conjugate")
    least = certify(problem, "mu_min").value
    if least > problem.l2:
        raise NotCertified(
            f"mu_min = {least:.6g} exceeds l2 = {problem.l2:.6g}, and the loss less its curvature has no "
            "conjugate here; take more than one feature"
        )


def slopes_stored(problem: Problem, T: np.ndarray) -> np.ndarray:
    """Return the numbers beta_i, shape (..., n), of what SDCA stores: flat (..., n d), or (..., n) if sparse.

    What is outside the slopes of the loss by no more than rounding is taken for their end.
    """
    loss, labels, norms = problem.loss, problem.y, row_norms_sq(problem.A)
    beta = T
    if not problem.sparse:
        along = np.einsum("...nd,nd->...n", T.reshape(*T.shape[:-1], *problem.A.shape), problem.A)
        beta = (along - problem.l2 * (problem.A @ problem.x0)) / np.where(norms > 0, norms, 1.0)
    # A loss that reads no feature is a constant; of zero, its only dual vector, any number is the factor.
    beta = np.where(norms > 0, beta, loss.slope_at(0.0, labels))
    ends = np.clip(beta, *loss.slopes_at(labels))
    return np.where(np.abs(beta - ends) <= _ROUNDING * (1 + np.abs(ends)), ends, beta)


def duality_gap(problem: Problem, T: np.ndarray) -> np.ndarray:
    """Return f(y) - D(beta), shape (...), at what SDCA stores; see :func:`slopes_stored`."""
    return _gaps(problem, T)[0]


def dual_suboptimality(problem: Problem, T: np.ndarray) -> np.ndarray:
    """Return f* - D(beta), shape (...), at what SDCA stores; see :func:`slopes_stored`."""
    both, points = _gaps(problem, T)
    with quiet:
        return np.maximum(both - problem.gap(points), 0.0)


def _gaps(problem: Problem, T: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the duality gap and the points y, shape (..., d)."""
    require_dual(problem)
    loss = problem.loss
    with quiet:
        beta = slopes_stored(problem, T)
        points = -combined(problem.A, beta) / (problem.l2 * problem.n)
        Z = predictions(problem.A, points)
        terms = loss.value_at(Z, problem.y) + loss.conjugate_at(beta, problem.y) - Z * beta
        return np.maximum(terms.mean(-1), 0.0), points


def squares_of(measure: str, A: np.ndarray, l2: Any) -> tuple[np.ndarray, np.ndarray]:
    """Return the squares that a dual measure is on least squares, in floats or other numbers.

    With s what is stored, less that at x*, and last x_0 - x*, n + 1 vectors, the measure is half the sum over
    r of ``weights[r] (rows[r] . s)^2``: the mean of ``(a_i . y - beta_i)^2`` or that of ``beta_i^2`` with
    ``l2 ||y||^2``, in slopes and points less those at x*.

    Returns
    -------
    tuple
        Rows, shape (r, (n + 1) d), and their weights, shape (r,).
    """
    n, d = A.shape
    along = np.array([a / (a @ a) if a.any() else a for a in A])
    slopes = np.zeros((n, n + 1, d), A.dtype)
    slopes[np.arange(n), np.arange(n)] = along
    slopes[:, n] = -l2 * along
    rows = slopes.reshape(n, -1)
    points = -(A.T @ rows) / (l2 * n)
    weights = np.array([l2 / l2 / n] * n)
    if measure == "duality_gap":
        return A @ points - rows, weights
    return np.concatenate([rows, points]), np.concatenate([weights, [l2] * d])


def dual_floor(problem: Problem) -> float:
    """Return the rounding of a duality gap: of its terms, which cancel at the minimum, there and at x_0."""
    require_dual(problem)
    eps, found = float(np.finfo(float).eps), 0.0
    for x in (problem.x0, problem.x_star):
        if x is not None:
            Z = problem.A @ x
            beta = problem.loss.slope_at(Z, problem.y)
            terms = (
                problem.loss.value_at(Z, problem.y),
                problem.loss.conjugate_at(beta, problem.y),
                Z * beta,
            )
            found = max(found, sum(float(np.abs(each).mean()) for each in terms))
    return (8 + problem.d) * eps * found
