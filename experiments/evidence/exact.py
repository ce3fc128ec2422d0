"""Exact expectations of a method's measures at every step, where the run is deterministic or quadratic."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from ratebound.experiments.backends import numpy_
from ratebound.experiments.backends.rules import TRIED, with_constants
from ratebound.experiments.evidence import affine, walked
from ratebound.experiments.evidence.linear import is_linear, is_plain, linear
from ratebound.experiments.plan import (
    ALONG_PATH,
    AVERAGED,
    SQUARES,
    Plan,
    check_alphas,
    check_batch,
    check_grid,
    check_measures,
    check_weights,
    nothing_averaged,
    undefined_to_nan,
)
from ratebound.problems.finite_sum import Problem
from ratebound.problems.linear_moments import Linear, LinearMoments
from ratebound.problems.moments import MomentRecursion, batch_factors
from ratebound.problems.quiet import quiet
from ratebound.theory.errors import RateboundError
from ratebound.theory.readings import READINGS

if TYPE_CHECKING:
    from ratebound.theory.method import Method

_OF_MOMENTS = {"gap_last": "gap", "distance_sq": "distance_sq", "grad_norm_sq_last": "grad_norm_sq"}


def exact_available(problem: Problem, method: Method, batch: int = 1, measure: str = "gap_last") -> bool:
    """Whether :func:`exact_curves` knows the expectations of a measure of a method on a problem.

    It does for full gradients, and on least squares for methods that are linear in their states and the
    gradient, such as SGD and momentum, with x* as a point of rest; and for methods with draws on small ones.
    Where samples are drawn it knows quadratic forms only.
    """
    if method.sampling == "full":
        return True
    if measure in READINGS:
        reading, draws = READINGS[measure], method.draws is not None
        # Moments are those about where a state rests, which is x* for what starts at x_0.
        about_zero = reading.norm == "square" and reading.state not in ("x", *method.from_start)
        return draws and (about_zero or reading.of_table) and affine.available(problem, method, batch)
    if measure not in SQUARES:
        return False
    if method.draws is not None:
        return affine.available(problem, method, batch)
    if problem.kind != "quadratic" or problem.x_star is None:
        return False
    return is_plain(method) or is_linear(method)


def path_needs(measures: Iterable[str]) -> tuple[str, ...]:
    """Return the measures with those of x_k from which :func:`path_curves` makes the ones along the path."""
    asked = list(measures)
    return tuple(dict.fromkeys([*asked, *(f"{ALONG_PATH[m]}_last" for m in asked if m in ALONG_PATH)]))


def path_curves(curves: Mapping[str, np.ndarray], weights: np.ndarray) -> dict[str, np.ndarray]:
    """Return the means and minima over the points before x_k, for k = 0 .. K.

    Parameters
    ----------
    curves
        Measures of x_k, such as ``grad_norm_sq_last``: expectations at k = 0 .. K, shape (K+1,).
    weights
        Weights, shape (K,).

    Returns
    -------
    dict
        The means and minima that follow, such as ``grad_norm_sq_mean`` and ``grad_norm_sq_best``; shape
        (K+1,), nan at k = 0, and means until the first positive weight.
    """
    found = {}
    for name, function in ALONG_PATH.items():
        if f"{function}_last" not in curves:
            continue
        here = curves[f"{function}_last"][:-1]
        if name in AVERAGED:
            with quiet:
                mean = np.cumsum(weights * here) / np.cumsum(weights)
            found[name] = numpy_.nan_to_inf(mean)
        else:
            found[name] = np.minimum.accumulate(here)
    return undefined_to_nan(
        {name: np.concatenate([[np.nan], curve]) for name, curve in found.items()}, weights
    )


def _deterministic(
    problem: Problem,
    method: Method,
    alphas: np.ndarray,
    weights: np.ndarray,
    measures: tuple[str, ...],
    at: np.ndarray,
) -> dict[str, np.ndarray]:
    plan = Plan(
        problem=problem,
        method=method,
        alphas=alphas[None],
        weights=weights,
        checkpoints=at,
        replicas=np.zeros(1, dtype=np.int64),
        seed=0,
        batch=1,
        replacement=True,
        measures=measures,
    )
    out = walked.run(plan)
    return {name: out[name][0, 0] for name in (*measures, TRIED) if name in out}


def _with_draws(
    problem: Problem,
    method: Method,
    alphas: np.ndarray,
    weights: np.ndarray,
    measures: tuple[str, ...],
    batch: int,
    replacement: bool,
) -> dict[str, np.ndarray]:
    """Return the curves of a method with draws, at k = 0 .. K."""
    plan = Plan(
        problem=problem,
        method=method,
        alphas=alphas[None],
        weights=weights,
        checkpoints=np.arange(alphas.size + 1),
        replicas=np.zeros(1, dtype=np.int64),
        seed=0,
        batch=batch,
        replacement=replacement,
        measures=path_needs(measures),
    )
    curves = {name: curve[0] for name, curve in affine.moments(plan).items()}
    return curves | path_curves(curves, weights)


def _moments(
    recursion: MomentRecursion, alphas: np.ndarray, weights: np.ndarray, measures: tuple[str, ...]
) -> dict[str, np.ndarray]:
    steps, none_yet = alphas.size, nothing_averaged(weights)
    curves = {name: np.full(steps + 1, np.nan) for name in path_needs(measures)}
    read = [(name, _OF_MOMENTS[name]) for name in curves if name in _OF_MOMENTS]
    for k in range(steps + 1):
        for name, attribute in read:
            curves[name][k] = getattr(recursion, attribute)
        if not none_yet[k] and "gap_average" in measures:
            curves["gap_average"][k] = recursion.gap_average
        if k < steps:
            recursion.step(float(alphas[k]), float(weights[k]))
    curves |= path_curves(curves, weights)
    return {name: curves[name] for name in measures}


def _linear_moments(
    problem: Problem,
    run: Linear,
    factors: np.ndarray,
    weights: np.ndarray,
    measures: tuple[str, ...],
) -> dict[str, np.ndarray]:
    """Return the curves of a linear method; its weighted sum of iterates is one more state, the last."""
    steps, m = run.push.shape
    keep = np.zeros((steps, m + 1, m + 1))
    keep[:, :m, :m], keep[:, m, 0], keep[:, m, m] = run.keep, weights, 1.0
    push, point = (np.concatenate([part, np.zeros((steps, 1))], 1) for part in (run.push, run.point))
    moments = LinearMoments(problem, np.append(run.follows, False))
    spent = np.append(0.0, np.cumsum(weights))
    curves = {name: np.full(steps + 1, np.nan) for name in path_needs(measures)}
    for k in range(steps + 1):
        for name in curves.keys() & _OF_MOMENTS.keys():
            curves[name][k] = getattr(moments, _OF_MOMENTS[name])(0)
        if spent[k] and "gap_average" in curves:
            curves["gap_average"][k] = moments.gap(m) / spent[k] ** 2
        if k < steps:
            moments.step(keep[k], push[k], point[k], float(factors[k]))
    curves |= path_curves(curves, weights)
    return {name: curves[name] for name in measures}


def exact_curves(
    problem: Problem,
    method: Method,
    alphas: np.ndarray,
    *,
    batch: int | Sequence[int] | np.ndarray = 1,
    replacement: bool = True,
    weights: np.ndarray | None = None,
    measures: Sequence[str],
    at: Sequence[int] | np.ndarray | None = None,
) -> dict[str, np.ndarray]:
    """Return the exact expectation of each measure, up to rounding.

    Parameters
    ----------
    problem
        The finite sum; least squares unless the method uses full gradients.
    method
        A method for which :func:`exact_available` holds.
    alphas
        Step sizes alpha_0 .. alpha_{K-1}, shape (K,).
    batch, replacement
        The sampling, with one batch size or one per step, shape (K,); not read for full gradients.
    weights
        Weights of x_0 .. x_{K-1} in averages, shape (K,), zero for points left out; None for equal ones.
    measures
        Names out of :data:`ratebound.experiments.plan.MEASURES`. ``gap_best`` and ``grad_norm_sq_best`` are
        minima over j < k of the expectation, as in theorems.
    at
        Step numbers; None for every k = 0 .. K.

    Returns
    -------
    dict
        For each measure an array of the length of `at`, and for a line search what its trials took until
        then, under :data:`ratebound.experiments.backends.rules.TRIED`. Overflow reads ``inf``; measures of
        j < k are nan at k = 0, and averages until the first positive weight.

    Raises
    ------
    RateboundError
        If no exact expectation is known, or an argument is out of range.
    """
    chosen = check_measures(measures)
    largest = int(np.max(batch)) if np.size(batch) else 1
    for name in chosen:
        if not exact_available(problem, method, largest, name):
            raise RateboundError(
                f"no exact expectation of {name} of {method.name} on {problem.name} ({problem.loss.title}); "
                "it is known for full gradients, and of squares for SGD and other linear methods on least "
                "squares"
            )
    alphas = check_alphas(alphas)
    if alphas.ndim != 1 or alphas.size == 0:
        raise RateboundError(f"alphas have shape {alphas.shape}; pass one step size per update, shape (K,)")
    weights = check_weights(weights, alphas.shape)
    grid = np.arange(alphas.size + 1) if at is None else check_grid(at, alphas.size)
    if method.sampling == "full":
        return _deterministic(problem, method, alphas, weights, chosen, grid)
    sizes = check_batch(batch, alphas.size)
    if method.draws is not None:
        if (sizes != sizes[0]).any():
            raise RateboundError(f"{method.name} draws more than a batch; pass one batch size for all steps")
        curves = _with_draws(problem, method, alphas, weights, chosen, int(sizes[0]), replacement)
        return {name: curves[name][grid] for name in chosen}
    if not is_plain(method):
        factors = batch_factors(problem.n, sizes, replacement)
        run = linear(with_constants(problem, method), alphas)
        curves = _linear_moments(problem, run, factors, weights, chosen)
        return {name: curve[grid] for name, curve in curves.items()}
    recursion = MomentRecursion(problem, sizes, replacement, track_average="gap_average" in chosen)
    curves = _moments(recursion, alphas, weights, chosen)
    return {name: curve[grid] for name, curve in curves.items()}
