"""The cells of a suite, judged one after another or in several processes: the same ones in the same order."""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from multiprocessing.sharedctypes import Synchronized
from typing import Any

from threadpoolctl import threadpool_limits

from ratebound.experiments.cell import cell
from ratebound.experiments.sweeps import gpus
from ratebound.experiments.sweeps.executors import start_worker, unreached
from ratebound.experiments.verify import verify
from ratebound.problems.finite_sum import Problem
from ratebound.theory.catalogue import THEOREMS, find
from ratebound.theory.statement import Theorem

Progress = Callable[[int, int, str], None]
_MANY = 100
"""Of fewer cells a process would be started for less work than its start takes."""


@dataclass(frozen=True, eq=False)
class Task:
    """One cell: a theorem, a problem, and the options of :func:`ratebound.experiments.verify.verify`."""

    theorem: Theorem
    problem: Problem
    options: Mapping[str, Any] = field(default_factory=dict)


def useful_processes(tasks: Sequence[Task]) -> int:
    """Return how many processes are worth their start: one per core for many registered theorems."""
    known = all(THEOREMS.get(task.theorem.id) is task.theorem for task in tasks)
    return (os.cpu_count() or 1) if known and len(tasks) >= _MANY else 1


def cells(
    tasks: Sequence[Task],
    budget: Mapping[str, Any],
    backend: str,
    progress: Progress,
    processes: int = 1,
) -> Iterator[dict[str, Any]]:
    """Yield the cells of the tasks, in their order.

    Parameters
    ----------
    tasks
        With several processes their theorems are registered ones.
    budget
        ``seed``, ``delta``, ``confirm`` and ``cells``.
    backend
        As in :func:`ratebound.experiments.run.simulate`.
    progress
        Called as ``progress(done, total, what)`` before each cell and at the end.
    processes
        How many of them.
    """
    total = len(tasks)
    found = _together(tasks, budget, backend, processes) if processes > 1 else None
    for done, task in enumerate(tasks):
        progress(done, total, f"{task.theorem.id} on {task.problem.name}")
        yield judged(task, budget, backend) if found is None else next(found)
    progress(total, total, "done")


def judged(task: Task, budget: Mapping[str, Any], backend: str) -> dict[str, Any]:
    """Return the cell of a task."""
    verdict = verify(task.theorem, task.problem, backend=backend, **budget, **task.options)
    return cell(task.theorem, task.problem, verdict)


def _together(
    tasks: Sequence[Task], budget: Mapping[str, Any], backend: str, processes: int
) -> Iterator[dict[str, Any]]:
    problems = list({id(task.problem): task.problem for task in tasks}.values())
    numbers = {id(problem): number for number, problem in enumerate(problems)}
    # Spawned: a fork of a process with threads may wait for ever.
    context = multiprocessing.get_context("spawn")
    begun = context.Value("L", 0), gpus.visible(), problems, dict(budget), backend
    with ProcessPoolExecutor(processes, context, initializer=_begin, initargs=begun) as pool:
        with unreached():
            futures = [
                pool.submit(_cell, task.theorem.id, numbers[id(task.problem)], dict(task.options))
                for task in tasks
            ]
        try:
            for future in futures:
                yield future.result()
        finally:
            for future in futures:
                future.cancel()


_shared: tuple[list[Problem], Mapping[str, Any], str]
"""What all cells of a worker process share, so that it is sent once."""


def _begin(
    taken: Synchronized[int],
    visible: tuple[str, ...],
    problems: list[Problem],
    budget: Mapping[str, Any],
    backend: str,
) -> None:
    global _shared
    start_worker(taken, visible)
    # The other cores have processes of their own.
    os.environ["NUMBA_NUM_THREADS"] = "1"
    threadpool_limits(1)
    _shared = problems, budget, backend


def _cell(theorem: str, problem: int, options: Mapping[str, Any]) -> dict[str, Any]:
    problems, budget, backend = _shared
    return judged(Task(find(theorem), problems[problem], options), budget, backend)
