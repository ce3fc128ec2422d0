"""The fused CPU backend: printed Numba kernels that draw, differentiate and update in one pass.

Threads share the replicas; a kernel call advances its replicas from one checkpoint to the next, so that
memory stays O(replicas x d) however long the run is. Methods of full gradients go to
:mod:`ratebound.experiments.backends.full_gradient`.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ratebound.experiments.backends.aligned import aligned
from ratebound.experiments.backends.cache import load_module
from ratebound.experiments.backends.drawing import address
from ratebound.experiments.backends.full_gradient import FullGradientEngine
from ratebound.experiments.backends.fused_measures import fused_measures
from ratebound.experiments.backends.kernel import limits_of, passes_of, schedule_of, spec_of, weights_of
from ratebound.experiments.backends.lanes_sparse import filled_rows
from ratebound.experiments.backends.numba_drawn import DrawnEngine
from ratebound.experiments.backends.numba_features import features_source
from ratebound.experiments.backends.numba_source import kept
from ratebound.experiments.backends.numba_sparse import sparse_source
from ratebound.experiments.backends.numba_step_sizes import step_sizes_source, vectors_of
from ratebound.experiments.backends.numpy_ import NumpyEngine
from ratebound.experiments.backends.recorder import Engine, record
from ratebound.experiments.backends.rules import SUM
from ratebound.experiments.backends.simd import WIDTH
from ratebound.experiments.backends.sparse_step import kernel_draws
from ratebound.experiments.backends.threads import share
from ratebound.experiments.plan import Plan
from ratebound.problems.blas import one_blas_thread
from ratebound.problems.finite_sum import Problem

_COPIED = 2**22
"""Values of states that are kept ahead of the measures."""
_NEAR, _STOPS = 2**20, 8
"""Of which so many stay in the last cache; but for fewer stops than this a call is not worth its start."""


def padded(size: int, multiple: int = WIDTH) -> int:
    """Return the next multiple."""
    return -(-size // multiple) * multiple


def padded_rows(problem: Problem, width: int, dtype: str) -> np.ndarray:
    """Return the rows of the data padded to `width` numbers, and a row of zeros after them."""
    data = aligned((problem.n + 1, width), dtype)
    data[:-1, : problem.d] = problem.A
    return data


class _Kernel:
    """A printed kernel, its state, and the arrays that do not depend on the layout of the state.

    Where the stops are foreseen, one call takes replicas through many of them and keeps copies of their
    states: nothing is drawn twice, and threads wait for each other once.
    """

    def __init__(
        self,
        plan: Plan,
        source: str,
        data: Any,
        state: dict[str, np.ndarray],
        rows: int,
        shown: dict[str, np.ndarray],
        drawing: str = "draw_batches",
    ) -> None:
        problem = plan.problem
        self._drawing = address("draw_in_order" if plan.in_passes else drawing)
        self._function = load_module(source).advance
        self._data, self._labels = data, np.append(problem.y, 0.0).astype(plan.dtype)
        self._limits = limits_of(plan)
        self._plan = plan
        self._state, self._rows = state, rows
        self._passes = passes_of(plan, len(state["x"]))
        # Copies, for the first call moves the state itself.
        self._shown = {name: values.copy() for name, values in shown.items()}
        self._places: dict[int, int] = {}
        self._copies: dict[str, np.ndarray] = {}
        self._room: dict[str, np.ndarray] = {}
        self.stops: Sequence[int] = ()

    def values(self, name: str) -> np.ndarray:
        """Return a state variable where the run now stands, as the kernel shows it to measures."""
        return self._shown[name]

    def renews(self, stop: int) -> bool:
        """Whether the way to a stop takes the place of the states that were shown before."""
        return bool(self.stops) and stop not in self._places

    def advance(self, start: int, stop: int, *arguments: Any) -> None:
        """Make the updates ``start .. stop - 1``, or look them up where they were foreseen."""
        if stop not in self._places:
            stops = self._upcoming(stop)
            self._places = {each: place for place, each in enumerate(stops)}
            self._copies = self._through(start, stops, *arguments)
        self._shown = {name: values[self._places[stop]] for name, values in self._copies.items()}

    def _upcoming(self, stop: int) -> list[int]:
        size = sum(values.size for values in self._shown.values())
        room = max(1, min(_COPIED // size, max(_STOPS, _NEAR // size)))
        at = bisect_left(self.stops, stop)
        return [int(each) for each in self.stops[at : at + room]] or [stop]

    def _through(
        self, start: int, stops: list[int], alphas: Any, weights: Any, replicas: Any, *rest: np.ndarray
    ) -> dict[str, np.ndarray]:
        """Advance all groups to the last stop, in threads if it pays; return the states at each stop."""
        plan, state, rows = self._plan, self._state, self._rows
        keys = np.uint64(plan.seed & 0xFFFFFFFF), np.uint64(plan.seed >> 32)
        if not self.stops or not self._room:
            # Kept from call to call: to be given fresh memory takes as long as to write there.
            self._room = {
                name: np.empty((len(stops), *values.shape), plan.dtype)
                for name, values in self._shown.items()
            }
        copies = {name: values[: len(stops)] for name, values in self._room.items()}

        def work(first: int, last: int) -> None:
            self._function(
                first, last, start, np.array(stops), self._data, self._labels, plan.problem.l2, *alphas,
                *weights, replicas, self._limits, *keys, not plan.replacement, self._drawing, *self._passes,
                *rest, *state.values(), *copies.values(),
            )  # fmt: skip

        units = plan.alphas.shape[0] * plan.replicas.size
        size = units * (stops[-1] - start) * plan.batch * plan.problem.d
        share(work, len(state["x"]) // rows, size)
        return copies


class _KernelEngine:
    """What the three layouts share: a kernel, its further arguments, and the shape (S, R, d) of points."""

    _kernel: _Kernel
    _arguments: tuple[Any, ...]
    _shape: tuple[int, int, int]

    def advance(self, start: int, stop: int) -> None:
        """Make the updates ``start .. stop - 1``."""
        self._kernel.advance(start, stop, *self._arguments)

    def foresee(self, stops: Sequence[int]) -> None:
        """Learn where the run will stop."""
        self._kernel.stops = stops

    def renews(self, stop: int) -> bool:
        """Whether the way to a stop takes the place of what :meth:`points` and the like showed before."""
        return self._kernel.renews(stop)

    def _values(self, name: str) -> np.ndarray:
        """Return a state variable (S, R, d); here the state has a row per unit, perhaps padded."""
        S, R, d = self._shape
        return self._kernel.values(name)[: S * R, :d].reshape(self._shape)

    def points(self) -> np.ndarray:
        """Return the iterates, shape (S, R, d)."""
        return self._values("x")

    def state(self, name: str) -> np.ndarray:
        """Return a state variable, shape (S, R, d)."""
        return self._values(name)

    def averages(self, weight: np.ndarray) -> np.ndarray:
        """Return the weighted averages of the iterates before the present one, shape (S, R, d).

        `weight` (S, 1, 1) is what the weights add up to.
        """
        return self._values(SUM) / weight


def _units(plan: Plan, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the replica and the schedule of `count` units; surplus units repeat the last one."""
    S, R = plan.alphas.shape[0], plan.replicas.size
    unit = np.minimum(np.arange(count), S * R - 1)
    return plan.replicas[unit % R].astype(np.uint64), (unit // R).astype(np.uint64)


class FeaturesEngine(_KernelEngine):
    """State (units, d) where a unit is a replica under a step size; vectors run over features."""

    def __init__(self, plan: Plan) -> None:
        problem, (S, R) = plan.problem, (plan.alphas.shape[0], plan.replicas.size)
        width = padded(problem.d)
        spec = spec_of(plan)
        source, at_once = features_source(spec, width)
        units = padded(S * R, at_once)
        self._shape = (S, R, problem.d)
        state = {name: aligned((units, width), plan.dtype) for name in spec.rules}
        state["x"][:, : problem.d] = problem.x0
        shown = {name: state[name] for name in kept(spec)}
        drawing = "draw_across" if plan.batch == 1 else "draw_batches"
        data = padded_rows(problem, width, plan.dtype)
        self._kernel = _Kernel(plan, source, data, state, at_once, shown, drawing)
        inside = (np.arange(width) < problem.d).astype(plan.dtype)
        self._arguments = schedule_of(plan.alphas, plan.dtype), weights_of(plan), *_units(plan, units), inside


class StepSizesEngine(_KernelEngine):
    """State (R, blocks, d, lanes) where the lanes are step sizes that share the indices of their replica.

    The kernel shows it as (R, blocks * lanes, d): points are taken from there as they lie.
    """

    def __init__(self, plan: Plan) -> None:
        problem, (S, R) = plan.problem, (plan.alphas.shape[0], plan.replicas.size)
        lanes = WIDTH * vectors_of(S, plan.dtype)
        blocks = padded(S, lanes) // lanes
        spec = spec_of(plan)
        self._shape = (S, R, problem.d)
        state = {name: aligned((R, blocks, problem.d, lanes), plan.dtype) for name in spec.rules}
        state["x"][:] = problem.x0[:, None]
        data = padded_rows(problem, problem.d, plan.dtype)
        shown = {name: np.zeros((R, blocks * lanes, problem.d), plan.dtype) for name in kept(spec)}
        shown["x"][:] = problem.x0
        self._kernel = _Kernel(plan, step_sizes_source(spec, lanes), data, state, 1, shown)
        # Surplus lanes repeat the last step size.
        lane = np.minimum(np.arange(blocks * lanes), S - 1)
        schedules = (
            (np.ascontiguousarray(values[lane].T), moves)
            for values, moves in (schedule_of(plan.alphas, plan.dtype), weights_of(plan))
        )
        self._arguments = *schedules, plan.replicas.astype(np.uint64)

    def _values(self, name: str) -> np.ndarray:
        return self._kernel.values(name).transpose(1, 0, 2)[: self._shape[0]]


class SparseEngine(_KernelEngine):
    """State (units, more than d) as :mod:`ratebound.experiments.backends.lanes_sparse` holds it."""

    def __init__(self, plan: Plan) -> None:
        problem, (S, R) = plan.problem, (plan.alphas.shape[0], plan.replicas.size)
        spec = spec_of(plan)
        units = padded(S * R)
        self._shape = (S, R, problem.d)
        # At least one column more, in which filled rows have their zeros.
        shape = units, padded(problem.d + 1)
        state = {"x": aligned(shape, plan.dtype), "scale": np.ones(units, plan.dtype)}
        state["x"][:, : problem.d] = problem.x0
        if SUM in spec.rules:
            state |= {SUM: aligned(shape, plan.dtype), "total": np.zeros(units, plan.dtype)}
        shown = {name: state[name] for name in kept(spec)}
        data = filled_rows(problem, plan.dtype)
        self._kernel = _Kernel(plan, sparse_source(spec), data, state, WIDTH, shown)
        self._arguments = schedule_of(plan.alphas, plan.dtype), weights_of(plan), *_units(plan, units)


def engine(plan: Plan) -> Engine:
    """Return the engine that suits a plan."""
    if plan.problem.sparse and plan.deterministic:
        return NumpyEngine(plan)
    if kernel_draws(plan) is not None:
        return DrawnEngine(plan)
    if plan.problem.sparse:
        return SparseEngine(plan)
    kind: Callable[[Plan], Engine] = FeaturesEngine
    if plan.deterministic:
        kind = FullGradientEngine
    elif plan.alphas.shape[0] >= WIDTH:
        kind = StepSizesEngine
    return kind(plan)


def run(plan: Plan) -> dict[str, np.ndarray]:
    """Run a plan; see :func:`ratebound.experiments.backends.recorder.record` for what is returned.

    Raises
    ------
    RateboundError
        If the update reads an unknown symbol, or an expression has no printing.
    """
    with one_blas_thread():
        return record(plan, engine(plan), fused_measures(plan.problem))
