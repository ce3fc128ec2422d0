"""Draw the figures of a report, on two processes where there are many; `python -m` runs one share of them."""

from __future__ import annotations

import queue
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from ratebound.experiments import record as records
from ratebound.reports.figure import drawable, save
from ratebound.theory.errors import RateboundError

_PROCESSES = 2
# Below this number a second process costs more time than it saves.
_MANY = 8


def stems(cells: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return a name for each cell, fit for files and links: theorem and problem, numbered if repeated."""
    names: list[str] = []
    for cell in cells:
        words = f"{cell['theorem']['id']}--{cell['problem']['name']}"
        base = "".join(c if c.isascii() and (c.isalnum() or c in "-_") else "-" for c in words)[:120]
        name, count = base, 1
        while name.lower() in (other.lower() for other in names):
            count += 1
            name = f"{base}-{count}"
        names.append(name)
    return names


def draw_all(
    cells: Sequence[Mapping[str, Any]], record_path: Path, folder: Path, done: Callable[[str], None]
) -> None:
    """Draw every drawable cell into `folder`, telling `done` the name of each as it is finished.

    The processes are started afresh and read the stored record, so that nothing is asked of the caller's
    program: it may be a notebook, a script without a main guard, or hold threads.

    Raises
    ------
    RateboundError
        If a process fails, with its last line.
    """
    names = stems(cells)
    wanted = [position for position, cell in enumerate(cells) if drawable(cell)]
    if len(wanted) < _MANY:
        for position in wanted:
            save(cells[position], folder, names[position])
            done(names[position])
        return
    for name in _by_processes(record_path, folder):
        done(name)


def _by_processes(record_path: Path, folder: Path) -> Iterator[str]:
    """Yield the names of figures as the processes finish them; none outlives this generator."""
    finished: queue.Queue[str | None] = queue.Queue()
    processes = [
        subprocess.Popen(
            [sys.executable, "-m", "ratebound.reports.drawing", record_path, folder, str(share)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for share in range(_PROCESSES)
    ]

    def listen(process: subprocess.Popen[str]) -> None:
        assert process.stdout is not None
        for line in process.stdout:
            finished.put(line.strip())
        finished.put(None)

    listeners = [threading.Thread(target=listen, args=(process,), daemon=True) for process in processes]
    try:
        for listener in listeners:
            listener.start()
        running = _PROCESSES
        while running:
            name = finished.get()
            if name is None:
                running -= 1
            else:
                yield name
        for process in processes:
            _, errors = process.communicate()
            if process.returncode:
                last = (errors.strip().splitlines() or ["no message"])[-1]
                raise RateboundError(f"drawing the figures failed: {last}")
    finally:
        for process in processes:
            process.kill()
            process.wait()
        for process, listener in zip(processes, listeners, strict=True):
            listener.join()
            for stream in (process.stdout, process.stderr):
                if stream is not None:
                    stream.close()


def _main(record_path: str, folder: str, share: str) -> None:
    cells = records.load(record_path)["cells"]
    names = stems(cells)
    wanted = [position for position, cell in enumerate(cells) if drawable(cell)]
    for position in wanted[int(share) :: _PROCESSES]:
        save(cells[position], Path(folder), names[position])
        print(names[position], flush=True)


if __name__ == "__main__":
    _main(*sys.argv[1:])
