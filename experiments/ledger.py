"""The budget of false alarms over all reruns of a suite, kept in a small JSON file.

A run with a seed that the ledger knows, on the same cells, draws the same numbers again: it can raise no new
false alarm and spends nothing. The j-th different run spends ``delta/(j (j+1))``; these add up to delta over
all runs that will ever be made. A run is entered before it starts, so that one that was broken off counts.
The budget of false confirmations by replicas is kept beside it in the same way.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

from ratebound.experiments.whole_file import write_text
from ratebound.theory.errors import RateboundError

SCHEMA = 1


def share(delta: float, j: int) -> float:
    """Return what the j-th run, j >= 1, spends of the budget `delta`."""
    return delta / (j * (j + 1))


def digest(*parts: Any) -> str:
    """Return a digest of values that print the same wherever they are the same, and of bytes."""
    found = hashlib.sha256()
    for part in parts:
        data = part if isinstance(part, bytes) else repr(part).encode()
        found.update(len(data).to_bytes(8, "big") + data)
    return found.hexdigest()[:16]


def enter(path: str | Path, suite: str, delta: float, seed: int, cells: str, confirm: float) -> int:
    """Enter a run and return its number j; a run that is already known keeps its number.

    Parameters
    ----------
    path
        The ledger, made if there is none.
    suite
        Name of the suite.
    delta
        Its budget over all runs.
    seed
        The seed of this run.
    cells
        Digest of what it judges.
    confirm
        The budget over all runs of confirming some false bound by replicas.

    Raises
    ------
    RateboundError
        If the file is no ledger, states another budget for this suite, or cannot be written.
    """
    path = Path(path)
    table = _read(path)
    entry = table["suites"].setdefault(suite, {"delta": delta, "runs": []})
    if entry["delta"] != delta:
        raise RateboundError(
            f"the ledger {path} holds delta = {entry['delta']:g} for the suite {suite}, and it now asks for "
            f"{delta:g}; a budget is fixed once: keep it, or begin another ledger"
        )
    if entry.setdefault("confirm", confirm) != confirm:
        raise RateboundError(
            f"the ledger {path} holds {entry['confirm']:g} for false confirmations of the suite {suite}, and "
            f"it is now {confirm:g}; a budget is fixed once: begin another ledger"
        )
    run = {"seed": seed, "cells": cells}
    if run not in entry["runs"]:
        entry["runs"].append(run)
        write_text(path, json.dumps(table, indent=1), "the ledger")
    return int(entry["runs"].index(run)) + 1


def _read(path: Path) -> dict[str, Any]:
    if not path.exists():
        return {"schema": SCHEMA, "suites": {}}
    try:
        table = json.loads(path.read_text(encoding="utf-8"))
        if table["schema"] != SCHEMA:
            raise ValueError(f"its schema is {table['schema']!r}, not {SCHEMA}")
        for entry in table["suites"].values():
            _ = (
                float(entry["delta"]),
                float(entry.get("confirm", 0)),
                [(run["seed"], run["cells"]) for run in entry["runs"]],
            )
    except OSError as error:
        raise RateboundError(f"cannot read the ledger {path}: {error.strerror}; check the path") from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise RateboundError(f"{path} is not a ledger: {error}; give another path") from error
    return dict(table)
