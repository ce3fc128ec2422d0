"""How often the e-process refutes a bound that is attained: ``python benchmarks/false_alarms.py FILE``.

Every check is one suite: R replicas of a ratio q/B with mean exactly 1 at each of C checkpoints. An alarm is
an e-value that ever reaches 1/delta, after any number of replicas. Ville's inequality promises at most delta.
"""

import argparse
import json
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np

from ratebound.experiments.evidence.evalue import EProcess

CHECKPOINTS, REPLICAS = 8, 100
DELTAS = (0.05, 0.01, 0.001)


def chi_square(freedom: int, correlation: float) -> Callable[[np.random.Generator], np.ndarray]:
    """Squares of an autoregression: the error of SGD on a quadratic with additive noise."""

    def draw(rng: np.random.Generator) -> np.ndarray:
        fresh = rng.standard_normal((CHECKPOINTS, REPLICAS, freedom))
        state, rows = fresh[0], [fresh[0]]
        for noise in fresh[1:]:
            state = correlation * state + np.sqrt(1 - correlation**2) * noise
            rows.append(state)
        return (np.array(rows) ** 2).mean(2).T

    return draw


def multiplicative(spread: float) -> Callable[[np.random.Generator], np.ndarray]:
    """Products of independent factors with mean one: multiplicative noise, ever heavier tails."""

    def draw(rng: np.random.Generator) -> np.ndarray:
        scale = np.sqrt(np.log1p(spread**2))
        factors = np.exp(scale * rng.standard_normal((REPLICAS, CHECKPOINTS)) - scale**2 / 2)
        return np.cumprod(factors, 1)

    return draw


def two_points(probability: float) -> Callable[[np.random.Generator], np.ndarray]:
    """Zero, or rarely 1/p."""
    return lambda rng: (rng.random((REPLICAS, CHECKPOINTS)) < probability) / probability


def pareto(tail: float) -> Callable[[np.random.Generator], np.ndarray]:
    """A power law; for tail <= 2 its variance is infinite."""
    return lambda rng: (1 + rng.pareto(tail, (REPLICAS, CHECKPOINTS))) * (tail - 1) / tail


CASES = {
    "chi-square, 1 degree, correlated": chi_square(1, 0.9),
    "chi-square, 5 degrees": chi_square(5, 0.9),
    "chi-square, 50 degrees": chi_square(50, 0.9),
    "multiplicative, CV 0.3 a step": multiplicative(0.3),
    "multiplicative, CV 1 a step": multiplicative(1.0),
    "two points, p = 0.01": two_points(0.01),
    "two points, p = 0.2": two_points(0.2),
    "Pareto, tail 1.5 (infinite variance)": pareto(1.5),
}


def study(suites: int, seed: int) -> dict[str, dict[str, float]]:
    """Share of suites with an alarm, for each case and delta."""
    table = {}
    for index, (name, draw) in enumerate(CASES.items()):
        rng = np.random.default_rng([seed, index])
        values = np.empty(suites)
        for suite in range(suites):
            process = EProcess(CHECKPOINTS)
            process.update(draw(rng))
            values[suite] = process.value
        table[name] = {str(delta): float((values >= 1 / delta).mean()) for delta in DELTAS}
        print(name, table[name], flush=True)
    return table


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("output", type=Path)
    parser.add_argument("--suites", type=int, default=12_500, help="per case; each has 8 checkpoints")
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    table = study(given.suites, given.seed)
    settings = {"suites": given.suites, "cases": len(CASES), "checks": given.suites * len(CASES)}
    settings |= {"replicas": REPLICAS, "checkpoints": CHECKPOINTS, "seed": given.seed}
    given.output.write_text(json.dumps({"settings": settings, "alarms": table}, indent=1) + "\n", "utf-8")
    return int(any(share > float(delta) for row in table.values() for delta, share in row.items()))


if __name__ == "__main__":
    sys.exit(main())
