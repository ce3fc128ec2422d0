"""Search the worst case of every theorem: ``python -m ratebound.experiments.adversary FILE``."""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

from ratebound.experiments.adversary.search import attack
from ratebound.experiments.adversary.tightness import Tightness, as_text, known_tightness, tightness_of
from ratebound.theory.catalogue import THEOREMS

_LONG = 1.0
"""Seconds of a search after which its result is written at once."""


def main() -> int:
    """Search, keep what is worse than the record, write it; return 1 if a theorem is refuted."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("output", type=Path, help="the record to write")
    parser.add_argument("--evaluations", type=int, default=4000, help="runs per theorem")
    parser.add_argument("--longest", type=int, default=100, help="largest horizon")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", nargs="*", default=list(THEOREMS), metavar="ID")
    parser.add_argument("--missing", action="store_true", help="search only what is not on record")
    given = parser.parse_args()
    before = {name: known for name in THEOREMS if (known := known_tightness(name)) is not None}
    found: dict[str, Tightness] = {}
    for name in THEOREMS:
        known = before.get(name)
        started = time.perf_counter()
        if name in given.only and not (given.missing and known is not None):
            tried = attack(name, evaluations=given.evaluations, seed=given.seed, longest=given.longest)
            if tried.witness is not None:
                fresh = tightness_of(tried.witness, tried.evaluations)
                known = fresh if known is None or fresh.ratio > known.ratio else known
        if known is None:
            print(f"{name}: the theorem applied to no instance", file=sys.stderr)
            continue
        found[name] = known
        took = time.perf_counter() - started
        where = f"{known.witness.instance['family']}, k = {known.witness.k}"
        print(f"{name}: {known.ratio:.9f} {known.verdict} ({where}), {took:.1f} s", flush=True)
        if took > _LONG:
            # A search that is stopped keeps what it has found; what lies ahead keeps its record.
            given.output.write_text(as_text(before | found), encoding="utf-8")
    given.output.write_text(as_text(found), encoding="utf-8")
    return int(any(each.verdict == "refuted" for each in found.values()))


if __name__ == "__main__":
    sys.exit(main())
