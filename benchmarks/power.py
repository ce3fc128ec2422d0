"""How many replicas the e-process needs to refute a false bound: ``python benchmarks/power.py FILE``."""

import argparse
import json
import sys
from pathlib import Path

import false_alarms
import numpy as np

from ratebound.experiments.evidence.evalue import EProcess

FACTORS = (1.05, 1.1, 1.25, 1.5, 2.0)
THRESHOLD = 3e4
MOST = 16_384


def replicas_needed(draw, factor: float, rng: np.random.Generator) -> int:
    """Replicas until the e-value reaches the threshold, to the next block; MOST if it does not."""
    process = EProcess(false_alarms.CHECKPOINTS)
    while process.replicas < MOST:
        process.update(factor * draw(rng))
        if process.rejects(THRESHOLD):
            return process.replicas
    return MOST


def study(repeats: int, seed: int) -> dict[str, dict[str, float]]:
    table = {}
    for index, (name, draw) in enumerate(false_alarms.CASES.items()):
        row = {}
        for j, factor in enumerate(FACTORS):
            rng = np.random.default_rng([seed, index, j])
            row[str(factor)] = float(np.median([replicas_needed(draw, factor, rng) for _ in range(repeats)]))
        table[name] = row
        print(name, row, flush=True)
    return table


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("output", type=Path)
    parser.add_argument("--repeats", type=int, default=7)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    table = study(given.repeats, given.seed)
    settings = {"repeats": given.repeats, "threshold": THRESHOLD, "block": false_alarms.REPLICAS}
    settings |= {"most": MOST, "checkpoints": false_alarms.CHECKPOINTS, "seed": given.seed}
    said = {"settings": settings, "bound too small by": list(FACTORS), "median replicas": table}
    given.output.write_text(json.dumps(said, indent=1) + "\n", "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
