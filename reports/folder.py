"""A folder written beside its place and moved there at the end: all of it, or nothing."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

from ratebound.theory.errors import RateboundError

MARKERS = ("record.json", "comparison.json", "regimes.json")
"""A folder that holds one of these was written here, and may be replaced."""


def write_whole(folder: str | Path, write: Callable[[Path], None]) -> Path:
    """Let `write` fill an empty folder, then put it in place.

    Parameters
    ----------
    folder
        Where it goes. An earlier report there is replaced; any other folder that is not empty is left alone.
    write
        Called with the folder to fill.

    Returns
    -------
    Path
        The folder, absolute.

    Raises
    ------
    RateboundError
        If the folder holds something else, or it cannot be written.

    Notes
    -----
    On any error, and on Ctrl-C, nothing is left behind and an earlier report stays as it was.
    """
    folder = Path(os.path.abspath(folder))
    refuse_foreign(folder)
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        staging = Path(tempfile.mkdtemp(dir=folder.parent, prefix=f".{folder.name}-"))
    except OSError as error:
        raise _unwritable(folder, error) from error
    try:
        write(staging)
        staging.chmod(0o755)
        _replace(folder, staging)
    except OSError as error:
        raise _unwritable(folder, error) from error
    finally:
        shutil.rmtree(staging, ignore_errors=True)
    return folder


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


def refuse_foreign(folder: str | Path) -> None:
    """Refuse a folder in which something else stands than what is written here.

    Raises
    ------
    RateboundError
        If it is a file or a link, or holds files but no marker, or cannot be read.
    """
    folder = Path(os.path.abspath(folder))
    if folder.is_symlink() or (folder.exists() and not folder.is_dir()):
        raise RateboundError(f"{folder} is not a folder; choose another place with -o, or remove it")
    try:
        ours = any((folder / marker).is_file() for marker in MARKERS)
        foreign = folder.exists() and any(folder.iterdir()) and not ours
    except OSError as error:
        raise _unwritable(folder, error) from error
    if foreign:
        raise RateboundError(
            f"{folder} holds files but no {MARKERS[0]}, so it is no report of ratebound and is left alone; "
            "choose an empty or new folder with -o"
        )


def _unwritable(folder: Path, error: OSError) -> RateboundError:
    return RateboundError(
        f"cannot write the report to {folder}: {error.strerror or error}; choose a writable folder with -o"
    )
