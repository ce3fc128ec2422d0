"""Where results go: looked at before a long run, not after it."""

from __future__ import annotations

import json
import shlex
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from ratebound.theory.errors import RateboundError

FIGURES = (".png", ".pdf")
"""How a figure may be written."""


def check_file(path: str, option: str) -> None:
    """Refuse a file that cannot be written.

    Raises
    ------
    RateboundError
        If its folder does not exist or cannot be written, or no regular file stands in its place.
    """
    from ratebound.experiments.whole_file import check_place

    check_place(path, option)


def check_figure(path: str | None) -> None:
    """Refuse a figure, asked for by ``-o``, that cannot be written; None for no figure.

    Raises
    ------
    RateboundError
        If its name ends in neither of :data:`FIGURES`, or it cannot be written there.
    """
    if path is None:
        return
    check_file(path, "-o")
    if Path(path).suffix not in FIGURES:
        raise RateboundError(f"-o {path}: a figure is written as {' or '.join(FIGURES)}")


def write_numbers(found: Any, path: str, what: str = "numbers") -> None:
    """Write plain values to a JSON file, and say so."""
    from ratebound.experiments.whole_file import write_text

    written = write_text(path, json.dumps(found, indent=1, allow_nan=False) + "\n", f"the {what}")
    click.echo(f"{what}: {written}")


def check_folder(path: str, option: str) -> None:
    """Refuse a folder that cannot be made, or written.

    Raises
    ------
    RateboundError
        If it, or the first of its parents that exists, is no writable folder.
    """
    folder = Path(path).absolute()
    try:
        existing = next(place for place in (folder, *folder.parents) if place.exists())
        with tempfile.TemporaryDirectory(dir=existing, prefix=".ratebound-"):
            pass
    except OSError as error:
        raise RateboundError(
            f"cannot write {option} {path}: {error.strerror}; choose a place in a writable folder"
        ) from error


def check_report(path: str) -> None:
    """Refuse the folder of a report, asked for by ``-o``, that cannot be written or holds something else.

    Raises
    ------
    RateboundError
        If so.
    """
    from ratebound.reports.folder import refuse_foreign

    check_folder(path, "-o")
    refuse_foreign(path)


def command_line(arguments: Sequence[str]) -> str:
    """Return the command line for a record, without the folder of the program."""
    return shlex.join(["ratebound", *arguments[1:]])
