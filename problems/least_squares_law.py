"""Constants of the averaged least-squares theorem: how heavy rows and residuals are against the Hessian.

With A = U S V^T on the range, ``H^(-1/2) a_i = sqrt(n) V U_i``, so that ``E w_i a_i a_i^T`` against H has the
eigenvalues of ``U^T diag(w) U``: orthonormal columns keep them accurate however ill-conditioned H is.
"""

from __future__ import annotations

import numpy as np

from ratebound.problems import curvature
from ratebound.problems.certified import EPS, Constant, NotCertified
from ratebound.problems.finite_sum import Problem


def _against_hessian(problem: Problem, name: str, weights: np.ndarray, what: str) -> Constant:
    spec = problem.spectrum
    if not spec.clear:
        raise NotCertified("the numerical rank of A is in doubt: a singular value is near rounding")
    U = np.linalg.svd(problem.A, full_matrices=False)[0][:, : spec.rank]
    value = float(np.linalg.eigvalsh((U.T * weights) @ U)[-1])
    # The columns of U err by eps over the relative gap of the range, the eigenvalue by as much of max w.
    gap = float(np.sqrt(spec.smallest_nonzero / spec.largest))
    error = 10 * (problem.n + problem.d) * EPS / gap * float(weights.max())
    return Constant(
        name,
        float(np.nextafter(value + error, np.inf)),
        f"eigenvalue: {what} against H",
        "exact",
        error=error,
    )


def _check(problem: Problem) -> None:
    if problem.kind != "quadratic" or problem.l2:
        raise NotCertified(f"{problem.name} is not quadratic without a ridge")
    if problem.sparse:
        raise NotCertified(f"{problem.name} is sparse: the law of its rows is computed for dense data only")


def R_sq(problem: Problem) -> Constant:
    """Return the least R^2 with ``E ||a||^2 a a^T <= R^2 H``, rounded up."""
    _check(problem)
    return _against_hessian(problem, "R_sq", (problem.A**2).sum(1), "E ||a||^2 a a^T")


def residual_sq(problem: Problem) -> Constant:
    """Return the least s^2 with ``E r^2 a a^T <= s^2 H``, r the residuals at x*, rounded up."""
    _check(problem)
    if problem.x_star is None:
        raise NotCertified(problem.minimum.note)
    residuals = np.abs(problem.A @ problem.x_star - problem.y)
    # A residual moves by at most ||a_i|| times the error of x*.
    shift = np.sqrt(curvature.L_max(problem).value) * problem.minimum.distance_error
    shift += (problem.d + 8) * EPS * float(np.abs(problem.y).max() + residuals.max())
    return _against_hessian(problem, "residual_sq", (residuals + shift) ** 2, "E r^2 a a^T")


def rank(problem: Problem) -> Constant:
    """Return the rank of the Hessian."""
    _check(problem)
    if not problem.spectrum.clear:
        raise NotCertified("the numerical rank of A is in doubt: a singular value is near rounding")
    return Constant("rank", float(problem.spectrum.rank), "count of singular values", "exact")
