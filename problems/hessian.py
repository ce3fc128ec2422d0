"""Constants of second-order methods: how fast the Hessian changes, and what it is at the minimiser.

The Hessian of f is ``(1/n) sum phi''(a_i.x) a_i a_i^T + l2 I``, so that along a unit vector u it changes with
x at a rate of at most ``sup |phi'''| (1/n) sum ||a_i|| (a_i.u)^2``.
"""

from __future__ import annotations

import numpy as np

from ratebound.problems import curvature, optimum
from ratebound.problems.certified import EPS, Constant, NotCertified
from ratebound.problems.finite_sum import Problem
from ratebound.problems.sparse import row_norms_sq


def L_hess(problem: Problem) -> Constant:
    """Return a Lipschitz constant of the Hessian of f.

    Raises
    ------
    NotCertified
        If f is quadratic, or its Hessian jumps.
    """
    third = problem.loss.third
    if third is None:
        raise NotCertified(f"the Hessian of the {problem.loss.title} is not Lipschitz")
    if third == 0:
        raise NotCertified("f is quadratic: its Hessian does not change, a theorem of quadratics says more")
    norms = np.sqrt(row_norms_sq(problem.A))
    weighted = problem.A * np.sqrt(norms)[:, None]
    # The Frobenius norm bounds the error of an eigenvalue of a matrix with rounded entries.
    rounding = (problem.n + problem.d + 8) * EPS * float((norms**3).mean()) * problem.d
    top = float(np.linalg.eigvalsh(weighted.T @ weighted / problem.n)[-1]) + rounding
    value = float(third) * (1 + 4 * EPS) * top
    route = "eigenvalue: sup |phi'''| lambda_max of the mean of ||a_i|| a_i a_i^T"
    return Constant(
        "L_hess", float(np.nextafter(value, np.inf)), route, "upper", error=float(third) * rounding
    )


def mu_star(problem: Problem) -> Constant:
    """Return the smallest eigenvalue of the Hessian at the minimiser, rounded down by the error of x*."""
    x_star = problem.x_star
    if x_star is None:
        raise NotCertified(problem.minimum.note)
    least = float(np.linalg.eigvalsh(problem.hessian(x_star))[0])
    error = L_hess(problem).value * problem.minimum.distance_error
    error += (problem.n + problem.d + 8) * problem.d * EPS * curvature.L(problem).value
    if least - error <= 0:
        raise NotCertified("the Hessian at x* is singular to rounding: f is not strongly convex near x*")
    route = f"eigenvalue of the Hessian at x* by {problem.minimum.route}"
    return Constant("mu_star", float(np.nextafter(least - error, -np.inf)), route, "lower", "at x*", error)


def near_minimum(problem: Problem) -> Constant:
    """Return whether x_0 is so near to x* that Newton's method converges: 3 L_hess D < 2 mu_star."""
    distance, limit = optimum.D(problem).value, 2 * mu_star(problem).value / (3 * L_hess(problem).value)
    if distance >= limit * (1 - 8 * EPS):
        raise NotCertified(
            f"x_0 is not near x*: ||x_0 - x*|| = {distance:.3g}, and 2 mu_star/(3 L_hess) = {limit:.3g}; "
            "start nearer"
        )
    return Constant("near_minimum", 1.0, "comparison of D with 2 mu_star/(3 L_hess)", "exact", "at x0")


def level_radius(problem: Problem) -> Constant:
    """Return a bound on ||x - x*|| over the points with f(x) <= f(x0), by strong convexity."""
    gap, modulus = optimum.gap0(problem).value, curvature.mu(problem).value
    value = float(np.sqrt(2 * gap / modulus)) * (1 + 8 * EPS)
    return Constant("level_radius", value, "sqrt(2 gap0 / mu)", "upper", "where f(x) <= f(x0)")
