"""What this machine can do at most, all cores together: arithmetic, and reading at three distances."""

import os
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from numba import njit
from threadpoolctl import threadpool_limits

LEVELS = {"L2": 0.25, "L3": 8, "memory": 256}
"""MiB that are read at each distance."""


def best(work, repetitions=5):
    times = []
    for _ in range(repetitions):
        begun = time.perf_counter()
        work()
        times.append(time.perf_counter() - begun)
    return min(times)


@njit(nogil=True)
def read(x, rounds):
    """Read an array many times in one call: calls from Python would wait for each other."""
    total = 0.0
    for _ in range(rounds):
        total += np.dot(x, x)
    return total


def roofs():
    """Return GFLOP/s of a matrix product and GB/s of sums over arrays that fit in L2, in L3, and nowhere."""
    A = np.ones((1500, 1500))
    out = {"matrix product, GFLOP/s": 2 * 1500**3 / best(lambda: A @ A) / 1e9}
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    # One thread for each array: BLAS starts none of its own.
    with ThreadPoolExecutor(cores) as pool, threadpool_limits(1, "blas"):
        for name, mib in LEVELS.items():
            arrays = [np.ones(int(mib * 2**20 / 8)) for _ in range(cores)]
            rounds = max(1, int(64 / mib))
            again = [rounds] * cores
            seconds = best(lambda arrays=arrays, again=again: list(pool.map(read, arrays, again)))
            out[f"reading {name}, GB/s"] = cores * rounds * arrays[0].nbytes / seconds / 1e9
    return out


def roof(found, workload):
    """Return the replica-steps per second that arithmetic or reading the data allow."""
    level = next((name for name, mib in LEVELS.items() if workload.size <= 2 * mib * 2**20), "memory")
    reading = found[f"reading {level}, GB/s"] / workload.bytes
    return 1e9 * min(found["matrix product, GFLOP/s"] / workload.flops, reading)
