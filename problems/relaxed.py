"""Constants of relaxed smoothness: exponential tails, such as those of logistic loss on separable data.

Where ``|phi''| <= |phi'|``, as for the logistic loss, the Hessian of f is at most ``R^2 mean |phi'|``, R the
longest row. If a unit vector w separates the data with the margin m, ``y_i <a_i, w> >= m > 0``, the gradient
is at least ``<-grad f, w> >= m mean |phi'|`` long: so ``||H|| <= (R^2/m) ||grad f||``. Along a segment of the
length t the gradient then grows by at most ``exp(t R^2/m)``, and gradients at its ends differ by at most
``(exp(t R^2/m) - 1) ||grad f||``, which is at most ``L_one t ||grad f||`` with ``L_one = (R^2/m)/log(2)``, as
long as ``t <= 1/L_one``. Every L-smooth f is relaxed smooth with L_zero = L and L_one = 0.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from ratebound.problems import curvature
from ratebound.problems.certified import EPS, Constant
from ratebound.problems.finite_sum import Problem
from ratebound.problems.losses import logistic

MOST_SAMPLES = 1000
"""Of data of which a separating vector is looked for."""


def margin(problem: Problem) -> float:
    """Return a lower bound on the margin of the best separating vector, zero where none is found."""
    from scipy.optimize import nnls

    if problem.sparse or problem.loss is not logistic or problem.l2 > 0 or problem.n > MOST_SAMPLES:
        return 0.0
    rows = problem.y[:, None] * problem.A
    # The point of the convex hull of these rows that is nearest to the origin points along the best vector.
    shares, _ = nnls(np.vstack([rows.T, np.ones(problem.n)]), np.append(np.zeros(problem.d), 1.0))
    vector = rows.T @ shares
    length = float(np.linalg.norm(vector))
    if length == 0:
        return 0.0
    longest = float(np.linalg.norm(rows, axis=1).max())
    reached = float((rows @ vector).min()) / length - 4 * (problem.d + 4) * EPS * longest
    return max(reached, 0.0)


def L_one(problem: Problem) -> Constant:
    """Return by how much the smoothness constant grows with the gradient."""
    found = margin(problem)
    if found == 0:
        return Constant("L_one", 0.0, "f is L-smooth: L_zero = L is enough", "exact")
    square = float((problem.A**2).sum(1).max())
    value = square / found / np.log(2) * (1 + 8 * (problem.d + 4) * EPS)
    route = "closed form: R^2/(m log 2), of separable data with the margin m"
    return Constant("L_one", float(np.nextafter(value, np.inf)), route, "upper")


def L_zero(problem: Problem) -> Constant:
    """Return the smoothness constant where the gradient vanishes: L, or zero on separable data."""
    if margin(problem) > 0:
        return Constant("L_zero", 0.0, "closed form: the data are separable", "exact")
    return replace(curvature.L(problem), name="L_zero")
