"""Speed of sweeps: two workers against one, and maps of 64 x 64 cells; `--map NAME` for the latter."""

import argparse
import multiprocessing
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import numpy as np

import ratebound as rb
from ratebound.experiments.regimes.axes import default_steps
from ratebound.experiments.regimes.explore import explore
from ratebound.experiments.sweeps.executors import start_worker

CELLS = {
    "defaults": {
        "problem": "breast_cancer",
        "method": "sgd",
        "steps": 2000,
        "replicas": 512,
        "backend": "numba",
        "step": "1/(4*L_max)",
    },
    "axes": {"batch": [1, 2, 4, 8], "seed": list(range(6))},
}


def workers(count):
    """Return the seconds of the sweep on so many processes that have loaded everything before."""
    warm = CELLS | {"axes": CELLS["axes"] | {"seed": [100 + j for j in range(count)]}}
    context = multiprocessing.get_context("spawn")
    with (
        tempfile.TemporaryDirectory() as folder,
        ProcessPoolExecutor(count, mp_context=context, initializer=start_worker) as pool,
    ):
        rb.sweep(warm, Path(folder) / "warm.zarr", executor=pool)
        begun = time.perf_counter()
        rb.sweep(CELLS, Path(folder) / "sweep.zarr", executor=pool)
        return time.perf_counter() - begun


def map_of(name, points, batches, iterations):
    """Return the seconds of a map with 256 replicas."""
    problem = rb.problems.load(name)
    chosen = np.unique(np.geomspace(1, 64, batches).round().astype(int)) if batches < 64 else range(1, 65)
    begun = time.perf_counter()
    explore(
        problem,
        steps_grid=default_steps(problem, points),
        values=[int(batch) for batch in chosen],
        iterations=iterations,
        replicas=256,
    )
    return time.perf_counter() - begun


def main():
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--map", metavar="NAME")
    parser.add_argument("--batches", type=int, default=7)
    parser.add_argument("--iterations", type=int, default=1000)
    asked = parser.parse_args()
    if asked.map:
        took = map_of(asked.map, 64, asked.batches, asked.iterations)
        print(f"{asked.map}: 64 x {asked.batches} cells, 256 replicas, K = {asked.iterations}: {took:.1f} s")
        return
    for _ in range(3):
        one, two = workers(1), workers(2)
        print(f"1 worker {one:.2f} s, 2 workers {two:.2f} s, speed-up {one / two:.2f}")


if __name__ == "__main__":
    main()
