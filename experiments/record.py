"""Records: what a run found, as strict JSON on disk, enough to rebuild every report without running again."""

from __future__ import annotations

import json
import math
import os
import platform
from collections.abc import Mapping
from datetime import datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from ratebound.experiments.whole_file import write_text
from ratebound.theory.errors import RateboundError

SCHEMA = 1
"""Version of the layout of a record; a reader refuses any other."""

_PARTS: Mapping[str, type] = {"schema": int, "provenance": dict, "suite": dict, "budget": dict, "cells": list}
_CELL_PARTS = ("theorem", "problem", "run", "constants", "verdict", "series")
_OUTCOMES = ("holds", "violated", "undecided", "not applicable")
_NON_FINITE = {"inf": math.inf, "-inf": -math.inf, "nan": math.nan}
_VERSIONS = ("numpy", "scipy", "sympy", "ratebound")


def save(record: Mapping[str, Any], path: str | Path) -> Path:
    """Write a record as strict JSON, whole or not at all.

    Parameters
    ----------
    record
        The record; NumPy numbers and arrays are stored as plain numbers and lists, and the floats inf, -inf
        and nan as the strings ``"inf"``, ``"-inf"`` and ``"nan"``.
    path
        The file to write; an existing one is replaced.

    Returns
    -------
    Path
        The file written.

    Raises
    ------
    RateboundError
        If the record breaks the layout, holds something that JSON cannot, or cannot be written there.
    """
    text = json.dumps(_plain(check(record), "record"), allow_nan=False, ensure_ascii=False, indent=1) + "\n"
    return write_text(path, text, "the record")


def load(path: str | Path) -> dict[str, Any]:
    """Read a record back, with inf and nan restored.

    Raises
    ------
    RateboundError
        If the file is missing, unreadable, no JSON, of another schema, or incomplete.
    """
    path = Path(path)
    try:
        raw = json.loads(path.read_text(encoding="utf-8"), parse_constant=_refuse_constant)
    except OSError as error:
        raise RateboundError(
            f"cannot read the record {path}: {error.strerror}; give the record.json of a report, or a file "
            "written by `ratebound verify --json`"
        ) from error
    except ValueError as error:
        raise RateboundError(f"{path} is not a record: {error}; records are strict JSON in UTF-8") from error
    try:
        return check(_restored(raw))
    except RateboundError as error:
        raise RateboundError(f"{path}: {error}") from error


def check(record: Any) -> dict[str, Any]:
    """Return the record as a dict, or say which part of its layout is missing or wrong."""
    if not isinstance(record, Mapping):
        raise RateboundError(f"a record is a JSON object, not {type(record).__name__}")
    if record.get("schema") != SCHEMA:
        raise RateboundError(
            f"the record has schema {record.get('schema')!r}, this version of ratebound reads {SCHEMA}; "
            "run again, or read it with the version that wrote it"
        )
    for name, kind in _PARTS.items():
        if not isinstance(record.get(name), kind):
            raise RateboundError(f"the record's {name!r} is missing or not a {kind.__name__}")
    for position, cell in enumerate(record["cells"]):
        missing = [part for part in _CELL_PARTS if not isinstance(cell, Mapping) or part not in cell]
        if missing:
            raise RateboundError(f"cell {position} of the record lacks {', '.join(map(repr, missing))}")
        outcome = cell["verdict"].get("outcome")
        if outcome not in _OUTCOMES:
            raise RateboundError(
                f"cell {position} of the record has outcome {outcome!r}; "
                f"it must be one of {', '.join(_OUTCOMES)}"
            )
    return dict(record)


def provenance(seed: int, command: str, started: datetime, seconds: float) -> dict[str, Any]:
    """Return what a reader needs to make the run again: versions, machine, seed, command, time.

    Parameters
    ----------
    seed
        The one seed of the run.
    command
        The command line or call that made it.
    started
        When the run began; give it a time zone.
    seconds
        Wall-clock seconds that it took.
    """
    return {
        "versions": {name: _version(name) for name in _VERSIONS},
        "machine": f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores",
        "seed": int(seed),
        "command": command,
        "started": started.isoformat(timespec="seconds"),
        "seconds": round(float(seconds), 3),
        "python": platform.python_version(),
    }


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "not installed"


def _plain(value: Any, where: str) -> Any:
    """Turn a value into what strict JSON holds; `where` names it in errors."""
    if value is None or isinstance(value, bool | str | int):
        return value
    if isinstance(value, float):
        if math.isnan(value):
            return "nan"
        return float(value) if math.isfinite(value) else ("inf" if value > 0 else "-inf")
    if isinstance(value, Mapping):
        return {str(key): _plain(item, f"{where}.{key}") for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item, f"{where}[{position}]") for position, item in enumerate(value)]
    if hasattr(value, "tolist"):  # NumPy scalars and arrays, without importing NumPy
        return _plain(value.tolist(), where)
    raise RateboundError(f"{where} is a {type(value).__name__}, which a record cannot hold")


def _restored(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _restored(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_restored(item) for item in value]
    return _NON_FINITE.get(value, value) if isinstance(value, str) else value


def _refuse_constant(name: str) -> float:
    raise ValueError(f"the bare word {name}")
