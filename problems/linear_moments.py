"""Exact second moments of linear methods with several states on least squares.

A method such as momentum maps states e_1 .. e_m (vectors, seen from where they rest at x*) by

    e_j+ = sum_a A_ja e_a + b_j g,    g a mini-batch gradient at y = sum_a p_a e_a,

and so all ``E e_a e_b^T`` linearly, with E g g^T from :class:`ratebound.problems.gradient_law.GradientLaw`.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ratebound.problems.finite_sum import Problem
from ratebound.problems.gradient_law import GradientLaw
from ratebound.problems.moments import finite_or_inf
from ratebound.problems.quiet import quiet


class Linear(NamedTuple):
    """A run as matrices.

    Parameters
    ----------
    keep
        A of each step, shape (K, m, m).
    push
        b of each step, shape (K, m).
    point
        p of each step, shape (K, m): where the gradient is taken.
    follows
        Whether each state starts at x_0 and rests at x*, shape (m,); the iterate is state 0.
    """

    keep: np.ndarray
    push: np.ndarray
    point: np.ndarray
    follows: np.ndarray


class LinearMoments:
    """Steps the second moments of all states.

    Parameters
    ----------
    problem
        Least squares.
    follows
        Whether each state starts at x_0 and rests at x*, shape (m,); the others start and rest at zero.

    Raises
    ------
    RateboundError
        If the problem is not least squares.
    """

    def __init__(self, problem: Problem, follows: np.ndarray) -> None:
        self._law = GradientLaw(problem)
        assert problem.x_star is not None
        self._H, self._HH = problem.H, problem.H @ problem.H
        self._mean = np.outer(follows, problem.x0 - problem.x_star)
        self._S = np.einsum("ai,bj->abij", self._mean, self._mean)

    def step(self, keep: np.ndarray, push: np.ndarray, point: np.ndarray, factor: float) -> None:
        """Advance by one update: A of shape (m, m), b and p of shape (m,), and the batch factor."""
        with quiet:
            S, H = self._S, self._H
            to_point = np.einsum("b,abij->aij", point, S)
            S_y, m_y = np.einsum("a,aij->ij", point, to_point), point @ self._mean
            second = self._law.second(S_y, m_y, factor, H @ S_y)
            crossed = np.einsum("ja,aik->jik", keep, to_point @ H)
            S = np.einsum("ja,abik->jbik", keep, S)
            S = np.einsum("lb,jbik->jlik", keep, S)
            mixed = np.einsum("jik,l->jlik", crossed, push)
            S = S + mixed + mixed.transpose(1, 0, 3, 2) + np.einsum("j,l,ik->jlik", push, push, second)
            self._S = (S + S.transpose(1, 0, 3, 2)) / 2
            self._mean = keep @ self._mean + np.outer(push, H @ m_y)

    def gap(self, state: int) -> float:
        """Return ``E e^T H e / 2`` of a state: f - f* where it follows the iterate."""
        with quiet:
            return finite_or_inf((self._H * self._S[state, state]).sum() / 2)

    def distance_sq(self, state: int) -> float:
        """Return ``E ||e||^2`` of a state."""
        with quiet:
            return finite_or_inf(np.trace(self._S[state, state]))

    def grad_norm_sq(self, state: int) -> float:
        """Return ``E ||H e||^2`` of a state: ||grad f||^2 where it follows the iterate."""
        with quiet:
            return finite_or_inf((self._HH * self._S[state, state]).sum())

    def noise(self, point: np.ndarray, factor: float) -> tuple[float, float]:
        """Return E||g||^2 and E||g - grad f(y)||^2 at the next y = sum_a p_a e_a, for the batch factor."""
        with quiet:
            S_y = np.einsum("a,b,abij->ij", point, point, self._S)
            mean = float((self._HH * S_y).sum())
            excess = factor * max(self._law.trace(S_y, point @ self._mean) - mean, 0.0)
            return finite_or_inf(mean + excess), finite_or_inf(excess)
