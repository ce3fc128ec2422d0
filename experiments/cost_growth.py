"""How the cost of the fused CPU engine grows with steps and with replicas: exponents with their intervals."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from scipy import stats

from ratebound.experiments.plan import Plan
from ratebound.problems.constants import certify
from ratebound.problems.finite_sum import Problem
from ratebound.theory.methods import METHODS

SIZES = (2000, 6000, 20000, 60000, 200000, 600000, 2000000)
"""Three decades of steps, and of replicas times twenty."""
_REPLICAS, _STEPS, _PART = 128, 1000, 20
_ROUNDS = 3
_LEAST = 1e-7


@dataclass(frozen=True)
class Growth:
    """Cost as a power of size.

    Parameters
    ----------
    what
        What grows.
    exponent, low, high
        The slope of log cost over log size by least squares, and its 95 % interval (Student's t).
    sizes
        What was measured.
    seconds
        CPU time of each size, of all threads together, less what a run of size one takes.
    """

    what: str
    exponent: float
    low: float
    high: float
    sizes: tuple[int, ...]
    seconds: tuple[float, ...]

    @property
    def text(self) -> str:
        """The exponent in one line."""
        interval = f"95 %: {self.low:.3f} .. {self.high:.3f}"
        return (
            f"{self.what}^{self.exponent:.3f} ({interval}), {self.sizes[0]} .. {self.sizes[-1]} {self.what}"
        )


def growth(what: str, seconds: Callable[[int], float], sizes: Sequence[int]) -> Growth:
    """Measure how a cost grows, the least of three rounds over the sizes.

    Parameters
    ----------
    what
        What grows, in the plural.
    seconds
        Cost of a size.
    sizes
        At least three.
    """
    rounds = [[seconds(size) for size in (1, *sizes)] for _ in range(_ROUNDS)]
    fixed, *taken = np.min(rounds, axis=0)
    times = np.maximum(np.array(taken) - fixed, _LEAST)
    fit = stats.linregress(np.log(sizes), np.log(times))
    half = float(stats.t.ppf(0.975, len(sizes) - 2) * fit.stderr)
    slope = float(fit.slope)
    return Growth(what, slope, slope - half, slope + half, tuple(sizes), tuple(times.tolist()))


def engine_growth(problem: Problem, sizes: Sequence[int] = SIZES) -> tuple[Growth, Growth]:
    """Return how the steps of SGD on Numba, batch 1, grow with steps and with replicas."""
    from ratebound.experiments.backends import numba_

    alpha = 0.25 / certify(problem, "L_max").value

    def seconds(steps: int, replicas: int) -> float:
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
        engine = numba_.engine(plan)
        begun = time.process_time()
        engine.advance(0, steps)
        return time.process_time() - begun

    seconds(1, 1)
    return (
        growth("steps", lambda size: seconds(size, _REPLICAS), sizes),
        growth("replicas", lambda size: seconds(_STEPS, size), [-(-size // _PART) for size in sizes]),
    )
