"""Samples in passes over the data, as most code draws them: permutations from the one counter-based stream.

The draws of a run are numbered ``p = k b + j`` (draw j of step k); draw p is position ``i = p mod n`` of pass
``p div n``. In a pass that is shuffled, position i takes the sample at a place drawn from ``i .. n-1`` and
leaves its own there (Fisher and Yates): all n! orders are equally likely, and one draw costs one word. Where
b does not divide n a batch runs on into the next pass, so that every pass still visits every sample once.

Draw p reads word ``p mod 4`` at the counter ``(p div 4 mod 2^32, replica, p div 4 div 2^32, attempt)``. The
order of a pass is a function of (seed, replica, pass) and takes n numbers of memory per replica: permutations
computed from a key alone, as ciphers do it, would not be uniform among all n!, as the theory has them.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import numpy as np

from ratebound.experiments.checks import whole
from ratebound.experiments.sampling import philox
from ratebound.theory.errors import RateboundError, among
from ratebound.theory.visits import CYCLIC, ORDERS, RESHUFFLE, SHUFFLE_ONCE

SHUFFLED_PASSES: Mapping[str, int] = MappingProxyType({RESHUFFLE: 2**64 - 1, SHUFFLE_ONCE: 1, CYCLIC: 0})
"""How many passes are shuffled, the first ones; the others repeat the order of the pass before. ``reshuffle``
is random reshuffling; ``cyclic`` the incremental gradient method, which takes the samples as they lie."""

_DRAWS = 2**18
_MASK = np.uint64(0xFFFFFFFF)
_HALF = np.uint64(32)


def check_order(order: str) -> str:
    """Return the order.

    Raises
    ------
    RateboundError
        If it is unknown.
    """
    if order not in ORDERS:
        raise RateboundError(f"unknown order {order!r}{among(order, ORDERS)}")
    return order


def _words(seed: int, numbers: np.ndarray, replicas: np.ndarray, attempt: int) -> np.ndarray:
    """Return the word of each draw for each replica, shape (P, R)."""
    blocks, at = np.unique(numbers // np.uint64(4), return_inverse=True)
    low, high = blocks[:, None] & _MASK, blocks[:, None] >> _HALF
    words = np.stack(philox((low, replicas[None], high, attempt), seed))
    return np.asarray(words[numbers % np.uint64(4), at])


def _places(seed: int, number: int, replicas: np.ndarray, positions: np.ndarray, n: int) -> np.ndarray:
    """Return where each position of a pass looks for its sample, unbiased in i .. n-1, shape (P, R)."""
    numbers = np.uint64(number) * np.uint64(n) + positions
    bounds = np.uint64(n) - positions[:, None]
    products = _words(seed, numbers, replicas, 0) * bounds
    thresholds = np.broadcast_to(np.uint64(2**32) % bounds, products.shape)
    attempt = 0
    while (rejected := np.nonzero((products & _MASK) < thresholds))[0].size:
        attempt += 1
        # Rare unless n is huge: whole rows are drawn again, and what was accepted is kept.
        rows, inverse = np.unique(rejected[0], return_inverse=True)
        again = _words(seed, numbers[rows], replicas, attempt) * bounds[rows]
        products[rejected] = again[inverse, rejected[1]]
    return positions[:, None] + (products >> _HALF)


class Passes:
    """The order in which replicas visit the samples, computed one pass at a time.

    Parameters
    ----------
    seed
        The one seed of the run, 0 <= seed < 2^64.
    replicas
        Ids of replicas, shape (R,), below 2^32.
    n
        Number of samples, below 2^32.
    order
        One of :data:`SHUFFLED_PASSES`.

    Raises
    ------
    RateboundError
        If the seed or n is out of range.
    """

    def __init__(self, seed: int, replicas: np.ndarray, n: int, order: str) -> None:
        self._seed = whole("seed", seed, 0, 2**64 - 1)
        self._n = whole("n", n, 1, 2**32 - 1)
        self._replicas = np.asarray(replicas, dtype=np.uint64)
        self._shuffled = SHUFFLED_PASSES[order]
        self._known: tuple[int, np.ndarray] | None = None

    def permutation(self, number: int) -> np.ndarray:
        """Return the samples of each replica in the order of a pass, shape (n, R), int64."""
        # A pass that is not shuffled has the order of the last one that was.
        number = min(number, self._shuffled - 1)
        if self._known is None or self._known[0] != number:
            self._known = number, self._drawn(number)
        return self._known[1]

    def _drawn(self, number: int) -> np.ndarray:
        n, columns = self._n, np.arange(self._replicas.size)
        samples = np.broadcast_to(np.arange(n)[:, None], (n, columns.size)).copy()
        block = max(1, _DRAWS // columns.size)
        for first in range(0, n if number >= 0 else 0, block):
            positions = np.arange(first, min(first + block, n), dtype=np.uint64)
            places = _places(self._seed, number, self._replicas, positions, n).astype(np.int64)
            for i, place in enumerate(places, first):
                taken = samples[place, columns]
                samples[place, columns] = samples[i]
                samples[i] = taken
        return samples

    def indices(self, steps: np.ndarray, batch: int = 1) -> np.ndarray:
        """Return the samples of given steps, shape (T, R, batch), int64.

        Parameters
        ----------
        steps
            Step numbers, shape (T,), below 2^32.
        batch
            Draws per step.
        """
        draws = np.arange(batch, dtype=np.uint64)
        numbers = np.asarray(steps, dtype=np.uint64)[:, None] * np.uint64(batch) + draws
        passes, positions = np.divmod(numbers, np.uint64(self._n))
        out = np.empty((*numbers.shape, self._replicas.size), dtype=np.int64)
        for number in np.unique(passes).tolist():
            here = passes == number
            out[here] = self.permutation(number)[positions[here]]
        return out.transpose(0, 2, 1)
