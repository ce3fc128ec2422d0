"""Bounds on the gradients of runs that stay in the box ``|x_j| <= x_inf + margin``."""

from __future__ import annotations

from itertools import product

import numpy as np

from ratebound.problems.certified import EPS, Constant, Direction, NotCertified, Setting, batch_factor
from ratebound.problems.finite_sum import Problem
from ratebound.problems.losses import radius
from ratebound.problems.lower import lower

_MOST_FEATURES = 10


def x_inf(problem: Problem) -> Constant:
    """Return the largest coordinate of x0 and x*, in absolute value, rounded up by the error of x*.

    Raises
    ------
    NotCertified
        If no minimiser is certified.
    """
    if problem.x_star is None:
        raise NotCertified(problem.minimum.note)
    error = problem.minimum.distance_error
    value = max(float(np.abs(problem.x0).max()), float(np.abs(problem.x_star).max()) + error)
    route = f"maximum; x* by {problem.minimum.route}"
    return Constant("x_inf", float(np.nextafter(value, np.inf)), route, "exact", error=error)


def x0_inf(problem: Problem) -> Constant:
    """Return the largest coordinate of x0, in absolute value."""
    return Constant("x0_inf", float(np.abs(problem.x0).max()), "maximum", "exact")


def slopes(problem: Problem, half: float) -> np.ndarray:
    """Return a bound on ``|phi'(a_i.x, y_i)|`` over the box of half the side `half`, shape (n,).

    An infinite box is for losses of bounded slope.

    Raises
    ------
    NotCertified
        If the loss is neither convex nor of bounded slopes.
    """
    if not np.isfinite(half):
        return np.full(problem.n, float(lower(problem.loss.slope_bound, (radius,))(np.inf)))
    reach = half * np.abs(problem.A).sum(1) * (1 + (problem.d + 4) * EPS)
    if problem.loss.convex:
        # The slope does not fall, so that it is largest at one end; at the kinks of a loss it lies between.
        ends = [np.abs(problem.loss.slope_at(end, problem.y)) for end in (-reach, reach)]
        return np.maximum(*ends) * (1 + 16 * EPS)
    if problem.loss.slope_bound is not None:
        return np.broadcast_to(lower(problem.loss.slope_bound, (radius,))(reach), (problem.n,))
    raise NotCertified(f"the {problem.loss.title} is not convex and its slopes are not bounded")


def second_moment_on_box(problem: Problem, half: float, setting: Setting) -> Constant:
    """Return a bound on E||g||^2 over the box.

    On least squares it is a convex function of x, and so largest at a corner; few corners are all tried.
    """
    if problem.kind == "quadratic" and problem.d <= _MOST_FEATURES:
        corners = half * np.array(list(product((-1.0, 1.0), repeat=problem.d)))
        factor = batch_factor(problem.n, setting.batch, setting.replacement)
        value = max(_moment(problem, corner, factor) for corner in corners)
        route, note = "largest at a corner, all of which are tried", ""
        direction: Direction = "exact"
    else:
        longest = problem.l2 * half * np.sqrt(problem.d)
        lengths = slopes(problem, half) * np.linalg.norm(problem.A, axis=1) + longest
        value = float((lengths**2).mean())
        route, direction = "closed form: mean_i (||a_i|| sup|phi'| + l2 ||x||)^2", "upper"
        note = "" if setting.batch == 1 else "of single samples; by convexity it bounds that of a batch"
    error = 4 * (problem.n + problem.d + 32) * EPS * value
    region = f"the box |x_j| <= {half:.6g}"
    value = float(np.nextafter(value + error, np.inf))
    return Constant("second_moment", value, route, direction, region, error, note)


def _moment(problem: Problem, x: np.ndarray, factor: float) -> float:
    parts = problem.component_gradients(x)
    mean = parts.mean(0)
    return factor * float((parts**2).sum(1).mean()) + (1 - factor) * float(mean @ mean)


def grad_inf(problem: Problem, setting: Setting) -> Constant:
    """Return a bound on every coordinate of every g along a run.

    Raises
    ------
    NotCertified
        If the run leaves every box that is known, and gradients are not bounded everywhere.
    """
    half = None if setting.memory is None else setting.memory.half
    if half is None and (problem.l2 > 0 or problem.loss.slope_bound is None):
        raise NotCertified(f"gradients of {problem.name} are not bounded, and no box holds this run")
    reach = np.inf if half is None else half
    steepest = slopes(problem, reach)[:, None] * np.abs(problem.A)
    value = float(steepest.max() + (problem.l2 * reach if problem.l2 else 0.0))
    region = "everywhere" if half is None else f"the box |x_j| <= {half:.6g}"
    value = float(np.nextafter(value * (1 + 64 * EPS), np.inf))
    return Constant("grad_inf", value, "closed form: max_ij |a_ij| sup|phi'| + l2 |x_j|", "upper", region)
