"""Certificates of the second moment E||g_k||^2 of the mini-batch gradient along a run.

It cannot be bounded on all of R^d together with strong convexity, so each certificate names the region (or
the trajectory) on which it holds and proves that the run stays there:

* least squares: exact along the run, by the moment recursion, or a ball by the S-lemma (many features);
* bounded slopes (logistic, sigmoid, Welsch, Cauchy, Huber): a ball about 0 that the run cannot leave;
* runs that project onto a box: that box;
* ``c z^2`` plus bounded terms with unit rows: an interval for each coordinate.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import lru_cache

import numpy as np
from sympy import Expr

from ratebound.problems import curvature, pl
from ratebound.problems.ball import quadratic_on_ball, second_moment_on_ball
from ratebound.problems.boxes import second_moment_on_box
from ratebound.problems.certified import EPS, Constant, Memory, NotCertified, Setting, batch_factor
from ratebound.problems.finite_sum import Problem
from ratebound.problems.interval import supremum
from ratebound.problems.linear_moments import LinearMoments
from ratebound.problems.losses import radius, z
from ratebound.problems.lower import lower
from ratebound.problems.minimiser import balanced
from ratebound.problems.moments import MomentRecursion, batch_factors

MOST_FEATURES = 200
"""Of least squares whose moments are followed exactly."""
_NAME = "second_moment"


def second_moment(problem: Problem, setting: Setting) -> Constant:
    """Return a bound on E||g_k||^2 for all k < K.

    Raises
    ------
    NotCertified
        If no region that holds the run is known.
    """
    if setting.alphas.size == 0:
        raise NotCertified("no steps are given: the second moment of a run needs its step sizes")
    batch_factor(problem.n, setting.batch, setting.replacement)
    check_minimum(problem)
    if setting.radius is not None:
        return second_moment_on_ball(problem, setting)
    if setting.memory is not None:
        return _with_memory(problem, setting, setting.memory)
    if problem.kind == "quadratic":
        if problem.d <= MOST_FEATURES:
            return _along_trajectory(problem, setting)
        return second_moment_region(problem, setting)
    if problem.loss.slope_bound is not None:
        return _bounded_slope(problem, setting, problem.loss.slope_bound)
    if problem.loss.additive_noise:
        return _separable(problem, setting)
    raise NotCertified(
        f"the {problem.loss.title} has unbounded slopes: no region that holds the run is known"
    )


def variance_bound(problem: Problem, setting: Setting) -> Constant:
    """Return a bound on E||g_k - grad f(x_k)||^2 for all k < K.

    Exact along the run for least squares, exact everywhere for components that differ by linear terms; else
    the second moment, which is never smaller.

    Raises
    ------
    NotCertified
        If no region that holds the run is known.
    """
    check_minimum(problem)
    factor = batch_factor(problem.n, setting.batch, setting.replacement)
    if setting.memory is not None and problem.kind == "quadratic":
        return _with_memory(problem, setting, setting.memory, variance=True)
    along = setting.radius is None and setting.alphas.size > 0
    if along and problem.kind == "quadratic" and problem.d <= MOST_FEATURES:
        return _along_trajectory(problem, setting, variance=True)
    single = of_linear_terms(problem)
    if single is not None:
        value = factor * single
        error = (problem.n + 16) * EPS * value
        route = "closed form: the components differ by linear terms"
        return Constant("variance_bound", _inflated(value, error), route, "exact", error=error)
    moment = second_moment(problem, setting)
    note = "the second moment, which is never smaller than the variance"
    return replace(moment, name="variance_bound", direction="upper", note=note)


def check_minimum(problem: Problem) -> None:
    """Refuse least squares of which no minimum is certified: moments are those of the way from x*."""
    if problem.kind == "quadratic" and problem.x_star is None:
        raise NotCertified(problem.minimum.note)


def of_linear_terms(problem: Problem) -> float | None:
    """Return the variance of one sample where components differ by linear terms, the same at every x."""
    unit = ((problem.A == 0) | (problem.A == 1)).all() and (problem.A.sum(1) == 1).all()
    if problem.loss.additive_noise and problem.d == 1 and unit and balanced(problem.A, problem.y):
        return float((problem.y**2).mean())
    return None


def _inflated(value: float, error: float) -> float:
    return float(np.nextafter(value + error, np.inf))


def _with_memory(problem: Problem, setting: Setting, memory: Memory, variance: bool = False) -> Constant:
    """Certify the noise of a run that is not plain SGD: exactly on least squares, else where it is global."""
    if problem.kind == "quadratic" and memory.linear is not None and problem.d <= MOST_FEATURES:
        return _along_trajectory(problem, setting, variance)
    if memory.half is not None and not variance:
        return second_moment_on_box(problem, memory.half, setting)
    bound = problem.loss.slope_bound
    if bound is not None and problem.l2 == 0:
        return _bounded_slope(problem, setting, bound)
    raise NotCertified(f"no region that holds the run of {memory.name} is known: one is for plain SGD only")


def _noises(problem: Problem, setting: Setting) -> Iterator[tuple[float, float]]:
    """Yield E||g_k||^2 and E||g_k - grad f(x_k)||^2 of each step of a run on least squares.

    With memory also those at the last point: proofs by potentials bound f(x_k) after a step from x_k.
    """
    sizes = setting.batch if setting.sizes is None else setting.sizes
    if setting.memory is None:
        rec = MomentRecursion(problem, sizes, setting.replacement)
        for alpha in setting.alphas:
            yield rec.second_moment, rec.variance
            rec.step(float(alpha))
        return
    run = setting.memory.linear
    assert run is not None
    factors = np.broadcast_to(batch_factors(problem.n, sizes, setting.replacement), len(run.keep))
    moments = LinearMoments(problem, run.follows)
    for keep, push, point, factor in zip(run.keep, run.push, run.point, factors.tolist(), strict=True):
        yield moments.noise(point, factor)
        moments.step(keep, push, point, factor)
    yield moments.noise(run.point[-1], float(factors[-1]))


def _along_trajectory(problem: Problem, setting: Setting, variance: bool = False) -> Constant:
    noises = _noises(problem, setting)
    if variance:
        return exactly(problem, setting, "variance_bound", noises)
    return exactly(problem, setting, _NAME, ((moment, moment) for moment, _ in noises))


def exactly(problem: Problem, setting: Setting, name: str, noises: Iterable[tuple[float, float]]) -> Constant:
    """Return the largest of the second numbers; the first are second moments, which tell the rounding."""
    worst, largest, steps = 0.0, 0.0, setting.alphas.size
    for moment, noise in noises:
        worst, largest = max(worst, moment, noise), max(largest, noise)
    if not np.isfinite(worst):
        raise NotCertified("the exact second moment of this run overflows: the steps make it diverge")
    assert problem.x_star is not None
    # Relative rounding of each step, accumulated over the run, plus the error of x* in the residuals.
    c_star = float(np.linalg.norm(problem.component_gradients(problem.x_star)) / np.sqrt(problem.n))
    shift = curvature.L_max(problem).value * problem.minimum.distance_error
    error = (steps + 10) * (problem.n + problem.d) * EPS * worst + 2 * shift * (np.sqrt(worst) + c_star)
    region = f"along x_0 .. x_{steps - (setting.memory is None)} of this run"
    return Constant(name, _inflated(largest, error), "exact moment recursion", "exact", region, error)


def second_moment_region(problem: Problem, setting: Setting) -> Constant:
    """Return a bound on E||g_k||^2 of least squares over a ball about x* that the run cannot leave.

    One step maps x - x* by I - alpha M_i, M_i = a_i a_i^T + l2 I, and adds alpha grad f_i(x*).

    Raises
    ------
    NotCertified
        If the problem is not least squares, or the ball is infinite.
    """
    if problem.kind != "quadratic" or problem.x_star is None:
        raise NotCertified(f"{problem.name} is not least squares")
    x_star, l2 = problem.x_star, problem.l2
    at_minimum = problem.component_gradients(x_star)
    L_max = curvature.L_max(problem).value
    shift = L_max * problem.minimum.distance_error
    push = float(np.sqrt((at_minimum**2).sum(1).max())) + shift
    r = float(np.linalg.norm(problem.x0 - x_star)) + problem.minimum.distance_error
    # The eigenvalues of every M_i lie in [l2, L_max].
    alphas = setting.alphas
    shrink = np.maximum(np.abs(1 - alphas * l2), np.abs(1 - alphas * L_max))
    reach = _largest_radius(r, shrink, alphas * push)
    if not np.isfinite(reach):
        raise NotCertified("the ball that holds this run is infinite: the steps exceed 2/L_max by too much")
    value = quadratic_on_ball(problem, setting, reach)
    error = 1e-10 * value + 2 * shift * np.sqrt(value) + shift**2
    region = f"||x - x*|| <= {reach:.6g}, which holds x_0 .. x_{alphas.size - 1}"
    return Constant(_NAME, _inflated(value, error), "S-lemma on a ball", "upper", region, error)


def _largest_radius(r: float, shrink: np.ndarray, push: np.ndarray) -> float:
    """Return the largest r_k, k < K, of ``r_{k+1} = shrink_k r_k + push_k``."""
    worst = r
    for s, p in zip(shrink[:-1], push[:-1], strict=True):
        r = float(s) * r + float(p)
        worst = max(worst, r)
    return worst * (1 + 4 * shrink.size * EPS)


def _slope_radius(r: float, alphas: np.ndarray, l2: float, push: float, outward: float | None) -> float:
    """Return a bound on ||x_k||, k < K, when each component gradient is ``phi' a_i + l2 x`` with |phi'|
    ||a_i|| <= push.

    A step obeys the triangle inequality, and, if ``-z phi'(z) <= outward`` and alpha l2 <= 1, also
    ``||x+||^2 <= (1 - alpha l2)^2 ||x||^2 + 2 alpha (1 - alpha l2) outward + alpha^2 push^2``. A batch
    averages such steps, so that both hold for it by convexity.
    """
    worst = r
    for alpha in map(float, alphas[:-1]):
        kept = 1 - alpha * l2
        bounds = [abs(kept) * r + alpha * push]
        if outward is not None and kept >= 0:
            bounds.append(float(np.sqrt(kept**2 * r**2 + 2 * alpha * kept * outward + (alpha * push) ** 2)))
        r = min(bounds) * (1 + 16 * EPS)
        worst = max(worst, r)
    return worst


def _bounded_slope(problem: Problem, setting: Setting, bound: Expr) -> Constant:
    alphas, l2 = setting.alphas, problem.l2
    norms = np.linalg.norm(problem.A, axis=1) * (1 + problem.d * EPS)
    slope = lower(bound, (radius,))
    steepest = float(slope(np.inf))
    start = float(np.linalg.norm(problem.x0))
    outward = problem.loss.outward
    r = _slope_radius(
        start, alphas, l2, float(norms.max()) * steepest, None if outward is None else float(outward)
    )
    if l2 == 0 and bound.has(radius):
        # Without regularisation the slope bound at infinity costs little and holds everywhere.
        r = np.inf
    if l2 and not np.isfinite(r):
        raise NotCertified("the ball that holds this run is infinite: alpha l2 exceeds 2 by too much")
    with np.errstate(invalid="ignore"):
        reach = np.where(norms > 0, norms * r, 0.0)
    lengths = norms * slope(reach) + (l2 * r if l2 else 0.0)
    value = float((lengths**2).mean())
    error = (problem.n + 16) * EPS * value
    ball = f"||x|| <= {r:.6g}, which holds x_0 .. x_{alphas.size - 1}"
    region = "everywhere" if l2 == 0 else ball
    note = "" if setting.batch == 1 else "single-sample second moment; by convexity it bounds that of a batch"
    route = "closed form: mean_i (||a_i|| sup|phi'| + l2 r)^2"
    return Constant(_NAME, _inflated(value, error), route, "upper", region, error, note)


def _separable(problem: Problem, setting: Setting) -> Constant:
    A, alphas = problem.A, setting.alphas
    unit = ((A == 0) | (A == 1)).all() and (A.sum(1) == 1).all()
    if not unit or problem.l2 or not balanced(A, problem.y):
        raise NotCertified(
            "the region is proved for unit rows e_j with noise that sums to zero and l2 = 0 only"
        )
    h = problem.loss.noiseless
    parts = pl.split(h, z)
    # z+ = z - alpha theta (2 c z + q'(z) + y), theta in [0, 1] the share of the coordinate in the batch; the
    # bound |1 - 2 c alpha theta| r + alpha theta p is convex in theta, so its maximum is at theta = 0 or 1.
    push = parts.slope + float(np.abs(problem.y).max())
    r = float(np.abs(problem.x0).max())
    for alpha in alphas[:-1]:
        r = max(r, abs(1 - 2 * parts.quadratic * float(alpha)) * r + float(alpha) * push)
        r *= 1 + 8 * EPS
    if not np.isfinite(r) or r > 1e6:
        raise NotCertified(
            f"the interval |x_j| <= {r:.3g} that holds this run is too large: take smaller steps"
        )
    steepest = _steepest(h, r)
    spread = float((problem.y**2).mean())
    # Per coordinate the noise sums to zero, so E (h' + y)^2 = h'^2 + y^2.
    value = steepest + spread
    error = (problem.n + 16) * EPS * value
    region = f"|x_j| <= {r:.6g}, which holds x_0 .. x_{alphas.size - 1}"
    note = "" if setting.batch == 1 else "single-sample second moment; by convexity it bounds that of a batch"
    route = "interval arithmetic: sup h'^2 + mean y^2"
    return Constant(_NAME, _inflated(value, error), route, "upper", region, error, note)


@lru_cache(maxsize=256)
def _steepest(h: Expr, r: float) -> float:
    """Return an upper bound of h'(z)^2 over |z| <= r, h even; runs of one problem share intervals."""
    return float(supremum(h.diff(z) ** 2, z, 0.0, r, pieces=int(min(2**20, 4096 * (1 + r)))))
