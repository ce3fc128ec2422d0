"""One counter-based stream of sample indices: Philox4x32-10 keyed by the seed, counted by step and replica.

Every draw is a pure function of (seed, step, replica, position in the batch). One evaluation gives four
words, enough for m = max(1, 4 // b) steps of batch b: draw j of step k reads word ``(k % m) b + j % 4`` at
the counter ``(k // m, replica, j // 4, attempt)``, with the next attempt where the unbiased reduction rejects
a word. So the first R replicas never change when more are asked for, and neither blocking nor the order of
work matters. Source: Salmon, Moraes, Dror and Shaw 2011; Lemire 2019.
"""

from __future__ import annotations

import numpy as np

from ratebound.experiments.checks import whole
from ratebound.theory.errors import RateboundError

_M0, _M1 = np.uint64(0xD2511F53), np.uint64(0xCD9E8D57)
_W0, _W1 = 0x9E3779B9, 0xBB67AE85
_MASK = np.uint64(0xFFFFFFFF)
_HALF = np.uint64(32)
_ROUNDS = 10

Words = tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]


def philox(counter: tuple[np.ndarray | int, ...], seed: int) -> Words:
    """Return the four 32-bit output words of Philox4x32-10.

    Parameters
    ----------
    counter
        Four arrays (or numbers) of integers below 2^32 that broadcast.
    seed
        Key, an integer below 2^64; its low half is the first key word.

    Returns
    -------
    tuple of numpy.ndarray
        Four uint64 arrays of the broadcast shape, each entry below 2^32.
    """
    c0, c1, c2, c3 = (np.asarray(c, dtype=np.uint64) for c in counter)
    k0, k1 = seed & 0xFFFFFFFF, seed >> 32
    for _ in range(_ROUNDS):
        p0, p1 = c0 * _M0, c2 * _M1
        c0 = (p1 >> _HALF) ^ c1 ^ np.uint64(k0)
        c2 = (p0 >> _HALF) ^ c3 ^ np.uint64(k1)
        c1, c3 = p1 & _MASK, p0 & _MASK
        k0, k1 = (k0 + _W0) & 0xFFFFFFFF, (k1 + _W1) & 0xFFFFFFFF
    return c0, c1, c2, c3


def steps_per_block(batch: int) -> int:
    """Return how many steps of a batch size share the four words of one evaluation."""
    return max(1, 4 // batch)


def _uniform(seed: int, steps: np.ndarray, replicas: np.ndarray, bounds: np.ndarray) -> np.ndarray:
    """Return unbiased integers below `bounds` (b,), shape (T, R, b), as uint64."""
    T, R, b = steps.size, replicas.size, bounds.size
    together = np.uint64(steps_per_block(b))
    blocks, within = steps // together, steps % together
    evaluated, at = np.unique(blocks, return_inverse=True)
    products = np.empty((T, R, b), dtype=np.uint64)
    for quad in range(-(-b // 4)):
        words = np.stack(philox((evaluated[:, None], replicas[None, :], quad, 0), seed))
        for draw in range(4 * quad, min(4 * quad + 4, b)):
            products[:, :, draw] = words[within * np.uint64(b) + np.uint64(draw % 4), at] * bounds[draw]
    # Lemire: the low half must reach 2^32 mod bound, so that every value owns as many words as any other.
    thresholds = np.uint64(2**32) % bounds
    t, r, j = np.nonzero((products & _MASK) < thresholds)
    attempt = 0
    while t.size:
        attempt += 1
        fresh = philox((blocks[t], replicas[r], j // 4, attempt), seed)
        redrawn = np.choose(within[t].astype(np.int64) * b + j % 4, fresh) * bounds[j]
        products[t, r, j] = redrawn
        again = (redrawn & _MASK) < thresholds[j]
        t, r, j = t[again], r[again], j[again]
    return products >> _HALF


def _without_replacement(drawn: np.ndarray, n: int) -> np.ndarray:
    """Turn draws below n-b+1, ..., n into distinct indices, every subset equally likely (Floyd)."""
    b = drawn.shape[-1]
    for j in range(1, b):
        taken = (drawn[..., :j] == drawn[..., j : j + 1]).any(-1)
        drawn[..., j] = np.where(taken, np.uint64(n - b + j), drawn[..., j])
    return drawn


def indices(
    seed: int,
    replicas: np.ndarray,
    steps: np.ndarray,
    n: int,
    batch: int = 1,
    replacement: bool = True,
) -> np.ndarray:
    """Return the component indices that given replicas draw at given steps.

    Parameters
    ----------
    seed
        The one seed of the run, 0 <= seed < 2^64.
    replicas
        Ids of replicas, shape (R,), below 2^32.
    steps
        Step numbers, shape (T,), below 2^32.
    n
        Number of components, at most 2^32.
    batch
        Draws per step.
    replacement
        Whether the draws of one step are independent, or distinct with every subset equally likely.

    Returns
    -------
    numpy.ndarray
        Indices in 0 .. n-1, shape (T, R, batch), int64.

    Raises
    ------
    RateboundError
        If the seed, n or the batch is out of range.
    """
    seed = whole("seed", seed, 0, 2**64 - 1)
    n = whole("n", n, 1, 2**32)
    batch = whole("batch", batch, 1)
    if not replacement and batch > n:
        raise RateboundError(f"batch = {batch} exceeds n = {n}; draw with replacement or take batch <= n")
    steps, replicas = np.asarray(steps, dtype=np.uint64), np.asarray(replicas, dtype=np.uint64)
    if replacement:
        bounds = np.full(batch, n, dtype=np.uint64)
        return _uniform(seed, steps, replicas, bounds).astype(np.int64)
    bounds = np.arange(n - batch + 1, n + 1, dtype=np.uint64)
    drawn = _uniform(seed, steps, replicas, bounds)
    return _without_replacement(drawn, n).astype(np.int64)
