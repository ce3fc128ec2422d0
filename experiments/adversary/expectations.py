"""Exact expectations along many schedules at once: full gradients, moments, all index paths."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np

from ratebound.experiments.adversary.case import Case
from ratebound.experiments.adversary.moments import moment_curves
from ratebound.experiments.backends.numpy_ import NumpyEngine, compile_update
from ratebound.experiments.enumerate import count_paths, enumerate_paths
from ratebound.experiments.exact import exact_curves, path_curves
from ratebound.experiments.linear import is_plain
from ratebound.experiments.plan import Plan

Curves: TypeAlias = "dict[str, np.ndarray]"
"""Measure -> expectations of S runs at k = 0 .. K, shape (S, K+1)."""
_PATHS = 5000


def curves(case: Case, alphas: np.ndarray, weights: np.ndarray) -> Curves | None:
    """Return exact expectations along runs with steps and weights of shape (S, K); None where unknown."""
    problem, theorem = case.problem, case.theorem
    if not theorem.stochastic or problem.n == 1:
        found = _deterministic(case, alphas, weights)
    elif problem.kind == "quadratic" and not is_plain(case.method):
        found = _linear(case, alphas, weights)
    elif problem.kind == "quadratic":
        found = moment_curves(problem, alphas, weights, case.batch, case.replacement)
    elif (
        case.method.draws is None
        and count_paths(problem.n, case.steps, case.batch, case.replacement) <= _PATHS
    ):
        found = _enumerated(case, alphas, weights)
    else:
        return None
    squares = found["grad_norm_sq_last"][:, :-1]
    paths = [path_curves(q, w) for q, w in zip(squares, weights, strict=True)]
    return found | {name: np.array([path[name] for path in paths]) for name in paths[0]}


def _deterministic(case: Case, alphas: np.ndarray, weights: np.ndarray) -> Curves:
    problem, size = case.problem, len(alphas)
    with np.errstate(all="ignore"):
        points = _iterates(case, alphas)
        total = np.cumsum(weights, 1)
        means = np.cumsum(weights[..., None] * points[:, :-1], 1) / total[..., None]
        average = np.concatenate([np.full((size, 1), np.nan), problem.gap(means)], 1)
        squares = problem.grad_norm_sq(points)
        found = {"gap_average": average, "grad_norm_sq_last": squares, "moment": squares}
        if problem.x_star is not None:
            found |= {"distance_sq": problem.distance_sq(points), "gap_last": problem.gap(points)}
    return found


def _iterates(case: Case, alphas: np.ndarray) -> np.ndarray:
    """Return x_0 .. x_K of a run with full gradients, shape (S, K+1, d)."""
    problem, method = case.problem, case.method
    size, steps = alphas.shape
    points = np.empty((size, steps + 1, problem.d))
    points[:, 0] = problem.x0
    if not is_plain(method):
        engine = NumpyEngine(
            Plan(
                problem, method, alphas, None, np.arange(steps + 1), np.zeros(1, dtype=np.int64), 0, 1, True,
                ("gap_last",),
            )
        )  # fmt: skip
        for k in range(steps):
            engine.advance(k, k + 1)
            points[:, k + 1] = engine.points()[:, 0]
        return points
    update = compile_update(method)
    for k in range(steps):
        here = points[:, k]
        points[:, k + 1] = update(here, problem.gradient(here), alphas[:, k, None])
    return points


def _linear(case: Case, alphas: np.ndarray, weights: np.ndarray) -> Curves:
    """Return exact moments of a linear method with memory, one schedule at a time."""
    names = ("gap_last", "gap_average", "grad_norm_sq_last", "distance_sq")
    rows = [
        exact_curves(
            case.problem,
            case.method,
            row,
            batch=case.batch,
            replacement=case.replacement,
            weights=weight,
            measures=names,
        )
        for row, weight in zip(alphas, weights, strict=True)
    ]
    return {name: np.array([row[name] for row in rows]) for name in names}


def _enumerated(case: Case, alphas: np.ndarray, weights: np.ndarray) -> Curves:
    wanted = ["gap_last", "gap_average", "grad_norm_sq_last"]
    if case.problem.x_star is not None:
        wanted.append("distance_sq")
    rows = [
        enumerate_paths(
            case.problem,
            case.method,
            row,
            batch=case.batch,
            replacement=case.replacement,
            weights=weight,
            measures=wanted,
        )
        for row, weight in zip(alphas, weights, strict=True)
    ]
    found = {name: np.array([row[name] for row in rows]) for name in wanted}
    # Not known along the paths; the certified bound takes its place.
    return found | {"moment": np.zeros_like(found["gap_last"])}
