"""Draw the figures of a report, on two processes where there are many; `python -m` runs one share of them."""

from __future__ import annotations

import queue
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from matplotlib.figure import Figure

from ratebound.experiments import record as records
from ratebound.reports import style, wording
from ratebound.reports.families import families
from ratebound.reports.figure import draw, drawable
from ratebound.reports.overlay import draw_family
from ratebound.reports.rate_figure import STEM, draw_rates, rate_panels
from ratebound.theory.errors import RateboundError

_PROCESSES = 2
# Below this number a second process costs more time than it saves.
_MANY = 8


@dataclass(frozen=True)
class Plate:
    """A figure to be drawn: the name of its files, and how to draw it."""

    stem: str
    draw: Callable[[], Figure]


def stems(cells: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return a name for each cell, fit for files and links: theorem and problem, numbered if repeated."""
    return wording.distinct(
        [wording.file_stem(f"{cell['theorem']['id']}--{cell['problem']['name']}") for cell in cells]
    )


def plates(cells: Sequence[Mapping[str, Any]]) -> list[Plate]:
    """Return the figures of a report: one per cell with curves, one per family, and the rates."""
    found = [
        Plate(stem, partial(draw, cell))
        for cell, stem in zip(cells, stems(cells), strict=True)
        if drawable(cell)
    ]
    found += [Plate(family.stem, partial(draw_family, family)) for family in families(cells)]
    if rate_panels(cells):
        found.append(Plate(STEM, partial(draw_rates, cells)))
    return found


def save(plate: Plate, folder: Path) -> list[Path]:
    """Draw a figure and write it as PNG, PDF and SVG, the same bytes for the same record.

    Returns
    -------
    list of Path
        The files written in `folder`.
    """
    figure = plate.draw()
    paths = []
    with style.context():
        for kind, metadata in style.METADATA.items():
            path = folder / f"{plate.stem}.{kind}"
            # More effort would make the picture 1 % smaller and take twice as long.
            effort: dict[str, Any] = {"pil_kwargs": {"compress_level": 3}} if kind == "png" else {}
            figure.savefig(path, dpi=style.DPI, metadata=metadata, **effort)
            paths.append(path)
    return paths


def draw_all(
    cells: Sequence[Mapping[str, Any]], record_path: Path, folder: Path, done: Callable[[str], None]
) -> None:
    """Draw every figure of the cells into `folder`, telling `done` the name of each as it is finished.

    The processes are started afresh and read the stored record, so that nothing is asked of the caller's
    program: it may be a notebook, a script without a main guard, or hold threads.

    Raises
    ------
    RateboundError
        If a process fails, with its last line.
    """
    wanted = plates(cells)
    if len(wanted) < _MANY:
        for plate in wanted:
            save(plate, folder)
            done(plate.stem)
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
    wanted = plates(records.load(record_path)["cells"])
    for plate in wanted[int(share) :: _PROCESSES]:
        save(plate, Path(folder))
        print(plate.stem, flush=True)


if __name__ == "__main__":
    _main(*sys.argv[1:])
