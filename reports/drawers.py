"""Processes that draw figures from stored records; ``python -m ratebound.reports.drawers`` is one of them."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import tempfile
import threading
from concurrent.futures import Future, ThreadPoolExecutor
from functools import lru_cache
from pathlib import Path
from typing import IO

from ratebound.experiments import record as records
from ratebound.reports.plates import Plate, plates, save
from ratebound.theory.errors import RateboundError

_PROCESSES = 2
_DONE = "done"


class Drawers:
    """A few processes that draw, fed one figure at a time; leaving the context ends them.

    They are started afresh and read stored records, so that nothing is asked of the caller's program: it may
    be a notebook, a script without a main guard, or hold threads.
    """

    def __enter__(self) -> Drawers:
        self._own = threading.local()
        self._processes: list[tuple[subprocess.Popen[str], IO[str]]] = []
        self._threads = ThreadPoolExecutor(_PROCESSES)
        return self

    def __exit__(self, *_: object) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)
        self._kill()
        self._threads.shutdown()
        # A thread may have started its process after the first round.
        self._kill()
        for process, errors in self._processes:
            process.wait()
            for stream in (process.stdin, process.stdout, errors):
                if stream is not None:
                    stream.close()

    def _kill(self) -> None:
        for process, _ in self._processes:
            process.kill()

    def draw(self, stored: Path, stem: str, folder: Path) -> Future[None]:
        """Have a figure drawn.

        Parameters
        ----------
        stored
            A stored record.
        stem
            The figure of its report that is wanted.
        folder
            Where its files go.

        Returns
        -------
        Future
            Done when the files are there; a RateboundError if the process failed, with its last line.
        """
        return self._threads.submit(self._ask, json.dumps([str(stored), stem, str(folder)]))

    def _ask(self, wanted: str) -> None:
        process, errors = self._process()
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            print(wanted, file=process.stdin, flush=True)
            answer = process.stdout.readline().strip()
        except OSError:
            answer = ""
        if answer != _DONE:
            process.wait()
            errors.seek(0)
            last = (errors.read().strip().splitlines() or ["no message"])[-1]
            raise RateboundError(f"drawing the figures failed: {last}")

    def _process(self) -> tuple[subprocess.Popen[str], IO[str]]:
        """Return the process of this thread, and what it writes on its standard error."""
        if not hasattr(self._own, "process"):
            errors = tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace")  # noqa: SIM115
            process = subprocess.Popen(
                [sys.executable, "-m", "ratebound.reports.drawers"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
            )
            self._own.process = process, errors
            self._processes.append(self._own.process)
        found: tuple[subprocess.Popen[str], IO[str]] = self._own.process
        return found


@lru_cache(2)
def _plates(stored: str) -> dict[str, Plate]:
    return {plate.stem: plate for plate in plates(records.load(stored)["cells"])}


def _main() -> None:
    # Ctrl-C reaches the whole group; the caller decides what is still to be drawn.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    for line in sys.stdin:
        stored, stem, folder = json.loads(line)
        save(_plates(stored)[stem], Path(folder))
        print(_DONE, flush=True)


if __name__ == "__main__":
    _main()
