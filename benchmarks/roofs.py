"""What this machine can do at most, all cores together: arithmetic, and reading at three distances."""

import os
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from numba import njit

from ratebound.experiments.backends.simd import WIDTH, fill, load, store
from ratebound.experiments.backends.simd_functions import fused

LEVELS = {"L2": 0.25, "L3": 8, "memory": 256}
"""MiB that are read at each distance."""
ARITHMETIC = "multiply-add, GFLOP/s"
ROUNDS = 5_000_000


def best(work, repetitions=5):
    work()
    times = []
    for _ in range(repetitions):
        begun = time.perf_counter()
        work()
        times.append(time.perf_counter() - begun)
    return min(times)


@njit(nogil=True, error_model="numpy")
def read(x, out, rounds):
    """Read an array many times in one call: calls from Python would wait for each other."""
    z0 = z1 = z2 = z3 = fill(0.0)
    for _ in range(rounds):
        for i in range(0, x.size, 4 * WIDTH):
            z0 = z0 + load(x, (i,))
            z1 = z1 + load(x, (i + WIDTH,))
            z2 = z2 + load(x, (i + 2 * WIDTH,))
            z3 = z3 + load(x, (i + 3 * WIDTH,))
    store((z0 + z1) + (z2 + z3), out, (0,))


@njit(nogil=True, error_model="numpy")
def multiply_add(x, out, rounds):
    """Make eight multiply-adds of vectors in turn: enough of them that none waits for another."""
    a, b = load(x, (0,)), load(x, (WIDTH,))
    z0 = z1 = z2 = z3 = z4 = z5 = z6 = z7 = a
    for _ in range(rounds):
        z0, z1, z2, z3 = fused(z0, a, b), fused(z1, b, a), fused(z2, a, a), fused(z3, b, b)
        z4, z5, z6, z7 = fused(a, z4, z4), fused(b, z5, z5), fused(a, b, z6), fused(b, z7, a)
    store((z0 + z1) + (z2 + z3) + (z4 + z5) + (z6 + z7), out, (0,))


def roofs():
    """Return GFLOP/s of multiply-adds and GB/s of sums over arrays that fit in L2, in L3, and nowhere."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    found = {}
    with ThreadPoolExecutor(cores) as pool:

        def seconds(kernel, mib, rounds):
            arrays = [np.full(int(mib * 2**20 / 8), 1e-9) for _ in range(cores)]
            outs = [np.empty(WIDTH) for _ in range(cores)]
            return best(lambda: list(pool.map(kernel, arrays, outs, [rounds] * cores)))

        operations = cores * ROUNDS * 8 * WIDTH * 2
        found[ARITHMETIC] = operations / seconds(multiply_add, 0.01, ROUNDS) / 1e9
        for name, mib in LEVELS.items():
            rounds = max(1, int(64 / mib))
            found[f"reading {name}, GB/s"] = cores * rounds * mib * 2**20 / seconds(read, mib, rounds) / 1e9
    return found


def roof(found, workload):
    """Return the replica-steps per second that arithmetic or reading the data allow."""
    level = next((name for name, mib in LEVELS.items() if workload.size <= 2 * mib * 2**20), "memory")
    reading = found[f"reading {level}, GB/s"] / workload.bytes
    return 1e9 * min(found[ARITHMETIC] / workload.flops, reading)
