"""Where results go: looked at before a long run, not after it."""

from __future__ import annotations

import json
import os
import shlex
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
        If its folder does not exist or cannot be written, or a folder stands in its place.
    """
    folder = Path(path).absolute().parent
    if Path(path).is_dir() or not folder.is_dir() or not os.access(folder, os.W_OK | os.X_OK):
        raise RateboundError(f"{option} {path}: cannot write there; choose a file in a writable folder")


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


def write_numbers(found: Any, path: str) -> None:
    """Write plain values to a JSON file, and say so."""
    Path(path).write_text(json.dumps(found, indent=1, allow_nan=False) + "\n", encoding="utf-8")
    click.echo(f"numbers: {path}")


def check_folder(path: str, option: str) -> None:
    """Refuse a folder that cannot be made, or written.

    Raises
    ------
    RateboundError
        If it, or the first of its parents that exists, is no writable folder.
    """
    folder = Path(path).absolute()
    existing = next(place for place in (folder, *folder.parents) if place.exists())
    if not existing.is_dir() or not os.access(existing, os.W_OK | os.X_OK):
        raise RateboundError(
            f"{option} {path}: cannot write, {existing} is not a writable folder; choose another place"
        )


def command_line(arguments: Sequence[str]) -> str:
    """Return the command line for a record, without the folder of the program."""
    return shlex.join(["ratebound", *arguments[1:]])
