"""How steep a quadratic is in the norms that sign descent and the steepest axis read.

With the gradient g a quadratic with the Hessian H lies ``g^T H^-1 g/2`` above its minimum. Where the absolute
values of g add up to one that is largest along an axis; where none exceeds one, at a vector of signs.
"""

from __future__ import annotations

import numpy as np

from ratebound.problems.certified import EPS, Constant, NotCertified
from ratebound.problems.curvature import MOST_SIGNS, all_signs, mu, quadratic
from ratebound.problems.finite_sum import Problem


def _inverse(problem: Problem) -> tuple[np.ndarray, float]:
    """Return about the inverse of H, and a bound on the norm of its error.

    Raises
    ------
    NotCertified
        If f is not quadratic, or not strongly convex beyond rounding.
    """
    quadratic(problem)
    least = mu(problem).value
    try:
        found = np.linalg.inv(problem.H)
    except np.linalg.LinAlgError:
        raise NotCertified("the Hessian is singular to rounding: its inverse is not known") from None
    rounding = (
        (problem.n + 2 * problem.d + 8) * EPS * float(np.linalg.norm(problem.H) * np.linalg.norm(found))
    )
    residual = float(np.linalg.norm(np.eye(problem.d) - problem.H @ found)) + problem.d * rounding
    return found, residual / least + problem.d * EPS * float(np.linalg.norm(found))


def mu_signs(problem: Problem) -> Constant:
    """Return the largest m with ``||grad f||_1^2 >= 2 m (f - f*)``: one over the largest (H^-1)_jj."""
    inverse, error = _inverse(problem)
    return _one_over(
        "mu_signs", float(inverse.diagonal().max()), error, "the largest entry of the diagonal of H^-1"
    )


def mu_axis(problem: Problem) -> Constant:
    """Return an m with ``max (d_j f)^2 >= 2 m (f - f*)``: one over the largest s^T H^-1 s, s signs.

    Signs are walked for few features; else the entries of H^-1 are added in absolute value.
    """
    inverse, error = _inverse(problem)
    if problem.d > MOST_SIGNS:
        return _one_over(
            "mu_axis", float(np.abs(inverse).sum()), problem.d * error, "the entries of |H^-1|, added", True
        )
    signs = all_signs(problem.d)
    top = float(((signs @ inverse) * signs).sum(1).max())
    return _one_over("mu_axis", top, problem.d * error, "the largest s^T H^-1 s over signs s")


def _one_over(name: str, top: float, error: float, what: str, below: bool = False) -> Constant:
    value = 1 / (top + error)
    least = float(np.nextafter(value * (1 - 8 * EPS), 0))
    return Constant(name, least, f"one over {what}", "lower" if below else "exact", error=value**2 * error)
