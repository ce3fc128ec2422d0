"""The noise of single samples along a run: by its mean square, and by the roots of its coordinates.

What a ridge adds is common to all samples, so that only slopes count: where those are bounded the noise is
bounded everywhere. On least squares its mean square is known along a run of plain SGD, whatever its batches;
else it is bounded on a ball that the run cannot leave, which is known for steps of at most the length alpha
in some norm.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from ratebound.problems.ball import quadratic_on_ball
from ratebound.problems.certified import EPS, Constant, Direction, NotCertified, Setting
from ratebound.problems.finite_sum import Problem
from ratebound.problems.losses import radius
from ratebound.problems.lower import lower
from ratebound.problems.moments import MomentRecursion
from ratebound.problems.noise import MOST_FEATURES, check_minimum, exactly, of_linear_terms, second_moment


def sample_variance(problem: Problem, setting: Setting) -> Constant:
    """Return a bound on ``E (1/n) sum_i ||grad f_i(x_k) - grad f(x_k)||^2`` along a run.

    Raises
    ------
    NotCertified
        If slopes are not bounded and no ball is known that holds the run.
    """
    known = _everywhere(problem)
    if known is not None:
        squares, route, direction = known
        return _constant("sample_variance", problem, float(squares.sum()), route, "everywhere", direction)
    check_minimum(problem)
    if setting.memory is None:
        return _along_run(problem, setting)
    value, region = _on_ball(problem, setting)
    return _constant("sample_variance", problem, value, "S-lemma on a ball", region)


def sample_noise_l1(problem: Problem, setting: Setting) -> Constant:
    """Return a bound on the sum over j of the root of ``E (1/n) sum_i (grad f_i(x_k) - grad f(x_k))_j^2``.

    Raises
    ------
    NotCertified
        As :func:`sample_variance`.
    """
    known = _everywhere(problem)
    if known is not None:
        squares, route, direction = known
        value = float(np.sqrt(squares).sum())
        return _constant("sample_noise_l1", problem, value, f"sum of roots; {route}", "everywhere", direction)
    value, region = _on_ball(problem, setting)
    route = "root of d times the S-lemma on a ball (Cauchy and Schwarz)"
    return _constant("sample_noise_l1", problem, float(np.sqrt(problem.d * value)), route, region)


def _everywhere(problem: Problem) -> tuple[np.ndarray, str, Direction] | None:
    """Return bounds on the mean squares of the coordinates of the noise that hold at every x, shape (d,)."""
    if (problem.A[0] == problem.A).all() and (problem.y == problem.y[0]).all():
        return np.zeros(problem.d), "all samples are equal", "exact"
    single = of_linear_terms(problem)
    if single is not None:
        return np.array([single]), "closed form: the components differ by linear terms", "exact"
    if problem.loss.slope_bound is None:
        return None
    steepest = float(lower(problem.loss.slope_bound, (radius,))(np.inf))
    squares = np.asarray((steepest * problem.A) ** 2).mean(0)
    return squares, "closed form: mean_i (|a_i| sup|phi'|)^2 by coordinate", "upper"


def _along_run(problem: Problem, setting: Setting) -> Constant:
    """Return the bound for a run of plain SGD: exact for least squares, else by the second moment."""
    name = "sample_variance"
    if setting.radius is None and problem.kind == "quadratic" and problem.d <= MOST_FEATURES:
        sizes = setting.batch if setting.sizes is None else setting.sizes
        moments, noises = MomentRecursion(problem, sizes, setting.replacement), []
        for alpha in setting.alphas:
            noises.append((moments.second_moment, moments.sample_variance))
            moments.step(float(alpha))
        return exactly(problem, setting, name, noises)
    # A region that holds the runs of single samples holds those of batches, which average their steps.
    single = second_moment(problem, replace(setting, batch=1, sizes=None, replacement=True))
    note = "the second moment of one sample, which is never smaller than the variance"
    return replace(single, name=name, direction="upper", note=note)


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


def _constant(
    name: str, problem: Problem, value: float, route: str, region: str, direction: Direction = "upper"
) -> Constant:
    error = (problem.n + problem.d + 16) * EPS * value
    return Constant(name, value + error, route, direction, region, error)
