"""Finite sums in many digits: what certified constants are held against. Slow and plain on purpose."""

import itertools

import mpmath as mp
import numpy as np

from ratebound.problems.losses import y, z
from ratebound.problems.lower import lower_mp

DIGITS = 60


def numbers(values):
    return [mp.mpf(float(v)) for v in values]


def dot(a, b):
    return mp.fsum(p * q for p, q in zip(a, b, strict=True))


def minus(a, b):
    return [p - q for p, q in zip(a, b, strict=True)]


def mean(vectors):
    vectors = list(vectors)
    return [mp.fsum(column) / len(vectors) for column in zip(*vectors, strict=True)]


def mean_square(vectors):
    vectors = list(vectors)
    return mp.fsum(dot(v, v) for v in vectors) / len(vectors)


def eigenvalues(M):
    return sorted(mp.eigsy(M, eigvals_only=True))


class ExactSum:
    """A problem, its minimiser nearest to x0 (None if unknown), and points at which to look."""

    def __init__(self, problem, rng):
        self.problem, self.n, self.d = problem, problem.n, problem.d
        self.A, self.y = [numbers(row) for row in problem.A], numbers(problem.y)
        self.x0, self.l2, self.l1 = numbers(problem.x0), mp.mpf(problem.l2), mp.mpf(problem.l1)
        loss = problem.loss
        self.phi, self.slope, self.second = (
            lower_mp(each, (z, y)) for each in (loss.phi, loss.slope, loss.second)
        )
        self.x_star = self._minimiser()
        self.points = [self.x0, numbers(np.zeros(self.d))]
        self.points += [numbers(rng.normal(size=self.d) * s / abs(problem.A).max()) for s in (0.3, 1, 30)]
        self.points += [] if self.x_star is None else [self.x_star]

    def f(self, x):
        values = mp.fsum(self.phi(dot(a, x), label) for a, label in zip(self.A, self.y, strict=True))
        return values / self.n + self.l2 / 2 * dot(x, x) + self.l1 * mp.fsum(map(abs, x))

    def parts(self, x):
        """Return the gradients of all components."""
        slopes = [self.slope(dot(a, x), label) for a, label in zip(self.A, self.y, strict=True)]
        return [
            [s * v + self.l2 * w for v, w in zip(a, x, strict=True)]
            for s, a in zip(slopes, self.A, strict=True)
        ]

    def gradient(self, x):
        return mean(self.parts(x))

    def weighted(self, weights):
        """Return the mean of ``w_i a_i a_i^T``."""
        pairs = list(zip(weights, self.A, strict=True))
        return mp.matrix(
            [
                [mp.fsum(w * a[i] * a[j] for w, a in pairs) / self.n for j in range(self.d)]
                for i in range(self.d)
            ]
        )

    def bends(self, x):
        return [self.second(dot(a, x), label) for a, label in zip(self.A, self.y, strict=True)]

    def hessian(self, x):
        return self.weighted(self.bends(x)) + self.l2 * mp.eye(self.d)

    def ends(self, x):
        """Return the least and the largest eigenvalue of the Hessian of every component."""
        bent = [bend * dot(a, a) + self.l2 for bend, a in zip(self.bends(x), self.A, strict=True)]
        flat = [self.l2] if self.d > 1 else []
        return [(min(v, *flat), max(v, *flat)) if flat else (v, v) for v in bent]

    def range_of(self, M):
        """Return the eigenvalues that are not zero of a positive semidefinite matrix, and their vectors."""
        with mp.workdps(150):
            values, vectors = mp.eigsy(M)
            top = max(values)
            return [
                (values[i], list(vectors[:, i])) for i in range(self.d) if values[i] > top * mp.mpf(10) ** -50
            ]

    def against(self, weights):
        """Return the largest ``v^T E w a a^T v / v^T H v`` over the range of H, that of least squares."""
        kept, M = self.range_of(self.hessian(self.x0)), self.weighted(weights)
        moved = [[value / mp.sqrt(lam) for value in v] for lam, v in kept]
        images = [list(M * mp.matrix(v)) for v in moved]
        return eigenvalues(mp.matrix([[dot(u, w) for w in images] for u in moved]))[-1]

    def batches(self, size, replacement):
        drawn = itertools.product(range(self.n), repeat=size)
        return list(drawn if replacement else itertools.combinations(range(self.n), size))

    def _minimiser(self):
        """Make Newton steps, which leave what the Hessian does not see."""
        quadratic = self.problem.kind == "quadratic"
        if self.l1 or self.problem.loss.kinked or self.problem.x_star is None:
            return None
        x = self.x0 if quadratic else numbers(self.problem.x_star)
        for _ in range(8):
            g = self.gradient(x)
            for lam, v in self.range_of(self.hessian(x)):
                x = minus(x, [dot(g, v) / lam * value for value in v])
        assert mp.sqrt(dot(self.gradient(x), self.gradient(x))) < mp.mpf(10) ** (6 - DIGITS) * (
            1 + mp.norm(mp.matrix(self.A)) * mp.norm(mp.matrix(self.y))
        )
        return x
