"""f* minus the mean of the infima of the components: how far single samples could be fitted better.

Smooth components obey ``||grad f_i||^2 <= 2 L_i (f_i - inf f_i)``, so that this gap is the noise of SGD in
units of f. It is zero where one point minimises every component.
"""

from __future__ import annotations

import numpy as np
from sympy import S

from ratebound.problems.certified import EPS, Constant, NotCertified
from ratebound.problems.finite_sum import Problem
from ratebound.problems.losses import y as label
from ratebound.problems.lower import lower
from ratebound.problems.rounding import value_rounding

_NEWTON = 60


def component_gap(problem: Problem) -> Constant:
    """Return f* - mean_i inf f_i, rounded up.

    Raises
    ------
    NotCertified
        If no minimiser of f is certified.
    """
    minimum = problem.minimum
    if minimum.x_star is None:
        raise NotCertified(f"the minimum of f is not known: {minimum.note}")
    lowest, route = infima(problem)
    f_star = float(problem.value(minimum.x_star))
    if problem.loss.additive_noise:
        f_star = minimum.f_star + minimum.value_error
    # f at any point is an upper bound of f*; only rounding has to be added.
    error = value_rounding(problem.A, problem.y, problem.loss, problem.l2, minimum.x_star)
    error += 8 * (problem.n + problem.d) * EPS * (abs(f_star) + float(np.abs(lowest).mean()))
    value = max(f_star - float(lowest.mean()), 0.0) + error
    return Constant("component_gap", float(np.nextafter(value, np.inf)), route, "upper", error=error)


def infima(problem: Problem) -> tuple[np.ndarray, str]:
    """Return a lower bound of every component, shape (n,), and how it was found."""
    loss, y, l2 = problem.loss, problem.y, problem.l2
    norms = (problem.A**2).sum(1)
    if loss.name == "squared":
        # The best multiple t of a_i: l2 y^2 / (2 (||a_i||^2 + l2)); a zero row cannot be fitted at all.
        with np.errstate(invalid="ignore"):
            fitted = np.where(norms > 0, l2 / (norms + l2), 1.0)
        return fitted * y**2 / 2 * (1 - 8 * EPS), "closed form: l2 y^2 / (2 (||a||^2 + l2))"
    if loss.lower_bound is S.NegativeInfinity:
        raise NotCertified(f"the {loss.title} has no lower bound: components may be unbounded below")
    floor = lower(loss.lower_bound, (label,))(y)
    if l2 == 0 or not loss.convex:
        return floor, "closed form: lower bound of the loss"
    return np.maximum(
        floor, _along_rows(problem, norms)
    ), "Newton along a_i; strong convexity bounds its error"


def _along_rows(problem: Problem, norms: np.ndarray) -> np.ndarray:
    """Return lower bounds of ``min_s phi(s, y) + l2 s^2 / (2 ||a||^2)``, s the prediction a_i.x.

    At any s the minimum of a function with second derivative >= m is at least ``h(s) - h'(s)^2 / (2 m)``.
    """
    loss, y = problem.loss, problem.y
    with np.errstate(divide="ignore"):
        m = np.where(norms > 0, problem.l2 / norms, np.inf)
    m_finite = np.where(np.isfinite(m), m, 1.0)
    s = np.zeros_like(y)
    for _ in range(_NEWTON):
        slope = loss.slope_at(s, y) + m_finite * s
        s = s - slope / (loss.second_at(s, y) + m_finite)
    slope = loss.slope_at(s, y) + m_finite * s
    value = loss.value_at(s, y) + m_finite * s**2 / 2 - slope**2 / (2 * m_finite)
    # A zero row leaves the prediction at zero.
    value = np.where(np.isfinite(m), value, loss.value_at(np.zeros_like(y), y))
    return value - 16 * EPS * (np.abs(value) + 1)
