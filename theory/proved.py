"""A stamp on disk: the theorems of these very sources, under this SymPy, have been proved here before.

Construction proves, every time, for every theorem of a user. Only the catalogue, whose text cannot have
changed while the stamp fits, is not proved again at each start; ``ratebound prove`` does it regardless.
"""

from __future__ import annotations

import hashlib
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext, suppress
from contextvars import ContextVar
from pathlib import Path

import sympy

_trusting: ContextVar[bool] = ContextVar("trusting", default=False)


def trusting() -> bool:
    """Whether theorems are being built whose proofs are known to close."""
    return _trusting.get()


@contextmanager
def elsewhere() -> Iterator[None]:
    """Build theorems without their proofs, for a caller who then checks every one of them."""
    token = _trusting.set(True)
    try:
        yield
    finally:
        _trusting.reset(token)


@contextmanager
def remembered() -> Iterator[bool]:
    """Build what these sources hold, without proofs where it is known to be proved; say whether it is."""
    path = _path()
    known = trusting() or (path is not None and path.is_file())
    with elsewhere() if known else nullcontext():
        yield known


def stamp() -> None:
    """Note that every theorem of these sources has been proved.

    A folder that cannot be read or written only costs time: the proofs are then checked at each start.
    """
    path = _path()
    if path is not None:
        with suppress(OSError):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.touch()


def _path() -> Path | None:
    """Return where the stamp of these sources lies, None where they or the folder cannot be known."""
    text = hashlib.sha256(f"{sympy.__version__} {sys.version}".encode())
    try:
        base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
        for source in sorted((root := Path(__file__).parent).rglob("*.py")):
            text.update(str(source.relative_to(root)).encode() + b"\0" + source.read_bytes())
    except (OSError, RuntimeError):
        return None
    return Path(base) / "ratebound" / f"proved-{text.hexdigest()[:32]}"
