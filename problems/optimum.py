"""Constants of the start and of the minimum: D, gap0, grad0_sq, the noise at the minimum."""

from __future__ import annotations

import math

import numpy as np

from ratebound.problems import curvature
from ratebound.problems.certified import EPS, Constant, NotCertified, Setting, batch_factor
from ratebound.problems.finite_sum import Problem
from ratebound.problems.rounding import gradient_rounding, value_rounding
from ratebound.problems.sparse import row_norms_sq

_GAP_ROUTE = {
    "closed form": "quadratic form about x*",
    "active set": "rise above the tangents at x*; x* by the coordinates that vanish",
    "vertex": "difference of values; x* is a vertex",
    "newton": "Bregman form about x* (Newton; ||grad f||^2 / (2 mu))",
    "attained bound": "closed form: f(x*) attains a lower bound of f",
}


def _minimiser(problem: Problem) -> np.ndarray:
    if problem.minimum.x_star is None:
        raise NotCertified(problem.minimum.note)
    return problem.minimum.x_star


def D(problem: Problem) -> Constant:
    """Return ||x0 - x*||, x* the minimiser nearest to x0, rounded up by the error of x*."""
    x_star = _minimiser(problem)
    distance = float(np.linalg.norm(problem.x0 - x_star))
    error = problem.minimum.distance_error + 4 * problem.d * EPS * distance
    route = f"norm; x* by {problem.minimum.route}"
    return Constant("D", float(np.nextafter(distance + error, np.inf)), route, "exact", error=error)


def gap0(problem: Problem) -> Constant:
    """Return f(x0) - f*, or f(x0) minus a lower bound of f where no minimiser is certified, rounded up."""
    minimum = problem.minimum
    gap = float(problem.gap(problem.x0))
    rounding = 4 * (problem.n + problem.d) * EPS * gap
    if not np.isfinite(minimum.f_star):
        raise NotCertified(minimum.note)
    if minimum.x_star is None:
        error = _rounding_at_start(problem) + 8 * EPS * abs(minimum.f_star)
        note = f"f(x0) minus the lower bound {minimum.f_star:g} of f, not minus f*"
        value = float(np.nextafter(gap + error, np.inf))
        return Constant(
            "gap0", value, "closed form: lower bound of the loss", "upper", error=error, note=note
        )
    error = rounding + minimum.value_error + problem.value_floor
    if minimum.route in ("attained bound", "vertex"):
        error += _rounding_at_start(problem)
    if math.isfinite(minimum.curvature):
        reach = float(np.linalg.norm(problem.x0 - minimum.x_star)) + minimum.distance_error
        error += minimum.gradient_norm * reach
    value = float(np.nextafter(gap + error, np.inf))
    return Constant("gap0", value, _GAP_ROUTE[minimum.route], "exact", error=error)


def _rounding_at_start(problem: Problem) -> float:
    return value_rounding(problem.A, problem.y, problem.loss, problem.l2, problem.x0)


def grad0_sq(problem: Problem) -> Constant:
    """Return ||grad f(x0)||^2, rounded up by the error of a sum of n gradients."""
    root = float(np.linalg.norm(problem.gradient(problem.x0)))
    value = (root + gradient_rounding(problem.A, problem.y, problem.loss, problem.l2, problem.x0)) ** 2
    return Constant(
        "grad0_sq", float(np.nextafter(value, np.inf)), "closed form", "exact", "at x0", value - root**2
    )


def _component_norms_sq(problem: Problem, x: np.ndarray) -> np.ndarray:
    """Return ||grad f_i(x)||^2, shape (n,)."""
    if not problem.sparse:
        return (problem.component_gradients(x) ** 2).sum(1)
    predicted, l2 = problem.A @ x, problem.l2
    s = problem.loss.slope_at(predicted, problem.y)
    return s**2 * row_norms_sq(problem.A) + 2 * l2 * s * predicted + l2**2 * (x @ x)


def _noise_at(problem: Problem, x_star: np.ndarray) -> float:
    """Return the mean of ||grad f_i(x*) - grad f(x*)||^2; without a penalty grad f(x*) is zero."""
    if not problem.l1:
        return float(_component_norms_sq(problem, x_star).mean())
    parts = problem.component_gradients(x_star)
    return float(((parts - parts.mean(0)) ** 2).sum(1).mean())


def sigma_star_sq(problem: Problem) -> Constant:
    """Return the mean of ||grad f_i(x*) - grad f(x*)||^2, rounded up by the error of x*."""
    x_star = _minimiser(problem)
    root = math.sqrt(_noise_at(problem, x_star))
    # Each grad f_i moves by at most L_i times the error of x*; evaluating it errs by rounding of the
    # prediction.
    L_max = curvature.L_max(problem).value
    shift = L_max * problem.minimum.distance_error
    scale = float(np.linalg.norm(x_star)) + float(np.abs(problem.y).max())
    shift += (problem.d + 8) * EPS * (L_max * scale * 2 + root) + problem.n * EPS * root
    value = (root + shift) ** 2
    error = value - root**2
    route = f"closed form at x*; x* by {problem.minimum.route}"
    return Constant("sigma_star_sq", float(np.nextafter(value, np.inf)), route, "exact", "at x*", error)


def sigma_b_sq(problem: Problem, setting: Setting) -> Constant:
    """Return E||g_B(x*)||^2 of the mini-batch gradient: the batch factor times sigma_star_sq."""
    single = sigma_star_sq(problem)
    factor = batch_factor(problem.n, setting.batch, setting.replacement)
    how = "with" if setting.replacement else "without"
    route = f"{factor:.6g} sigma_star_sq: batch of {setting.batch} {how} replacement"
    value = single.value * factor * (1 + 4 * EPS)
    return Constant("sigma_b_sq", value, route, "exact", "at x*", single.error * factor)
