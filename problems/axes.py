"""Constants of coordinate descent: how f is curved along each axis, and the start seen in that scale."""

from __future__ import annotations

import numpy as np

from ratebound.problems.certified import EPS, Constant, NotCertified
from ratebound.problems.curvature import direction_of, smooth_components, steepest_bend
from ratebound.problems.finite_sum import Problem
from ratebound.problems.sparse import column_norms_sq

_ROUTE = "closed form: sup phi'' ||A_j||^2 / n + l2, A_j the column of feature j"


def d(problem: Problem) -> Constant:
    """Return the number of features."""
    return Constant("d", float(problem.d), "count of features", "exact")


def axis_smoothness(problem: Problem) -> np.ndarray:
    """Return smoothness constants of f along the axes, rounded up, shape (d,).

    Raises
    ------
    NotCertified
        If the loss has a kink, or f does not depend on a feature.
    """
    smooth_components(problem)
    norms = column_norms_sq(problem.A) / problem.n
    values = steepest_bend(problem) * norms + problem.l2
    if not values.all():
        j = int(np.argmin(values))
        raise NotCertified(f"feature {j} occurs in no sample: f is constant along its axis; leave it out")
    return np.asarray(np.nextafter(values * (1 + (problem.n + 8) * EPS), np.inf))


def L_coord(problem: Problem) -> Constant:
    """Return the largest smoothness constant of f along an axis."""
    value = float(axis_smoothness(problem).max())
    error = (problem.n + 8) * EPS * value
    return Constant("L_coord", value, f"max_j of the {_ROUTE}", direction_of(problem), error=error)


def L_coord_sum(problem: Problem) -> Constant:
    """Return the sum of the smoothness constants of f along the axes."""
    value = float(axis_smoothness(problem).sum()) * (1 + problem.d * EPS)
    error = (problem.n + problem.d + 8) * EPS * value
    return Constant("L_coord_sum", value, f"sum_j of the {_ROUTE}", direction_of(problem), error=error)


def D_scaled_sq(problem: Problem) -> Constant:
    """Return the sum of L_j (x_0 - x*)_j^2, rounded up by the error of x*.

    Raises
    ------
    NotCertified
        If no minimiser is certified.
    """
    minimum, L_j = problem.minimum, axis_smoothness(problem)
    if minimum.x_star is None:
        raise NotCertified(minimum.note)
    away = np.abs(problem.x0 - minimum.x_star)
    exact = float((L_j * away**2).sum())
    moved = away + minimum.distance_error + 4 * problem.d * EPS * away
    value = float(np.nextafter((L_j * moved**2).sum() * (1 + problem.d * EPS), np.inf))
    route = f"sum over the axes; x* by {minimum.route}"
    return Constant("D_scaled_sq", value, route, direction_of(problem), error=value - exact)
