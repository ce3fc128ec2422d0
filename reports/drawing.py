"""Draw all figures of a report: on several processes where there are many, some while others are computed."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, as_completed
from contextlib import ExitStack, nullcontext
from pathlib import Path
from typing import Any

from ratebound.experiments import record as records
from ratebound.reports import style
from ratebound.reports.drawers import Drawers
from ratebound.reports.plates import Plate, plates, save

MANY = 8
"""With fewer figures other processes cost more time than they save."""


class Ahead:
    """Draws the figures of cells while other cells are still computed; a context, which keeps them."""

    def __enter__(self) -> Ahead:
        with ExitStack() as stack:
            self._folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="ratebound-")))
            self.drawers = stack.enter_context(Drawers())
            self._leave = stack.pop_all().close
        # The cells are kept beside their figures, so that no other object can take the id of one.
        self._early: dict[int, tuple[Mapping[str, Any], Path, Future[None]]] = {}
        return self

    def __exit__(self, *_: object) -> None:
        self._leave()

    def take(self, cell: Mapping[str, Any]) -> None:
        """Have the figure of a cell drawn, if it has one."""
        found = [plate for plate in plates([cell]) if plate.cell is cell]
        for plate in found:
            folder = self._folder / str(len(self._early))
            folder.mkdir()
            alone = {"schema": records.SCHEMA, "provenance": {}, "suite": {}, "budget": {}, "cells": [cell]}
            stored = records.save(alone, folder / "record.json")
            self._early[id(cell)] = cell, folder, self.drawers.draw(stored, plate.stem, folder)

    def has(self, plate: Plate) -> bool:
        """Tell whether a figure shows a cell that was taken, that very object."""
        return id(plate.cell) in self._early

    def move(self, plate: Plate, folder: Path) -> None:
        """Wait for the figure of a cell that was taken, and put its files into a folder."""
        _, early, drawn = self._early.pop(id(plate.cell))
        drawn.result()
        for kind in style.METADATA:
            (file,) = early.glob(f"*.{kind}")
            shutil.move(file, folder / f"{plate.stem}.{kind}")


def draw_all(
    cells: Sequence[Mapping[str, Any]],
    stored: Path,
    folder: Path,
    done: Callable[[str], None],
    ahead: Ahead | None = None,
) -> None:
    """Draw every figure of the cells into a folder.

    Parameters
    ----------
    cells
        The cells of a record.
    stored
        That record, where the processes read it.
    folder
        Where the files go.
    done
        Told the name of each figure as it is finished.
    ahead
        What was drawn before, from these very cells.

    Raises
    ------
    RateboundError
        If a process fails, with its last line.
    """
    wanted = plates(cells)
    if ahead is None and len(wanted) < MANY:
        for plate in wanted:
            save(plate, folder)
            done(plate.stem)
        return
    with Drawers() if ahead is None else nullcontext(ahead.drawers) as drawers:
        early = [plate for plate in wanted if ahead is not None and ahead.has(plate)]
        late = {
            drawers.draw(stored, plate.stem, folder): plate.stem for plate in wanted if plate not in early
        }
        for plate in early:
            assert ahead is not None
            ahead.move(plate, folder)
            done(plate.stem)
        for drawn in as_completed(late):
            drawn.result()
            done(late[drawn])
