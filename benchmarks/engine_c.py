"""A plain C kernel, compiled here for sizes that it knows and for this processor, in threads."""

import ctypes
import os
import shutil
import subprocess
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
from workloads import Stopwatch

GROUP = 8
FLAGS = ("-O3", "-march=native", "-ffast-math", "-shared", "-fPIC")


class Prepared:
    share = 1.0

    def __init__(self, compiler, workload):
        self.workload = w = workload
        A, self.y, alphas, _ = w.data
        self.alpha, width = float(alphas[0]), -(-w.d // 8) * 8
        self.data = np.zeros((w.n, width))
        self.data[:, : w.d] = A
        self.x = np.zeros((w.replicas, width))
        self.threads = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
        self.pool = ThreadPoolExecutor(self.threads)
        with tempfile.TemporaryDirectory() as folder:
            library = Path(folder, "kernel.so")
            sizes = [f"-DD={w.d}", f"-DBATCH={w.batch}", f"-DLOGISTIC={int(w.loss == 'logistic')}"]
            source = Path(__file__).with_name("kernel.c")
            subprocess.run([compiler, *FLAGS, *sizes, "-o", library, source, "-lm"], check=True)
            self.advance = ctypes.CDLL(str(library)).advance
        self.run()

    def run(self):
        w, self.x[:] = self.workload, 0.0
        watch = Stopwatch()

        def work(part):
            groups = w.replicas // GROUP
            first, last = (GROUP * (groups * p // (4 * self.threads)) for p in (part, part + 1))
            numbers = [ctypes.c_int64(v) for v in (first, last, w.steps, w.n)]
            arrays = [ctypes.c_void_p(array.ctypes.data) for array in (self.data, self.y, self.x)]
            factors = ctypes.c_double(w.l2), ctypes.c_double(self.alpha)
            self.advance(*numbers, *arrays[:2], *factors, arrays[2])

        list(self.pool.map(work, range(4 * self.threads)))
        taken = watch.read("steps")
        assert np.isfinite(self.x).all()
        return taken


def prepare(engine, workload):
    compiler = shutil.which("gcc") or shutil.which("clang")
    if compiler is None:
        raise ImportError("no C compiler")
    batches = workload.batch == 1 or (workload.batch > 0 and workload.batch % 4 == 0)
    dense = workload.density == 1 and workload.step_sizes == 1 and workload.replicas % GROUP == 0
    return Prepared(compiler, workload) if batches and dense else None
