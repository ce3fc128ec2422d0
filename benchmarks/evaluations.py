"""Exact evaluations of the true theorems on adversarial instances: ``python benchmarks/evaluations.py FILE``.

One evaluation is one run (instance, parameter values, horizon), whose exact expectation is compared with the
bound at every k that the theorem claims; comparisons are counted beside. A run whose ratio exceeds one is
computed again with certified constants and, where it is near one, with 50 digits.
"""

import argparse
import json
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ratebound.experiments.adversary.case import bounded, case, constants_of, edges
from ratebound.experiments.adversary.expectations import walked
from ratebound.experiments.adversary.families import FAMILIES
from ratebound.experiments.adversary.sweep import Sweep, one_by_one, sweep
from ratebound.experiments.adversary.witness import Witness, witness_of
from ratebound.problems.certified import NotCertified
from ratebound.theory.catalogue import THEOREMS
from ratebound.theory.statement import Theorem
from ratebound.theory.symbols import ALONG_RUN

WIDE, LONGEST, LARGEST, BATCHES = 512, 24, 1e2, 100
SWEEPS = 200
"""Sweeps of one theorem at most: where a range of parameters is narrow few of them hit it."""
TOTALLED = ("runs", "comparisons", "rechecked", "refuted")
DETERMINISTIC = ("huber_1d", "huber_plane", "sine_quiet", "sine_plane", "welsch_1d")


@dataclass
class Count:
    """What was done for one theorem."""

    runs: int = 0
    comparisons: int = 0
    rechecked: int = 0
    worst: float = 0.0
    refuted: int = 0


def families_of(theorem: Theorem) -> list[str]:
    """Families on which a run costs little: least squares, and deterministic runs."""
    quadratic = [name for name, each in FAMILIES.items() if each.quadratic]
    costly = {symbol.name for symbol in ALONG_RUN} & set(theorem.constants)
    return quadratic if costly else [*quadratic, *DETERMINISTIC]


def dear(theorem: Theorem) -> bool:
    """Whether each run takes an instance or a preparation of its own: nothing can be swept at once."""
    method = theorem.method
    in_rows = walked(method) or (method.sampling == "batch" and bool(method.parameters))
    return not theorem.parameters or in_rows or one_by_one(theorem)


def evaluate(theorem: Theorem, runs: int, rng: np.random.Generator) -> Count:
    """Compare about `runs` random runs with the bound."""
    count, names = Count(), families_of(theorem)
    top = 1.0 if bounded(theorem) else LARGEST
    wide = 8 if dear(theorem) else WIDE
    for _ in range(SWEEPS):
        if count.runs >= runs:
            break
        family = FAMILIES[names[rng.integers(len(names))]]
        problem = family.problem(family.at(rng.random(len(family.axes))))
        steps, batch = int(rng.integers(1, LONGEST + 1)), int(rng.integers(1, 4))
        # Moments of methods with draws go through all batches.
        batch = 1 if theorem.method.draws is not None and problem.n**batch > BATCHES else batch
        at = case(theorem, problem, steps, batch)
        try:
            ends = edges(theorem, constants_of(at))
            parts = {name: np.exp(rng.uniform(np.log(1e-4), np.log(top), wide)) for name in ends}
            for part in parts.values():
                part[0] = 1.0
            found = sweep(at, {name: ends[name] * part for name, part in parts.items()})
        except NotCertified:
            found = None
        if found is None or np.isnan(found.ratio).all():
            continue
        known = ~np.isnan(found.ratio)
        count.runs += int(known.any(1).sum())
        count.comparisons += int(known.sum())
        recheck(at, found, count)
    return count


def recheck(at, found: Sweep, count: Count) -> None:
    """Compute the worst run again where its ratio exceeds one by more than certified constants allow."""
    row, column = found.worst
    ratio = float(found.ratio[row, column])
    if ratio <= 1 + 1e-12:
        count.worst = max(count.worst, ratio)
        return
    count.rechecked += 1
    parameters = {name: float(v[row]) for name, v in found.parameters.items()}
    witness: Witness | None = witness_of(at, parameters, 0)
    if witness is not None:
        count.worst = max(count.worst, witness.ratio if witness.ratio_50 is None else witness.ratio_50)
        count.refuted += witness.status == "refuted"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("output", type=Path)
    parser.add_argument("--runs", type=int, default=1_000_000, help="over all theorems")
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    began = time.process_time()
    slow = [name for name, theorem in THEOREMS.items() if dear(theorem)]
    each = given.runs // (len(THEOREMS) - len(slow))
    counts: dict[str, Count] = {}
    totals: dict[str, int] = {}
    for index, (name, theorem) in enumerate(THEOREMS.items()):
        share = max(each // 50, 1) if name in slow else each
        counts[name] = evaluate(theorem, share, np.random.default_rng([given.seed, index]))
        print(f"{name}: {counts[name]} ({time.process_time() - began:.0f} s)", flush=True)
        totals = {key: sum(getattr(c, key) for c in counts.values()) for key in TOTALLED}
        totals |= {"seed": given.seed, "cpu_seconds": round(time.process_time() - began)}
        said = {"totals": totals, "theorems": {done: vars(c) for done, c in counts.items()}}
        given.output.write_text(json.dumps(said, indent=1) + "\n", "utf-8")
    print(totals)
    return int(totals["refuted"] > 0)


if __name__ == "__main__":
    sys.exit(main())
