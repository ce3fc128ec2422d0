"""Replicas shared among devices, in pieces that fit into their memories.

A sample is a function of the seed, the replica and the step alone, and replicas do not speak to each other:
a piece of the replicas is a run of its own, and pieces put side by side are the whole run, on however many
devices.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any, TypeVar, cast

import numpy as np

from ratebound.experiments.backends.cuda_drawn import room_of, vectors_of
from ratebound.experiments.backends.cuda_layout import rows_of
from ratebound.experiments.backends.drawn import points_of
from ratebound.experiments.backends.kernel import schedule_of, spec_of, weights_of
from ratebound.experiments.backends.recorder import HELD
from ratebound.experiments.backends.rules import SUM
from ratebound.experiments.backends.sparse_step import kernel_draws
from ratebound.experiments.plan import Plan
from ratebound.problems.quiet import quiet
from ratebound.theory.errors import RateboundError

D = TypeVar("D")
Result = dict[str, np.ndarray]

_WORD = 4
"""Bytes of the number of a replica, of a schedule and of a sample."""
_IN_REGISTERS, _UNROLLED = 700, 4
"""Bytes of vectors, and samples of a batch, for which a thread has registers."""
SLOPES, PREDICTIONS = 2**24, 2**22
"""Values at the samples that a device holds at a time: for the steps of full gradients, and for measures."""


def bytes_of(plan: Plan) -> tuple[int, int]:
    """Return the bytes that a device holds for any run of a plan's problem, and those for each replica."""
    problem, spec, size = plan.problem, spec_of(plan), np.dtype(plan.dtype).itemsize
    S, n, d = plan.alphas.shape[0], problem.n, problem.d
    draws = kernel_draws(plan)
    fixed, numbers = n * d * size, len(spec.rules) * d
    if problem.sparse:
        fixed = cast("Any", problem.A).nnz * (size + _WORD) + (n + 1) * 8
        # x = scale v, and a weighted sum total v + rest.
        numbers = (d + 1) * (2 if SUM in spec.rules else 1)
    if draws is not None:
        # Points and gradients have a place in memory where rows are read by their columns.
        vectors = len(vectors_of(draws, points_of(plan), True)) if problem.sparse else 0
        numbers = len(spec.rules) * d + vectors * room_of(d)
        # Scales of the samples and where their parts of [0, 1) end; a table of their gradients; axes;
        # infima and smoothness.
        fixed += n * size * (2 if draws.weight is not None else 1)
        numbers += (n if problem.sparse else n * d) if draws.table else 0
        fixed += n * size * (bool(draws.values) + draws.smoothness)
        fixed += 2 * d * size if draws.axis is not None else 0
    if plan.deterministic:
        # Where gradients are taken, and what they are.
        numbers += 2 * d
        fixed += size * min(SLOPES, S * n)
    schedules = schedule_of(plan.alphas, plan.dtype)[0].nbytes + weights_of(plan)[0].nbytes
    orders = n * _WORD if plan.in_passes else 0
    fixed += n * size + schedules + _WORD
    return fixed, S * (numbers * size + orders + 2 * _WORD)


def bytes_of_thread(plan: Plan, lanes: int) -> int:
    """Return the bytes of local memory that a thread takes, at most: of what finds no room in its registers.

    A device sets it aside for all threads that it can hold, at the first launch. Vectors of very many
    features are there, and the samples of a batch that are read again.
    """
    if plan.deterministic:
        return 0
    draws, spec, size = kernel_draws(plan), spec_of(plan), np.dtype(plan.dtype).itemsize
    vectors = len(spec.rules) + 1
    if plan.problem.sparse and draws is None:
        vectors = 0
    elif draws is None:
        vectors += rows_of(plan.batch, plan.problem.d, lanes, size)
    elif not plan.problem.sparse:
        vectors += len(vectors_of(draws, points_of(plan), False))
    numbers = vectors * -(-plan.problem.d // lanes) * size
    found = numbers if numbers > _IN_REGISTERS else 0
    if plan.batch > _UNROLLED and (plan.problem.sparse or draws is not None or spec.distinct):
        found += plan.batch * (_WORD + (size if plan.problem.sparse else 0))
    return found


def bytes_measured(plan: Plan) -> tuple[int, int]:
    """Return the bytes that measures on a device take for any run, and those for each replica: at most."""
    problem, S, R = plan.problem, plan.alphas.shape[0], plan.replicas.size
    # The points as they are held, in float64, seen from the minimiser, and two products of these.
    values = 5 * min(HELD, plan.checkpoints.size * S * R * problem.d)
    if not problem.sparse:
        values += problem.n * (problem.d + 1) + min(PREDICTIONS, S * R * problem.n)
    return 8 * values, 8 * 5 * S * problem.d


def rooms(plan: Plan, devices: Sequence[Any]) -> list[int]:
    """Return the bytes that each device can give for arrays, besides the local memory of its threads."""
    lanes = [device.lanes(plan.problem.d) for device in devices]
    return [
        max(0, device.free_bytes() - device.threads * bytes_of_thread(plan, each))
        for device, each in zip(devices, lanes, strict=True)
    ]


def split(plan: Plan, free: Sequence[int]) -> list[list[np.ndarray]]:
    """Return for each device the replicas of its pieces, one piece after the other.

    Parameters
    ----------
    plan
        The run.
    free
        Bytes that each device can give; every device takes an equal share of the replicas.

    Raises
    ------
    RateboundError
        If a device cannot hold a single replica.
    """
    fixed, each = (sum(parts) for parts in zip(bytes_of(plan), bytes_measured(plan), strict=True))
    shares = np.array_split(plan.replicas, len(free))
    pieces = []
    for number, (share, room) in enumerate(zip(shares, free, strict=True)):
        most = max(0, room - fixed) // each
        if share.size and not most:
            raise RateboundError(
                f"a replica needs {(fixed + each) / 2**20:.4g} MiB with its data, and device {number} has "
                f"{room / 2**20:.4g}; take fewer step sizes at a time, or use backend='numba'"
            )
        pieces.append(np.array_split(share, -(-share.size // most)) if share.size else [])
    return pieces


def joined(parts: Sequence[Result], sizes: Sequence[int]) -> Result:
    """Return what pieces of so many replicas recorded as the record of all of them.

    Values of replicas (S, R, C) stand side by side; means over replicas (S, K) are averaged.
    """
    return {
        name: np.average([part[name] for part in parts], axis=0, weights=sizes)
        if name.endswith("_path")
        else np.concatenate([part[name] for part in parts], axis=1)
        for name in parts[0]
    }


def in_pieces(
    plan: Plan, devices: Sequence[D], pieces: Sequence[Sequence[np.ndarray]], run: Callable[[Plan, D], Result]
) -> Result:
    """Run the pieces of a plan, those of each device one after the other, the devices side by side.

    Parameters
    ----------
    plan
        The run.
    devices
        Where pieces run.
    pieces
        For each device the replicas of its pieces, as :func:`split` returns them.
    run
        Runs one piece on one device.
    """

    def on(device: D, share: Sequence[np.ndarray]) -> list[Result]:
        with quiet:
            return [run(replace(plan, replicas=replicas), device) for replicas in share]

    with ThreadPoolExecutor(len(devices)) as pool:
        done = [part for parts in pool.map(on, devices, pieces) for part in parts]
    return joined(done, [replicas.size for share in pieces for replicas in share])
