"""Where results go: looked at before a long run, not after it."""

from __future__ import annotations

import os
import shlex
from collections.abc import Sequence
from pathlib import Path

from ratebound.theory.errors import RateboundError


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
