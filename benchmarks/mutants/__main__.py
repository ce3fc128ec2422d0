"""Run the study: ``python -m benchmarks.mutants benchmarks/results`` from the root of the repository.

First every mutant meets the fixed library; what is labelled false and survives is then attacked by the full
search. Writes ``mutants-DATE.json`` and ``.md``. Exit code 1 if a mutant that is proved equivalent is killed,
or a true theorem is.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter
from datetime import date
from pathlib import Path
from typing import Any

from benchmarks.mutants import table
from benchmarks.mutants.labels import label
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
    """One row of the study."""
    row: dict[str, Any] = {"theorem": mutant.parent.id, "kind": mutant.kind, "change": mutant.change}
    if mutant.theorem is None:
        word = label(mutant)
        row |= {"label": word.word, "reason": word.reason, "killed": "static", "where": mutant.refusal[:200]}
        return row | {"ratio": None, "cpu": 0.0}
    began = time.process_time()
    ratio, where = worst(mutant.theorem)
    row |= {"killed": "library" if ratio > KILLED else "", "cpu": time.process_time() - began}
    # What has an exact counterexample needs no attempt at a proof, unless the prover itself is on trial.
    word = label(mutant, prove=sound or not row["killed"])
    row |= {"label": word.word, "reason": word.reason}
    if ratio <= KILLED and word.word != "equivalent" and evaluations:
        found = attack(mutant.theorem, evaluations=evaluations, enough=KILLED).witness
        if found is not None and found.ratio > ratio:
            ratio, where = found.ratio, f"{found.instance['family']}, k = {found.k}"
            row["killed"] = "search" if found.status == "refuted" and ratio > KILLED else ""
    return row | {"ratio": float(f"{ratio:.9g}"), "where": where}


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
