"""Exact expectations by walking all index paths of a tiny finite sum, for any loss."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations, product
from math import comb
from typing import TYPE_CHECKING

import numpy as np

from ratebound.experiments.backends.numpy_ import compile_update, nan_to_inf
from ratebound.experiments.checks import whole
from ratebound.experiments.exact import path_curves
from ratebound.experiments.plan import check_alphas, check_measures, check_weights
from ratebound.problems.finite_sum import Problem
from ratebound.theory.errors import RateboundError

if TYPE_CHECKING:
    from ratebound.theory.methods import Method

_VALUES = 2**18


def count_paths(n: int, steps: int, batch: int = 1, replacement: bool = True) -> int:
    """Return the number of equally likely index paths of a run."""
    return (n**batch if replacement else comb(n, batch)) ** steps


def all_batches(n: int, batch: int, replacement: bool) -> np.ndarray:
    """Return every batch, shape (m, b); all are equally likely."""
    every = product(range(n), repeat=batch) if replacement else combinations(range(n), batch)
    return np.array(list(every), dtype=np.int64)


def enumerate_paths(
    problem: Problem,
    method: Method,
    alphas: np.ndarray,
    *,
    batch: int = 1,
    replacement: bool = True,
    weights: np.ndarray | None = None,
    measures: Sequence[str],
    max_paths: int = 10**6,
) -> dict[str, np.ndarray]:
    """Return the exact expectation of each measure over all index paths, up to rounding.

    Parameters
    ----------
    problem
        A tiny finite sum, any loss.
    method
        A method that samples batches.
    alphas
        Step sizes alpha_0 .. alpha_{K-1}, shape (K,).
    batch, replacement
        The sampling.
    weights
        Positive weights of x_0 .. x_{K-1} in averages, shape (K,); None for equal ones.
    measures
        Names out of :data:`ratebound.experiments.plan.MEASURES`. ``grad_norm_sq_best`` is the minimum over
        j < k of the expectation, as in theorems.
    max_paths
        Refuse more paths than this.

    Returns
    -------
    dict
        For each measure an array (K+1,), k = 0 .. K; measures of j < k are nan at k = 0.

    Raises
    ------
    RateboundError
        If there are too many paths, or an argument is out of range.
    """
    if method.sampling != "batch":
        raise RateboundError(f"{method.name} draws no samples: there are no paths to enumerate")
    chosen = check_measures(measures)
    batch = whole("batch", batch, 1)
    alphas = check_alphas(alphas)
    if alphas.ndim != 1 or alphas.size == 0:
        raise RateboundError(f"alphas have shape {alphas.shape}; pass one step size per update, shape (K,)")
    weights = check_weights(weights, alphas.shape)
    if not replacement and batch > problem.n:
        raise RateboundError(f"batch = {batch} exceeds n = {problem.n}; draw with replacement")
    steps = alphas.size
    paths = count_paths(problem.n, steps, batch, replacement)
    if paths > max_paths:
        raise RateboundError(
            f"{paths:.3g} index paths exceed max_paths = {max_paths}; take fewer steps than {steps} or a "
            f"smaller problem than n = {problem.n}"
        )
    batches = all_batches(problem.n, batch, replacement)
    totals = _walk(problem, method, alphas, weights, batches, chosen)
    with np.errstate(all="ignore"):
        means = {
            name: nan_to_inf(total / float(len(batches)) ** np.arange(steps + 1))
            for name, total in totals.items()
        }
    if "gap_average" in means:
        means["gap_average"][0] = np.nan
    means |= path_curves(means["grad_norm_sq_last"][:-1], weights)
    return {name: means[name] for name in chosen}


def _walk(
    problem: Problem,
    method: Method,
    alphas: np.ndarray,
    weights: np.ndarray,
    batches: np.ndarray,
    measures: tuple[str, ...],
) -> dict[str, np.ndarray]:
    """Return the sums over all prefixes of paths, shape (K+1,) each, depth first to bound the memory."""
    update = compile_update(method)
    functions = {
        "gap_last": problem.gap,
        "distance_sq": problem.distance_sq,
        "grad_norm_sq_last": problem.grad_norm_sq,
    }
    functions = {n: f for n, f in functions.items() if n in measures or n == "grad_norm_sq_last"}
    averaged = "gap_average" in measures
    steps, m, d = alphas.size, len(batches), problem.d
    totals = {name: np.zeros(steps + 1) for name in (*functions, *(["gap_average"] if averaged else []))}
    spent = np.concatenate([[1.0], np.cumsum(weights)])
    wide = max(1, _VALUES // (m * max(problem.n, batches.shape[1] * d)))
    stack = [(0, problem.x0[None], np.zeros((1, d)))]
    with np.errstate(all="ignore"):
        while stack:
            k, X, past = stack.pop()
            for name, function in functions.items():
                totals[name][k] += function(X).sum()
            if averaged and k:
                totals["gap_average"][k] += problem.gap(past / spent[k]).sum()
            if k == steps:
                continue
            for start in range(0, len(X), wide):
                part = X[start : start + wide]
                spread = np.broadcast_to(part[:, None, :], (len(part), m, d))
                moved = update(spread, problem.batch_gradient(spread, batches), alphas[k]).reshape(-1, d)
                carried = np.repeat(past[start : start + wide] + weights[k] * part, m, axis=0)
                stack.append((k + 1, moved, carried))
    return totals
