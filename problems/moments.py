"""Exact expectations of SGD on least squares: the recursion of the first and second moment of x_k - x*.

With ``e = x_k - x*``, ``m = E e`` and ``S = E e e^T``, one step with a uniform batch gives

    m+ = m - a H m,    S+ = S - a (H S + S H) + a^2 E g g^T,    E g g^T = H S H + c (Q - H S H),

where ``Q = E (1/n) sum_i grad f_i grad f_i^T`` and c is :func:`ratebound.problems.certified.batch_factor`.
The residuals ``rho_i = a_i.x_k - y_i`` reduce Q to ``A^T diag(E rho_i^2) A / n`` and terms in l2.
"""

from __future__ import annotations

import numpy as np

from ratebound.problems.certified import batch_factor
from ratebound.problems.finite_sum import Problem
from ratebound.theory.errors import RateboundError

_DENSE_LIMIT = 2500


class MomentRecursion:
    """Steps the exact second moments of SGD on a least-squares problem.

    Parameters
    ----------
    problem
        A problem with the squared loss.
    batch
        Samples per gradient estimate.
    replacement
        Whether a batch is drawn with replacement.
    track_average
        Whether to carry the weighted average of x_0 .. x_{k-1} too.

    Raises
    ------
    RateboundError
        If the problem is not least squares, or the batch does not fit.

    Notes
    -----
    A step costs O(n d^2) flops, or O(d^4) by a dense operator on the d (d+1)/2 symmetric coordinates where
    that is cheaper. Quantities that overflow read ``inf``.
    """

    def __init__(
        self, problem: Problem, batch: int = 1, replacement: bool = True, track_average: bool = False
    ) -> None:
        if problem.kind != "quadratic" or problem.x_star is None:
            raise RateboundError(f"{problem.name} is not least squares: its moments have no exact recursion")
        self._factor = batch_factor(problem.n, batch, replacement)
        A, l2, n, d = problem.A, problem.l2, problem.n, problem.d
        self._A, self._l2, self._n = A, l2, n
        self._H, self._C, self._x = problem.H, A.T @ A / n, problem.x_star
        self._residual = A @ self._x - problem.y
        self._m = problem.x0 - self._x
        self._S = np.outer(self._m, self._m)
        # tr E g g^T is affine in (S, m); its coefficients are fixed.
        norms = (A * A).sum(1)
        self._trace_S = (A.T * norms) @ A / n + 2 * l2 * self._C + l2**2 * np.eye(d)
        self._trace_m = 2 * A.T @ (norms * self._residual) / n + 2 * l2 * self._C @ self._x
        at_minimum = problem.component_gradients(self._x)
        self._trace_0 = float((at_minimum**2).sum() / n)
        self._HH = self._H @ self._H
        self._dense = self._build_dense() if self._dense_is_cheaper(d) else None
        self._track = track_average
        self._sum_sq = np.zeros((d, d))
        self._cross = np.zeros((d, d))
        self._weights = 0.0

    def _dense_is_cheaper(self, d: int) -> bool:
        size = d * (d + 1) // 2
        return size <= 2 * self._n and size <= _DENSE_LIMIT

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

    def _residual_part(self) -> np.ndarray:
        """Return A^T diag(E rho_i^2) A / n, shape (d, d)."""
        if self._dense is not None:
            from_S, from_m, constant, upper, full = self._dense
            packed = from_S @ self._S.ravel()[upper] + from_m @ self._m + constant
            return packed[full]
        A, r = self._A, self._residual
        squares = np.einsum("ij,ij->i", A @ self._S, A) + 2 * (A @ self._m) * r + r * r
        return (A.T * squares) @ A / self._n

    def step(self, alpha: float, weight: float = 1.0) -> None:
        """Advance by one update with step `alpha`; the point left behind enters the average with `weight`."""
        with np.errstate(all="ignore"):
            S, H, l2 = self._S, self._H, self._l2
            if self._track:
                # Order matters: (X^T + X) uses E e s^T before e is added to s.
                self._sum_sq = self._sum_sq + weight * (self._cross + self._cross.T) + weight**2 * S
                self._cross = self._cross + weight * S
                self._cross = self._cross - alpha * (H @ self._cross)
                self._weights += weight
            HS = H @ S
            second = self._factor * self._residual_part()
            if l2:
                CS = self._C @ S
                mixed = np.outer(self._C @ self._m, self._x)
                tied = l2 * (CS + CS.T + mixed + mixed.T) + l2**2 * (S - np.outer(self._x, self._x))
                second += self._factor * tied
            second += (1 - self._factor) * (HS @ H)
            S = S - alpha * (HS + HS.T) + alpha**2 * second
            self._S = (S + S.T) / 2
            self._m = self._m - alpha * (H @ self._m)

    @staticmethod
    def _finite_or_inf(value: float) -> float:
        return float("inf") if np.isnan(value) else float(value)

    @property
    def gap(self) -> float:
        """E f(x_k) - f*."""
        with np.errstate(all="ignore"):
            return self._finite_or_inf((self._H * self._S).sum() / 2)

    @property
    def distance_sq(self) -> float:
        """E ||x_k - x*||^2."""
        with np.errstate(all="ignore"):
            return self._finite_or_inf(np.trace(self._S))

    @property
    def grad_norm_sq(self) -> float:
        """E ||grad f(x_k)||^2."""
        with np.errstate(all="ignore"):
            return self._finite_or_inf((self._HH * self._S).sum())

    @property
    def second_moment(self) -> float:
        """E ||g_k||^2, g_k the mini-batch gradient at x_k."""
        with np.errstate(all="ignore"):
            single = (self._trace_S * self._S).sum() + self._trace_m @ self._m + self._trace_0
            mean = (self._HH * self._S).sum()
            return self._finite_or_inf(mean + self._factor * (single - mean))

    @property
    def variance(self) -> float:
        """E ||g_k - grad f(x_k)||^2, g_k the mini-batch gradient at x_k."""
        with np.errstate(all="ignore"):
            single = (self._trace_S * self._S).sum() + self._trace_m @ self._m + self._trace_0
            return self._finite_or_inf(self._factor * max(single - (self._HH * self._S).sum(), 0.0))

    @property
    def weight_sum(self) -> float:
        """Sum of the weights so far."""
        return self._weights

    @property
    def gap_average(self) -> float:
        """E f(sum_j w_j x_j / sum_j w_j) - f* over x_0 .. x_{k-1}.

        Raises
        ------
        RateboundError
            Before the first step, or if averages are not tracked.
        """
        if not self._track:
            raise RateboundError("this recursion does not track averages; build it with track_average=True")
        if self._weights == 0:
            raise RateboundError("the average of x_0 .. x_{k-1} is undefined before the first step")
        with np.errstate(all="ignore"):
            return self._finite_or_inf((self._H * self._sum_sq).sum() / 2 / self._weights**2)
