"""Passes over the data inside a kernel: those of :mod:`ratebound.experiments.shuffling`, bit for bit."""

from __future__ import annotations

from typing import Any

import numpy as np

from ratebound.experiments.backends.lanes_draw import philox
from ratebound.experiments.backends.simd import inner, spliced

_MASK, _HALF = np.uint64(0xFFFFFFFF), np.uint64(32)
_FOUR, _ONE, _WORDS = np.uint64(4), np.uint64(1), np.uint64(2**32)


@inner
def _below(bound: Any, word: Any, number: Any, replica: Any, k0: Any, k1: Any) -> Any:
    """Return draw `number` below `bound`, unbiased: a word that the reduction rejects is drawn again."""
    product = word * bound
    if (product & _MASK) < bound:
        threshold, block, attempt = _WORDS % bound, number // _FOUR, _ONE
        while (product & _MASK) < threshold:
            words = philox(block & _MASK, replica, block >> _HALF, attempt, k0, k1)
            product = words[number % _FOUR] * bound
            attempt += _ONE
    return product >> _HALF


@spliced
def draw_in_order(
    index: Any, batch: Any, first: Any, count: Any, replica: Any, k0: Any, k1: Any, order: Any,
    shuffled: Any,
) -> None:  # fmt: skip
    """Draw the batches of `count` steps for one replica; steps must be drawn one after the other.

    Parameters
    ----------
    index
        Shape (steps, at least `batch`): receives draw j of step ``first + t`` in ``index[t, j]``.
    order
        Shape (n,): the samples in the order of the present pass as far as it has come; kept by the caller.
    shuffled
        How many passes are shuffled.
    """
    n = np.uint64(order.size)
    number = np.uint64(first) * np.uint64(batch)
    passes, i = number // n, number % n
    block = number // _FOUR
    words = philox(block & _MASK, replica, block >> _HALF, np.uint64(0), k0, k1)
    for t in range(count):
        for q in range(batch):
            if passes < shuffled:
                if i == np.uint64(0):
                    for sample in range(order.size):
                        order[sample] = sample
                if number % _FOUR == np.uint64(0):
                    block = number // _FOUR
                    words = philox(block & _MASK, replica, block >> _HALF, np.uint64(0), k0, k1)
                place = i + _below(n - i, words[number % _FOUR], number, replica, k0, k1)
                taken = order[place]
                order[place] = order[i]
                order[i] = taken
            index[t, q] = order[i]
            number += _ONE
            i += _ONE
            if i == n:
                i = np.uint64(0)
                passes += _ONE
