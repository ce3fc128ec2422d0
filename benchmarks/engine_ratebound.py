"""ratebound's own engines: the steps alone, and with the gap at all checkpoints."""

from contextlib import nullcontext
from dataclasses import replace
from functools import partial
from itertools import pairwise

import numpy as np
from workloads import Stopwatch

from ratebound.experiments.backends import numpy_
from ratebound.experiments.backends.recorder import Foresees
from ratebound.experiments.plan import Plan
from ratebound.problems.build import from_arrays
from ratebound.theory.methods import METHODS

# The careful gap of the reference costs far more than its steps: the first part of a run is enough to time.
SHARE = {("numpy", "B"): 0.2, ("numpy", "C"): 0.2, ("numpy", "D"): 0.25, ("numpy", "F"): 0.02}


def plan_of(workload, steps, dtype="float64"):
    """Return the first steps of a workload as ratebound's engines take them."""
    A, y, alphas, grid = workload.data
    return Plan(
        problem=from_arrays(A, y, workload.loss, workload.l2),
        method=METHODS["sgd" if workload.batch else "gd"],
        alphas=np.broadcast_to(alphas[:, None], (len(alphas), steps)),
        weights=None,
        checkpoints=grid[grid <= steps],
        replicas=np.arange(workload.replicas),
        seed=0,
        batch=workload.batch or 1,
        replacement=True,
        measures=("gap_last",),
        dtype=dtype,
    )


class Prepared:
    device = None
    """The GPU of the engine, if it has one."""

    def __init__(self, engine, workload):
        self.share = SHARE.get((engine, workload.name), 1.0)
        dtype = "float32" if engine.endswith("-f32") else "float64"
        self.plan = plan_of(workload, int(workload.steps * self.share), dtype)
        self.plan.problem.minimum  # noqa: B018
        if engine == "numpy":
            self.make, self.all = numpy_.NumpyEngine, numpy_.run
        elif engine.startswith("cuda"):
            from ratebound.experiments.backends import cuda_, cuda_device

            if not cuda_device.available():
                raise ImportError("there is no CuPy or no CUDA device")
            self.device = cuda_device.devices()[0]
            # One card, as the steps take and JAX takes.
            self.make = partial(cuda_.cuda_engine, device=self.device)
            self.all = partial(cuda_.run, numbers=(0,))
        else:
            from ratebound.experiments.backends import numba_

            self.make, self.all = numba_.engine, numba_.run
        first = replace(self.plan, alphas=self.plan.alphas[:, :1], weights=None, checkpoints=np.array([0, 1]))
        self.all(first)

    def run(self):
        watch = Stopwatch()
        with self.device.here() if self.device else nullcontext():
            engine = self.make(self.plan)
            if isinstance(engine, Foresees):
                engine.foresee(self.plan.checkpoints.tolist())
            for start, stop in pairwise(self.plan.checkpoints.tolist()):
                engine.advance(start, stop)
            if self.device:
                # Kernels are waited for where their results are.
                self.device.numpy(engine.points()[:1, :1])
        steps = watch.read("steps")
        # A run holds one engine.
        del engine
        watch = Stopwatch()
        gaps = self.all(self.plan)["gap_last"]
        return steps | watch.read("total") | {"gap": float(gaps[0, :, -1].mean())}


def prepare(engine, workload):
    return Prepared(engine, workload)
