"""Data in rows with few entries: a checked CSR array, products that keep it sparse, bounds on its spectrum.

Nothing here makes the data dense. What needs dense rows refuses sparse ones with one line.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from ratebound.problems.certified import EPS
from ratebound.problems.checks import as_floats
from ratebound.problems.spectrum import Spectrum
from ratebound.theory.errors import RateboundError

if TYPE_CHECKING:
    from scipy.sparse import csr_array

_GRAM = 2000
"""Features up to which the matrix A^T A, which is dense, is small enough for its eigenvalues."""
_ROUNDS = 60


def as_data(values: Any) -> Any:
    """Return data as a read-only float64 array, or as a CSR array if they are sparse.

    Raises
    ------
    RateboundError
        If the values are not finite numbers in two dimensions.
    """
    if not is_sparse(values):
        return as_floats("A", values, 2)
    if values.ndim != 2 or 0 in values.shape:
        raise RateboundError(f"A has shape {values.shape}; expected samples in rows, features in columns")
    from scipy.sparse import csr_array

    # A copy in canonical form: each column at most once in a row, which kernels rely on.
    A = csr_array(values, copy=True)
    A.sum_duplicates()
    A.data = as_floats("A", A.data, 1) if A.nnz else np.zeros(0)
    return A


def is_sparse(A: Any) -> bool:
    """Tell whether data are stored by their nonzero entries."""
    # SciPy's sparse arrays are much to load, and who has one has loaded them.
    module = sys.modules.get("scipy.sparse")
    return module is not None and bool(module.issparse(A))


def need_dense(A: Any, what: str) -> None:
    """Refuse sparse data.

    Raises
    ------
    RateboundError
        If the data are sparse.
    """
    if is_sparse(A):
        raise RateboundError(f"{what} needs dense rows, and the data are sparse; pass A.toarray() if it fits")


def with_ones(A: Any) -> Any:
    """Return data with a column of ones after the others."""
    ones = np.ones((A.shape[0], 1))
    if not is_sparse(A):
        return np.hstack([A, ones])
    from scipy.sparse import hstack

    return hstack([A, ones], format="csr")


def predictions(A: Any, X: np.ndarray) -> np.ndarray:
    """Return ``a_i . x`` for all samples, shape (..., n), at points of shape (..., d)."""
    if not is_sparse(A):
        return np.asarray(X @ A.T)
    flat = A @ np.ascontiguousarray(X.reshape(-1, X.shape[-1]).T)
    return np.asarray(flat.T).reshape(*X.shape[:-1], A.shape[0])


def combined(A: Any, weights: np.ndarray) -> np.ndarray:
    """Return ``sum_i w_i a_i``, shape (..., d), for weights of shape (..., n)."""
    if not is_sparse(A):
        return np.asarray(weights @ A)
    flat = A.T @ np.ascontiguousarray(weights.reshape(-1, A.shape[0]).T)
    return np.asarray(flat.T).reshape(*weights.shape[:-1], A.shape[1])


def _side_by_side(A: Any, idx: np.ndarray) -> Any:
    """Return the rows that replicas drew (R, b) as (R b, R d), with one block of columns for each replica.

    A single sparse product then serves them all.
    """
    from scipy.sparse import csr_array

    (R, b), d = idx.shape, A.shape[1]
    rows = A[idx.ravel()]
    owner = np.repeat(np.repeat(np.arange(R), b), np.diff(rows.indptr))
    return csr_array((rows.data, rows.indices + d * owner, rows.indptr), shape=(R * b, R * d))


def drawn_predictions(A: Any, X: np.ndarray, index: np.ndarray) -> np.ndarray:
    """Return the prediction of one row for each replica, shape (..., R), at points (..., R, d)."""
    if not is_sparse(A):
        return np.asarray((X * A[index]).sum(-1))
    return predictions(_side_by_side(A, index[:, None]), X.reshape(*X.shape[:-2], -1))


def batch_slopes(
    A: Any, X: np.ndarray, idx: np.ndarray, slope: Callable[..., np.ndarray], *others: np.ndarray
) -> np.ndarray:
    """Return ``sum_q slope(a_q . x) a_q`` over the batch of each replica.

    Parameters
    ----------
    X
        Points, shape (..., R, d).
    idx
        Sampled rows of each replica, shape (R, b).
    slope
        From predictions (..., R, b) to slopes; it takes those of the others, too.
    others
        More points, of the shape of X.
    """
    if not is_sparse(A):
        rows = A[idx]
        Z = [np.einsum("...rd,rbd->...rb", at, rows) for at in (X, *others)]
        return np.einsum("...rb,rbd->...rd", slope(*Z), rows)
    (R, b), d, lead = idx.shape, A.shape[1], X.shape[:-2]
    blocks = _side_by_side(A, idx)
    Z = [predictions(blocks, at.reshape(*lead, R * d)).reshape(*lead, R, b) for at in (X, *others)]
    return combined(blocks, slope(*Z).reshape(*lead, R * b)).reshape(*lead, R, d)


def row_norms_sq(A: Any) -> np.ndarray:
    """Return ||a_i||^2, shape (n,)."""
    return np.asarray((A**2).sum(1))


def column_norms_sq(A: Any) -> np.ndarray:
    """Return the squared norms of the columns, shape (d,)."""
    return np.asarray((A**2).sum(0))


def sparse_spectrum(A: csr_array) -> Spectrum:
    """Return the spectrum of ``(1/n) A^T A``, or for many features no more than its certified ends.

    Up to 2000 features the eigenvalues are those of the small matrix A^T A, whose entries and eigenvalues err
    by a modest multiple of eps times the trace. Beyond that the smallest is bounded by zero, and the largest
    by ``max_j (B v)_j / v_j`` with ``B = |A|^T |A| / n``, v > 0 (Collatz and Wielandt), or by the trace.
    """
    n, d = A.shape
    trace = float(row_norms_sq(A).sum()) / n
    if d <= _GRAM:
        values = np.linalg.eigvalsh((A.T @ A).toarray() / n)
        error = 2 * (n + d) * EPS * trace
        kept = values > error
        doubtful = kept & (values < 1e4 * error)
        return Spectrum(
            np.maximum(values, 0.0), np.full(d, error), int(kept.sum()), not (doubtful.any() or ~kept.all())
        )
    size, v, top = abs(A), np.ones(d), trace
    for _ in range(_ROUNDS):
        image = size.T @ (size @ v) / n
        top = min(top, float((image / v).max()))
        # Away from zero, for the bound holds for every positive v, and divides by it.
        v = np.maximum(image / image.max(), 1e-3)
    values, errors = np.zeros(d), np.zeros(d)
    values[-1], errors[-1] = top, 4 * (n + d) * EPS * top
    return Spectrum(values, errors, d, clear=False, bounds_only=True)


def newton_direction(A: csr_array, curvature: np.ndarray, l2: float, gradient: np.ndarray) -> np.ndarray:
    """Return ``H^-1 g`` for ``H = (1/n) A^T diag(c) A + l2`` by conjugate gradients, to working accuracy."""
    n, d = A.shape
    scale = float(np.linalg.norm(gradient))
    if scale == 0:
        return np.zeros(d)
    from scipy.sparse.linalg import LinearOperator, cg

    H = LinearOperator((d, d), matvec=lambda v: A.T @ (curvature * (A @ v)) / n + l2 * v, dtype=np.float64)
    return scale * np.asarray(cg(H, gradient / scale, rtol=1e-10, maxiter=10 * d)[0])
