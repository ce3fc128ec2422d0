"""Exact expectations by walking all index paths of a tiny finite sum, for any loss.

The order within a batch changes nothing, and neither does which of two equal samples is drawn: such paths are
walked as one, with the chance of all of them. The walk goes depth first, so that its memory grows with the
steps and not with the paths.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import combinations, combinations_with_replacement, product
from math import comb, factorial, prod
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np

from ratebound.experiments.backends.coins import PICKED, coin_probability, sides
from ratebound.experiments.backends.drawn import least_values, length_reader, values_of
from ratebound.experiments.backends.numpy_ import compile_method, compile_rules, nan_to_inf
from ratebound.experiments.backends.rules import at_start, constants_of, known
from ratebound.experiments.backends.stored import first_stored
from ratebound.experiments.evidence.exact import path_curves, path_needs
from ratebound.experiments.plan import (
    check_alphas,
    check_batch,
    check_measures,
    check_weights,
    undefined_to_nan,
)
from ratebound.problems.constants import certify
from ratebound.problems.curvature import component_smoothness
from ratebound.problems.finite_sum import Problem
from ratebound.problems.point_values import measures_at
from ratebound.problems.quiet import quiet
from ratebound.problems.sparse import need_dense
from ratebound.theory.draws import Draws, L_i, along, coin, picked
from ratebound.theory.errors import RateboundError
from ratebound.theory.method import g
from ratebound.theory.readings import of_table, state_of

if TYPE_CHECKING:
    from ratebound.theory.method import Method

_VALUES = 2**18


def count_paths(n: int, steps: int, batch: int = 1, replacement: bool = True) -> int:
    """Return the number of equally likely index paths of a run."""
    return (n**batch if replacement else comb(n, batch)) ** steps


def all_batches(n: int, batch: int, replacement: bool) -> np.ndarray:
    """Return every batch, shape (m, b); all are equally likely."""
    every = product(range(n), repeat=batch) if replacement else combinations(range(n), batch)
    return np.array(list(every), dtype=np.int64)


def _kinds(problem: Problem, apart: bool) -> tuple[np.ndarray, np.ndarray]:
    """Return one index of each kind of equal samples, and how many there are of it."""
    if problem.sparse or apart:
        return np.arange(problem.n), np.ones(problem.n, dtype=np.int64)
    samples = np.column_stack([problem.A, problem.y])
    _, first, counts = np.unique(samples, axis=0, return_index=True, return_counts=True)
    return first, counts


def branches(problem: Problem, batch: int, replacement: bool, apart: bool = False) -> int:
    """Return how many batches a step may draw, at most: those that differ; see :func:`distinct_batches`."""
    of_kinds = comb(len(_kinds(problem, apart)[0]) + batch - 1, batch)
    return of_kinds if replacement else min(of_kinds, comb(problem.n, batch))


def distinct_batches(
    problem: Problem, batch: int, replacement: bool, apart: bool = False
) -> tuple[np.ndarray, np.ndarray]:
    """Return the batches that differ, shape (m, b), and their probabilities, shape (m,).

    Equal samples are told apart where a table stores something for each of them.
    """
    if not replacement and batch == problem.n:
        return np.arange(batch)[None], np.ones(1)
    first, counts = _kinds(problem, apart)
    batches, chances = [], []
    # Where no two samples are equal a batch without replacement holds none twice.
    alone = not replacement and first.size == problem.n
    for kinds in (combinations if alone else combinations_with_replacement)(range(first.size), batch):
        times = {kind: kinds.count(kind) for kind in kinds}
        if replacement:
            ways = factorial(batch) // prod(factorial(t) for t in times.values())
            ways *= prod(int(counts[kind]) ** t for kind, t in times.items())
        else:
            ways = prod(comb(int(counts[kind]), t) for kind, t in times.items())
        if ways:
            batches.append(first[list(kinds)])
            chances.append(ways / count_paths(problem.n, 1, batch, replacement))
    return np.array(batches), np.array(chances)


def ways_on(problem: Problem, draws: Draws, sizes: Sequence[int], replacement: bool) -> list[int]:
    """Return in how many ways a walk goes on at each step, at most: its batches, coins and picks.

    Parameters
    ----------
    problem, draws
        The finite sum, and what a step of the method draws, with numbers for its parameters.
    sizes
        The size of the batch of each step.
    replacement
        Whether batches are drawn with replacement.
    """
    apart, chance = bool(draws.table), coin_probability(problem, draws)
    of_size = {size: branches(problem, size, replacement, apart) for size in set(sizes)}
    return [of_size[size] * len(sides(draws, k, chance)) for k, size in enumerate(sizes)]


def enumerate_paths(
    problem: Problem,
    method: Method,
    alphas: np.ndarray,
    *,
    batch: int | Sequence[int] | np.ndarray = 1,
    replacement: bool = True,
    weights: np.ndarray | None = None,
    measures: Sequence[str],
    parameters: Mapping[str, float] = MappingProxyType({}),
    max_paths: int = 10**6,
) -> dict[str, np.ndarray]:
    """Return the exact expectation of each measure over all index paths, up to rounding.

    Parameters
    ----------
    problem
        A tiny finite sum, any loss.
    method
        A method that samples batches evenly, with any states, coins, steps of epochs and tables.
    alphas
        Step sizes alpha_0 .. alpha_{K-1}, shape (K,).
    batch, replacement
        The sampling, with one batch size or one per step, shape (K,).
    weights
        Weights of x_0 .. x_{K-1} in averages, shape (K,), zero for points left out; None for equal ones.
    measures
        Names out of :data:`ratebound.experiments.plan.MEASURES`. ``gap_best`` and ``grad_norm_sq_best`` are
        minima over j < k of the expectation, as in theorems.
    parameters
        Numbers of the parameters that the method reads, by name.
    max_paths
        Refuse more paths than this, those that differ; 1e7 of them take seconds.

    Returns
    -------
    dict
        For each measure an array (K+1,), k = 0 .. K; measures of j < k are nan at k = 0, and averages until
        the first positive weight.

    Raises
    ------
    RateboundError
        If there are too many paths, or an argument is out of range.
    """
    if method.sampling != "batch":
        raise RateboundError(f"{method.name} draws no samples: there are no paths to enumerate")
    draws = method.draws or Draws()
    if not draws.evenly:
        raise RateboundError(f"{method.name} draws by weights: its paths are not enumerated")
    if draws.table:
        need_dense(problem.A, f"a walk through the table of {method.name}")
    if method.draws is not None and {p.name for p in method.parameters} <= parameters.keys():
        # What a step reads of a whole vector has its parameters as numbers.
        method = method.with_numbers({p: parameters[p.name] for p in method.parameters})
        parameters = {}
        draws = method.draws or Draws()
    chosen = check_measures(measures)
    alphas = check_alphas(alphas)
    if alphas.ndim != 1 or alphas.size == 0:
        raise RateboundError(f"alphas have shape {alphas.shape}; pass one step size per update, shape (K,)")
    weights = check_weights(weights, alphas.shape)
    steps = alphas.size
    sizes = check_batch(batch, steps)
    if not replacement and sizes.max() > problem.n:
        raise RateboundError(f"batch = {sizes.max()} exceeds n = {problem.n}; draw with replacement")
    paths = prod(ways_on(problem, draws, sizes.tolist(), replacement))
    if paths > max_paths:
        raise RateboundError(
            f"{paths:.3g} index paths exceed max_paths = {max_paths}; take fewer steps than {steps} or a "
            f"smaller problem than n = {problem.n}"
        )
    apart = bool(draws.table)
    of_size = {size: distinct_batches(problem, size, replacement, apart) for size in set(sizes.tolist())}
    batches = [of_size[size] for size in sizes.tolist()]
    totals = _walk(problem, method, parameters, alphas, weights, batches, chosen)
    means = {name: nan_to_inf(total) for name, total in totals.items()}
    means = undefined_to_nan(means, weights) | path_curves(means, weights)
    return {name: means[name] for name in chosen}


class _Step:
    """One step of a method from many states at once, after each batch that may be drawn."""

    def __init__(self, problem: Problem, method: Method, parameters: Mapping[str, float]) -> None:
        self.draws = method.draws or Draws()
        self._problem = problem
        self._update, self._place = compile_method(method, tuple(parameters))
        self._fixed: dict[str, Any] = {
            **parameters,
            **{name: certify(problem, name).value for name in constants_of(method)},
        }
        self._lowest, self._length = least_values(problem, self.draws), length_reader(problem, method)
        self._keep = compile_rules({"kept": known(method, self.draws.stores or g, constants_of(method))})
        self._smooth = component_smoothness(problem) if self.draws.smoothness else np.zeros(0)

    def __call__(
        self,
        state: Mapping[str, np.ndarray],
        tables: np.ndarray,
        drawn: np.ndarray,
        alpha: float,
        k: int,
        side: float,
    ) -> tuple[dict[str, np.ndarray], np.ndarray]:
        """Return the states and tables after the step.

        Parameters
        ----------
        state, tables
            Arrays (N, d) by name, and what is stored for the samples, shape (N, n, d), or (N, 0, d).
        drawn
            The batches, shape (m, b); the states after them, shape (N m, d), lie batch by batch for each.
        alpha, k
            Its length and number.
        side
            How the coin falls and which step is picked, as :func:`sides` numbers it.
        """
        problem, draws = self._problem, self.draws
        (count, d), m = state["x"].shape, len(drawn)
        picks, fallen = divmod(side, PICKED)
        inputs: dict[str, Any] = {
            **self._fixed,
            "alpha": alpha,
            "k": float(k),
            coin.name: fallen,
            picked.name: picks,
        }
        spread = {n: np.broadcast_to(v[:, None, :], (count, m, d)) for n, v in state.items()}
        at = self._place(spread, {**inputs, "g": spread["x"]})
        given: dict[str, Any] = {**inputs, "g": problem.batch_gradient(at["y"], drawn)}
        # Where g leads is known only now.
        at = self._place(spread, given) if draws.after else at
        given |= {name: problem.batch_gradient(at[name], drawn) for name in draws.also}
        given |= {name: problem.gradient(at[name]) if fallen else 0.0 for name in draws.full}
        for name in draws.hessian:
            given[name] = problem.batch_product(at[name], at[along(name)], drawn)
        if draws.values:
            given |= values_of(problem, self._lowest, at["y"], drawn[:, 0], given["g"])
        if draws.smoothness:
            given[L_i.name] = self._smooth[drawn[:, :1]]
        if draws.table:
            given[draws.table] = tables[:, drawn[:, 0]]
        given |= self._length({**spread, **given})
        moved = {n: v.reshape(-1, d) for n, v in self._update(spread, given).items()}
        kept = np.repeat(tables, m, axis=0)
        if draws.table:
            stored = np.broadcast_to(self._keep(spread, given)["kept"], spread["x"].shape)
            kept[np.arange(len(kept)), np.tile(drawn[:, 0], count)] = stored.reshape(-1, d)
        return moved, kept


def _walk(
    problem: Problem,
    method: Method,
    parameters: Mapping[str, float],
    alphas: np.ndarray,
    weights: np.ndarray,
    batches: list[tuple[np.ndarray, np.ndarray]],
    measures: tuple[str, ...],
) -> dict[str, np.ndarray]:
    """Return the means over all prefixes of paths, shape (K+1,) each, depth first to bound the memory."""
    step = _Step(problem, method, parameters)
    draws, tossed = step.draws, coin_probability(problem, step.draws)
    functions = {name: f for name, f in measures_at(problem).items() if name in path_needs(measures)}
    averaged = "gap_average" in measures
    steps, d = alphas.size, problem.d
    totals = {name: np.zeros(steps + 1) for name in (*functions, *(["gap_average"] if averaged else []))}
    spent = np.concatenate([[0.0], np.cumsum(weights)])
    first = {name: at_start(problem, method, name)[None] for name in method.update}
    tables = first_stored(problem, draws.first)[None] if draws.table else np.zeros((1, 0, d))
    stack = [(0, first, tables, np.zeros((1, d)), np.ones(1))]
    with quiet:
        while stack:
            k, state, tables, past, chance = stack.pop()
            for name, function in functions.items():
                read = tables.reshape(len(tables), -1) if of_table(name) else state[state_of(name)]
                totals[name][k] += chance @ function(read)
            if averaged and spent[k]:
                totals["gap_average"][k] += chance @ problem.gap(past / spent[k])
            if k == steps:
                continue
            drawn, chances = batches[k]
            wide = max(1, _VALUES // (len(drawn) * max(problem.n, drawn.shape[1] * d, tables[0].size)))
            for start in range(0, len(chance), wide):
                part = slice(start, start + wide)
                here = {name: value[part] for name, value in state.items()}
                ways = sides(draws, k, tossed)
                after = [step(here, tables[part], drawn, alphas[k], k, side) for side, _ in ways]
                carried = np.repeat(past[part] + weights[k] * here["x"], len(drawn), axis=0)
                likely = np.outer(chance[part], chances).ravel()
                # In one entry: where coins are all that differs there are many sides of few paths.
                entry = (
                    {name: np.concatenate([moved[name] for moved, _ in after]) for name in state},
                    np.concatenate([kept for _, kept in after]),
                    np.tile(carried, (len(ways), 1)),
                    np.concatenate([share * likely for _, share in ways]),
                )
                stack.append((k + 1, *entry))
    return totals
