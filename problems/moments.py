"""Exact expectations of SGD on least squares: the recursion of the first and second moment of x_k - x*.

With ``e = x_k - x*``, ``m = E e`` and ``S = E e e^T``, one step with a uniform batch gives

    m+ = m - a H m,    S+ = S - a (H S + S H) + a^2 E g g^T,

with E g g^T from :class:`ratebound.problems.gradient_law.GradientLaw`.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ratebound.problems.certified import batch_factor
from ratebound.problems.finite_sum import Problem
from ratebound.problems.gradient_law import GradientLaw
from ratebound.problems.quiet import quiet
from ratebound.theory.errors import RateboundError


class MomentRecursion:
    """Steps the exact second moments of SGD on a least-squares problem.

    Parameters
    ----------
    problem
        A problem with the squared loss.
    batch
        Samples per gradient estimate; a sequence for one size per step, the last of which goes on.
    replacement
        Whether a batch is drawn with replacement.
    track_average
        Whether to carry the weighted average of x_0 .. x_{k-1} too.

    Raises
    ------
    RateboundError
        If the problem is not least squares, or a batch does not fit.

    Notes
    -----
    Quantities that overflow read ``inf``.
    """

    def __init__(
        self,
        problem: Problem,
        batch: int | Sequence[int] | np.ndarray = 1,
        replacement: bool = True,
        track_average: bool = False,
    ) -> None:
        self._law = GradientLaw(problem)
        assert problem.x_star is not None
        self._factors = batch_factors(problem.n, batch, replacement)
        self._k = 0
        d = problem.d
        self._H, self._HH = problem.H, problem.H @ problem.H
        self._m = problem.x0 - problem.x_star
        self._S = np.outer(self._m, self._m)
        self._track = track_average
        self._sum_sq = np.zeros((d, d))
        self._cross = np.zeros((d, d))
        self._weights = 0.0

    @property
    def _factor(self) -> float:
        return float(self._factors[min(self._k, self._factors.size - 1)])

    def step(self, alpha: float, weight: float = 1.0) -> None:
        """Advance by one update with step `alpha`; the point left behind enters the average with `weight`."""
        with quiet:
            S, H = self._S, self._H
            if self._track:
                # Order matters: (X^T + X) uses E e s^T before e is added to s.
                self._sum_sq = self._sum_sq + weight * (self._cross + self._cross.T) + weight**2 * S
                self._cross = self._cross + weight * S
                self._cross = self._cross - alpha * (H @ self._cross)
                self._weights += weight
            HS = H @ S
            S = S - alpha * (HS + HS.T) + alpha**2 * self._law.second(S, self._m, self._factor, HS)
            self._S = (S + S.T) / 2
            self._m = self._m - alpha * (H @ self._m)
            self._k += 1

    @property
    def gap(self) -> float:
        """E f(x_k) - f*."""
        with quiet:
            return finite_or_inf((self._H * self._S).sum() / 2)

    @property
    def distance_sq(self) -> float:
        """E ||x_k - x*||^2."""
        with quiet:
            return finite_or_inf(np.trace(self._S))

    @property
    def grad_norm_sq(self) -> float:
        """E ||grad f(x_k)||^2."""
        with quiet:
            return finite_or_inf((self._HH * self._S).sum())

    @property
    def second_moment(self) -> float:
        """E ||g_k||^2, g_k the mini-batch gradient at x_k."""
        with quiet:
            mean = (self._HH * self._S).sum()
            return finite_or_inf(mean + self._factor * (self._law.trace(self._S, self._m) - mean))

    @property
    def variance(self) -> float:
        """E ||g_k - grad f(x_k)||^2, g_k the mini-batch gradient at x_k."""
        return finite_or_inf(self._factor * self.sample_variance)

    @property
    def sample_variance(self) -> float:
        """E (1/n) sum_i ||grad f_i(x_k) - grad f(x_k)||^2, whatever the batch."""
        with quiet:
            excess = self._law.trace(self._S, self._m) - (self._HH * self._S).sum()
            return finite_or_inf(max(excess, 0.0))

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
        with quiet:
            return finite_or_inf((self._H * self._sum_sq).sum() / 2 / self._weights**2)


def batch_factors(n: int, batch: int | Sequence[int] | np.ndarray, replacement: bool) -> np.ndarray:
    """Return the batch factor of each step, shape (K,), or (1,) for one size."""
    return np.array([batch_factor(n, int(b), replacement) for b in np.ravel(batch)])


def finite_or_inf(value: float) -> float:
    """Return a number, with nan (the difference of two overflows) read as ``inf``."""
    return float("inf") if np.isnan(value) else float(value)
