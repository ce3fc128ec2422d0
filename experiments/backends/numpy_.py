"""The readable reference backend: NumPy arrays over step sizes x replicas, one loop over steps."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import numpy as np

from ratebound.experiments.plan import OVER_PATH, Plan
from ratebound.experiments.sampling import indices
from ratebound.problems.lower import lower
from ratebound.theory.errors import RateboundError

if TYPE_CHECKING:
    from ratebound.theory.methods import Method

_DRAWS = 2**16
_VALUES = 2**21

Update = Callable[[np.ndarray, np.ndarray, np.ndarray], np.ndarray]


def compile_update(method: Method) -> Update:
    """Return the update of a method as a function of points, gradients and step sizes that broadcast.

    Raises
    ------
    RateboundError
        If the method keeps state besides x, or its update reads something else than x, g and alpha.
    """
    if set(method.update) != {"x"}:
        raise RateboundError(f"{method.name} keeps the state {', '.join(method.update)}; only x is supported")
    expr = method.update["x"]
    symbols = sorted(expr.free_symbols, key=str)
    names = [s.name for s in symbols]
    unknown = sorted(set(names) - {"x", "g", "alpha"})
    if unknown:
        raise RateboundError(
            f"the update of {method.name} reads {', '.join(unknown)}; it may read x, g, alpha"
        )
    function = lower(expr, symbols)

    def update(x: np.ndarray, g: np.ndarray, alpha: np.ndarray) -> np.ndarray:
        values = {"x": x, "g": g, "alpha": alpha}
        return function(*(values[name] for name in names))

    return update


def nan_to_inf(values: np.ndarray) -> np.ndarray:
    """Return the values with nan, the remains of inf - inf in a diverged run, read as inf."""
    return np.where(np.isnan(values), np.inf, values)


def _over_replicas(function: Callable[[np.ndarray], np.ndarray], X: np.ndarray, n: int) -> np.ndarray:
    """Apply a measure to points (S, R, d) in blocks of replicas, for it may need n values per point."""
    block = max(1, _VALUES // (X.shape[0] * n))
    parts = [function(X[:, start : start + block]) for start in range(0, X.shape[1], block)]
    return nan_to_inf(np.concatenate(parts, axis=1))


def _batches(plan: Plan) -> Iterator[np.ndarray | None]:
    """Yield the indices (R, b) of each step, or None for the full gradient."""
    steps = plan.alphas.shape[1]
    if plan.deterministic:
        yield from (None for _ in range(steps))
        return
    block = max(1, _DRAWS // (plan.replicas.size * (plan.batch + 3)))
    for start in range(0, steps, block):
        numbers = np.arange(start, min(start + block, steps))
        yield from indices(plan.seed, plan.replicas, numbers, plan.problem.n, plan.batch, plan.replacement)


class _Recorder:
    """Takes the measures at checkpoints and carries what they need of the path."""

    def __init__(self, plan: Plan) -> None:
        S, K = plan.alphas.shape
        R, d = plan.replicas.size, plan.problem.d
        self._plan = plan
        self._slot = {int(k): c for c, k in enumerate(plan.checkpoints)}
        self.out = {m: np.empty((S, R, plan.checkpoints.size)) for m in plan.measures}
        self._weight = np.zeros((S, 1))
        if "gap_average" in plan.measures:
            self._sum = np.zeros((S, R, d))
        self._needs_gradient = bool({"grad_norm_sq_mean", "grad_norm_sq_best"} & set(plan.measures))
        if self._needs_gradient:
            self._squares = np.zeros((S, R))
            self._best = np.full((S, R), np.inf)
        if "grad_norm_sq_best" in plan.measures:
            self.out["grad_norm_sq_path"] = np.empty((S, K))

    def measure(self, k: int, X: np.ndarray) -> None:
        """Take the measures if k is a checkpoint."""
        if k in self._slot:
            for name in self._plan.measures:
                self.out[name][:, :, self._slot[k]] = self._value(name, k, X)

    def _value(self, name: str, k: int, X: np.ndarray) -> np.ndarray | float:
        problem = self._plan.problem
        if k == 0 and name in OVER_PATH:
            return np.nan
        if name == "grad_norm_sq_mean":
            return nan_to_inf(self._squares / self._weight)
        if name == "grad_norm_sq_best":
            return self._best
        if name == "gap_average":
            return _over_replicas(problem.gap, self._sum / self._weight[:, :, None], problem.n)
        functions = {
            "gap_last": problem.gap,
            "distance_sq": problem.distance_sq,
            "grad_norm_sq_last": problem.grad_norm_sq,
        }
        return _over_replicas(functions[name], X, problem.n)

    def leave(self, k: int, X: np.ndarray) -> None:
        """Let x_k enter the averages, before the step away from it."""
        plan = self._plan
        assert plan.weights is not None
        weight = plan.weights[:, k, None]
        self._weight = self._weight + weight
        if "gap_average" in plan.measures:
            self._sum += weight[:, :, None] * X
        if self._needs_gradient:
            squares = _over_replicas(plan.problem.grad_norm_sq, X, plan.problem.n)
            self._squares += weight * squares
            self._best = np.minimum(self._best, squares)
            if "grad_norm_sq_path" in self.out:
                self.out["grad_norm_sq_path"][:, k] = squares.mean(1)


def run(plan: Plan) -> dict[str, np.ndarray]:
    """Run a plan.

    Parameters
    ----------
    plan
        The run.

    Returns
    -------
    dict
        For each measure an array (S, R, C); with ``grad_norm_sq_best`` also ``grad_norm_sq_path`` (S, K), the
        mean over replicas of ||grad f(x_j)||^2 at every j. A diverged replica reads ``inf``; nan occurs only
        at k = 0 of measures that are undefined there.
    """
    problem, steps = plan.problem, plan.alphas.shape[1]
    update = compile_update(plan.method)
    X = np.broadcast_to(problem.x0, (plan.alphas.shape[0], plan.replicas.size, problem.d)).copy()
    recorder = _Recorder(plan)
    with np.errstate(all="ignore"):
        for k, batch in enumerate(_batches(plan)):
            recorder.measure(k, X)
            recorder.leave(k, X)
            gradient = problem.gradient(X) if batch is None else problem.batch_gradient(X, batch)
            X = update(X, gradient, plan.alphas[:, k, None, None])
        recorder.measure(steps, X)
    return recorder.out
