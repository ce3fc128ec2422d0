"""What this machine can do at most: arithmetic, and reading at three distances."""

import time

import numpy as np


def best(work, repetitions=5):
    times = []
    for _ in range(repetitions):
        begun = time.perf_counter()
        work()
        times.append(time.perf_counter() - begun)
    return min(times)


def roofs():
    """Return GFLOP/s of a matrix product and GB/s of sums over arrays that fit in L2, in L3, and nowhere."""
    A = np.ones((1500, 1500))
    out = {"matrix product, GFLOP/s": 2 * 1500**3 / best(lambda: A @ A) / 1e9}
    for name, mib in (("L2", 0.25), ("L3", 8), ("memory", 256)):
        x = np.ones(int(mib * 2**20 / 8))
        rounds = max(1, int(64 / mib))
        seconds = best(lambda x=x, rounds=rounds: [np.dot(x, x) for _ in range(rounds)])
        out[f"reading {name}, GB/s"] = rounds * x.nbytes / seconds / 1e9
    return out
