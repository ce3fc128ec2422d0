"""A whole report in a folder: the page, its figures, tables and scripts, and the record behind them."""

from __future__ import annotations

import struct
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from ratebound.experiments import record as records
from ratebound.reports.assets import write_assets
from ratebound.reports.complexity import complexity_table
from ratebound.reports.drawing import Ahead, draw_all
from ratebound.reports.families import families
from ratebound.reports.folder import MARKERS, write_whole
from ratebound.reports.page import page
from ratebound.reports.payload import figures
from ratebound.reports.plates import plates, stems
from ratebound.reports.provenance import digest
from ratebound.reports.table import field_table, rate_table, verdict_table
from ratebound.reports.writers import WRITERS

Progress = Callable[[int, int, str], None]
TABLES = {
    "verdicts": verdict_table,
    "rates": rate_table,
    "field": field_table,
    "complexity": complexity_table,
}
"""File name of each table -> what makes it from the cells."""


def build(
    record: Mapping[str, Any],
    folder: str | Path,
    *,
    progress: Progress | None = None,
    ahead: Ahead | None = None,
) -> Path:
    """Write the report of a record: ``index.html``, ``figures/``, ``tables/``, ``assets/``, ``record.json``.

    Parameters
    ----------
    record
        A record, as `ratebound.experiments.record.load` returns it.
    folder
        Where the report goes. An earlier report there is replaced; any other folder that is not empty is
        left alone.
    progress
        Called as ``progress(done, total, what)`` after each figure and at the end; figures count as one.
    ahead
        Figures that were drawn while this record was made.

    Returns
    -------
    Path
        The index page.

    Raises
    ------
    RateboundError
        If the record breaks the layout, the folder holds something else, or it cannot be written.

    Notes
    -----
    On any error, and on Ctrl-C, nothing is left behind and an earlier report stays as it was.
    """
    record = records.check(record)
    told = progress or (lambda done, total, what: None)
    return write_whole(folder, lambda staging: _write(record, staging, told, ahead)) / "index.html"


def _write(record: Mapping[str, Any], folder: Path, progress: Progress, ahead: Ahead | None) -> None:
    cells = record["cells"]
    drawn, tables = folder / "figures", folder / "tables"
    drawn.mkdir()
    tables.mkdir()
    stored = records.save(record, folder / MARKERS[0])
    total = len(plates(cells)) + 1
    finished: list[str] = []

    def done(name: str) -> None:
        finished.append(name)
        progress(len(finished), total, name)

    draw_all(cells, stored, drawn, done, ahead)
    for name, make in TABLES.items():
        for ending, write in WRITERS.items():
            (tables / f"{name}.{ending}").write_text(write(make(cells)), encoding="utf-8", newline="\n")
    sizes = {name: png_size(drawn / f"{name}.png") for name in finished}
    names = stems(cells)
    scripts = write_assets(folder, figures(cells, names, families(cells)))
    html = page(record, names, sizes, scripts, digest(stored))
    (folder / "index.html").write_text(html, encoding="utf-8", newline="\n")
    progress(total, total, "index.html")


def png_size(path: Path) -> tuple[int, int]:
    """Return width and height in pixels, which stand at byte 16 of every PNG file."""
    with path.open("rb") as file:
        width, height = struct.unpack(">II", file.read(24)[16:])
    return int(width), int(height)
