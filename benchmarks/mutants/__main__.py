"""Run the study: ``python -m benchmarks.mutants benchmarks/results`` from the root of the repository.

First every mutant meets the fixed library. What survives without a proof meets the chains of
:mod:`benchmarks.mutants.chains`, which run for millions of steps, then the full search. A mutant without a
label that is killed on the way is false, by that counterexample; one that is not stays open. Writes
``mutants-DATE.json`` and ``.md``. Exit code 1 if a mutant that is proved equivalent is killed, or a true
theorem is.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict
from datetime import date
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from benchmarks.mutants import table
from benchmarks.mutants.chains import worst_chain
from benchmarks.mutants.known import KNOWN
from benchmarks.mutants.labels import Label, label
from benchmarks.mutants.library import ENTRIES, KILLED, worst
from benchmarks.mutants.operators import Mutant, mutants_of
from ratebound.experiments.adversary.search import attack
from ratebound.experiments.adversary.tightness import known_tightness
from ratebound.experiments.adversary.witness import statement_text
from ratebound.theory.catalogue import THEOREMS
from ratebound.theory.errors import RateboundError
from ratebound.theory.statement import Theorem

_NONE: Mapping[tuple[str, str], Mapping[str, Any]] = {}


def tight(theorem: Theorem) -> bool:
    found = known_tightness(theorem.id)
    return found is not None and found.verdict == "tight"


def first_pass(mutant: Mutant) -> dict[str, Any]:
    """One row: what the constructor and the fixed library say, and nothing else."""
    row: dict[str, Any] = {"theorem": mutant.parent.id, "kind": mutant.kind, "change": mutant.change}
    if mutant.theorem is None:
        return row | {"killed": "static", "where": mutant.refusal[:200], "ratio": None, "cpu": 0.0}
    row["statement"] = _statement(mutant.theorem)
    began = time.process_time()
    ratio, where = worst(mutant.theorem)
    killed = "library" if ratio > KILLED else ""
    return row | {"killed": killed, "where": where, "ratio": ratio, "cpu": time.process_time() - began}


def _statement(theorem: Theorem) -> str:
    """All that a mutation may change, as text."""
    where = ", ".join(map(str, theorem.where)) or "any parameters"
    return f"{statement_text(theorem)}, {where}, weights {theorem.weights}"


Earlier = Mapping[tuple[str, str], Mapping[str, Any]]
"""Theorem and change -> the row of an earlier study."""


def second_pass(
    mutant: Mutant, row: dict[str, Any], evaluations: int, sound: bool = False, earlier: Earlier = _NONE
) -> dict[str, Any]:
    """The row with its label; survivors meet chains and search, without evaluations none of them.

    What an earlier study says of a survivor whose statement is still the same is kept, unless there is a
    label by hand now.
    """
    if mutant.theorem is None:
        return row | asdict(label(mutant))
    before = earlier.get((row["theorem"], row["change"]))
    same = before is not None and before.get("statement") == row["statement"] and mutant.name not in KNOWN
    if before is not None and same and not row["killed"] and before["killed"] in ("", "chain", "search"):
        return dict(before)
    ratio, where = row["ratio"], row["where"]
    on_record = known_tightness(row["theorem"])
    # What has an exact counterexample needs no attempt at a proof, unless the prover itself is on trial.
    known = label(mutant, prove=sound or not row["killed"])
    if not row["killed"] and known.route == "record" and on_record is not None and mutant.factor:
        # The search of the theorem itself has found a run that kills it.
        row |= {"killed": "search", "witness": on_record.witness.as_json()}
        ratio, where = on_record.ratio / mutant.factor, f"on record, k = {on_record.witness.k}"
    elif not row["killed"] and known.label != "equivalent" and evaluations:
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
    try:
        found = attack(theorem, evaluations=evaluations, enough=KILLED).witness
    except RateboundError:
        return 0.0, "nowhere", {}  # A range that reaches where the method itself is not defined.
    if found is None or (found.ratio > KILLED and found.status != "refuted"):
        return 0.0, "nowhere", {}
    return found.ratio, f"{found.instance['family']}, k = {found.k}", found.as_json()


def _first(name: str) -> tuple[tuple[float, str], list[dict[str, Any]], float]:
    """The library on a theorem, which must stand, and on its mutants; and the processor time."""
    began, theorem = time.process_time(), THEOREMS[name]
    true = worst(theorem)
    rows = [first_pass(mutant) for mutant in mutants_of(theorem, tight(theorem))]
    return true, rows, time.process_time() - began


def _second(job: tuple[str, list[dict[str, Any]], int, bool, Earlier]) -> list[dict[str, Any]]:
    name, rows, *options = job
    theorem = THEOREMS[name]
    made = mutants_of(theorem, tight(theorem))
    return [second_pass(mutant, row, *options) for mutant, row in zip(made, rows, strict=True)]


def _of(name: str, earlier: Earlier) -> Earlier:
    return {key: row for key, row in earlier.items() if key[0] == name}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--only", nargs="*", default=list(THEOREMS), metavar="ID")
    parser.add_argument("--evaluations", type=int, default=4000, help="of the full search, per survivor")
    parser.add_argument("--sound", action="store_true", help="try to prove what was killed, too: nobody may")
    parser.add_argument("--workers", type=int, default=2, help="processes")
    parser.add_argument("--earlier", type=Path, help="a study whose survivors are not searched again")
    given = parser.parse_args()
    given.folder.mkdir(parents=True, exist_ok=True)
    rows, wrong = [], []
    study = json.loads(given.earlier.read_text("utf-8"))["mutants"] if given.earlier else []
    earlier = {(row["theorem"], row["change"]): row for row in study}
    # Forked after the catalogue is built, so that it is proved once.
    with get_context("fork").Pool(given.workers) as pool:
        began = time.perf_counter()
        first = pool.map(_first, given.only, chunksize=1)
        seconds = time.perf_counter() - began
        cpu = sum(each for *_, each in first)
        print(f"constructor and library: {seconds:.1f} s, {cpu:.1f} s of processor time", flush=True)
        jobs = [
            (name, mine, given.evaluations, given.sound, _of(name, earlier))
            for name, (_, mine, _) in zip(given.only, first, strict=True)
        ]
        for name, (true, *_), mine in zip(given.only, first, pool.imap(_second, jobs), strict=True):
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
        "processor_seconds": round(cpu, 1),
        "date": str(date.today()),
    }
    stem = given.folder / f"mutants-{settings['date']}"
    stem.with_suffix(".json").write_text(table.as_json(settings, rows), encoding="utf-8")
    stem.with_suffix(".md").write_text(table.as_markdown(settings, rows), encoding="utf-8")
    return int(bool(wrong))


if __name__ == "__main__":
    sys.exit(main())
