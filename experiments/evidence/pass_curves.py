"""Exact expectations after whole passes over the data, for runs with several step sizes at once.

In one order for all passes, or one random order, the expectation is a mean over the orders. With a new order
for every pass the second moments of ``z = (1, x - x*, sum of the starts)`` on least squares obey
``M <- (1/n!) sum_pi A_pi M A_pi^T``, A_pi the product of the maps of the samples in the order pi; the sum
over orders is built up set by set, ``M_S = sum_{i in S} A_i M_{S - i} A_i^T``, which takes 2^n n products
instead of n! n. For other losses all sequences of orders of a few passes are walked.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import permutations
from typing import TYPE_CHECKING

import numpy as np

from ratebound.experiments.backends.numpy_ import compile_update
from ratebound.experiments.plan import undefined_to_nan
from ratebound.problems.finite_sum import Problem
from ratebound.problems.quiet import quiet
from ratebound.theory.visits import CYCLIC, RESHUFFLE

if TYPE_CHECKING:
    from ratebound.theory.method import Method

ORDERS, PATHS, _PRODUCTS = 720, 10**5, 3e7
"""Orders of a pass, and sequences of orders, that are walked; numbers in the products of matrices."""
AFTER_PASSES = ("gap_last", "gap_average", "distance_sq", "grad_norm_sq_last", "grad_norm_sq_mean")
"""Measures that are known."""
_FROM_MINIMUM = frozenset({"gap_last", "gap_average", "distance_sq"})


def pass_curves(
    problem: Problem,
    method: Method,
    visits: str,
    alphas: np.ndarray,
    weights: np.ndarray,
    measures: Sequence[str] = AFTER_PASSES,
    paths: int = 0,
) -> dict[str, np.ndarray] | None:
    """Return the expectation of each measure after k = 0 .. K passes, shape (S, K+1); None if unknown.

    Parameters
    ----------
    problem, method
        What runs; the method is SGD.
    visits
        How samples follow each other.
    alphas
        The step size of each pass, shape (S, K).
    weights
        Weights of the starts of passes in averages, shape (S, K).
    measures
        Names out of :data:`AFTER_PASSES`; those from the minimum are left out where none is known.
    paths
        How many sequences of orders may be walked where moments are not known.
    """
    chosen = [name for name in measures if problem.x_star is not None or name not in _FROM_MINIMUM]
    orders = math.factorial(problem.n)
    if visits == RESHUFFLE and problem.n > 1:
        if _moments_known(problem, alphas):
            found = _moments(problem, method, alphas, weights)
            return {name: found[name] for name in chosen}
        if orders ** alphas.shape[1] > paths:
            return None
        return over_orders(problem, method, all_orders(problem.n), alphas, weights, chosen, branching=True)
    if visits == CYCLIC:
        return over_orders(problem, method, np.arange(problem.n)[None], alphas, weights, chosen)
    if orders > ORDERS:
        return None
    return over_orders(problem, method, all_orders(problem.n), alphas, weights, chosen)


def all_orders(n: int) -> np.ndarray:
    """Return the n! orders of a pass, shape (n!, n)."""
    return np.array(list(permutations(range(n))))


def over_orders(
    problem: Problem,
    method: Method,
    orders: np.ndarray,
    alphas: np.ndarray,
    weights: np.ndarray,
    measures: Sequence[str],
    *,
    branching: bool = False,
) -> dict[str, np.ndarray]:
    """Return means over orders (P, n), each kept for all passes or, `branching`, over all their sequences."""
    update, (S, passes) = compile_update(method), alphas.shape
    functions = {
        "gap_last": problem.gap,
        "distance_sq": problem.distance_sq,
        "grad_norm_sq_last": problem.grad_norm_sq,
    }
    found = {name: np.full((S, passes + 1), np.nan) for name in measures}
    X = np.tile(problem.x0, (S, 1 if branching else len(orders), 1))
    past, squares, spent = np.zeros_like(X), np.zeros(X.shape[:2]), np.zeros(S)
    with quiet:
        for k in range(passes + 1):
            for name in found.keys() & functions.keys():
                found[name][:, k] = functions[name](X).mean(1)
            if k and "gap_average" in found:
                found["gap_average"][:, k] = problem.gap(past / spent[:, None, None]).mean(1)
            if k and "grad_norm_sq_mean" in found:
                found["grad_norm_sq_mean"][:, k] = squares.mean(1) / spent
            if k == passes:
                break
            w = weights[:, k]
            past, spent = past + w[:, None, None] * X, spent + w
            squares = squares + w[:, None] * problem.grad_norm_sq(X)
            visited = orders
            if branching:
                visited = np.tile(orders, (X.shape[1], 1))
                X, past, squares = (np.repeat(part, len(orders), axis=1) for part in (X, past, squares))
            for j in range(problem.n):
                X = update(X, problem.batch_gradient(X, visited[:, j : j + 1]), alphas[:, k, None, None])
    return undefined_to_nan(found, weights)


def _moments_known(problem: Problem, alphas: np.ndarray) -> bool:
    size = 1 + 2 * problem.d
    products = 2.0**problem.n * problem.n * size**4 * len(alphas)
    constant = bool((alphas == alphas[:, :1]).all())
    return problem.kind == "quadratic" and problem.x_star is not None and constant and products <= _PRODUCTS


def _maps(problem: Problem, method: Method, alphas: np.ndarray) -> np.ndarray:
    """Return the map of z by the step of each sample, shape (n, S, s, s), read off the method."""
    d = problem.d
    assert problem.x_star is not None
    update = compile_update(method)
    points = problem.x_star + np.vstack([np.zeros(d), np.eye(d)])
    maps = np.tile(np.eye(1 + 2 * d), (problem.n, len(alphas), 1, 1))
    for i in range(problem.n):
        g = problem.batch_gradient(points, np.full((d + 1, 1), i))
        after = update(points, g, alphas[:, None, None]) - problem.x_star
        maps[i, :, 1 : d + 1, 0] = after[:, 0]
        maps[i, :, 1 : d + 1, 1 : d + 1] = (after[:, 1:] - after[:, :1]).swapaxes(1, 2)
    return maps


def _pass_operator(maps: np.ndarray) -> np.ndarray:
    """Return the linear map of second moments by a pass in random order, shape (S, s^2, s^2)."""
    n, S, size = maps.shape[:3]
    maps = maps[:, :, None]
    level = {0: np.eye(size * size).reshape(1, size * size, size, size)}
    for _ in range(n):
        grown: dict[int, np.ndarray] = {}
        for chosen, M in level.items():
            for i in range(n):
                if not chosen >> i & 1:
                    more = maps[i] @ M @ maps[i].swapaxes(-1, -2)
                    key = chosen | 1 << i
                    grown[key] = grown[key] + more if key in grown else more
        # Divided by the number of summands level by level: the sums would grow like n!.
        level = {key: M / key.bit_count() for key, M in grown.items()}
    (total,) = level.values()
    return np.asarray(total.reshape(S, size * size, size * size).swapaxes(1, 2))


def _moments(
    problem: Problem, method: Method, alphas: np.ndarray, weights: np.ndarray
) -> dict[str, np.ndarray]:
    """Return the expectations of all measures by second moments."""
    d, (S, passes) = problem.d, alphas.shape
    assert problem.x_star is not None
    size, H = 1 + 2 * d, problem.H
    here, past = slice(1, d + 1), slice(d + 1, size)
    forms = {
        "gap_last": (here, H / 2),
        "distance_sq": (here, np.eye(d)),
        "grad_norm_sq_last": (here, H @ H),
        "gap_average": (past, H / 2),
    }
    found = {name: np.empty((S, passes + 1)) for name in forms}
    with quiet:
        operator = _pass_operator(_maps(problem, method, alphas[:, 0]))
        z = np.concatenate([[1.0], problem.x0 - problem.x_star, np.zeros(d)])
        M = np.broadcast_to(np.outer(z, z), (S, size, size))
        spent = np.concatenate([np.zeros((S, 1)), np.cumsum(weights, 1)], 1)
        for k in range(passes + 1):
            for name, (place, form) in forms.items():
                found[name][:, k] = np.maximum((M[:, place, place] * form).sum((1, 2)), 0.0)
            if k == passes:
                break
            gather = np.tile(np.eye(size), (S, 1, 1))
            gather[:, past, here] = weights[:, k, None, None] * np.eye(d)
            after = operator @ (gather @ M @ gather.swapaxes(1, 2)).reshape(S, size * size, 1)
            M = after.reshape(S, size, size)
            M = (M + M.swapaxes(1, 2)) / 2
        found["gap_average"] /= spent**2
        means = np.cumsum(weights * found["grad_norm_sq_last"][:, :-1], 1) / spent[:, 1:]
    found["grad_norm_sq_mean"] = np.concatenate([np.full((S, 1), np.nan), means], 1)
    return undefined_to_nan(found, weights)
