"""One engine on one workload in a process of its own: reads commands as JSON lines, answers as JSON lines.

``python worker.py ENGINE WORKLOAD`` prepares (import and first call), then answers "run" with the seconds of
the steps and of the steps with the gap at all checkpoints, and "stop" with the peak memory. One "run" repeats
the workload for half a second and answers with the means, as timeit does: a run of 20 ms that follows another
engine's would measure how cold the caches are.
"""

import importlib
import json
import sys
import time
from pathlib import Path

from workloads import WORKLOADS

ENGINES = {
    "numpy": "engine_ratebound",
    "numba": "engine_ratebound",
    "numba-f32": "engine_ratebound",
    "cuda": "engine_ratebound",
    "cuda-f32": "engine_ratebound",
    "c": "engine_c",
    "jax": "engine_jax",
    "jax-pmap2": "engine_jax",
    "jax-gpu": "engine_jax",
    "torch": "engine_torch",
    "sklearn": "engine_sklearn",
}


LEAST = 0.5
"""Seconds that one repetition takes at least."""


def repeated(run):
    """Return the means of what runs measured."""
    begun, runs = time.perf_counter(), []
    while not runs or time.perf_counter() - begun < LEAST:
        runs.append(run())
    return {"times": len(runs)} | {key: sum(r[key] for r in runs) / len(runs) for key in runs[0]}


def answer(**fields):
    print(json.dumps(fields), flush=True)


def peak_mib():
    """Return the peak memory of this process, without what its parent held, which getrusage counts."""
    try:
        lines = Path("/proc/self/status").read_text().splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) / 1024
    except OSError:
        return None


def main():
    engine, workload = sys.argv[1], WORKLOADS[sys.argv[2]]
    # The same for all engines, and no part of their first call.
    assert workload.data
    begun = time.perf_counter()
    try:
        prepared = importlib.import_module(ENGINES[engine]).prepare(engine, workload)
    except ImportError as missing:
        answer(missing=str(missing))
        return
    first = time.perf_counter() - begun
    if prepared is None:
        answer(missing="does not apply")
        return
    answer(first_call=first, share=prepared.share)
    for line in sys.stdin:
        if line.strip() == "stop":
            break
        answer(**repeated(prepared.run))
    answer(peak_mib=peak_mib())


if __name__ == "__main__":
    main()
