"""Full gradients under many step sizes: matrix products over the grid, with the slopes fused between them.

Rows of the data are taken in blocks, so that the predictions of a block are still in cache when the slopes
overwrite them and when they are multiplied by the same rows again. Threads share the blocks.
"""

from __future__ import annotations

from contextlib import AbstractContextManager
from functools import cache

import numpy as np
from threadpoolctl import ThreadpoolController

from ratebound.experiments.backends.cache import load_module
from ratebound.experiments.backends.numpy_ import compile_rules, compiled_point
from ratebound.experiments.backends.rules import SUM, rules_of, started
from ratebound.experiments.backends.simd import WIDTH
from ratebound.experiments.backends.threads import share
from ratebound.experiments.plan import Plan
from ratebound.problems.losses import Loss
from ratebound.problems.lower import printed

_BLOCK = 512
_RANGES = 16

_SOURCE = '''"""Slopes of the {title}: printed, not written."""

import numpy as np
from numba import njit

from ratebound.experiments.backends.lanes_math import exp, log, softplus
from ratebound.experiments.backends.simd import absolute, cos, fill, load, sin, sqrt, store, where

nan = np.nan


@njit(nogil=True, cache=True, error_model="numpy", boundscheck=False)
def slopes(predictions, labels, first):
    for s in range(predictions.shape[0]):
        for i in range(0, predictions.shape[1], {width}):
            z = load(predictions, (s, i))
            y = load(labels, (first + i,))
            store(fill(0.0) + {slope}, predictions, (s, i))
'''


def slopes_source(loss: Loss) -> str:
    """Print the module that turns predictions (S, rows) into slopes of a loss.

    Raises
    ------
    RateboundError
        If the derivative of the loss has no printing.
    """
    return _SOURCE.format(title=loss.title, width=WIDTH, slope=printed(loss.slope, "numba"))


@cache
def _controller() -> ThreadpoolController:
    return ThreadpoolController()


def one_blas_thread() -> AbstractContextManager[object]:
    """Keep BLAS from starting threads of its own inside ours."""
    return _controller().limit(limits=1, user_api="blas")


class FullGradientEngine:
    """State (S, d), one iterate per step size: with full gradients all replicas coincide."""

    def __init__(self, plan: Plan) -> None:
        problem, S = plan.problem, plan.alphas.shape[0]
        expressions = rules_of(plan)
        # Zero rows fill the last vector; they add nothing to a gradient.
        rows = -(-problem.n // WIDTH) * WIDTH
        self._data = np.zeros((rows, problem.d))
        self._data[: problem.n] = problem.A
        self._labels = np.zeros(rows)
        self._labels[: problem.n] = problem.y
        self._plan = plan
        self._step = compile_rules(expressions)
        self._slopes = load_module(slopes_source(problem.loss)).slopes
        self._point = compiled_point(plan)
        self._state = {name: np.zeros((S, problem.d)) for name in expressions}
        for name in expressions:
            if started(plan, name):
                self._state[name][:] = problem.x0

    def _gradient(self, X: np.ndarray) -> np.ndarray:
        """Return the gradients of f, shape (S, d)."""
        rows = self._data.shape[0]

        def work(first: int, last: int) -> np.ndarray:
            total = np.zeros_like(X)
            for start in range(first * _BLOCK, min(last * _BLOCK, rows), _BLOCK):
                block = self._data[start : start + _BLOCK]
                values = X @ block.T
                self._slopes(values, self._labels, start)
                total += values @ block
            return total

        parts = share(work, -(-rows // _BLOCK), X.shape[0] * self._data.size, _RANGES)
        return sum(parts[1:], start=parts[0]) / self._plan.problem.n + self._plan.problem.l2 * X

    def advance(self, start: int, stop: int) -> None:
        """Make the updates ``start .. stop - 1``; a diverged step size stays where it is."""
        plan = self._plan
        assert plan.weights is not None
        alive = np.isfinite(self._state["x"]).all(1)
        state = {name: values[alive] for name, values in self._state.items()}
        with np.errstate(all="ignore"), one_blas_thread():
            for k in range(start, stop if alive.any() else start):
                inputs: dict[str, np.ndarray | float] = {
                    "alpha": plan.alphas[alive, k, None],
                    "weight": plan.weights[alive, k, None],
                    "k": float(k),
                }
                inputs["g"] = self._gradient(self._point(state, inputs))
                state = self._step(state, inputs)
        # New arrays, for those handed out before must keep what they show.
        moved = {name: values.copy() for name, values in self._state.items()}
        for name, values in state.items():
            moved[name][alive] = values
        self._state = moved

    def points(self) -> np.ndarray:
        """Return the iterates, shape (S, 1, d)."""
        return self._state["x"][:, None]

    def sums(self) -> np.ndarray:
        """Return the weighted sums of the iterates before the present one, shape (S, 1, d)."""
        return self._state[SUM][:, None]
