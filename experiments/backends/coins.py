"""Coins: whether the full gradient is taken in a step, and whether a step of an epoch is picked.

They read the words of the one stream at counters that no draw of an index uses, ``(step, replica, 2^32 - 1,
0)``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ratebound.experiments.sampling import philox
from ratebound.problems.constants import certify
from ratebound.problems.finite_sum import Problem
from ratebound.problems.lower import lower
from ratebound.theory.draws import Draws

if TYPE_CHECKING:
    from ratebound.experiments.plan import Plan

COIN = 2**32 - 1
"""The third word of the counters of coins."""
PICKED = 2.0
"""What the coin of a step counts more where the step is picked."""
ONE = 2.0**-53
"""What the last of 53 bits is worth."""


def uniform(seed: int, steps: np.ndarray, replicas: np.ndarray, quad: int, draw: int) -> np.ndarray:
    """Return numbers of 53 bits in [0, 1), shape (T, R)."""
    high, low, _, _ = philox((steps[:, None], replicas[None], quad, draw), seed)
    return np.asarray(((high << np.uint64(21)) ^ (low >> np.uint64(11))) * ONE)


def coin_probability(problem: Problem, draws: Draws) -> float:
    """Return the probability that a coin falls by chance."""
    symbols = sorted(draws.coin.free_symbols, key=str)
    values = [certify(problem, symbol.name).value for symbol in symbols]
    return min(1.0, float(lower(draws.coin, symbols)(*values)))


def period(draws: Draws) -> int:
    """Return after how many steps the coin falls again; zero where it falls by chance, or not at all."""
    return int(draws.every)


def sides(draws: Draws, k: int, chance: Any) -> list[tuple[float, Any]]:
    """Return what :func:`coins` may be in step k, and with which probabilities, in the numbers of `chance`.

    Parameters
    ----------
    draws
        The words of the method.
    k
        The step.
    chance
        The probability that the coin falls by chance.
    """
    if draws.every == 0:
        return [(side, share) for side, share in ((0.0, 1 - chance), (1.0, chance)) if share > 0]
    falls, one = float((k + 1) % period(draws) == 0), 1 + 0 * chance
    if not draws.picks:
        return [(falls, one)]
    share = one / (1 + k % period(draws))
    return [(s, p) for s, p in ((falls, 1 - share), (falls + PICKED, share)) if p > 0]


def coins(plan: Plan, steps: np.ndarray) -> np.ndarray:
    """Return the coins of steps, shape (T, R): one or zero, and :data:`PICKED` more where one is picked."""
    draws, shape = plan.method.draws, (len(steps), plan.replicas.size)
    if draws is None or not draws.has_coin:
        return np.zeros(shape)
    counters, replicas = np.asarray(steps, dtype=np.uint64), np.asarray(plan.replicas, dtype=np.uint64)
    if draws.every == 0:
        found = uniform(plan.seed, counters, replicas, COIN, 0)
        return (found < coin_probability(plan.problem, draws)).astype(np.float64)
    falls = np.broadcast_to((np.asarray(steps)[:, None] + 1) % period(draws) == 0, shape).astype(np.float64)
    if not draws.picks:
        return falls
    found = uniform(plan.seed, counters, replicas, COIN, 0)
    return falls + PICKED * (found < 1 / (1 + np.asarray(steps)[:, None] % period(draws)))
