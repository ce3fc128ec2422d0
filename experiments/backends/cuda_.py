"""The fused GPU backend: the printed CUDA kernel, compiled by CuPy, launched once per checkpoint interval."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

import numpy as np

from ratebound.experiments.backends.coins import coin_probability, period
from ratebound.experiments.backends.cuda_device import CupyDevice, Device, devices
from ratebound.experiments.backends.cuda_drawn import cuda_drawn_source, room_of, vectors_of
from ratebound.experiments.backends.cuda_full_gradient import CudaFullGradientEngine, suits
from ratebound.experiments.backends.cuda_layout import shared_row
from ratebound.experiments.backends.cuda_measures import device_measures
from ratebound.experiments.backends.cuda_source import cuda_source
from ratebound.experiments.backends.cuda_sparse import cuda_sparse_source
from ratebound.experiments.backends.drawn import (
    TABLE,
    ends_of,
    length_of,
    lowest_values,
    points_of,
    probabilities,
    scale_of,
    smoothness_read,
    starting,
)
from ratebound.experiments.backends.kernel import passes_of, schedule_arguments, spec_of
from ratebound.experiments.backends.numpy_ import NumpyEngine
from ratebound.experiments.backends.pieces import in_pieces, rooms, split
from ratebound.experiments.backends.recorder import Engine, record
from ratebound.experiments.backends.rules import SUM
from ratebound.experiments.backends.sparse_step import kernel_draws
from ratebound.experiments.backends.stored import kept_of
from ratebound.experiments.plan import Plan
from ratebound.problems.blas import one_blas_thread
from ratebound.problems.point_values import Values


class CudaEngine:
    """State (units, d) on the device; a unit is a replica under a step size."""

    def __init__(self, plan: Plan, device: Device) -> None:
        problem, (S, R) = plan.problem, (plan.alphas.shape[0], plan.replicas.size)
        spec, draws = spec_of(plan), kernel_draws(plan)
        lanes = device.lanes(problem.d)
        row, itemsize = 0, np.dtype(plan.dtype).itemsize
        if not problem.sparse:
            data: tuple[np.ndarray, ...] = (problem.A.astype(plan.dtype, copy=False),)
            row = shared_row(problem.n, problem.d, lanes, itemsize, device.shared_bytes)
        else:
            data = _entries(problem.A, plan.dtype)
        # All units start alike.
        state = {name: values[0] for name, values in starting(plan, spec.rules, 1).items()}
        put, units = device.array, S * R
        self._table = (
            device.copies(state.pop(TABLE), units) if TABLE in state else put(np.empty(0, plan.dtype))
        )
        self._device, self._shape = device, (S, R, problem.d)
        self._threads = units * lanes
        self._shared = problem.n * (row + 1) * itemsize if row else 0
        layout = problem.d, lanes, row
        room: tuple[Any, ...] = ()
        further: tuple[Any, ...] = ()
        if draws is None:
            self._source = cuda_source(spec, *layout)
        else:
            self._source = cuda_drawn_source(
                spec, draws, points_of(plan), *layout, kept_of(plan), length_of(plan), problem.sparse
            )
            if problem.sparse:
                vectors = len(vectors_of(draws, points_of(plan), True))
                room = (device.copies(np.zeros(vectors * room_of(problem.d), plan.dtype), units),)
            chances = probabilities(problem, plan.method)
            scale = scale_of(problem, plan.method).astype(plan.dtype)
            further = (
                np.float64(coin_probability(problem, draws)),
                np.uint64(period(draws)),
                put(np.zeros(0) if chances is None else ends_of(chances)),
                put(scale), put(smoothness_read(plan)), put(lowest_values(plan)), self._table,
            )  # fmt: skip
        self._state = {name: device.copies(values, units) for name, values in state.items()}
        self._arguments = (
            np.uint64(units), np.uint64(problem.n), *map(put, data), *room, *run_arguments(plan, device),
            *further, *self._state.values(),
        )  # fmt: skip

    def advance(self, start: int, stop: int) -> None:
        """Make the updates ``start .. stop - 1``."""
        span = np.uint64(start), np.uint64(stop)
        self._device.launch(self._source, "advance", self._threads, self._shared, (*span, *self._arguments))

    def points(self) -> Any:
        """Return the iterates, shape (S, R, d)."""
        return self.state("x")

    def state(self, name: str) -> Any:
        """Return a state variable, shape (S, R, d), or, on the host, what is stored for samples."""
        if name not in self._state:
            # To the host, which measures it: a second table may be too much for the device.
            return self._device.numpy(self._table).reshape(*self._shape[:2], -1)
        return self._state[name].reshape(self._shape).copy()

    def averages(self, weight: np.ndarray) -> Any:
        """Return the weighted averages of the iterates before the present one, shape (S, R, d).

        `weight` (S, 1, 1) is what the weights add up to.
        """
        return self._state[SUM].reshape(self._shape) / self._device.array(weight)


def _entries(A: Any, dtype: str) -> tuple[np.ndarray, ...]:
    """Return sparse rows as kernels read them: starts, columns, entries."""
    return A.indptr.astype(np.uint64), A.indices.astype(np.uint32), A.data.astype(dtype)


class CudaSparseEngine:
    """State (units, d) on the device, as :mod:`ratebound.experiments.backends.lanes_sparse` holds it."""

    def __init__(self, plan: Plan, device: Device) -> None:
        problem, (S, R) = plan.problem, (plan.alphas.shape[0], plan.replicas.size)
        spec, units, A = spec_of(plan), plan.alphas.shape[0] * plan.replicas.size, cast("Any", problem.A)
        # Lanes share the entries of a row. One that is looked up takes as long as 4 numbers of a dense row.
        lanes = device.lanes(4 * max(1, A.nnz // problem.n))

        # What no average is taken of needs no room for it.
        size = units if SUM in spec.rules else 0
        self._device, self._shape, self._threads = device, (S, R, problem.d), units * lanes
        self._source = cuda_sparse_source(spec, lanes)
        put, x0 = device.array, problem.x0.astype(plan.dtype)
        self._x, self._scale = device.copies(x0, units), put(np.ones(units, plan.dtype))
        self._rest, self._total = device.copies(0 * x0, size), put(np.zeros(size, plan.dtype))
        data = map(put, _entries(A, plan.dtype))
        self._arguments = (
            np.uint64(units), np.uint64(problem.n), np.uint64(problem.d), *data,
            *run_arguments(plan, device), self._x, self._scale, self._rest, self._total,
        )  # fmt: skip

    def advance(self, start: int, stop: int) -> None:
        """Make the updates ``start .. stop - 1``."""
        span = np.uint64(start), np.uint64(stop)
        self._device.launch(self._source, "advance", self._threads, 0, (*span, *self._arguments))

    def points(self) -> Any:
        """Return the iterates, shape (S, R, d)."""
        return (self._scale[:, None] * self._x).reshape(self._shape)

    def state(self, name: str) -> Any:
        """Return a state variable, shape (S, R, d): methods that keep another than x have another engine."""
        assert name == "x"
        return self.points()

    def averages(self, weight: np.ndarray) -> Any:
        """Return the weighted averages of the iterates before the present one, shape (S, R, d).

        `weight` (S, 1, 1) is what the weights add up to.
        """
        sums = self._total[:, None] * self._x + self._rest
        return sums.reshape(self._shape) / self._device.array(weight)


def cuda_engine(plan: Plan, device: Device) -> Engine:
    """Return the engine that suits a plan, which draws or has one of :func:`suits`."""
    if plan.deterministic:
        return CudaFullGradientEngine(plan, device)
    if plan.problem.sparse and kernel_draws(plan) is None:
        return CudaSparseEngine(plan, device)
    return CudaEngine(plan, device)


def run_arguments(plan: Plan, device: Device) -> tuple[Any, ...]:
    """Return what kernels read of a run, from the labels to the orders of samples."""
    S, R = plan.alphas.shape[0], plan.replicas.size
    unit, put = np.arange(S * R), device.array
    passes = passes_of(plan, 1)
    orders = device.copies(passes[0][0], S * R) if passes else put(np.zeros(1, np.uint32))
    shuffled = passes[1] if passes else np.uint64(0)
    return (
        put(plan.problem.y.astype(plan.dtype, copy=False)), np.dtype(plan.dtype).type(plan.problem.l2),
        *schedule_arguments(plan, put),
        put(plan.replicas[unit % R].astype(np.uint32)), put((unit // R).astype(np.uint32)),
        np.uint32(plan.seed & 0xFFFFFFFF), np.uint32(plan.seed >> 32), orders, shuffled,
    )  # fmt: skip


def run(plan: Plan, numbers: Sequence[int] = ()) -> dict[str, np.ndarray]:
    """Run a plan; see :func:`ratebound.experiments.backends.recorder.record` for what is returned.

    Methods of full gradients that read more than a gradient at a point, such as line searches, run on the
    NumPy engine.

    Parameters
    ----------
    plan
        The run.
    numbers
        Of the devices that share the replicas; none for all devices of this machine.

    Raises
    ------
    RateboundError
        If there is no such device or no CuPy, a device cannot hold a replica, the update reads an unknown
        symbol, or an expression has no printing.
    """
    chosen = devices(numbers)
    if plan.deterministic and not suits(plan):
        return record(plan, NumpyEngine(plan))

    measures: dict[CupyDevice, dict[str, Values]] = {}

    def on(piece: Plan, device: CupyDevice) -> dict[str, np.ndarray]:
        with device.here():
            if device not in measures:
                # Once for all pieces of a device, for they read the data.
                measures[device] = device_measures(plan.problem, device)
            return record(piece, cuda_engine(piece, device), measures[device])

    if plan.deterministic:
        # All replicas coincide.
        chosen = chosen[:1]
    with one_blas_thread():
        pieces = split(plan, rooms(plan, chosen))
        return in_pieces(plan, chosen, pieces, on)
