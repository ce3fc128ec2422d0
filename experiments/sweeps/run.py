"""``sweep``: compute the cells that a store lacks, on any executor, and keep each as soon as it is there."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, CancelledError, Executor, Future, wait
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ratebound.experiments.checks import whole
from ratebound.experiments.sweeps.chunks import Limits, chunks, limits
from ratebound.experiments.sweeps.compute import Outcome, compute
from ratebound.experiments.sweeps.declare import Sweep, declare
from ratebound.experiments.sweeps.executors import check_executor, opened_executor, unreached
from ratebound.experiments.sweeps.settings import Cell
from ratebound.experiments.sweeps.store import opened
from ratebound.theory.errors import RateboundError

if TYPE_CHECKING:
    import xarray as xr

Progress = Callable[[int, int, str], None]


def sweep(
    declared: Sweep | Mapping[str, Any] | str | Path,
    store: str | Path,
    *,
    executor: Executor | str | None = None,
    retries: int = 2,
    progress: Progress | None = None,
) -> xr.Dataset:
    """Compute the cells of a sweep that its store lacks, and return the whole.

    Parameters
    ----------
    declared
        A TOML file, or a mapping of the same layout; see docs/sweeps.md.
    store
        Folder of the Zarr store. A store of the same sweep is continued: only cells that are missing, failed
        or changed are computed.
    executor
        Any :class:`concurrent.futures.Executor`, which stays open; or the text of one, as
        :func:`ratebound.experiments.sweeps.executors.opened_executor` reads it. None for this process.
    retries
        How often a cell is tried again whose worker was lost, or ran out of memory. A cell that is itself at
        fault (an unknown constant, a batch larger than n) is not.
    progress
        Called as ``progress(done, total, what)``.

    Returns
    -------
    xarray.Dataset
        Axes of the sweep as dimensions, a ``status`` per cell (``pending``, ``done`` or ``failed``), and for
        a failed one its ``message``.

    Raises
    ------
    RateboundError
        If the sweep or the store is not usable, or the executor no longer takes work. What was finished by
        then is in the store, also after Ctrl-C or a kill.
    """
    plan = declare(declared)
    retries = whole("retries", retries, 0)
    say = progress or (lambda done, total, what: None)
    if isinstance(executor, str):
        check_executor(executor)
    with opened(plan, store) as kept:
        todo = kept.unfinished()
        total = len(plan.cells)
        done = total - len(todo)
        say(done, total, "finished cells found" if done else "started")
        for position, outcome in outcomes(plan.cells, todo, executor, retries):
            kept.write(position, outcome)
            done += 1
            say(done, total, outcome.message or label(plan, position))
        return kept.dataset()


def label(plan: Sweep, position: int) -> str:
    """Return the place of a cell in words."""
    words = []
    for name, labels in reversed(list(plan.axes.items())):
        position, at = divmod(position, len(labels))
        words.append(f"{name} {labels[at]}")
    return ", ".join(reversed(words))


def outcomes(
    cells: Sequence[Cell], todo: Sequence[int], executor: Executor | str | None = None, retries: int = 2
) -> Iterator[tuple[int, Outcome]]:
    """Compute the cells at some positions; yield each position with its outcome, as they are finished.

    Raises
    ------
    RateboundError
        If the executor cannot be had, or no longer takes work.
    """
    if executor is None:
        for position in todo:
            yield position, compute([cells[position]], alone=True)[0]
    elif isinstance(executor, Executor):
        yield from _Work(cells, todo, retries).on(executor)
    else:
        work = _Work(cells, todo, retries)
        while work.waiting:
            # A pool that lost a worker is broken for ever: a new one goes on with what is left.
            with opened_executor(executor) as pool:
                yield from work.on(pool, again=True)


class _Work:
    """What is still to be done, and how often each cell was tried."""

    def __init__(self, cells: Sequence[Cell], todo: Sequence[int], retries: int) -> None:
        self._cells, self._retries = cells, retries
        self._tried = dict.fromkeys(todo, 0)
        self.waiting: deque[list[int]] = deque(chunks(cells, todo))
        self._limits: Limits = limits(cells, todo)

    def on(self, executor: Executor, again: bool = False) -> Iterator[tuple[int, Outcome]]:
        """Do the work on an executor; return early if it breaks and there will be another."""
        running: dict[Future[list[Outcome]], list[int]] = {}
        most = self._limits.in_flight(executor)
        try:
            while self.waiting or running:
                while self.waiting and len(running) < most:
                    chunk = self.waiting.popleft()
                    try:
                        with unreached():
                            running[executor.submit(compute, [self._cells[each] for each in chunk])] = chunk
                    except (BrokenExecutor, RuntimeError) as error:
                        self.waiting.appendleft(chunk)
                        if again:
                            break
                        raise RateboundError(
                            f"the executor takes no more work ({error}); finished cells are kept: run again "
                            "with a new one"
                        ) from error
                if not running:
                    return
                for future in wait(running, return_when=FIRST_COMPLETED).done:
                    yield from self._settle(running.pop(future), future)
        finally:
            for future in running:
                future.cancel()

    def _settle(self, chunk: list[int], future: Future[list[Outcome]]) -> Iterator[tuple[int, Outcome]]:
        """Yield what is final of a finished future, and queue the rest again, each cell by itself."""
        try:
            found = future.result()
        except (Exception, CancelledError) as error:
            said = f"its worker was lost ({type(error).__name__}: {error})"
            found = [Outcome(None, said, False)] * len(chunk)
        for position, outcome in zip(chunk, found, strict=True):
            self._tried[position] += 1
            if outcome.values is None and not outcome.final and self._tried[position] <= self._retries:
                self.waiting.append([position])
            else:
                yield position, outcome
