"""Run the study: ``python -m benchmarks.mutants benchmarks/results`` from the root of the repository.

First every mutant meets the fixed library. What survives without a proof meets the chains of
:mod:`benchmarks.mutants.chains`, which run for millions of steps, then the full search. A mutant without a
label that is killed on the way is false, by that counterexample; one that is not stays open. Writes
``mutants-DATE.json`` and ``.md``. Exit code 1 if a mutant that is proved equivalent is killed, or a true
theorem is.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter
from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import Any

from benchmarks.mutants import table
from benchmarks.mutants.chains import worst_chain
from benchmarks.mutants.labels import Label, label
from benchmarks.mutants.library import ENTRIES, KILLED, worst
from benchmarks.mutants.operators import Mutant, mutants_of
from ratebound.experiments.adversary.search import attack
from ratebound.experiments.adversary.tightness import known_tightness
from ratebound.theory.catalogue import THEOREMS
from ratebound.theory.statement import Theorem


def tight(theorem: Theorem) -> bool:
    found = known_tightness(theorem.id)
    return found is not None and found.verdict == "tight"


def judged(mutant: Mutant, evaluations: int, sound: bool = False) -> dict[str, Any]:
    """One row of the study; without evaluations neither chains nor search are asked."""
    row: dict[str, Any] = {"theorem": mutant.parent.id, "kind": mutant.kind, "change": mutant.change}
    if mutant.theorem is None:
        row |= asdict(label(mutant))
        return row | {"killed": "static", "where": mutant.refusal[:200], "ratio": None, "cpu": 0.0}
    began = time.process_time()
    ratio, where = worst(mutant.theorem)
    row["killed"], row["cpu"] = "library" if ratio > KILLED else "", time.process_time() - began
    # What has an exact counterexample needs no attempt at a proof, unless the prover itself is on trial.
    known = label(mutant, prove=sound or not row["killed"])
    if not row["killed"] and known.label != "equivalent" and evaluations:
        found = worst_chain(mutant.theorem)
        if found[0] > KILLED:
            row["killed"] = "chain"
        else:
            found = _searched(mutant.theorem, evaluations)
            row["killed"] = "search" if found[0] > KILLED else ""
        ratio, where = max((ratio, where), found)
    if known.label == "open" and row["killed"]:
        known = Label("false", "counterexample", "the run that kills it")
    return row | asdict(known) | {"ratio": float(f"{ratio:.9g}"), "where": where}


def _searched(theorem: Theorem, evaluations: int) -> tuple[float, str]:
    """Return the worst ratio of the full search, and where; 0 where its witness does not stand."""
    found = attack(theorem, evaluations=evaluations, enough=KILLED).witness
    if found is None or (found.ratio > KILLED and found.status != "refuted"):
        return 0.0, "nowhere"
    return found.ratio, f"{found.instance['family']}, k = {found.k}"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--only", nargs="*", default=list(THEOREMS), metavar="ID")
    parser.add_argument("--evaluations", type=int, default=4000, help="of the full search, per survivor")
    parser.add_argument("--sound", action="store_true", help="try to prove what was killed, too: nobody may")
    given = parser.parse_args()
    rows, wrong = [], []
    for name in given.only:
        theorem = THEOREMS[name]
        ratio, where = worst(theorem)
        if ratio > KILLED:
            wrong.append(f"the true theorem {name} is refuted: {ratio} at {where}")
        mine = [
            judged(mutant, given.evaluations, given.sound) for mutant in mutants_of(theorem, tight(theorem))
        ]
        wrong += [
            f"{name}, {row['change']}: proved equivalent and killed"
            for row in mine
            if row["label"] == "equivalent" and row["killed"]
        ]
        rows += mine
        counts = Counter((row["label"], row["killed"] or "survives") for row in mine)
        print(name, *(f"{a}/{b}: {n}" for (a, b), n in sorted(counts.items())), sep=", ", flush=True)
    for line in wrong:
        print(line, file=sys.stderr)
    settings = {"instances": len(ENTRIES), "evaluations": given.evaluations, "date": str(date.today())}
    stem = given.folder / f"mutants-{settings['date']}"
    stem.with_suffix(".json").write_text(table.as_json(settings, rows), encoding="utf-8")
    stem.with_suffix(".md").write_text(table.as_markdown(settings, rows), encoding="utf-8")
    return int(bool(wrong))


if __name__ == "__main__":
    sys.exit(main())
