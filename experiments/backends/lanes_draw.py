"""The stream of sample indices inside a kernel: that of :mod:`ratebound.experiments.sampling`, bit for bit.

Eight consecutive steps of one replica are drawn at once.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

from ratebound.experiments.backends.simd import WIDTH, anywhere, fill, load, ramp, store, where

_M0, _M1 = np.uint64(0xD2511F53), np.uint64(0xCD9E8D57)
_W0, _W1 = np.uint64(0x9E3779B9), np.uint64(0xBB67AE85)
_MASK, _HALF = np.uint64(0xFFFFFFFF), np.uint64(32)


@njit(forceinline=True, error_model="numpy")
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


@njit(error_model="numpy")
def redraw(step: Any, replica: Any, j: Any, k0: Any, k1: Any, bound: Any, threshold: Any) -> Any:
    """Return draw j below `bound`, from the first attempt on that the unbiased reduction accepts."""
    attempt = np.uint64(0)
    while True:
        w = philox(step, replica, j // np.uint64(4), attempt, k0, k1)
        product = w[j % np.uint64(4)] * bound
        if (product & _MASK) >= threshold:
            return product >> _HALF
        attempt += np.uint64(1)


@njit(forceinline=True, error_model="numpy")
def _accept(
    word: Any, index: Any, p: Any, j: Any, t: Any, step: Any, replica: Any, k0: Any, k1: Any, limits: Any
) -> None:
    """Write draw j of the steps ``step .. step + 7`` into ``index[p, j, t:]``."""
    product = word * limits[0, j]
    store(product >> _HALF, index, (p, j, t))
    if anywhere((product & _MASK) < limits[1, j]):
        for lane in range(WIDTH):
            index[p, j, t + lane] = redraw(
                step + np.uint64(lane), replica, np.uint64(j), k0, k1, limits[0, j], limits[1, j]
            )


@njit(forceinline=True, error_model="numpy")
def draw(index: Any, p: Any, batch: Any, first: Any, replica: Any, k0: Any, k1: Any, limits: Any) -> None:
    """Draw the batches of a tile of steps for one replica.

    Parameters
    ----------
    index
        Receives the draws of step ``first + t`` in ``index[p, :batch, t]``, for all t of its last axis.
    limits
        Shape (2, batch), uint64: the bound of each draw, and 2^32 modulo the bound.
    """
    for t in range(0, index.shape[2], WIDTH):
        step = np.uint64(first + t)
        for j in range(0, batch, 4):
            w0, w1, w2, w3 = philox(
                ramp(step), fill(replica), fill(np.uint64(j // 4)), fill(np.uint64(0)), k0, k1
            )
            _accept(w0, index, p, j, t, step, replica, k0, k1, limits)
            if j + 1 < batch:
                _accept(w1, index, p, j + 1, t, step, replica, k0, k1, limits)
            if j + 2 < batch:
                _accept(w2, index, p, j + 2, t, step, replica, k0, k1, limits)
            if j + 3 < batch:
                _accept(w3, index, p, j + 3, t, step, replica, k0, k1, limits)


@njit(error_model="numpy")
def make_distinct(index: Any, p: Any, batch: Any, n: Any) -> None:
    """Turn draws below n - b + 1, ..., n into distinct indices, every subset equally likely (Floyd)."""
    for t in range(0, index.shape[2], WIDTH):
        for j in range(1, batch):
            drawn = load(index, (p, j, t))
            taken = drawn == load(index, (p, 0, t))
            for i in range(1, j):
                taken = taken | (drawn == load(index, (p, i, t)))
            store(where(taken, np.uint64(n - batch + j), drawn), index, (p, j, t))
