"""A library on theorems it was not chosen on: ``python -m benchmarks.mutants.split STUDY.json FOLDER``.

The fixed library was chosen on the mutants that it is judged on. Here candidates are drawn at random, without
a look at any mutant: families in turn, each of their numbers at an end of its range or anywhere within,
horizon and batch as well. The theorems are dealt into two halves, A and B. On the false mutants of one half
instances are chosen greedily, each the one that kills most of what is left, at most as many as the fixed
library has; they are judged on the other half, of which the choice has seen nothing. The same is done with
the instances of the fixed library as candidates, whose choice has seen both halves.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from datetime import date
from multiprocessing import get_context
from pathlib import Path

import numpy as np

from benchmarks.mutants.__main__ import tight
from benchmarks.mutants.library import ENTRIES, KILLED, Entry, cases, ratio_on
from benchmarks.mutants.operators import mutants_of
from ratebound.experiments.adversary.families import FAMILIES, Axis
from ratebound.theory.catalogue import THEOREMS

_HORIZON, _BATCH = Axis(1, 100, "log"), Axis(1, 3, "integer")

Kills = dict[str, set[int]]
"""Name of a false mutant -> numbers of the candidates that kill it."""


def drawn(count: int, seed: int) -> list[Entry]:
    """Return random candidates, the families in turn."""
    rng, families = np.random.default_rng(seed), list(FAMILIES.values())
    found = []
    for number in range(count):
        family = families[number % len(families)]
        size = len(family.axes) + 2
        fractions = np.where(rng.random(size) < 0.5, rng.integers(0, 2, size), rng.random(size))
        values = tuple(family.at(fractions[:-2]).values())
        steps, batch = round(_HORIZON.value(fractions[-2])), round(_BATCH.value(fractions[-1]))
        found.append(Entry(family.name, values, steps, batch))
    return found


def kills_of(name: str, false: set[str], candidates: Sequence[Entry]) -> Kills:
    """Return which candidates kill which false mutants of a theorem; candidate by candidate shares runs."""
    mutants = [m for m in mutants_of(THEOREMS[name], tight(THEOREMS[name])) if m.change in false]
    kills: Kills = {m.name: set() for m in mutants}
    for number, entry in enumerate(candidates):
        for mutant in mutants:
            assert mutant.theorem is not None
            for _, at in cases(mutant.theorem, [entry]):
                found = ratio_on(at)
                if found is not None and found[0] > KILLED:
                    kills[mutant.name].add(number)
    return kills


def chosen(kills: Sequence[set[int]], most: int) -> list[int]:
    """Return candidates, at most so many, each the one that kills most of what those before it spare."""
    left, picked = [each for each in kills if each], []
    while left and len(picked) < most:
        numbers = sorted(set().union(*left))
        best = max(numbers, key=lambda number: sum(number in each for each in left))
        picked.append(best)
        left = [each for each in left if best not in each]
    return picked


def judged(kills: dict[str, Kills], most: int) -> list[dict[str, object]]:
    """Return for either half how many mutants a library chosen on it kills there, and on the other half."""
    names = list(kills)
    halves = {"A": names[::2], "B": names[1::2]}
    rows = []
    for half, other in (("A", "B"), ("B", "A")):
        own, unseen = ([each for name in halves[h] for each in kills[name].values()] for h in (half, other))
        library = set(chosen(own, most))
        rows.append(
            {
                "chosen_on": half,
                "instances": len(library),
                "killed_there": [sum(bool(each & library) for each in own), len(own)],
                "killed_unseen": [sum(bool(each & library) for each in unseen), len(unseen)],
            }
        )
    return rows


def _job(job: tuple[str, set[str], list[Entry]]) -> tuple[str, Kills]:
    return job[0], kills_of(*job)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("study", type=Path, help="a mutation study: its labels")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--candidates", type=int, default=144, help="drawn at random")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--workers", type=int, default=2, help="processes")
    parser.add_argument("--only", nargs="*", default=list(THEOREMS), metavar="ID")
    given = parser.parse_args()
    false: dict[str, set[str]] = {name: set() for name in given.only}
    for row in json.loads(given.study.read_text("utf-8"))["mutants"]:
        if row["theorem"] in false and row["label"] == "false" and row["killed"] != "static":
            false[row["theorem"]].add(row["change"])
    out: dict[str, object] = {"study": given.study.name, "date": str(date.today()), "seed": given.seed}
    with get_context("fork").Pool(given.workers) as pool:
        for words, candidates in (("drawn", drawn(given.candidates, given.seed)), ("fixed", list(ENTRIES))):
            jobs = [(name, changes, candidates) for name, changes in false.items() if changes]
            kills = dict(pool.imap(_job, jobs))
            out[words] = {"candidates": len(candidates), "halves": judged(kills, len(ENTRIES))}
            print(words, json.dumps(out[words]), flush=True)
    text = json.dumps(out, indent=1) + "\n"
    (given.folder / f"mutants-split-{out['date']}.json").write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
