"""A whole report in a folder, written beside its place and moved there at the end: all of it, or nothing."""

from __future__ import annotations

import os
import shutil
import struct
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from ratebound.experiments import record as records
from ratebound.reports.drawing import draw_all, stems
from ratebound.reports.figure import drawable
from ratebound.reports.page import page
from ratebound.reports.table import field_table, rate_table, verdict_table
from ratebound.reports.writers import WRITERS
from ratebound.theory.errors import RateboundError

Progress = Callable[[int, int, str], None]
_MARKER = "record.json"


def build(record: Mapping[str, Any], folder: str | Path, *, progress: Progress | None = None) -> Path:
    """Write the report of a record: ``index.html``, ``figures/``, ``tables/`` and ``record.json``.

    Parameters
    ----------
    record
        A record, as `ratebound.experiments.record.load` returns it.
    folder
        Where the report goes. An earlier report there is replaced; any other folder that is not empty is
        left alone.
    progress
        Called as ``progress(done, total, what)`` after each figure and at the end; figures count as one.

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
    folder = Path(os.path.abspath(folder))
    _refuse_foreign(folder)
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        staging = Path(tempfile.mkdtemp(dir=folder.parent, prefix=f".{folder.name}-"))
    except OSError as error:
        raise _unwritable(folder, error) from error
    try:
        _write(record, staging, progress or (lambda done, total, what: None))
        staging.chmod(0o755)
        _replace(folder, staging)
    except OSError as error:
        raise _unwritable(folder, error) from error
    finally:
        shutil.rmtree(staging, ignore_errors=True)
    return folder / "index.html"


def _write(record: Mapping[str, Any], folder: Path, progress: Progress) -> None:
    cells = record["cells"]
    figures, tables = folder / "figures", folder / "tables"
    figures.mkdir()
    tables.mkdir()
    stored = records.save(record, folder / _MARKER)
    total = sum(drawable(cell) for cell in cells) + 1
    finished: list[str] = []

    def done(name: str) -> None:
        finished.append(name)
        progress(len(finished), total, name)

    draw_all(cells, stored, figures, done)
    named = {"verdicts": verdict_table, "rates": rate_table, "field": field_table}
    for name, make in named.items():
        for ending, write in WRITERS.items():
            (tables / f"{name}.{ending}").write_text(write(make(cells)), encoding="utf-8", newline="\n")
    sizes = {name: _png_size(figures / f"{name}.png") for name in finished}
    html = page(record, stems(cells), sizes)
    (folder / "index.html").write_text(html, encoding="utf-8", newline="\n")
    progress(total, total, "index.html")


def _replace(folder: Path, staging: Path) -> None:
    """Put the finished report in place; an earlier one is moved aside first and comes back if that fails."""
    if not folder.exists():
        staging.rename(folder)
        return
    aside = Path(tempfile.mkdtemp(dir=folder.parent, prefix=f".{folder.name}-old-"))
    try:
        earlier = folder.rename(aside / "report")
        try:
            staging.rename(folder)
        except BaseException:
            earlier.rename(folder)
            raise
    finally:
        shutil.rmtree(aside, ignore_errors=True)


def _refuse_foreign(folder: Path) -> None:
    if folder.is_symlink() or (folder.exists() and not folder.is_dir()):
        raise RateboundError(f"{folder} is not a folder; choose another place with -o, or remove it")
    try:
        foreign = folder.exists() and any(folder.iterdir()) and not (folder / _MARKER).is_file()
    except OSError as error:
        raise _unwritable(folder, error) from error
    if foreign:
        raise RateboundError(
            f"{folder} holds files but no {_MARKER}, so it is no report of ratebound and is left alone; "
            "choose an empty or new folder with -o"
        )


def _unwritable(folder: Path, error: OSError) -> RateboundError:
    return RateboundError(
        f"cannot write the report to {folder}: {error.strerror or error}; choose a writable folder with -o"
    )


def _png_size(path: Path) -> tuple[int, int]:
    """Return width and height in pixels, which stand at byte 16 of every PNG file."""
    with path.open("rb") as file:
        width, height = struct.unpack(">II", file.read(24)[16:])
    return int(width), int(height)
