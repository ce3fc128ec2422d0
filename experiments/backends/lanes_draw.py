"""The stream of sample indices inside a kernel: that of :mod:`ratebound.experiments.sampling`, bit for bit.

Eight evaluations are made at once, for consecutive blocks of steps of one replica or for eight replicas.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ratebound.experiments.backends.simd import (
    WIDTH,
    anywhere,
    fill,
    inlined,
    inner,
    load,
    ramp,
    spliced,
    store,
    where,
)

_M0, _M1 = np.uint64(0xD2511F53), np.uint64(0xCD9E8D57)
_W0, _W1 = np.uint64(0x9E3779B9), np.uint64(0xBB67AE85)
_MASK, _HALF = np.uint64(0xFFFFFFFF), np.uint64(32)


@inlined
def philox(c0: Any, c1: Any, c2: Any, c3: Any, k0: Any, k1: Any) -> Any:
    """Return the four 32-bit words of Philox4x32-10, held in 64 bits; takes numbers or lanes."""
    for _ in range(10):
        # The masks change nothing; they tell the compiler that a 32-bit product will do.
        p0 = (c0 & _MASK) * _M0
        p1 = (c2 & _MASK) * _M1
        c0 = (p1 >> _HALF) ^ c1 ^ k0
        c2 = (p0 >> _HALF) ^ c3 ^ k1
        c1 = p1 & _MASK
        c3 = p0 & _MASK
        k0 = (k0 + _W0) & _MASK
        k1 = (k1 + _W1) & _MASK
    return c0, c1, c2, c3


@inner
def redraw(block: Any, replica: Any, quad: Any, word: Any, k0: Any, k1: Any, bound: Any, least: Any) -> Any:
    """Return a draw below `bound`, from the first attempt on that the unbiased reduction accepts."""
    attempt = np.uint64(0)
    while True:
        product = philox(block, replica, quad, attempt, k0, k1)[word] * bound
        if (product & _MASK) >= least:
            return product >> _HALF
        attempt += np.uint64(1)


@inlined
def _accept(
    value: Any, word: Any, quad: Any, index: Any, p: Any, batch: Any, together: Any, lane: Any, block: Any,
    replica: Any, k0: Any, k1: Any, limits: Any,
) -> None:  # fmt: skip
    """Write the draws that one word serves in the blocks ``block .. block + 7`` of one replica."""
    within, j = (word // batch, word % batch) if batch < 4 else (0, 4 * quad + word)
    if within >= together or j >= batch:
        return
    product = value * limits[0, j]
    place = within * (index.shape[2] // together) + lane
    store(product >> _HALF, index, (p, j, place))
    if anywhere((product & _MASK) < limits[1, j]):
        for i in range(WIDTH):
            index[p, j, place + i] = redraw(
                block + np.uint64(i), replica, np.uint64(quad), word, k0, k1, limits[0, j], limits[1, j]
            )


@spliced
def draw_batches(
    index: Any, p: Any, together: Any, first: Any, replica: Any, k0: Any, k1: Any, limits: Any,
    distinct: Any, n: Any,
) -> None:  # fmt: skip
    """Draw the batches of a tile of steps for one replica.

    Parameters
    ----------
    index
        Receives draw j of step ``first + t`` in ``index[p, j, t % together * span + t // together]``, where
        span is the length of the last axis divided by `together`.
    together
        Steps that share the words of one evaluation; `first` is a multiple of it.
    limits
        Shape (2, batch), uint64: the bound of each draw, and 2^32 modulo the bound.
    distinct
        Whether the samples of a batch differ; then draws are below n - b + 1, ..., n.
    """
    batch = limits.shape[1]
    for lane in range(0, index.shape[2] // together, WIDTH):
        block = np.uint64(first // together + lane)
        for quad in range((batch + 3) // 4):
            w0, w1, w2, w3 = philox(
                ramp(block), fill(replica), fill(np.uint64(quad)), fill(np.uint64(0)), k0, k1
            )
            at = index, p, batch, together, lane, block, replica, k0, k1, limits
            _accept(w0, 0, quad, *at)
            _accept(w1, 1, quad, *at)
            _accept(w2, 2, quad, *at)
            _accept(w3, 3, quad, *at)
    if distinct:
        _make_distinct(index, p, batch, n)


@inlined
def _accept_across(
    value: Any, word: Any, index: Any, t: Any, lane: Any, block: Any, replicas: Any, u: Any, k0: Any, k1: Any,
    limits: Any,
) -> None:  # fmt: skip
    """Write the one draw of a step for the replicas ``u .. u + 7``."""
    product = value * limits[0, 0]
    store(product >> _HALF, index, (t, lane))
    if anywhere((product & _MASK) < limits[1, 0]):
        for i in range(WIDTH):
            index[t, lane + i] = redraw(
                block, replicas[u + i], np.uint64(0), word, k0, k1, limits[0, 0], limits[1, 0]
            )


@spliced
def draw_across(index: Any, first: Any, replicas: Any, u: Any, k0: Any, k1: Any, limits: Any) -> None:
    """Draw one index per step of a tile for neighbouring replicas.

    Parameters
    ----------
    index
        Shape (steps, units): receives the draw of replica ``replicas[u + r]`` at step ``first + t`` in
        ``index[t, r]``; both lengths are multiples of 8, `first` of 4.
    """
    for t in range(0, index.shape[0], 4):
        block = np.uint64((first + t) // 4)
        for lane in range(0, index.shape[1], WIDTH):
            zero = fill(np.uint64(0))
            w0, w1, w2, w3 = philox(fill(block), load(replicas, (u + lane,)), zero, zero, k0, k1)
            at = lane, block, replicas, u + lane, k0, k1, limits
            _accept_across(w0, 0, index, t, *at)
            _accept_across(w1, 1, index, t + 1, *at)
            _accept_across(w2, 2, index, t + 2, *at)
            _accept_across(w3, 3, index, t + 3, *at)


@inner
def _make_distinct(index: Any, p: Any, batch: Any, n: Any) -> None:
    """Turn draws below n - b + 1, ..., n into distinct indices, every subset equally likely (Floyd)."""
    for t in range(0, index.shape[2], WIDTH):
        for j in range(1, batch):
            drawn = load(index, (p, j, t))
            taken = drawn == load(index, (p, 0, t))
            for i in range(1, j):
                taken = taken | (drawn == load(index, (p, i, t)))
            store(where(taken, np.uint64(n - batch + j), drawn), index, (p, j, t))
