"""The workloads, as plain arrays that every engine reads alike."""

import time
from dataclasses import dataclass
from functools import cached_property

import numpy as np

CHECKPOINTS = 50


def sparse_rows(rng, n, d, density):
    """Return normal entries at uniform places, a CSR array of shape (n, d)."""
    # Here, for the memory of an engine on dense data is not that of SciPy.
    from scipy.sparse import csr_array

    count = round(n * d * density)
    places = np.unique(rng.integers(0, n * d, 2 * count))
    places = np.sort(rng.permutation(places)[:count])
    starts = np.searchsorted(places, d * np.arange(n + 1))
    columns = (places % d).astype(np.int32)
    return csr_array((rng.normal(size=count), columns, starts.astype(np.int32)), shape=(n, d))


@dataclass(frozen=True)
class Workload:
    name: str
    title: str
    loss: str
    n: int
    d: int
    step_sizes: int
    replicas: int
    steps: int
    batch: int
    l2: float = 0.0
    density: float = 1.0

    @property
    def replica_steps(self):
        return self.step_sizes * self.replicas * self.steps

    @property
    def flops(self):
        """Additions and multiplications of one replica-step; an exponential counts as 20."""
        rows, entries = self.batch or self.n, self.density * self.d
        # Of sparse rows only the entries cost: the regulariser is one multiplication.
        return rows * (4 * entries + (20 if self.loss == "logistic" else 1)) + (
            2 * self.d if self.density == 1 else 1
        )

    @property
    def bytes(self):
        """Bytes of data that one replica-step reads if step sizes share them."""
        rows = self.batch or self.n
        if self.density < 1:
            return rows * (self.density * self.d * 12 + 16) / self.step_sizes
        return rows * (self.d + 1) * 8 / self.step_sizes

    @property
    def size(self):
        """Bytes of all data."""
        return self.bytes * self.step_sizes / (self.batch or self.n) * self.n

    @cached_property
    def data(self):
        """A (n, d), y (n,), step sizes (S,) and the grid of checkpoints."""
        rng = np.random.default_rng(1)
        if self.density < 1:
            A = sparse_rows(rng, self.n, self.d, self.density)
        else:
            A = rng.normal(size=(self.n, self.d))
        entries = self.density * self.d
        signal = A @ rng.normal(size=self.d) / np.sqrt(entries)
        noisy = signal + 0.5 * rng.normal(size=self.n)
        y = np.where(noisy > 0, 1.0, -1.0) if self.loss == "logistic" else noisy
        alphas = np.geomspace(0.1, 1.0, self.step_sizes) * 0.2 / entries
        grid = np.linspace(0, self.steps, min(CHECKPOINTS, self.steps) + 1).astype(int)
        return A, y, alphas, grid


WORKLOADS = {
    w.name: w
    for w in (
        Workload("A", "least squares, batch 1", "squared", 1000, 20, 1, 256, 10000, 1),
        Workload("B", "logistic with l2, batch 1", "logistic", 569, 30, 1, 1024, 5000, 1, 0.01),
        Workload("C", "least squares, batch 16", "squared", 10000, 200, 1, 64, 1000, 16),
        Workload(
            "D", "gradient descent, logistic, 64 step sizes", "logistic", 10000, 200, 64, 1, 20, 0, 0.01
        ),
        Workload("E", "least squares, batch 1, 64 step sizes", "squared", 1000, 20, 64, 64, 2000, 1),
        Workload(
            "F", "logistic with l2, sparse, batch 1", "logistic", 20000, 5000, 1, 64, 20000, 1, 1e-3, 0.005
        ),
        Workload(
            "G", "least squares, batch 1, replicas that fill a GPU", "squared", 1000, 20, 1, 100_000, 2000, 1
        ),
    )
}
"""Batch 0 stands for the full gradient."""


class Stopwatch:
    """Seconds since it was made: on the wall, and of CPU time, which a busy machine changes less."""

    def __init__(self):
        self.wall, self.cpu = time.perf_counter(), time.process_time()

    def read(self, name):
        return {name: time.perf_counter() - self.wall, f"{name}_cpu": time.process_time() - self.cpu}
