"""Runs without draws, kept for a while: constants, curves and costs are read off the same one."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from ratebound.experiments.backends.numpy_ import NumpyEngine
from ratebound.experiments.backends.recorder import record
from ratebound.experiments.backends.rules import SUM, rules_of
from ratebound.experiments.plan import Plan
from ratebound.problems.quiet import quiet

if TYPE_CHECKING:
    from ratebound.problems.finite_sum import Problem
    from ratebound.theory.method import Method

_LARGEST = 2**17
"""Numbers in the states of a run that is kept: a megabyte."""
States = tuple[dict[str, np.ndarray], ...]


def run(plan: Plan) -> dict[str, np.ndarray]:
    """Run a plan of full gradients; see :func:`ratebound.experiments.backends.numpy_.run`."""
    runs, steps = plan.alphas.shape
    names = tuple(rules_of(plan))
    short = steps * plan.problem.d * len(names) <= _LARGEST and plan.checkpoints[-1] == steps
    with quiet:
        if runs > 1 or plan.replicas.size > 1 or not short:
            return record(plan, NumpyEngine(plan))
        assert plan.weights is not None
        weights = plan.weights.tobytes() if SUM in names else None
        return record(plan, _Again(_states(plan.problem, plan.method, plan.alphas.tobytes(), weights)))


class _Again:
    """A run that was made before, as an engine."""

    def __init__(self, states: States) -> None:
        self._states, self._k = states, 0

    def advance(self, start: int, stop: int) -> None:
        """Make the updates ``start .. stop - 1``."""
        self._k = stop

    def points(self) -> np.ndarray:
        """Return the iterate, shape (1, 1, d)."""
        return self.state("x")

    def state(self, name: str) -> np.ndarray:
        """Return a state variable, shape (1, 1, d)."""
        return self._states[self._k][name]

    def averages(self, weight: np.ndarray) -> np.ndarray:
        """Return the weighted average of the iterates before the present one, shape (1, 1, d)."""
        return self.state(SUM) / weight


@lru_cache(maxsize=32)
def _states(problem: Problem, method: Method, alphas: bytes, weights: bytes | None) -> States:
    """Return the states at k = 0 .. K, by name, with the sum of the iterates where weights are given."""
    steps = np.frombuffer(alphas)
    plan = Plan(
        problem=problem,
        method=method,
        alphas=steps[None],
        weights=None if weights is None else np.frombuffer(weights),
        checkpoints=np.array([steps.size]),
        replicas=np.zeros(1, dtype=np.int64),
        seed=0,
        batch=1,
        replacement=True,
        measures=("largest_coordinate",) if weights is None else ("gap_average",),
    )
    engine, names = NumpyEngine(plan), tuple(rules_of(plan))
    found = [{name: engine.state(name) for name in names}]
    for k in range(steps.size):
        engine.advance(k, k + 1)
        found.append({name: engine.state(name) for name in names})
    return tuple(found)
