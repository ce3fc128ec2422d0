"""Eigenvalues of (1/n) A^T A with a bound on their rounding error, and a numerical rank."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ratebound.problems.certified import EPS
from ratebound.problems.exact_rank import rank_is_at_most

_BLOCK = 2**19
"""Values of the data that are factorised at once."""


@dataclass(frozen=True, eq=False)
class Spectrum:
    """Eigenvalues of ``(1/n) A^T A``.

    Parameters
    ----------
    values
        Ascending, shape (d,).
    errors
        Bounds on the absolute error of each, shape (d,).
    rank
        Number of singular values that are not zero to rounding.
    clear
        Whether no singular value lies within a factor 1e4 of the threshold, and those below it are exactly
        zero: the rank is then not in doubt.
    bounds_only
        Whether the first value is a lower bound of the smallest, the last an upper bound of the largest, and
        the others are not known.
    settled
        Whether singular values that count as zero are proved to be exactly zero.
    """

    values: np.ndarray
    errors: np.ndarray
    rank: int
    clear: bool
    bounds_only: bool = False
    settled: bool = False

    @property
    def largest(self) -> float:
        """Largest eigenvalue, as computed."""
        return float(self.values[-1])

    @property
    def smallest_nonzero(self) -> float:
        """Smallest eigenvalue of the range, as computed."""
        return float(self.values[-self.rank])


def spectrum(A: np.ndarray, settle: bool = True) -> Spectrum:
    """Return the spectrum of ``(1/n) A^T A`` from the singular values of A.

    Where it is to be settled, what is zero to rounding is held against exact arithmetic.

    A backward stable SVD errs by at most a modest multiple of eps * s_max in each singular value; ``n + d``
    is taken for the multiple, far above what is observed.
    """
    n, d = A.shape
    s = np.zeros(d)
    found = np.linalg.svd(A, compute_uv=False)
    s[: found.size] = found
    s = s[::-1]
    delta = (n + d) * EPS * s[-1]
    # Columns beyond the number of rows are zero eigenvalues exactly, not by rounding.
    kept = s > delta
    doubtful = kept & (s < 1e4 * delta)
    rank = int(kept.sum())
    settled = rank == min(n, d) or (settle and rank_is_at_most(A, rank))
    clear = settled and not doubtful.any()
    return Spectrum(s**2 / n, (2 * s + delta) * delta / n, rank, clear, settled=settled)


def triangular_root(A: np.ndarray, l2: float) -> np.ndarray:
    """Return a triangular R with ``R^T R = (1/n) A^T A + l2``, of at most d rows.

    It takes a block of rows after the other, for a factorisation copies what it is given.
    """
    n, d = A.shape
    root = np.sqrt(n * l2) * np.eye(d if l2 else 0, d)
    step = max(d, _BLOCK // d)
    for start in range(0, n, step):
        root = np.linalg.qr(np.vstack([root, A[start : start + step]]), mode="r")
    return root / np.sqrt(n)
