"""How the cost of the Numba engine grows with steps and with replicas: exponents with their intervals."""

import time

import numpy as np
from scipy import stats
from workloads import WORKLOADS

from ratebound.experiments.backends import numba_
from ratebound.experiments.plan import Plan
from ratebound.problems.build import from_arrays
from ratebound.theory.methods import METHODS

SIZES = (2000, 6000, 20000, 60000, 200000, 600000, 2000000)


def seconds(problem, alpha, replicas, steps):
    """Return the CPU time of a run, the least of three."""
    plan = Plan(
        problem=problem,
        method=METHODS["sgd"],
        alphas=np.broadcast_to(alpha, (1, steps)),
        weights=None,
        checkpoints=np.array([steps]),
        replicas=np.arange(replicas),
        seed=0,
        batch=1,
        replacement=True,
        measures=("gap_last",),
    )
    times = []
    for _ in range(3):
        engine = numba_.engine(plan)
        begun = time.process_time()
        engine.advance(0, steps)
        times.append(time.process_time() - begun)
    return min(times)


def exponent(sizes, times):
    """Return the slope of log time over log size and its 95 % interval."""
    fit = stats.linregress(np.log(sizes), np.log(times))
    half = stats.t.ppf(0.975, len(sizes) - 2) * fit.stderr
    return [float(fit.slope), float(fit.slope - half), float(fit.slope + half)]


def scaling():
    """Return exponents over three decades on workload A."""
    A, y, alphas, _ = WORKLOADS["A"].data()
    problem = from_arrays(A, y, "squared")
    seconds(problem, alphas[0], 8, 8)
    in_steps = [seconds(problem, alphas[0], 128, size) for size in SIZES]
    in_replicas = [seconds(problem, alphas[0], size // 20, 1000) for size in SIZES]
    return {"steps": exponent(SIZES, in_steps), "replicas": exponent(SIZES, in_replicas)}
