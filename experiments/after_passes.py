"""Theorems whose k counts passes over the data: their runs, and exact expectations after whole passes.

A cyclic run is deterministic. In one random order for all passes the expectation is a mean over the n!
orders. With a new order for every pass the second moments of ``z = (1, x - x*, sum of the starts)`` on least
squares obey ``M <- (1/n!) sum_pi A_pi M A_pi^T``, A_pi the product of the maps of the samples in the order
pi; the sum over orders is built up set by set, ``M_S = sum_{i in S} A_i M_{S - i} A_i^T``, which takes 2^n n
products instead of n! n. For other losses all sequences of orders of a few passes are walked.
"""

from __future__ import annotations

import math
from itertools import permutations
from typing import Any

import numpy as np

from ratebound.experiments.applicability import Trial
from ratebound.experiments.backends.numpy_ import compile_update
from ratebound.experiments.grid import Grid
from ratebound.experiments.run import simulate
from ratebound.problems.finite_sum import Problem
from ratebound.theory.passes import CYCLIC, RESHUFFLE, SHUFFLE_ONCE

_ORDERS, _PATHS, _PRODUCTS = 720, 10**5, 3e7
"""Orders of a pass, and sequences of orders, that are walked; numbers in the products of matrices."""


def run_of(trial: Trial, at: np.ndarray) -> dict[str, Any]:
    """Return what :func:`ratebound.experiments.run.simulate` is told of a run looked at after k = `at`.

    In passes every count is n updates, and averages are those of the points at which passes start.
    """
    if not trial.theorem.in_passes:
        return {
            "step": trial.alphas,
            "steps": trial.steps,
            "average": trial.weights,
            "checkpoints": at,
            "batch": trial.batch,
            "replacement": trial.replacement,
        }
    n = trial.problem.n
    weights = np.zeros((trial.steps, n))
    weights[:, 0] = 1.0 if trial.weights is None else trial.weights
    return {
        "step": np.repeat(trial.alphas, n),
        "steps": trial.steps * n,
        "average": weights.ravel(),
        "checkpoints": np.asarray(at) * n,
        "batch": 1,
        "order": trial.theorem.visits,
    }


def exact_after_passes(trial: Trial, at: np.ndarray) -> np.ndarray | None:
    """Return the exact expectation of the measure after `at` passes; None where none is known."""
    problem, visits, measure = trial.problem, trial.theorem.visits, trial.theorem.measure
    if visits == CYCLIC:
        out = simulate(problem, trial.method, replicas=1, measures=[measure], **run_of(trial, at))
        return np.asarray(out[measure].values[0, 0])
    if visits == SHUFFLE_ONCE and math.factorial(problem.n) <= _ORDERS:
        orders = np.array(list(permutations(range(problem.n))))
        return _mean_over(trial, orders, branching=False)[at]
    if visits == RESHUFFLE and _moments_known(trial):
        return _moments(trial)[at]
    return None


def enumerated_after_passes(grid: Grid) -> tuple[Grid, np.ndarray] | None:
    """Return the first passes of a run whose orders can all be walked, with the expectations there."""
    trial, n = grid.trial, grid.problem.n
    if trial.theorem.visits != RESHUFFLE or grid.theorem.at_horizon or n > 8 or n < 2:
        return None
    passes = min(int(math.log(_PATHS) / math.log(math.factorial(n))), trial.steps)
    if passes < max(1, trial.start):
        return None
    orders = np.array(list(permutations(range(n))))
    at = np.arange(trial.start, passes + 1)
    return Grid(((trial, at),)), _mean_over(trial, orders, branching=True, passes=passes)[at]


def _value(problem: Problem, measure: str, X: np.ndarray, past: np.ndarray, spent: float) -> float:
    """Return the mean of a measure over points (R, d); `past` sums the starts, or their squared gradients."""
    if measure == "gap_average":
        return float(problem.gap(past / spent).mean()) if spent else math.nan
    if measure == "grad_norm_sq_mean":
        return float(past.mean() / spent) if spent else math.nan
    functions = {
        "gap_last": problem.gap,
        "distance_sq": problem.distance_sq,
        "grad_norm_sq_last": problem.grad_norm_sq,
    }
    return float(functions[measure](X).mean())


def _mean_over(trial: Trial, orders: np.ndarray, *, branching: bool, passes: int | None = None) -> np.ndarray:
    """Return the mean over the orders (P, n) of all passes, or over all their sequences, at k = 0, 1, .."""
    problem, measure = trial.problem, trial.theorem.measure
    update = compile_update(trial.method)
    weights = np.ones(trial.steps) if trial.weights is None else trial.weights
    X = np.tile(problem.x0, (1 if branching else len(orders), 1))
    averaged = measure == "gap_average"
    past, spent = np.zeros_like(X) if averaged else np.zeros(len(X)), 0.0
    values = [_value(problem, measure, X, past, spent)]
    with np.errstate(all="ignore"):
        for k in range(trial.steps if passes is None else passes):
            past = past + weights[k] * (X if averaged else problem.grad_norm_sq(X))
            spent += float(weights[k])
            visited = orders
            if branching:
                visited = np.tile(orders, (len(X), 1))
                X, past = (np.repeat(part, len(orders), axis=0) for part in (X, past))
            for j in range(problem.n):
                g = problem.batch_gradient(X, visited[:, j : j + 1])
                X = update(X, g, np.asarray(trial.alphas[k]))
            values.append(_value(problem, measure, X, past, spent))
    return np.array(values)


def _moments_known(trial: Trial) -> bool:
    problem = trial.problem
    size = 1 + 2 * problem.d
    products = 2.0**problem.n * problem.n * size**4
    constant = bool((trial.alphas == trial.alphas[0]).all())
    known = problem.kind == "quadratic" and problem.x_star is not None
    return known and constant and products <= _PRODUCTS


def _maps(trial: Trial) -> np.ndarray:
    """Return the map of z by the step of each sample, shape (n, s, s), read off the method."""
    problem, d = trial.problem, trial.problem.d
    assert problem.x_star is not None
    update = compile_update(trial.method)
    points = problem.x_star + np.vstack([np.zeros(d), np.eye(d)])
    maps = np.tile(np.eye(1 + 2 * d), (problem.n, 1, 1))
    for i in range(problem.n):
        g = problem.batch_gradient(points, np.full((d + 1, 1), i))
        after = update(points, g, np.asarray(trial.alphas[0])) - problem.x_star
        maps[i, 1 : d + 1, 0] = after[0]
        maps[i, 1 : d + 1, 1 : d + 1] = (after[1:] - after[0]).T
    return maps


def _pass_operator(maps: np.ndarray) -> np.ndarray:
    """Return the linear map of second moments by a pass in random order, shape (s^2, s^2)."""
    n, size = maps.shape[0], maps.shape[-1]
    basis = np.eye(size * size).reshape(size * size, size, size)
    level = {0: basis}
    for _ in range(n):
        grown: dict[int, np.ndarray] = {}
        for chosen, M in level.items():
            for i in range(n):
                if not chosen >> i & 1:
                    more = maps[i] @ M @ maps[i].T
                    key = chosen | 1 << i
                    grown[key] = grown[key] + more if key in grown else more
        # Divided by the number of summands level by level: the sums would grow like n!.
        level = {key: M / key.bit_count() for key, M in grown.items()}
    (total,) = level.values()
    return np.asarray(total.reshape(size * size, size * size).T)


def _moments(trial: Trial) -> np.ndarray:
    """Return the expectation of the measure at k = 0 .. K by second moments."""
    problem, measure, d = trial.problem, trial.theorem.measure, trial.problem.d
    assert problem.x_star is not None
    size, H = 1 + 2 * d, problem.H
    operator = _pass_operator(_maps(trial))
    weights = np.ones(trial.steps) if trial.weights is None else trial.weights
    z = np.concatenate([[1.0], problem.x0 - problem.x_star, np.zeros(d)])
    M, here, past = np.outer(z, z), slice(1, d + 1), slice(d + 1, size)
    forms = {"gap_last": H / 2, "gap_average": H / 2, "distance_sq": np.eye(d)}
    form = forms.get(measure, H @ H)
    values, spent, squares = [], 0.0, 0.0
    with np.errstate(all="ignore"):
        for k in range(trial.steps + 1):
            place = past if measure == "gap_average" else here
            now = max(float((M[place, place] * form).sum()), 0.0)
            if measure == "gap_average":
                values.append(now / spent**2 if spent else math.nan)
            elif measure == "grad_norm_sq_mean":
                values.append(squares / spent if spent else math.nan)
                squares += float(weights[k]) * now if k < trial.steps else 0.0
            else:
                values.append(now)
            if k == trial.steps:
                break
            spent += float(weights[k])
            gather = np.eye(size)
            gather[past, here] = weights[k] * np.eye(d)
            M = (operator @ (gather @ M @ gather.T).ravel()).reshape(size, size)
            M = (M + M.T) / 2
    return np.array(values)
