"""How much is sent to a worker at once, and how much is under way: limited by time, memory and workers."""

from __future__ import annotations

import os
from collections.abc import Sequence
from concurrent.futures import Executor
from typing import NamedTuple

from ratebound.experiments.sweeps.compute import working_memory
from ratebound.experiments.sweeps.settings import SHARED, Cell

_WORK = 2e9
"""Multiplications after which handing a chunk to a worker costs next to nothing: about a second."""
_MOST_CELLS = 64
_SHARE = 0.5
"""Share of the memory of a machine that cells may use together."""
_PER_WORKER = 2
"""Chunks under way per worker: one runs, one waits."""


def work(cell: Cell) -> float:
    """Return about how many multiplications a cell costs."""
    told, problem = cell.settings, cell.problem
    lists = [len(told[key]) for key in SHARED if isinstance(told[key], tuple)]
    method = cell.theorem.method if cell.judges else cell.method
    if method.sampling == "full":
        return float(told["steps"] * problem.n * problem.d * max(lists, default=1))
    return float(told["steps"] * told["replicas"] * told["batch"] * problem.d * max(lists, default=1))


def chunks(cells: Sequence[Cell], todo: Sequence[int]) -> list[list[int]]:
    """Return the positions in runs of neighbours, small cells together, large ones alone."""
    found: list[list[int]] = []
    spent = _WORK
    for position in todo:
        cost = work(cells[position])
        if spent + cost > _WORK or len(found[-1]) >= _MOST_CELLS:
            found.append([])
            spent = 0.0
        found[-1].append(position)
        spent += cost
    return found


class Limits(NamedTuple):
    """What limits the chunks under way: bytes that one cell needs, and those that all may use."""

    per_cell: float
    total: float

    def in_flight(self, executor: Executor) -> int:
        """Return how many chunks may be under way on an executor.

        The memory of this machine counts where its workers are known to be here; a cluster watches its own.
        """
        workers = getattr(executor, "_max_workers", None)
        if workers is None:
            return 1000
        return max(1, min(_PER_WORKER * workers, int(self.total / self.per_cell)))


def limits(cells: Sequence[Cell], todo: Sequence[int]) -> Limits:
    """Return the limits of this machine for the largest of some cells."""
    machine = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return Limits(max((working_memory(cells[each]) for each in todo), default=1.0), _SHARE * machine)
