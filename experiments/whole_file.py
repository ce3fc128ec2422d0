"""A text file written beside its place and moved there at the end: all of it, or nothing."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ratebound.theory.errors import RateboundError


def check_place(path: str | Path, what: str) -> None:
    """Refuse a file that cannot be written, by trying: permissions alone do not tell.

    Parameters
    ----------
    path
        The file; it is left as it is.
    what
        What errors call it, such as ``"the record"``.

    Raises
    ------
    RateboundError
        If its folder does not exist or takes no file, or something that is no file stands in its place.
    """
    with _beside(Path(path), what):
        pass


def write_text(path: str | Path, text: str, what: str) -> Path:
    """Write a text to a file in UTF-8, whole or not at all; an existing file is replaced.

    Raises
    ------
    RateboundError
        If it cannot be written there.
    """
    path = Path(path)
    with _beside(path, what) as temporary:
        temporary.write_text(text, encoding="utf-8")
        temporary.chmod(0o644)
        temporary.replace(path)
    return path


@contextmanager
def _beside(path: Path, what: str) -> Iterator[Path]:
    """Give an empty file in the folder of `path`, and take away what is left of it."""
    temporary = None
    try:
        if path.exists() and not path.is_file():
            raise RateboundError(f"cannot write {what} {path}: it is no regular file; choose another path")
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=".ratebound-")
        os.close(handle)
        temporary = Path(name)
        yield temporary
    except OSError as error:
        raise RateboundError(
            f"cannot write {what} {path}: {error.strerror}; choose a file in a writable folder"
        ) from error
    finally:
        if temporary is not None:
            temporary.unlink(missing_ok=True)
