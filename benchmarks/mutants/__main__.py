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
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from benchmarks.mutants import table
from benchmarks.mutants.chains import worst_chain
from benchmarks.mutants.labels import Label, label
from benchmarks.mutants.library import ENTRIES, KILLED, worst
from benchmarks.mutants.operators import Mutant, mutants_of
from ratebound.experiments.adversary.search import attack
from ratebound.experiments.adversary.tightness import known_tightness
from ratebound.experiments.adversary.witness import statement_text
from ratebound.theory.catalogue import THEOREMS
from ratebound.theory.statement import Theorem


def tight(theorem: Theorem) -> bool:
    found = known_tightness(theorem.id)
    return found is not None and found.verdict == "tight"


def first_pass(mutant: Mutant) -> dict[str, Any]:
    """One row: what the constructor and the fixed library say, and nothing else."""
    row: dict[str, Any] = {"theorem": mutant.parent.id, "kind": mutant.kind, "change": mutant.change}
    if mutant.theorem is None:
        return row | {"killed": "static", "where": mutant.refusal[:200], "ratio": None, "cpu": 0.0}
    row["statement"] = statement_text(mutant.theorem)
    began = time.process_time()
    ratio, where = worst(mutant.theorem)
    killed = "library" if ratio > KILLED else ""
    return row | {"killed": killed, "where": where, "ratio": ratio, "cpu": time.process_time() - began}


def second_pass(mutant: Mutant, row: dict[str, Any], evaluations: int, sound: bool = False) -> dict[str, Any]:
    """The row with its label; survivors meet chains and search, without evaluations none of them."""
    if mutant.theorem is None:
        return row | asdict(label(mutant))
    ratio, where = row["ratio"], row["where"]
    # What has an exact counterexample needs no attempt at a proof, unless the prover itself is on trial.
    known = label(mutant, prove=sound or not row["killed"])
    if not row["killed"] and known.label != "equivalent" and evaluations:
        found = worst_chain(mutant.theorem)
        if found[0] > KILLED:
            row["killed"] = "chain"
        else:
            *found, witness = _searched(mutant.theorem, evaluations)
            if found[0] > KILLED:
                row |= {"killed": "search", "witness": witness}
        ratio, where = max((ratio, where), tuple(found))
    if known.label == "open" and row["killed"]:
        known = Label("false", "counterexample", "the run that kills it")
    return row | asdict(known) | {"ratio": float(f"{ratio:.9g}"), "where": where}


def _searched(theorem: Theorem, evaluations: int) -> tuple[float, str, dict[str, Any]]:
    """Return the worst ratio of the full search, where, and the witness; 0 where that does not stand."""
    found = attack(theorem, evaluations=evaluations, enough=KILLED).witness
    if found is None or (found.ratio > KILLED and found.status != "refuted"):
        return 0.0, "nowhere", {}
    return found.ratio, f"{found.instance['family']}, k = {found.k}", found.as_json()


def _first(name: str) -> tuple[tuple[float, str], list[dict[str, Any]]]:
    """The library on a theorem, which must stand, and on its mutants."""
    theorem = THEOREMS[name]
    return worst(theorem), [first_pass(mutant) for mutant in mutants_of(theorem, tight(theorem))]


def _second(job: tuple[str, list[dict[str, Any]], int, bool]) -> list[dict[str, Any]]:
    name, rows, evaluations, sound = job
    theorem = THEOREMS[name]
    made = mutants_of(theorem, tight(theorem))
    return [second_pass(mutant, row, evaluations, sound) for mutant, row in zip(made, rows, strict=True)]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--only", nargs="*", default=list(THEOREMS), metavar="ID")
    parser.add_argument("--evaluations", type=int, default=4000, help="of the full search, per survivor")
    parser.add_argument("--sound", action="store_true", help="try to prove what was killed, too: nobody may")
    parser.add_argument("--workers", type=int, default=2, help="processes")
    given = parser.parse_args()
    rows, wrong = [], []
    # Forked after the catalogue is built, so that it is proved once.
    with get_context("fork").Pool(given.workers) as pool:
        began = time.perf_counter()
        first = pool.map(_first, given.only, chunksize=1)
        seconds = time.perf_counter() - began
        print(f"constructor and library: {seconds:.1f} s with {given.workers} processes", flush=True)
        jobs = [
            (name, mine, given.evaluations, given.sound)
            for name, (_, mine) in zip(given.only, first, strict=True)
        ]
        for name, (true, _), mine in zip(given.only, first, pool.imap(_second, jobs), strict=True):
            if true[0] > KILLED:
                wrong.append(f"the true theorem {name} is refuted: {true[0]} at {true[1]}")
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
    settings = {
        "instances": len(ENTRIES),
        "evaluations": given.evaluations,
        "workers": given.workers,
        "seconds": round(seconds, 1),
        "date": str(date.today()),
    }
    stem = given.folder / f"mutants-{settings['date']}"
    stem.with_suffix(".json").write_text(table.as_json(settings, rows), encoding="utf-8")
    stem.with_suffix(".md").write_text(table.as_markdown(settings, rows), encoding="utf-8")
    return int(bool(wrong))


if __name__ == "__main__":
    sys.exit(main())
