"""The rank of data as the rational numbers that they are: whether a singular value is zero, or only small.

A singular value below rounding may be zero or not, and f* depends on it: along a direction that is almost
flat, and not flat, the minimum lies far away and lower. All minors of ``rank + 1`` rows are integers, up to
powers of two; one that vanishes modulo primes whose product exceeds it (Hadamard) is zero.
"""

from __future__ import annotations

import numpy as np
from sympy import prevprime

_LARGEST = 2**31
"""Primes are smaller: products of remainders fit into 64 bits."""
_MOST_WORK = 3 * 10**8


def rank_is_at_most(A: np.ndarray, rank: int) -> bool:
    """Whether it is proved that the exact rank of the data is no larger; what takes too long is not."""
    n, d = A.shape
    whole, powers, bits = _integers(A)
    needed = float(np.sort(bits)[-(rank + 1) :].sum())
    primes = int(needed / 30.9) + 1
    if primes * (rank + 1) * n * d > _MOST_WORK:
        return False
    p = _LARGEST
    for _ in range(primes):
        p = int(prevprime(p))
        if _rank_modulo(_remainders(whole, powers, p), p, rank + 1) > rank:
            return False
    return True


def _integers(A: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return odd integers, powers of two and, for each column, the logarithm of a bound of its norm.

    A column is the product of both, up to a power of two that its rank does not see.
    """
    fractions, exponents = np.frexp(A)
    whole = (fractions * 2.0**53).astype(np.int64)
    lowest = np.where(whole == 0, 1, whole & -whole)
    powers = exponents.astype(np.int64) + np.log2(lowest.astype(np.float64)).astype(np.int64)
    whole = whole // lowest
    least = np.where(whole == 0, powers.max(), powers).min(0)
    powers = np.where(whole == 0, 0, powers - least)
    sizes = np.log2(np.maximum(np.abs(whole), 1)) + powers
    return whole, powers, sizes.max(0) + np.log2(len(A)) / 2 + 1


def _remainders(whole: np.ndarray, powers: np.ndarray, p: int) -> np.ndarray:
    twos, places = np.unique(powers, return_inverse=True)
    factors = np.array([pow(2, int(power), p) for power in twos], dtype=np.int64)
    return np.asarray(whole % p * factors[places].reshape(powers.shape) % p)


def _rank_modulo(M: np.ndarray, p: int, most: int) -> int:
    """Return the rank of a matrix modulo a prime, or `most` if it is larger."""
    rank = 0
    for j in range(M.shape[1]):
        below = np.flatnonzero(M[rank:, j])
        if not below.size:
            continue
        pivot = rank + int(below[0])
        M[[rank, pivot]] = M[[pivot, rank]]
        M[rank] = M[rank] * pow(int(M[rank, j]), -1, p) % p
        M[rank + 1 :] = (M[rank + 1 :] - M[rank + 1 :, j, None] * M[rank]) % p
        rank += 1
        if rank in (most, len(M)):
            break
    return rank
