"""Plain C kernels, compiled here for sizes that they know and for this processor, in threads."""

import ctypes
import os
import shutil
import subprocess
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
from workloads import CHECKPOINTS, Stopwatch

from ratebound.experiments.backends.aligned import aligned

KERNELS = Path(__file__).parent / "kernels"
FLAGS = ("-O3", "-march=native", "-ffast-math", "-mprefer-vector-width=512", "-shared", "-fPIC")
GROUP, TOGETHER, ROOM = 8, 4, 8
"""Replicas that rows.c and sparse.c advance, entries by which sparse.c reads a row, states that are kept."""


def copied(values, shape, dtype="float64"):
    """Return values where a cache line starts, filled up by zeros to a shape."""
    out = aligned(shape, dtype)
    out[tuple(slice(length) for length in values.shape)] = values
    return out


class Kernel:
    """A compiled source, and threads that call it."""

    def __init__(self, source, **sizes):
        compiler = shutil.which("gcc") or shutil.which("clang")
        if compiler is None:
            raise ImportError("no C compiler")
        with tempfile.TemporaryDirectory() as folder:
            library = Path(folder, "kernel.so")
            known = [f"-D{size}={value}" for size, value in sizes.items()]
            done = subprocess.run([compiler, *FLAGS, *known, "-o", library, source, "-lm"], check=False)
            if done.returncode:
                raise ImportError(f"{compiler} does not compile {source}")
            self.library = ctypes.CDLL(str(library))
        self.threads = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
        self.pool = ThreadPoolExecutor(self.threads)

    def share(self, function, count, unit, *arguments):
        """Call a function for parts of ``0 .. count - 1``, each a multiple of `unit`.

        Arguments are numbers, arrays, or functions that give the array of a part.
        """
        parts = min(4 * self.threads, count // unit)

        def passed(value, part):
            if callable(value):
                value = value(part)
            kinds = {int: ctypes.c_int64, float: ctypes.c_double}
            return kinds[type(value)](value) if type(value) in kinds else ctypes.c_void_p(value.ctypes.data)

        def work(part):
            ends = [unit * (count // unit * p // parts) for p in (part, part + 1)]
            function(*(passed(value, part) for value in (*ends, *arguments)))

        list(self.pool.map(work, range(parts)))


def labelled(workload, **sizes):
    return {"LOGISTIC": int(workload.loss == "logistic"), "L2": workload.l2, "ROOM": ROOM, **sizes}


def checkpoints(w, *shape):
    """Return the steps between checkpoints, and room for the states there."""
    return max(1, w.steps // CHECKPOINTS), np.empty(shape)


class Rows:
    """A to C: vectors run over features."""

    def __init__(self, w):
        A, self.y, alphas, _ = w.data
        self.w, self.alpha, length = w, float(alphas[0]), -(-w.d // 8) * 8
        self.data, self.x = copied(A, (w.n, length)), aligned((w.replicas, length), "float64")
        self.seen = checkpoints(w, w.replicas, ROOM, length)
        self.kernel = Kernel(KERNELS / "rows.c", **labelled(w, D=w.d, BATCH=w.batch))

    def run(self):
        w, self.x[:] = self.w, 0.0
        advance, data = self.kernel.library.advance, (self.data, self.y, self.alpha)
        self.kernel.share(advance, w.replicas, GROUP, w.steps, w.n, *data, self.x, *self.seen)

    def points(self):
        return self.x[None, :, : self.w.d]


class FullGradient:
    """D: vectors run over step sizes, threads over the rows."""

    tile, features = 48, 5

    def __init__(self, w):
        A, y, alphas, _ = w.data
        tiles, d = -(-w.n // self.tile), -(-w.d // self.features) * self.features
        sizes = {"D": d, "TILE": self.tile, "FEATURES": self.features}
        self.kernel = Kernel(KERNELS / "full_gradient.c", **labelled(w, **sizes))
        lanes = ctypes.c_int64.in_dll(self.kernel.library, "lanes").value
        blocks = -(-w.step_sizes // lanes)
        self.w, self.tiles, self.blocks = w, tiles, blocks
        # Rows of zeros add nothing.
        self.data, self.y = copied(A, (tiles * self.tile, d)), copied(y, (tiles * self.tile,))
        self.alphas = copied(alphas, (blocks * lanes,)).reshape(blocks, 1, lanes)
        self.x = aligned((blocks, d, lanes), "float64")
        self.parts = aligned((4 * self.kernel.threads, *self.x.shape), "float64")
        self.seen = checkpoints(w, ROOM, *self.x.shape)

    def run(self):
        w, self.x[:] = self.w, 0.0
        add, data = self.kernel.library.add_gradients, (self.blocks, self.data, self.y, self.x)
        interval, kept = self.seen
        for k in range(1, w.steps + 1):
            self.parts[:] = 0.0
            self.kernel.share(add, self.tiles, 1, *data, lambda part: self.parts[part])
            self.x -= self.alphas * (self.parts.sum(0) / w.n + w.l2 * self.x)
            if k % interval == 0:
                kept[(k // interval - 1) % ROOM] = self.x

    def points(self):
        return self.x.transpose(0, 2, 1).reshape(-1, self.x.shape[1])[: self.w.step_sizes, None, : self.w.d]


class StepSizes:
    """E: vectors run over step sizes."""

    block = 32

    def __init__(self, w):
        A, self.y, alphas, _ = w.data
        self.w, self.data, self.blocks = w, copied(A, A.shape), -(-w.step_sizes // self.block)
        self.alphas = copied(alphas, (self.blocks * self.block,))
        self.x = aligned((w.replicas, self.blocks, w.d, self.block), "float64")
        self.seen = checkpoints(w, w.replicas, self.blocks, ROOM, w.d, self.block)
        self.kernel = Kernel(KERNELS / "step_sizes.c", **labelled(w, D=w.d, BLOCK=self.block))

    def run(self):
        w, self.x[:] = self.w, 0.0
        data = (w.steps, w.n, self.blocks, self.data, self.y, self.alphas, self.x)
        self.kernel.share(self.kernel.library.advance, w.replicas, 1, *data, *self.seen)

    def points(self):
        turned = self.x.transpose(1, 3, 0, 2).reshape(-1, self.w.replicas, self.w.d)
        return turned[: self.w.step_sizes]


class Sparse:
    """F: a step moves the columns of its row."""

    def __init__(self, w):
        A, self.y, alphas, _ = w.data
        self.w, self.alpha, lengths = w, float(alphas[0]), np.diff(A.indptr)
        filled = -(-lengths // TOGETHER) * TOGETHER
        self.starts = np.append(0, np.cumsum(filled)).astype(np.uint32)
        size = int(self.starts[-1])
        places = np.arange(A.nnz) + np.repeat(self.starts[:-1] - A.indptr[:-1], lengths)
        self.columns, self.entries = (aligned((size,), kind) for kind in ("uint16", "float64"))
        # Zeros stand in columns of their own: a number that was just written must not be waited for.
        self.columns[:] = w.d + np.arange(size) % TOGETHER
        self.columns[places], self.entries[places] = A.indices, A.data
        self.x = aligned((w.replicas, -(-(w.d + TOGETHER) // 8) * 8), "float64")
        self.seen = checkpoints(w, w.replicas, ROOM, self.x.shape[1])
        self.kernel = Kernel(KERNELS / "sparse.c", **labelled(w))

    def run(self):
        w, self.x[:] = self.w, 0.0
        rows = (self.starts, self.columns, self.entries, self.y)
        sizes = w.steps, w.n, self.x.shape[1]
        advance = self.kernel.library.advance
        self.kernel.share(advance, w.replicas, GROUP, *sizes, *rows, self.alpha, self.x, *self.seen)

    def points(self):
        return self.x[None, :, : self.w.d]


class Prepared:
    share = 1.0

    def __init__(self, kernel):
        self.kernel = kernel
        kernel.run()

    def run(self):
        watch = Stopwatch()
        self.kernel.run()
        taken = watch.read("steps")
        assert np.isfinite(self.kernel.points()).all()
        return taken


def kernel_of(w):
    """Return the kernel of a workload, or None if there is none."""
    grouped = w.replicas % GROUP == 0 and w.step_sizes == 1
    if w.density < 1:
        fits = w.batch == 1 and grouped and w.d + TOGETHER <= 2**16
        return Sparse(w) if fits else None
    if w.batch == 0:
        return FullGradient(w)
    if w.step_sizes > 1:
        return StepSizes(w) if w.batch == 1 and w.loss == "squared" else None
    return Rows(w) if grouped and (w.batch == 1 or w.batch % 4 == 0) else None


def prepare(engine, workload):
    kernel = kernel_of(workload)
    return None if kernel is None else Prepared(kernel)
