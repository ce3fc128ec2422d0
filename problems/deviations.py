"""The noise of single samples along a run: by its mean square, and by the roots of its coordinates.

What a ridge adds is common to all samples, so that only slopes count: where those are bounded the noise is
bounded everywhere. On least squares it is bounded on a ball that the run cannot leave, which is known for
steps of at most the length alpha in some norm.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from ratebound.problems.ball import quadratic_on_ball
from ratebound.problems.certified import EPS, Constant, NotCertified, Setting
from ratebound.problems.finite_sum import Problem
from ratebound.problems.losses import radius
from ratebound.problems.lower import lower

_EQUAL = "all samples are equal"


def sample_variance(problem: Problem, setting: Setting) -> Constant:
    """Return a bound on ``E (1/n) sum_i ||grad f_i(x_k) - grad f(x_k)||^2`` along a run.

    Raises
    ------
    NotCertified
        If slopes are not bounded and no ball is known that holds the run.
    """
    if _equal(problem):
        return Constant("sample_variance", 0.0, _EQUAL, "exact")
    if problem.loss.slope_bound is not None:
        value = float(_coordinates(problem).sum())
        return _constant("sample_variance", problem, value, _BY_SLOPES, "everywhere")
    value, region = _on_ball(problem, setting)
    return _constant("sample_variance", problem, value, "S-lemma on a ball", region)


def sample_noise_l1(problem: Problem, setting: Setting) -> Constant:
    """Return a bound on the sum over j of the root of ``E (1/n) sum_i (grad f_i(x_k) - grad f(x_k))_j^2``.

    Raises
    ------
    NotCertified
        As :func:`sample_variance`.
    """
    if _equal(problem):
        return Constant("sample_noise_l1", 0.0, _EQUAL, "exact")
    if problem.loss.slope_bound is not None:
        value = float(np.sqrt(_coordinates(problem)).sum())
        return _constant("sample_noise_l1", problem, value, f"the roots of {_BY_SLOPES}", "everywhere")
    value, region = _on_ball(problem, setting)
    route = "root of d times the S-lemma on a ball (Cauchy and Schwarz)"
    return _constant("sample_noise_l1", problem, float(np.sqrt(problem.d * value)), route, region)


_BY_SLOPES = "closed form: the coordinates of mean_i (|a_i| sup|phi'|)^2"


def _equal(problem: Problem) -> bool:
    return bool((problem.A[0] == problem.A).all() and (problem.y == problem.y[0]).all())


def _coordinates(problem: Problem) -> np.ndarray:
    """Return bounds on the mean squares of the slopes times each coordinate, shape (d,)."""
    steepest = float(lower(problem.loss.slope_bound, (radius,))(np.inf))
    return np.asarray((steepest * np.abs(problem.A)) ** 2).mean(0)


def _on_ball(problem: Problem, setting: Setting) -> tuple[float, str]:
    """Return the largest variance of one sample of least squares on a ball that holds the run."""
    if problem.kind != "quadratic" or problem.x_star is None:
        raise NotCertified(
            f"the {problem.loss.title} has unbounded slopes: no region that holds the run is known"
        )
    moves = None if setting.memory is None else setting.memory.moves
    if moves is None:
        raise NotCertified("the noise of single samples is bounded for steps of a known length only")
    longest = float(setting.alphas[:-1].sum()) * (problem.d**0.5 if moves == "maximum" else 1.0)
    away = float(np.linalg.norm(problem.x0 - problem.x_star)) + problem.minimum.distance_error
    reach = (away + longest) * (1 + (setting.alphas.size + problem.d) * EPS)
    value = quadratic_on_ball(problem, replace(setting, batch=1, replacement=True), reach, variance=True)
    steepest = float(np.square(problem.A).sum(1).max())
    shift = steepest * problem.minimum.distance_error
    # The mean square less the square of the mean: both are rounded.
    value += 2 * shift * np.sqrt(value) + shift**2 + 1e-12 * (steepest * reach) ** 2
    return value * (1 + 1e-10), f"||x - x*|| <= {reach:.6g}, which holds x_0 .. x_{setting.alphas.size - 1}"


def _constant(name: str, problem: Problem, value: float, route: str, region: str) -> Constant:
    error = (problem.n + problem.d + 16) * EPS * value
    return Constant(name, float(np.nextafter(value + error, np.inf)), route, "upper", region, error)
