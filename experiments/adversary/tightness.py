"""What is known of the tightness of each theorem: the worst ratio ever found, with its witness."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from typing import Any

from ratebound.experiments.adversary.witness import Status, Witness, from_json, statement_text
from ratebound.theory.catalogue import THEOREMS

_FILE = "witnesses.json"


@dataclass(frozen=True)
class Tightness:
    """The worst ratio of error to bound ever found for a theorem.

    Parameters
    ----------
    theorem
        Id.
    ratio
        Largest measured/bound.
    verdict
        ``"tight"`` (at least 0.999), ``"loose"`` (nothing worse was found, which proves nothing), or
        ``"refuted"``.
    evaluations
        Runs that were compared in the search.
    witness
        The run that attains the ratio.
    """

    theorem: str
    ratio: float
    verdict: Status
    evaluations: int
    witness: Witness


def tightness_of(witness: Witness, evaluations: int) -> Tightness:
    """Return what a search has found."""
    return Tightness(witness.theorem, witness.exact, witness.status, evaluations, witness)


@lru_cache(maxsize=1)
def _stored() -> Mapping[str, Any]:
    file = resources.files("ratebound.experiments.adversary") / _FILE
    if not file.is_file():
        return {}
    stored: Mapping[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    return stored


def known_tightness(theorem_id: str) -> Tightness | None:
    """Return the worst ratio that is on record, or None.

    None also where the statement has changed since: a ratio speaks about one statement only.
    """
    entry = _stored().get(theorem_id)
    if entry is None or theorem_id not in THEOREMS:
        return None
    found = tightness_of(from_json(entry["witness"]), entry["evaluations"])
    if found.witness.bound_text != statement_text(THEOREMS[theorem_id]):
        return None
    return found


def as_text(found: Mapping[str, Tightness]) -> str:
    """Return the content of the record, one theorem a line, so that changes are easy to review."""
    lines = [
        f"{json.dumps(name)}: "
        + json.dumps({"evaluations": each.evaluations, "witness": each.witness.as_json()}, allow_nan=False)
        for name, each in sorted(found.items())
    ]
    return "{\n" + ",\n".join(lines) + "\n}\n"
