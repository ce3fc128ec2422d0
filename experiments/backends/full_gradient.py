"""Full gradients under many step sizes at once: threads share the rows, vectors run over the step sizes."""

from __future__ import annotations

import numpy as np

from ratebound.experiments.backends.cache import load_module
from ratebound.experiments.backends.gradient_source import gradient_source, outgrows_cache, shape_of_tile
from ratebound.experiments.backends.metric import MetricSteps
from ratebound.experiments.backends.numpy_ import compile_rules, compiled_point, in_metric, scalars
from ratebound.experiments.backends.rules import SUM, rules_of, started
from ratebound.experiments.backends.simd import WIDTH
from ratebound.experiments.backends.threads import share
from ratebound.experiments.plan import Plan
from ratebound.problems.blas import one_blas_thread
from ratebound.problems.quiet import quiet

_RANGES = 16
"""Parts of the data; not by the number of threads, for their sums are added up."""


def _frozen(values: np.ndarray, dtype: str) -> np.ndarray:
    """Return an array that a kernel reads, read-only: kernels are compiled for one kind."""
    result = np.ascontiguousarray(values, dtype)
    result.flags.writeable = False
    return result


class FullGradientEngine:
    """State (S, d), one iterate per step size: with full gradients all replicas coincide."""

    def __init__(self, plan: Plan) -> None:
        problem, S = plan.problem, plan.alphas.shape[0]
        expressions = rules_of(plan)
        self._rows, vectors = shape_of_tile(S, plan.dtype)
        self._lanes = WIDTH * vectors
        # Groups of rows are read where they lie, but for the last: zero rows fill it, and add nothing.
        whole, groups = problem.n // self._rows, -(-problem.n // self._rows)
        last, last_labels = np.zeros((self._rows, problem.d)), np.zeros(self._rows)
        left = problem.n - whole * self._rows
        last[:left], last_labels[:left] = problem.A[problem.n - left :], problem.y[problem.n - left :]
        self._whole = whole, _frozen(problem.A, plan.dtype), _frozen(problem.y, plan.dtype)
        self._last = _frozen(last, plan.dtype), _frozen(last_labels, plan.dtype)
        self._cuts = np.linspace(0, groups, min(groups, _RANGES) + 1).astype(int).tolist()
        self._parts = np.empty(
            (len(self._cuts) - 1, -(-S // self._lanes), problem.d, self._lanes), plan.dtype
        )
        self._plan = plan
        self._step = compile_rules(expressions)
        large = outgrows_cache(problem.d, vectors, plan.dtype)
        source = gradient_source(problem.loss, self._rows, vectors, large, plan.dtype)
        self._add = load_module(source).add_gradients
        self._point = compiled_point(plan, self._gradient)
        self._state = {name: np.zeros((S, problem.d), plan.dtype) for name in expressions}
        for name in expressions:
            if started(plan.method, name):
                self._state[name][:] = problem.x0

        self._metric = None if plan.method.metric is None else MetricSteps(plan)
        if self._metric is not None:
            self._state |= self._metric.start((S, problem.d), plan.dtype)

    def _gradient(self, X: np.ndarray) -> np.ndarray:
        """Return the gradients of f, shape (S, d)."""
        S, d = X.shape
        filled = np.zeros((-(-S // self._lanes) * self._lanes, d), X.dtype)
        filled[:S] = X
        points = np.ascontiguousarray(filled.reshape(-1, self._lanes, d).transpose(0, 2, 1))

        whole, *data = self._whole

        def work(part: int, _: int) -> None:
            first, last = self._cuts[part : part + 2]
            total = self._parts[part]
            total[:] = 0.0
            self._add(first, min(last, whole), *data, points, total)
            if last > whole:
                self._add(0, 1, *self._last, points, total)

        count = len(self._parts)
        share(work, count, points.size * self._plan.problem.n, count)
        total = self._parts.sum(0)
        return total.transpose(0, 2, 1).reshape(-1, d)[:S] / self._plan.problem.n + self._plan.problem.l2 * X

    def advance(self, start: int, stop: int) -> None:
        """Make the updates ``start .. stop - 1``; a diverged step size stays where it is."""
        plan = self._plan
        alive = np.isfinite(self._state["x"]).all(1)
        state = {name: values[alive] for name, values in self._state.items()}
        with quiet, one_blas_thread():
            for k in range(start, stop if alive.any() else start):
                inputs = scalars(plan, k, alive)
                y = self._point(state, inputs)
                g = self._gradient(y)
                read, after = in_metric(self._metric, plan, state, y, g, k, inputs)
                state = self._step(state, inputs | read) | after
        # New arrays, for those handed out before must keep what they show.
        moved = {name: values.copy() for name, values in self._state.items()}
        for name, values in state.items():
            moved[name][alive] = values
        self._state = moved

    def points(self) -> np.ndarray:
        """Return the iterates, shape (S, 1, d)."""
        return self._state["x"][:, None]

    def state(self, name: str) -> np.ndarray:
        """Return a state variable, shape (S, 1, d)."""
        return self._state[name][:, None]

    def averages(self, weight: np.ndarray) -> np.ndarray:
        """Return the weighted averages of the iterates before the present one, shape (S, 1, d).

        `weight` (S, 1, 1) is what the weights add up to.
        """
        return self._state[SUM][:, None] / weight
