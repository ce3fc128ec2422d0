"""Mean-square stability of SGD and GD on least squares: threshold, contraction, noise floor in closed form.

With ``e = x_k - x*``, ``S = E e e^T`` and a batch of factor c
(:func:`~ratebound.problems.certified.batch_factor`; full gradients have c = 0) a step of size a maps S to
``T S + a^2 c (G + cross terms in E e)``, where

    T = I - a D + a^2 N,    D S = H S + S H,    N S = (1 - c) H S H + (c/n) sum_i H_i S H_i,

``H_i`` is the Hessian of f_i and ``G`` the mean of ``grad f_i grad f_i^T`` at x*. On the symmetric matrices
over the range of H, which x_k - x* never leaves, D is positive and N positive semidefinite, both
self-adjoint. T maps positive semidefinite matrices to such, so its spectral radius is its largest eigenvalue
(Krein and Rutman), and that is a maximum of parabolas in a, convex with value 1 at a = 0. Hence the stable
steps are an interval:

    radius(T) < 1   iff   a N < D   iff   a < 1 / max nu,    nu the eigenvalues of D^(-1/2) N D^(-1/2).

Below this threshold S tends to the solution of ``(D - a N) S = a c G``, the noise floor. The mean of e
contracts by ``max |1 - a lambda(H)|``, whose square is at most the radius: the threshold decides on both.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.linalg import eigh
from scipy.optimize import minimize_scalar
from scipy.sparse.linalg import eigsh

from ratebound.problems.finite_sum import Problem
from ratebound.theory.errors import RateboundError

MOST_COORDINATES = 2500
"""Largest r (r+1)/2, r the rank of H, for which the operator is built."""
_DENSE = 100


def operator_available(problem: Problem) -> bool:
    """Whether :class:`SecondMoment` can be built: least squares of moderate rank."""
    if problem.kind != "quadratic" or problem.x_star is None:
        return False
    rank = problem.d if problem.l2 else problem.spectrum.rank
    return 0 < rank * (rank + 1) // 2 <= MOST_COORDINATES


@dataclass(frozen=True, eq=False)
class Floor:
    """Limits of E f(x_k) - f* and E||x_k - x*||^2, shape of the steps; ``inf`` from the threshold on."""

    gap: np.ndarray
    distance_sq: np.ndarray


class SecondMoment:
    """The second-moment operator of a least-squares problem, in the eigenbasis of H.

    Parameters
    ----------
    problem
        A least-squares problem, see :func:`operator_available`.

    Raises
    ------
    RateboundError
        If the problem is not least squares, or its rank is too large.

    Notes
    -----
    Symmetric matrices are vectors of their p = r (r+1)/2 upper entries, those off the diagonal times sqrt(2):
    the inner product of vectors is then that of matrices, and D is diagonal.
    """

    def __init__(self, problem: Problem) -> None:
        if not operator_available(problem):
            raise RateboundError(
                f"no exact second moments of {problem.name} ({problem.loss.title}, d = {problem.d}); they "
                f"are built for least squares of rank r with r (r+1)/2 <= {MOST_COORDINATES}"
            )
        assert problem.x_star is not None
        values, vectors = np.linalg.eigh(problem.H)
        rank = problem.d if problem.l2 else problem.spectrum.rank
        self.eigenvalues, basis = values[-rank:], vectors[:, -rank:]
        """Nonzero eigenvalues of H, ascending, shape (r,)."""
        n, l2 = problem.n, problem.l2
        A, noise = problem.A @ basis, problem.component_gradients(problem.x_star) @ basis
        self._rows, self._cols = np.triu_indices(rank)
        self.diagonal = np.flatnonzero(self._rows == self._cols)
        """Positions of the diagonal entries among the coordinates, shape (r,)."""
        self._scale = np.where(self._rows == self._cols, 1.0, np.sqrt(2))
        left, right = self.pairs
        self.D, self._HSH = left + right, left * right
        features = self.pack(A[:, :, None] * A[:, None, :])
        self._M = features.T @ features / n
        self._M[np.diag_indices_from(self._M)] += l2 * (self.D - 2 * l2) + l2**2
        self.G = self.pack(noise[:, :, None] * noise[:, None, :]).mean(0)
        """Covariance of the component gradients at x*, shape (p,)."""
        mixed = np.einsum("il,ij,ik->ljk", A, A, noise, optimize=True) / n
        self.cross = self.pack(mixed + mixed.transpose(0, 2, 1)).T
        """What E e adds to the second moment of a component gradient, shape (p, r)."""
        self.start = (problem.x0 - problem.x_star) @ basis
        """x_0 - x* in the eigenbasis, shape (r,)."""
        self._known: dict[float, tuple[np.ndarray, np.ndarray]] = {}

    @property
    def pairs(self) -> tuple[np.ndarray, np.ndarray]:
        """Eigenvalues of row and column of every coordinate, each of shape (p,)."""
        return self.eigenvalues[self._rows], self.eigenvalues[self._cols]

    def pack(self, S: np.ndarray) -> np.ndarray:
        """Return the coordinates, shape (..., p), of symmetric matrices of shape (..., r, r)."""
        return S[..., self._rows, self._cols] * self._scale

    def N(self, factor: float) -> np.ndarray:
        """Return the matrix of N, shape (p, p), for a batch factor."""
        found: np.ndarray = factor * self._M
        found[np.diag_indices_from(found)] += (1 - factor) * self._HSH
        return found

    def threshold(self, factor: float) -> float:
        """Return the step from which on E||x_k - x*||^2 no longer converges: 2/L for full gradients."""
        return 1 / float(self._modes(factor)[0][-1])

    def contraction(self, factor: float, steps: np.ndarray) -> np.ndarray:
        """Return the spectral radius of T for each step: the factor of the noise-free E||x_k - x*||^2."""
        N, threshold = self.N(factor), self.threshold(factor)
        return np.array([self._radius(N, float(a), a < threshold) for a in steps])

    def fastest(self, factor: float) -> float:
        """Return the step of the least radius, 2/(mu + L) for full gradients, to 1e-3 of the threshold."""
        N, end = self.N(factor), self.threshold(factor)
        tolerance = {"xatol": 1e-3 * end}
        found = minimize_scalar(
            lambda a: self._radius(N, a, True), bounds=(0, end), method="bounded", options=tolerance
        )
        return float(found.x)

    def _radius(self, N: np.ndarray, step: float, stable: bool) -> float:
        """Return 1 - a times the least eigenvalue of D - a N, which is positive where the step is stable."""
        P = -step * N
        P[np.diag_indices_from(P)] += self.D
        if self.D.size <= _DENSE:
            least = eigh(P, eigvals_only=True, subset_by_index=[0, 0])
        else:
            # Of positive eigenvalues the least is nearest to zero, where inverse iteration finds it soon.
            near: dict[str, Any] = {"sigma": 0.0} if stable else {"which": "SA"}
            least = eigsh(P, k=1, v0=np.ones(self.D.size), return_eigenvectors=False, **near)
        return 1 - step * float(least[0])

    def floor(self, factor: float, steps: np.ndarray) -> Floor:
        """Return the noise floor of each step, shape of `steps`.

        ``S = a c D^(-1/2) (1 - a V)^(-1) D^(-1/2) G`` with ``V = D^(-1/2) N D^(-1/2)``: one
        eigendecomposition of V serves every step.
        """
        nu, U = self._modes(factor)
        root = np.sqrt(self.D)
        source = U.T @ (self.G / root)
        H, unit = np.zeros_like(root), np.zeros_like(root)
        H[self.diagonal], unit[self.diagonal] = self.eigenvalues / 2, 1.0
        left = 1 - steps[:, None] * nu
        stable = left[:, -1] > 0
        response = np.divide(source, left, where=stable[:, None], out=np.zeros_like(left))
        # A floor that is zero stays zero at every stable step; rounding must not make it negative.
        limits = [
            np.where(stable, np.maximum(steps * factor * (response * (U.T @ (w / root))).sum(1), 0.0), np.inf)
            for w in (H, unit)
        ]
        return Floor(*limits)

    def _modes(self, factor: float) -> tuple[np.ndarray, np.ndarray]:
        """Return eigenvalues and eigenvectors of D^(-1/2) N D^(-1/2), computed once per batch factor."""
        if factor not in self._known:
            root = np.sqrt(self.D)
            nu, U = np.linalg.eigh(self.N(factor) / np.outer(root, root))
            self._known[factor] = nu, U
        return self._known[factor]
