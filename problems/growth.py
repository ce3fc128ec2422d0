"""Constants of the noise that hold everywhere: interpolation, and growth with the gradient."""

from __future__ import annotations

import mpmath
import numpy as np

from ratebound.problems import curvature, signed
from ratebound.problems.certified import EPS, Constant, NotCertified, Setting, batch_factor
from ratebound.problems.finite_sum import Problem
from ratebound.problems.losses import y as label
from ratebound.problems.losses import z
from ratebound.problems.lower import lower_mp
from ratebound.problems.minimiser import balanced
from ratebound.problems.optimum import sigma_star_sq

_EXACT = 2.0**20
"""Integers up to here have exact products and sums in double precision."""


def interpolates(problem: Problem) -> Constant:
    """Certify that one point minimises every convex component (value 1).

    Raises
    ------
    NotCertified
        If that is false, or not certain to the last digit.
    """
    curvature.components_convex(problem)
    if problem.sparse:
        raise NotCertified(
            f"{problem.name} is sparse, and so not certified to interpolate: that needs dense data"
        )
    A, y = problem.A, problem.y
    least_squares = problem.kind == "quadratic" and problem.l2 == 0
    if least_squares and problem.spectrum.clear and problem.spectrum.rank == problem.n:
        return Constant("interpolates", 1.0, "the rows of A are independent: A x = y has a solution", "exact")
    x = problem.x_star
    if least_squares and x is not None:
        x = np.rint(x)
        whole = all((v == np.rint(v)).all() and np.abs(v).max() < _EXACT for v in (A, y, x))
        if whole and np.abs(A).sum(1).max() * max(np.abs(x).max(), 1) < 2**50 and (A @ x == y).all():
            return Constant("interpolates", 1.0, "A x = y holds exactly at a point of integers", "exact")
    if x is not None and not least_squares and _stationary(problem, x):
        return Constant("interpolates", 1.0, "every component gradient is exactly zero at x*", "exact")
    raise NotCertified(
        f"{problem.name} is not certified to interpolate: no point is known to fit every sample"
    )


def _stationary(problem: Problem, x: np.ndarray) -> bool:
    """Whether every component gradient is zero at x, to a hundred digits and not in double precision only."""
    if problem.component_gradients(x).any():
        return False
    slope, weight = lower_mp(problem.loss.slope, (z, label)), mpmath.mpf(problem.l2)
    at = [mpmath.mpf(v) for v in x.tolist()]
    with mpmath.workdps(100):
        for row, y in zip(problem.A.tolist(), problem.y.tolist(), strict=True):
            bend = slope(mpmath.fdot(zip(row, at, strict=True)), mpmath.mpf(y))
            if any(bend * a + weight * v != 0 for a, v in zip(row, at, strict=True)):
                return False
    return True


def L_batch(problem: Problem, setting: Setting) -> Constant:
    """Return L_max times the batch factor of the variance."""
    factor = batch_factor(problem.n, setting.batch, setting.replacement)
    value = factor * curvature.L_max(problem).value * (1 + 4 * EPS)
    return Constant("L_batch", value, f"closed form: {factor:.6g} L_max", "exact", error=4 * EPS * value)


def rho(problem: Problem, setting: Setting) -> Constant:
    """Return the constant of the strong growth condition, an upper bound.

    Exact on least squares: the largest eigenvalue of ``E M_i^2`` against ``H^2``, ``M_i = a_i a_i^T``; else
    from smooth components and the Polyak-Lojasiewicz inequality.

    Raises
    ------
    NotCertified
        If the problem is not certified to interpolate, or has no PL constant.
    """
    interpolates(problem)
    factor = batch_factor(problem.n, setting.batch, setting.replacement)
    generic = curvature.L_max(problem).value / curvature.mu_pl(problem).value
    single, route = generic, "closed form: L_max / mu_pl"
    if problem.kind == "quadratic":
        single, route = min(_growth(problem), generic), "eigenvalue: E M_i^2 against H^2 on the range of H"
    value = 1 + factor * max(single - 1, 0.0)
    return Constant("rho", value * (1 + 8 * EPS), route, "upper", error=8 * EPS * value)


def rho_weak(problem: Problem, setting: Setting) -> Constant:
    """Return the constant of the weak growth condition, an upper bound.

    Exact on signed squares and on interpolating least squares: the largest eigenvalue of ``E M_B^2`` against
    L H, M_B the Hessian of a batch. Convex components with a common minimiser have ell/L.

    Raises
    ------
    NotCertified
        If f, a mean of signed squares, is not strongly convex; else if the problem is not certified to
        interpolate.
    """
    if problem.loss.name == "signed":
        curvature.mu(problem)
        top, route = _weak_growth(problem, setting), "eigenvalue: E M_B^2 against L H"
    else:
        interpolates(problem)
        top, route = curvature.ell(problem, setting).value, "closed form: ell / L"
        if problem.kind == "quadratic":
            top, route = (
                min(_weak_growth(problem, setting), top),
                "eigenvalue: E M_B^2 against L H on its range",
            )
    value = max(top / curvature.L(problem).value, 1.0) * (1 + 8 * EPS)
    return Constant("rho_weak", value, route, "upper", error=8 * EPS * value)


def _weak_growth(problem: Problem, setting: Setting) -> float:
    """Return the least r, to rounding, with ``E M_B^2 <= r H``; M_i has the sign y_i, or none."""
    A, l2, n = problem.A, problem.l2, problem.n
    H, doubt = signed.hessian(A, problem.y if problem.loss.name == "signed" else np.ones(n), l2)
    values, vectors = np.linalg.eigh(H)
    rank = problem.d if problem.loss.name == "signed" or l2 else problem.spectrum.rank
    kept = vectors[:, problem.d - rank :]
    # The mean of the signed squares of rows is H - l2.
    single = (A.T * (A * A).sum(1)) @ A / n + 2 * l2 * H - l2**2 * np.eye(problem.d)
    share = batch_factor(n, setting.batch, setting.replacement)
    second = kept.T @ (share * single + (1 - share) * H @ H) @ kept
    return _least(second, values[problem.d - rank :], (n + problem.d) * EPS, doubt)


def _growth(problem: Problem) -> float:
    """Return the least r, to rounding, with ``E M_i^2 <= r H^2`` on the range of H."""
    A, n = problem.A, problem.n
    values, vectors = np.linalg.eigh(A.T @ A / n)
    kept = vectors[:, problem.d - problem.spectrum.rank :]
    root = values[problem.d - problem.spectrum.rank :]
    rows = A @ kept
    second = (rows.T * (A * A).sum(1)) @ rows / n
    return _least(second, root**2, (n + problem.d) * EPS)


def _least(second: np.ndarray, weights: np.ndarray, rounding: float, doubt: float = 0.0) -> float:
    """Return the least r, to rounding, with ``second <= r diag(weights)``, the weights ascending.

    Parameters
    ----------
    second, weights
        A matrix, shape (r, r), and positive numbers, shape (r,).
    rounding
        Relative error of `second`, up to a factor of 100.
    doubt
        How far the weights may be off.
    """
    root = np.sqrt(weights)
    r = float(np.linalg.eigvalsh(second / np.outer(root, root))[-1])
    # What is certified is the matrix inequality itself, with a margin for the rounding of its terms.
    margin = 100 * rounding * float(np.abs(second).max())
    for _ in range(60):
        if np.linalg.eigvalsh(r * np.diag(weights) - second)[0] >= margin + r * doubt:
            return r
        r = r * (1 + 1e-9) + 2 * (margin + r * doubt) / float(weights[0])
    raise NotCertified("the growth constant is lost to rounding: the Hessian is too ill-conditioned")


def _additive(problem: Problem) -> bool:
    """Whether the components differ by linear terms only, in one dimension."""
    if not problem.loss.additive_noise or problem.d != 1 or problem.sparse:
        return False
    unit = ((problem.A == 0) | (problem.A == 1)).all() and (problem.A.sum(1) == 1).all()
    return bool(unit) and balanced(problem.A, problem.y)


def affine_noise(problem: Problem, setting: Setting) -> Constant:
    """Return the constant part of a bound on E||g||^2 that is affine in ||grad f||^2; see affine_growth."""
    factor = batch_factor(problem.n, setting.batch, setting.replacement)
    if _additive(problem):
        value = factor * float((problem.y**2).mean()) * (1 + (problem.n + 16) * EPS)
        route = "closed form: the components differ by linear terms"
        return Constant("affine_noise", value, route, "exact", error=(problem.n + 16) * EPS * value)
    curvature.components_convex(problem)
    single = sigma_star_sq(problem)
    value = 2 * factor * single.value * (1 + 4 * EPS)
    route = f"{2 * factor:.6g} sigma_star_sq, from the variance transfer of convex components"
    return Constant("affine_noise", value, route, "upper", error=2 * factor * single.error)


def affine_growth(problem: Problem, setting: Setting) -> Constant:
    """Return the factor of ||grad f||^2 in that bound.

    Convex smooth components give ``E||g||^2 <= 4 L_max (f - f*) + 2 sigma_star_sq``, and the PL inequality
    bounds f - f* by the squared gradient.
    """
    factor = batch_factor(problem.n, setting.batch, setting.replacement)
    if _additive(problem):
        route = "closed form: the components differ by linear terms"
        return Constant("affine_growth", 1.0, route, "exact")
    curvature.components_convex(problem)
    single = 2 * curvature.L_max(problem).value / curvature.mu_pl(problem).value
    value = (1 - factor + factor * single) * (1 + 8 * EPS)
    return Constant("affine_growth", value, "closed form: 2 L_max / mu_pl", "upper", error=8 * EPS * value)
