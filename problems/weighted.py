"""Constants of samples that are drawn in proportion to their smoothness constants."""

from __future__ import annotations

import math

import numpy as np

from ratebound.problems import curvature
from ratebound.problems.certified import EPS, Constant, NotCertified
from ratebound.problems.finite_sum import Problem


def sigma_p_sq(problem: Problem) -> Constant:
    """Return the mean of ``||grad f_i(x*)||^2 L_mean/L_i``, rounded up by the error of x*.

    It is ``E||g(x*)||^2`` for g = grad f_i/(n p_i) with p_i = L_i/(n L_mean). A component with L_i = 0 is
    constant and never drawn.

    Raises
    ------
    NotCertified
        If no minimiser is certified.
    """
    x_star = problem.x_star
    if x_star is None:
        raise NotCertified(problem.minimum.note)
    smooth = curvature.component_smoothness(problem)
    squares = (problem.component_gradients(x_star) ** 2).sum(1)
    drawn = smooth > 0
    mean = curvature.L_mean(problem).value
    root = math.sqrt(float((squares[drawn] / smooth[drawn]).sum()) * mean / problem.n)
    # grad f_i/sqrt(L_i) moves by sqrt(L_i) times the error of x*, in the mean of squares by sqrt(L_mean).
    scale = float(np.linalg.norm(x_star)) * math.sqrt(mean) + float(np.sqrt((problem.y**2).mean()))
    shift = mean * problem.minimum.distance_error
    shift += (problem.d + 8) * EPS * (2 * scale * math.sqrt(mean) + root) + problem.n * EPS * root
    value = (root + shift) ** 2
    route = f"closed form at x*; x* by {problem.minimum.route}"
    error = value - root**2
    return Constant("sigma_p_sq", float(np.nextafter(value, np.inf)), route, "exact", "at x*", error)
