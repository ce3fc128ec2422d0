"""Full gradients under many step sizes on a GPU: two matrix products and two printed kernels for a step."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from sympy import Expr, floor

from ratebound.experiments.backends.cuda_device import Device
from ratebound.experiments.backends.cuda_full import full_source
from ratebound.experiments.backends.kernel import schedule_arguments, spec_of
from ratebound.experiments.backends.pieces import SLOPES
from ratebound.experiments.backends.rules import SUM, point_of, rules_of, started
from ratebound.experiments.plan import Plan
from ratebound.theory.method import REDUCED, Method, x


def steps_by_coordinate(method: Method, rules: Mapping[str, Expr]) -> bool:
    """Whether a step of full gradients reads no more of f than its gradient at one point, and can be printed.

    Others, such as line searches, and those that round, run on the host.
    """
    read = set().union(*(rule.free_symbols for rule in rules.values()))
    whole = method.metric is not None or method.search is not None or read & set(REDUCED)
    return method.gradients == 1 and not whole and not any(rule.has(floor) for rule in rules.values())


def suits(plan: Plan) -> bool:
    """Whether a plan is one of full gradients that a device can run."""
    if not plan.deterministic or plan.problem.sparse:
        return False
    return steps_by_coordinate(plan.method, rules_of(plan))


class CudaFullGradientEngine:
    """State (S, d) on the device, one iterate per step size: with full gradients all replicas coincide."""

    def __init__(self, plan: Plan, device: Device) -> None:
        problem, S = plan.problem, plan.alphas.shape[0]
        point, spec = point_of(plan), spec_of(plan)
        put = device.array
        self._device, self._problem = device, problem
        self._source = full_source(spec, x if point is None else point, problem.d)
        self._elsewhere = point is not None
        self._rows = put(problem.A.astype(plan.dtype, copy=False))
        self._labels = put(problem.y.astype(plan.dtype, copy=False))
        self._l2 = np.dtype(plan.dtype).type(problem.l2)
        self._schedules = schedule_arguments(plan, put)
        shape = S, problem.d
        start = {name: problem.x0 if started(plan.method, name) else 0.0 for name in spec.rules}
        self._state = {
            name: put(np.broadcast_to(values, shape).astype(plan.dtype)) for name, values in start.items()
        }
        self._points, self._sums = put(np.empty(shape, plan.dtype)), put(np.empty(shape, plan.dtype))

    def advance(self, start: int, stop: int) -> None:
        """Make the updates ``start .. stop - 1``."""
        for k in range(start, stop):
            self._step(np.uint64(k))

    def _step(self, k: np.uint64) -> None:
        problem, state = self._problem, self._state.values()
        size = self._points.size
        at = self._state["x"]
        if self._elsewhere:
            at = self._points
            self._launch("place", size, np.uint64(size), k, *self._schedules, at, *state)
        block = max(1, SLOPES // problem.n)
        for first in range(0, at.shape[0], block):
            part = slice(first, first + block)
            slopes = at[part] @ self._rows.T
            self._launch(
                "to_slopes", slopes.size, np.uint64(slopes.size), np.uint64(problem.n), slopes, self._labels
            )
            self._sums[part] = slopes @ self._rows
        given = np.uint64(size), k, *self._schedules, at, self._sums, np.uint64(problem.n), self._l2
        self._launch("move", size, *given, *state)

    def _launch(self, kernel: str, threads: int, *arguments: Any) -> None:
        self._device.launch(self._source, kernel, threads, 0, arguments)

    def points(self) -> Any:
        """Return the iterates, shape (S, 1, d)."""
        return self.state("x")

    def state(self, name: str) -> Any:
        """Return a state variable, shape (S, 1, d)."""
        return self._state[name][:, None].copy()

    def averages(self, weight: np.ndarray) -> Any:
        """Return the weighted averages of the iterates before the present one, shape (S, 1, d)."""
        return self._state[SUM][:, None] / self._device.array(weight)
