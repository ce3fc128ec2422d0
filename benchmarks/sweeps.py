"""Maps of 64 x 64 cells, their measured boundary against the exact one, and two workers against one.

python benchmarks/sweeps.py FILE [--only maps|boundary|workers]
"""

import argparse
import json
import os
import platform
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

import ratebound as rb
from ratebound.experiments.regimes.axes import default_steps
from ratebound.experiments.regimes.exact import SecondMoment
from ratebound.experiments.regimes.growth import first_growing
from ratebound.experiments.sweeps.executors import opened_executor
from ratebound.problems.certified import batch_factor

SIDE, REPLICAS, ITERATIONS = 64, 256, 1000
MAPS = ("breast_cancer", "diabetes")
LEAST_SQUARES = ("diabetes", "breast_cancer_ls")
CELLS = {
    "defaults": {
        "problem": "breast_cancer",
        "method": "sgd",
        "steps": 16_000,
        "replicas": 512,
        "backend": "numba",
        "step": "1/(4*L_max)",
    },
    "axes": {"batch": [4, 8], "seed": list(range(8))},
}


def cpu_of_children():
    """Return the processor seconds of the processes that have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def map_of(name):
    """Return what the command line takes for a map and its page: with no kernel compiled, then again."""
    found = {}
    with tempfile.TemporaryDirectory() as folder:
        for what in ("first", "again"):
            command = [sys.executable, "-m", "ratebound", "explore", "--problem", name]
            command += ["--axis", "batch=" + ",".join(map(str, range(1, SIDE + 1))), "--grid", str(SIDE)]
            command += ["--replicas", str(REPLICAS), "--steps", str(ITERATIONS), "-o", f"{folder}/map"]
            begun, used = time.perf_counter(), cpu_of_children()
            cache = {"XDG_CACHE_HOME": f"{folder}/cache"}
            subprocess.run(command, check=True, stdout=subprocess.DEVNULL, env=os.environ | cache)
            found[what] = {
                "wall_seconds": round(time.perf_counter() - begun, 1),
                "cpu_seconds": round(cpu_of_children() - used, 1),
                "load": round(os.getloadavg()[0], 1),
            }
    return found


def boundary(name):
    """Return how many cells lie between the first divergent step as measured and as it is, by batch."""
    problem = rb.problems.load(name)
    operator, steps = SecondMoment(problem), default_steps(problem, SIDE)
    apart = {}
    for batch in range(1, SIDE + 1):
        exact = np.searchsorted(steps, operator.threshold(batch_factor(problem.n, batch, True)))
        apart[batch] = int(first_growing(problem, steps, batch, replicas=REPLICAS) - exact)
    return {"most": max(map(abs, apart.values())), "cells": apart}


def workers(count):
    """Return the seconds of the sweep on so many processes that have loaded everything before."""
    # Twice as many large cells as workers, so that each worker gets some, of either batch.
    warm = CELLS | {"axes": CELLS["axes"] | {"seed": [100 + j for j in range(2 * count)]}}
    with tempfile.TemporaryDirectory() as folder, opened_executor(f"processes:{count}") as pool:
        rb.sweep(warm, Path(folder) / "warm.zarr", executor=pool)
        begun = time.perf_counter()
        rb.sweep(CELLS, Path(folder) / "sweep.zarr", executor=pool)
        return time.perf_counter() - begun


def speed_up():
    """Return three pairs of seconds, one worker and two, and the load before each."""
    rounds = []
    for _ in range(3):
        load, one, two = os.getloadavg()[0], workers(1), workers(2)
        rounds.append(
            {"one": round(one, 2), "two": round(two, 2), "ratio": round(one / two, 2), "load": load}
        )
    return rounds


def main():
    """Measure what is asked for, and write it beside what the file has."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("file", type=Path)
    parser.add_argument("--only", choices=("maps", "boundary", "workers"))
    asked = parser.parse_args()
    found = json.loads(asked.file.read_text("utf-8")) if asked.file.exists() else {}
    found["machine"] = {"cores": os.cpu_count(), "python": platform.python_version()}
    found["cells"] = {"side": SIDE, "replicas": REPLICAS, "iterations": ITERATIONS}
    measures = {
        "maps": lambda: {name: map_of(name) for name in MAPS},
        "boundary": lambda: {name: boundary(name) for name in LEAST_SQUARES},
        "workers": speed_up,
    }
    for name, measure in measures.items():
        if asked.only in (None, name):
            found[name] = measure()
            asked.file.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
