"""The second moment of a mini-batch gradient of least squares at a random point, from its moments.

With ``e = y - x*``, ``m = E e`` and ``S = E e e^T`` a uniform batch at y has

    E g = H m,    E g g^T = H S H + c (Q - H S H),

where ``Q = E (1/n) sum_i grad f_i grad f_i^T`` and c is :func:`ratebound.problems.certified.batch_factor`.
The residuals ``rho_i = a_i.y - y_i`` reduce Q to ``A^T diag(E rho_i^2) A / n`` and terms in l2.
"""

from __future__ import annotations

import numpy as np

from ratebound.problems.finite_sum import Problem
from ratebound.theory.errors import RateboundError

_DENSE_LIMIT = 2500


class GradientLaw:
    """Second moments of gradient estimates.

    Parameters
    ----------
    problem
        A problem with the squared loss.

    Raises
    ------
    RateboundError
        If the problem is not least squares.

    Notes
    -----
    One evaluation costs O(n d^2) flops, or O(d^4) by a dense operator on the d (d+1)/2 symmetric coordinates
    where that is cheaper.
    """

    def __init__(self, problem: Problem) -> None:
        if problem.kind != "quadratic" or problem.x_star is None:
            raise RateboundError(f"{problem.name} is not least squares: its moments have no exact recursion")
        A, n, d = problem.A, problem.n, problem.d
        self._A, self._l2, self._n = A, problem.l2, n
        self._H, self._C, self._x = problem.H, A.T @ A / n, problem.x_star
        self._residual = A @ self._x - problem.y
        # tr Q is affine in (S, m); its coefficients are fixed.
        norms, l2 = (A * A).sum(1), problem.l2
        self._trace_S = (A.T * norms) @ A / n + 2 * l2 * self._C + l2**2 * np.eye(d)
        self._trace_m = 2 * A.T @ (norms * self._residual) / n + 2 * l2 * self._C @ self._x
        self._trace_0 = float((problem.component_gradients(self._x) ** 2).sum() / n)
        size = d * (d + 1) // 2
        self._dense = self._build_dense() if size <= 2 * n and size <= _DENSE_LIMIT else None

    def _build_dense(self) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """Return the operator of (S, m) -> A^T diag(E rho^2) A / n in upper-triangle coordinates."""
        d = self._A.shape[1]
        rows, cols = np.triu_indices(d)
        features = self._A[:, rows] * self._A[:, cols]
        doubled = features * np.where(rows == cols, 1.0, 2.0)
        from_S = features.T @ doubled / self._n
        from_m = features.T @ (2 * self._residual[:, None] * self._A) / self._n
        constant = features.T @ self._residual**2 / self._n
        full = np.zeros((d, d), dtype=np.intp)
        full[rows, cols] = full[cols, rows] = np.arange(rows.size)
        return from_S, from_m, constant, rows * d + cols, full

    def _residual_part(self, S: np.ndarray, m: np.ndarray) -> np.ndarray:
        """Return A^T diag(E rho_i^2) A / n, shape (d, d)."""
        if self._dense is not None:
            from_S, from_m, constant, upper, full = self._dense
            packed = from_S @ S.ravel()[upper] + from_m @ m + constant
            return packed[full]
        A, r = self._A, self._residual
        squares = np.einsum("ij,ij->i", A @ S, A) + 2 * (A @ m) * r + r * r
        return (A.T * squares) @ A / self._n

    def second(self, S: np.ndarray, m: np.ndarray, factor: float, HS: np.ndarray) -> np.ndarray:
        """Return E g g^T, shape (d, d), for ``S`` (d, d), ``m`` (d,), the batch factor c, and ``H S``."""
        second = factor * self._residual_part(S, m)
        l2 = self._l2
        if l2:
            CS = self._C @ S
            mixed = np.outer(self._C @ m, self._x)
            tied = l2 * (CS + CS.T + mixed + mixed.T) + l2**2 * (S - np.outer(self._x, self._x))
            second += factor * tied
        second += (1 - factor) * (HS @ self._H)
        return second

    def trace(self, S: np.ndarray, m: np.ndarray) -> float:
        """Return tr Q = E (1/n) sum_i ||grad f_i||^2."""
        return float((self._trace_S * S).sum() + self._trace_m @ m) + self._trace_0
