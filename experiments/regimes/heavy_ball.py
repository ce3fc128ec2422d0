"""Mean-square stability of heavy ball on least squares: threshold, contraction and noise floor.

Heavy ball is ``m+ = beta m + g``, ``x+ = x - a m+``. In the eigenbasis of H the noise-free update of the
direction with eigenvalue lambda and what noise in g adds to it are

    A = [[1 - a lambda, -a beta], [lambda, beta]]    on (x - x*, m),    b = (-a, 1).

The noise of a batch of factor c has the covariance ``c (V S + G)`` with S the second moment of x - x*, G the
covariance at x* and ``V S = (1/n) sum_i (H_i - H) S (H_i - H)``. The operator on the second moments of
(x - x*, m) is thus T_0, that of A, plus a part that reads S alone. Both keep positive semidefinite matrices
so, and by Krein and Rutman the radius of T is an eigenvalue z with such an eigenmatrix: for z above the
radius of T_0

    S = c K(z) V S,    K(z)_ij = [(z - A_i x A_j)^(-1) b b^T]_11  entry by entry,

and the *gain*, the radius of c K(z) V, falls as z grows. So T contracts if and only if T_0 does, that is
``a lambda < 2 (1 + beta)``, and the gain at z = 1 is below 1; its radius is the z at which the gain is 1;
and S tends to the solution of ``S = c K(1) (V S + G)``, the noise floor.
"""

from __future__ import annotations

import numpy as np
from scipy.optimize import brentq, minimize_scalar
from scipy.sparse.linalg import eigs

from ratebound.experiments.regimes.exact import Floor, SecondMoment

_DENSE = 100
_SCAN = 48
_NEAR = 1e-9


class HeavyBall:
    """The second moments of heavy ball on a least-squares problem.

    Parameters
    ----------
    plain
        The operator without momentum.
    beta
        The momentum, in (0, 1).
    """

    def __init__(self, plain: SecondMoment, beta: float) -> None:
        self.plain, self.beta = plain, beta
        self._V = plain.N(1.0) - plain.N(0.0)

    @property
    def _end(self) -> float:
        """The step from which heavy ball with full gradients no longer converges."""
        return 2 * (1 + self.beta) / float(self.plain.eigenvalues[-1])

    def _update(self, step: float, eigenvalues: np.ndarray) -> np.ndarray:
        """Return A for every eigenvalue, shape (p, 2, 2)."""
        one = np.ones_like(eigenvalues)
        rows = [[one - step * eigenvalues, -step * self.beta * one], [eigenvalues, self.beta * one]]
        return np.moveaxis(np.array(rows), -1, 0)

    def _response(self, step: float, z: float) -> np.ndarray:
        """Return K(z), shape (p,)."""
        left, right = (self._update(step, each) for each in self.plain.pairs)
        both = np.einsum("pab,pcd->pacbd", left, right).reshape(-1, 4, 4)
        noise = np.array([step**2, -step, -step, 1.0])
        found: np.ndarray = np.linalg.solve(z * np.eye(4) - both, noise[:, None])[:, 0, 0]
        return found

    def _gain(self, factor: float, step: float, z: float = 1.0) -> float:
        """Return the radius of c K(z) V, an eigenvalue of it."""
        product = factor * self._response(step, z)[:, None] * self._V
        if product.shape[0] <= _DENSE:
            return float(np.linalg.eigvals(product).real.max())
        start = self.plain.pack(np.eye(self.plain.eigenvalues.size))
        found = eigs(product, k=1, which="LR", v0=start, return_eigenvectors=False, tol=1e-10)
        return float(found[0].real)

    def threshold(self, factor: float) -> float:
        """Return the step at which E||x_k - x*||^2 ceases to converge: 2 (1 + beta)/L for full gradients."""
        if not factor:
            return self._end
        scanned = self._end * np.geomspace(1e-6, 1 - _NEAR, _SCAN)
        beyond = next((j for j, step in enumerate(scanned) if self._gain(factor, step) >= 1), None)
        if beyond is None:
            return self._end
        if beyond == 0:
            return float(scanned[0])
        ends = scanned[beyond - 1], scanned[beyond]
        return float(brentq(lambda a: self._gain(factor, a) - 1, *ends, rtol=1e-12))

    def contraction(self, factor: float, steps: np.ndarray) -> np.ndarray:
        """Return the spectral radius of T for each step."""
        return np.array([self._radius(factor, float(step)) for step in steps])

    def _radius(self, factor: float, step: float) -> float:
        updates = self._update(step, self.plain.eigenvalues)
        noise_free = float(np.abs(np.linalg.eigvals(updates)).max() ** 2)
        low = noise_free * (1 + _NEAR)
        if not factor or self._gain(factor, step, low) <= 1:
            return noise_free
        high = 2 * low
        while self._gain(factor, step, high) > 1:
            high *= 2
        return float(brentq(lambda z: self._gain(factor, step, z) - 1, low, high, rtol=1e-9))

    def fastest(self, factor: float) -> float:
        """Return the step of the least radius, to 1e-3 of the threshold."""
        end = self.threshold(factor)
        found = minimize_scalar(
            lambda a: self._radius(factor, a),
            bounds=(0, end),
            method="bounded",
            options={"xatol": 1e-3 * end},
        )
        return float(found.x)

    def floor(self, factor: float, steps: np.ndarray) -> Floor:
        """Return the noise floor of each step, shape of `steps`."""
        end, plain = self.threshold(factor), self.plain
        gap, distance_sq = np.full(steps.size, np.inf), np.full(steps.size, np.inf)
        for j in np.flatnonzero(steps < end):
            response = factor * self._response(float(steps[j]), 1.0)
            S = np.linalg.solve(np.eye(response.size) - response[:, None] * self._V, response * plain.G)
            squares = S[plain.diagonal]
            # A floor that is zero must not be negative by rounding.
            gap[j] = max((plain.eigenvalues * squares).sum() / 2, 0.0)
            distance_sq[j] = max(squares.sum(), 0.0)
        return Floor(gap, distance_sq)
