"""Exact expectations on least squares of methods with draws: snapshots, tables, coins, weighted samples.

There a step maps the whole state, every vector and every stored gradient, by ``T_o s + c_o``, where o is what
was drawn: the batch and the coin. The maps are read off the step itself, at the state of rest and a unit away
from it in each direction, so that no method is written twice. With the state seen from rest and a one in
front of it, the second moments obey ``M <- sum_o p_o T_o M T_o^T``; only the rows and columns in which T_o
differs from the identity are touched.
"""

from __future__ import annotations

from functools import lru_cache
from itertools import product
from typing import TYPE_CHECKING

import numpy as np
from sympy import Poly

from ratebound.experiments.backends.coins import coin_probability, sides
from ratebound.experiments.backends.drawn import TABLE, Reader, probabilities
from ratebound.experiments.backends.numpy_ import compile_rules, compiled_point, moved
from ratebound.experiments.backends.rules import SUM, rules_of, started
from ratebound.experiments.plan import Plan, undefined_to_nan
from ratebound.problems.blas import one_blas_thread
from ratebound.problems.dual import squares_of
from ratebound.problems.finite_sum import Problem
from ratebound.problems.quiet import quiet
from ratebound.theory.draws import L_i, L_j, coin, picked
from ratebound.theory.readings import READINGS, of_table, state_of
from ratebound.theory.symbols import k as counter

if TYPE_CHECKING:
    from ratebound.theory.method import Method

_LARGEST, _CELLS = 500, 3e7
"""Numbers in a state, and numbers in the maps of all draws, for which moments are computed."""


@lru_cache(maxsize=256)
def linear(method: Method) -> bool:
    """Whether a step is linear in the vectors that it reads, for given k, coin and constants."""
    assert method.draws is not None
    names = {*method.update, "g", *method.draws.names} - {coin.name, picked.name, L_i.name, L_j.name}
    for expr in (*method.update.values(), method.point, *method.draws.expressions):
        vectors = [symbol for symbol in expr.free_symbols if symbol.name in names]
        if vectors and (not expr.is_polynomial(*vectors) or Poly(expr, *vectors).total_degree() > 1):
            return False
    return True


def available(problem: Problem, method: Method, batch: int = 1) -> bool:
    """Whether :func:`moments` computes the expectations of a method with draws on a problem."""
    if (
        method.draws is None
        or method.draws.of_batch
        or not linear(method)
        or problem.kind != "quadratic"
        or problem.x_star is None
        or problem.sparse
    ):
        return False
    size = 1 + problem.d * (len(method.update) + 1 + (problem.n if method.draws.table else 0))
    outcomes = problem.d if method.draws.axis is not None else 2 * float(problem.n) ** batch
    return size <= _LARGEST and outcomes * size * problem.d * 8 <= _CELLS


class _Maps:
    """The maps of all draws beyond the identity: ``T_o = I + (blocks[s, o] at rows[o] x columns[o])``."""

    def __init__(
        self, size: int, chances: np.ndarray, rows: np.ndarray, columns: np.ndarray, blocks: np.ndarray
    ) -> None:
        self.size, self.rows, self.columns, self.blocks = size, rows, columns, blocks
        self._weighted = chances[:, None, None] * blocks
        self._mean = self._gathered(self._weighted, columns)

    def _gathered(self, blocks: np.ndarray, columns: np.ndarray) -> np.ndarray:
        """Return the sum over draws of blocks at rows x columns, shape (S, size, size)."""
        count, cells = len(blocks), self.size**2
        places = self.rows[:, :, None] * self.size + columns[:, None, :]
        places = np.arange(count)[:, None, None, None] * cells + places
        total = np.bincount(places.ravel(), blocks.ravel(), count * cells)
        return total.reshape(count, self.size, self.size)

    def apply(self, M: np.ndarray) -> np.ndarray:
        """Return the second moments, shape (S, size, size), after a step."""
        seen = M[:, self.columns[:, :, None], self.columns[:, None, :]]
        squares = self._weighted @ seen @ self.blocks.swapaxes(-1, -2)
        shift = self._mean @ M
        after = M + shift + shift.swapaxes(-1, -2) + self._gathered(squares, self.rows)
        return np.asarray((after + after.swapaxes(-1, -2)) / 2)


class _Layout:
    """A state as one vector: the one, the vectors by name, then the table."""

    def __init__(self, plan: Plan, names: list[str]) -> None:
        problem = plan.problem
        assert problem.x_star is not None and plan.method.draws is not None
        self.rest = {
            name: problem.x_star if started(plan.method, name) else np.zeros(problem.d) for name in names
        }
        if plan.method.draws.table:
            self.rest[TABLE] = problem.component_gradients(problem.x_star)
        ends = np.cumsum([1, *(value.size for value in self.rest.values())])
        self.places = {name: slice(a, b) for name, a, b in zip(self.rest, ends[:-1], ends[1:], strict=True)}
        self.size = int(ends[-1])

    def probes(self, runs: int, outcomes: int) -> dict[str, np.ndarray]:
        """Return the state of rest and its neighbours, once per run and outcome: (S, size, outcomes, ...)."""
        state = {}
        for name, value in self.rest.items():
            probe = np.tile(value.ravel(), (runs, self.size, outcomes, 1))
            here = np.arange(value.size)
            probe[:, here + self.places[name].start, :, here] += 1.0
            state[name] = probe.reshape(runs, self.size, outcomes, *value.shape)
        return state

    def flat(self, state: dict[str, np.ndarray]) -> np.ndarray:
        """Return states, seen from rest, as vectors with a one in front: (..., size)."""
        lead = state["x"].shape[:-1]
        parts = [(state[name] - value).reshape(*lead, value.size) for name, value in self.rest.items()]
        return np.concatenate([np.ones((*lead, 1)), *parts], axis=-1)


class Moments:
    """Second moments of the state along the steps of S schedules.

    Parameters
    ----------
    plan
        A run on a problem for which :func:`available` holds.
    """

    def __init__(self, plan: Plan) -> None:
        assert plan.weights is not None and plan.method.draws is not None
        problem = plan.problem
        expressions = rules_of(plan)
        self._plan, self._layout = plan, _Layout(plan, list(expressions))
        self._step, self._reader = compile_rules(expressions), Reader(plan)
        self._point = compiled_point(plan, problem.gradient)
        single = probabilities(problem, plan.method)
        single = np.full(problem.n, 1 / problem.n) if single is None else single
        drawn = [np.flatnonzero(single > 0).tolist()] * plan.batch
        batches = [b for b in product(*drawn) if plan.replacement or len(set(b)) == plan.batch]
        self._batches = [(b, single[list(b)].prod()) for b in batches]
        reads = set().union(*(expr.free_symbols for expr in (*expressions.values(), plan.method.point)))
        self._steady = counter not in reads
        self._now: tuple[bytes, bytes] | None = None
        self._maps: dict[float, _Maps] = {}
        self._chance = coin_probability(problem, plan.method.draws)
        start = {
            name: (problem.x0 if started(plan.method, name) else np.zeros(problem.d))[None]
            for name in expressions
        }
        start |= self._reader.start((1, problem.d))
        z = self._layout.flat(start)[0]
        self._M = np.tile(np.outer(z, z), (len(plan.alphas), 1, 1))

    def step(self, k: int) -> None:
        """Make the update k."""
        plan = self._plan
        assert plan.weights is not None
        alphas, weights = plan.alphas[:, k], plan.weights[:, k]
        now = alphas.tobytes(), weights.tobytes()
        if not self._steady or now != self._now:
            self._now, self._maps = now, {}
        assert plan.method.draws is not None
        after = np.zeros_like(self._M)
        for side, chance in sides(plan.method.draws, k, self._chance):
            if side not in self._maps:
                self._maps[side] = self._at(k, alphas, weights, side)
            after += chance * self._maps[side].apply(self._M)
        self._M = after

    def _at(self, k: int, alphas: np.ndarray, weights: np.ndarray, side: float) -> _Maps:
        """Return the maps of step k where its coin has come up in a given way."""
        layout = self._layout
        batch, chances = (np.array(part) for part in zip(*self._batches, strict=True))
        fallen = np.full(len(batch), side)
        before = layout.probes(len(alphas), len(batch))
        seen = layout.flat(before)
        inputs = {"alpha": alphas[:, None, None, None], "k": np.asarray(float(k))}
        inputs["weight"] = weights[:, None, None, None]
        after = moved(self._reader, self._point, self._step, before, inputs, batch, fallen)
        if SUM in after:
            # The sum is seen from that of x*, which grows by the weight.
            after[SUM] = after[SUM] - inputs["weight"] * layout.rest["x"]
        # What no draw touches differs by nothing at all, rounding or not.
        images = layout.flat(after) - seen
        # Column j is the image of the neighbour j minus that of rest, which is the column of the one.
        T = np.concatenate([images[:, :1], images[:, 1:] - images[:, :1]], axis=1)
        return _sparse(T.transpose(0, 2, 3, 1), chances / chances.sum())

    def square(self, name: str, weight: np.ndarray) -> np.ndarray:
        """Return ``E v^T W v`` of a state variable seen from rest, shape (S,)."""
        place = self._layout.places[name]
        return np.maximum((self._M[:, place, place] * weight).sum((1, 2)), 0.0)

    def of_dual(self, measure: str) -> np.ndarray:
        """Return the expectation of a measure of :mod:`ratebound.problems.dual`, shape (S,)."""
        places = self._layout.places
        read = np.concatenate([np.arange(self._layout.size)[places[name]] for name in (TABLE, "w")])
        rows, weights = squares_of(measure, self._plan.problem.A, self._plan.problem.l2)
        seen = self._M[:, read[:, None], read]
        return np.asarray((weights[:, None] * rows * (rows @ seen)).sum((1, 2)) / 2)


def _sparse(differences: np.ndarray, chances: np.ndarray) -> _Maps:
    """Return the rows and columns that are not zero, padded to a common number with empty ones."""
    used = (np.abs(differences) > 0).any(0)
    rows, columns = used.any(2), used.any(1)
    of_rows, of_columns = (
        np.argsort(~part, axis=1, kind="stable")[:, : max(int(part.sum(1).max()), 1)]
        for part in (rows, columns)
    )
    outcome = np.arange(len(chances))[:, None, None]
    blocks = differences[:, outcome, of_rows[:, :, None], of_columns[:, None, :]]
    return _Maps(differences.shape[-1], chances, of_rows, of_columns, blocks)


def moments(plan: Plan) -> dict[str, np.ndarray]:
    """Return the exact expectation of each measure of a plan at k = 0 .. K, shape (S, K+1).

    Measures of the gradient along the path are left to the caller: ``grad_norm_sq_last`` is always there.
    """
    problem, (runs, steps) = plan.problem, plan.alphas.shape
    assert plan.weights is not None
    H, spent = problem.H, np.cumsum(plan.weights, axis=1)
    forms = {"gap_last": ("x", H / 2), "grad_norm_sq_last": ("x", H @ H)}
    states = [name for name in READINGS if not of_table(name)]
    forms |= {name: (state_of(name), np.eye(problem.d)) for name in ("distance_sq", *states)}
    curves = {name: np.full((runs, steps + 1), np.nan) for name in {*plan.measures, "grad_norm_sq_last"}}
    run = Moments(plan)
    # Small products in a loop: what threads of BLAS spend on waiting is several times what they compute.
    with quiet, one_blas_thread():
        for k in range(steps + 1):
            for name in forms.keys() & curves.keys():
                curves[name][:, k] = run.square(*forms[name])
            for name in filter(of_table, curves):
                curves[name][:, k] = run.of_dual(name)
            if k and "gap_average" in curves:
                curves["gap_average"][:, k] = run.square(SUM, H / 2) / spent[:, k - 1] ** 2
            if k < steps:
                run.step(k)
    return undefined_to_nan(curves, plan.weights)
