"""Small problems with a known structure: PL without strong convexity, interpolation, worst cases."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from ratebound.problems.finite_sum import Problem
from ratebound.problems.losses import absolute, cauchy, hinge, huber, logistic, signed, sine, squared
from ratebound.theory.errors import RateboundError


def _integers(rng: np.random.Generator, *shape: int) -> np.ndarray:
    # Small integers: linear dependencies between columns then hold exactly in floating point.
    return rng.integers(-3, 4, size=shape).astype(np.float64)


def quadratic_2d() -> Problem:
    """Return a least-squares problem of four samples in the plane, for enumeration of all paths."""
    A = np.array([[1.0, 0.0], [0.0, 1.0], [1.0, 1.0], [1.5, -0.5]])
    y = np.array([1.0, -1.0, 0.5, 0.25])
    return Problem(
        "quadratic_2d", A, y, squared, 0.0, np.array([2.0, -1.5]), "synthetic", "Four-sample quadratic"
    )


def ridge_plane() -> Problem:
    """Return the four samples of :func:`quadratic_2d` with a ridge: every component is strongly convex."""
    plain = quadratic_2d()
    return Problem(
        "ridge_plane", plain.A, plain.y, squared, 0.2, plain.x0, "synthetic", "Four samples with a ridge"
    )


def rank_deficient(n: int = 60, seed: int = 0) -> Problem:
    """Return noisy least squares with exactly dependent columns: PL, not strongly convex."""
    if n < 8:
        raise RateboundError(f"n = {n}; rank_deficient needs n >= 8")
    rng = np.random.default_rng(seed)
    base = _integers(rng, n, 4)
    A = np.column_stack([base, base[:, 0] + base[:, 1], base[:, 2] - base[:, 3], 2 * base[:, 0]])
    y = base @ np.array([1.0, -1.0, 0.5, 0.0]) + rng.normal(size=n)
    said = f"synthetic: {n} x 7 integers of rank 4, unit Gaussian noise, seed {seed}"
    return Problem("rank_deficient", A, y, squared, 0.0, np.zeros(7), said, "Rank-deficient least squares")


def interpolating(n: int = 20, d: int = 30, seed: int = 0) -> Problem:
    """Return consistent least squares with more features than samples: every component is zero at x*."""
    if not 1 <= n < d:
        raise RateboundError(f"n = {n}, d = {d}; interpolating needs 1 <= n < d")
    rng = np.random.default_rng(seed)
    A = rng.normal(size=(n, d)) / np.sqrt(d)
    y = A @ rng.normal(size=d)
    said = f"synthetic: Gaussian {n} x {d}, exact labels, seed {seed}"
    return Problem("interpolating", A, y, squared, 0.0, np.zeros(d), said, "Interpolating least squares")


def consistent(n: int = 30, seed: int = 0) -> Problem:
    """Return least squares in four features with exact integer labels: strongly convex, and x* fits all."""
    if n < 8:
        raise RateboundError(f"n = {n}; consistent needs n >= 8")
    A = _integers(np.random.default_rng(seed), n, 4)
    y = A @ np.array([1.0, -2.0, 0.0, 1.0])
    said = f"synthetic: {n} x 4 integers, exact labels, seed {seed}"
    return Problem("consistent", A, y, squared, 0.0, np.zeros(4), said, "Consistent least squares")


def consistent_plane() -> Problem:
    """Return four consistent samples in the plane, for enumeration of all paths."""
    A = np.array([[1.0, 0.0], [0.0, 1.0], [1.0, 1.0], [2.0, -1.0]])
    y = A @ np.array([1.0, -1.0])
    start = np.array([3.0, 2.0])
    return Problem("consistent_plane", A, y, squared, 0.0, start, "synthetic", "Four consistent samples")


def signed_plane() -> Problem:
    """Return three convex and one concave component in the plane, whose mean is strongly convex.

    Every component is stationary at the minimiser, and one has no lower bound: growth without interpolation.
    """
    A = np.array([[1.0, 0.0], [0.0, 1.0], [1.0, 1.0], [0.6, -0.6]])
    y = np.array([1.0, 1.0, 1.0, -1.0])
    start = np.array([2.0, 1.0])
    return Problem("signed_plane", A, y, signed, 0.0, start, "synthetic", "Three bowls and a dome")


def signed_rows(n: int = 40, seed: int = 0) -> Problem:
    """Return signed squares in four features, every fourth one concave, whose mean is strongly convex."""
    if n < 8 or n % 4:
        raise RateboundError(f"n = {n}; signed_rows needs a multiple of 4 that is at least 8")
    A = _integers(np.random.default_rng(seed), n, 4)
    A[3::4] /= 2
    y = np.where(np.arange(n) % 4 == 3, -1.0, 1.0)
    said = f"synthetic: {n} x 4 integers, every fourth row halved and concave, seed {seed}"
    return Problem("signed_rows", A, y, signed, 0.0, np.ones(4), said, "Signed squares")


def unequal_rows(n: int = 24, seed: int = 0) -> Problem:
    """Return consistent least squares whose samples differ in size by an order of magnitude."""
    if n < 8:
        raise RateboundError(f"n = {n}; unequal_rows needs n >= 8")
    rng = np.random.default_rng(seed)
    A = _integers(rng, n, 3) * rng.choice([1.0, 2.0, 8.0], size=(n, 1), p=[0.6, 0.3, 0.1])
    y = A @ np.array([2.0, -1.0, 1.0])
    said = f"synthetic: {n} x 3 integers, rows times 1, 2 or 8, exact labels, seed {seed}"
    return Problem("unequal_rows", A, y, squared, 0.0, np.zeros(3), said, "Consistent, unequal rows")


def _paired_noise(rng: np.random.Generator, pairs: int) -> np.ndarray:
    # Opposite pairs sum to zero exactly, whatever the order of summation.
    half = rng.uniform(0.25, 1.0, size=pairs)
    return np.concatenate([half, -half])


def sine_1d(n: int = 20, seed: int = 0) -> Problem:
    """Return components ``x^2 + 3 sin^2 x + c_i x`` whose mean is the PL test function."""
    return _sine("sine_1d", 1, n, seed, "x^2 + 3 sin^2 x, additive noise")


def sine_near(n: int = 20, seed: int = 0) -> Problem:
    """Return :func:`sine_1d` with a start in the convex stretch around the minimiser."""
    return replace(sine_1d(n, seed), name="sine_near", x0=np.array([0.375]))


def sine_separable(d: int = 5, n: int = 20, seed: int = 0) -> Problem:
    """Return the PL test function in each of d coordinates, n samples per coordinate."""
    return _sine("sine_separable", d, n, seed, "Separable x^2 + 3 sin^2 x, additive noise")


def _sine(name: str, d: int, n: int, seed: int, title: str) -> Problem:
    if d < 1 or n < 2 or n % 2:
        raise RateboundError(f"d = {d}, n = {n} per coordinate; {name} needs d >= 1 and an even n >= 2")
    rng = np.random.default_rng(seed)
    A = np.repeat(np.eye(d), n, axis=0)
    y = np.concatenate([_paired_noise(rng, n // 2) for _ in range(d)])
    said = f"synthetic: {n} samples per coordinate, noise in opposite pairs, seed {seed}"
    # Beyond the nonconvex stretch of h, which a run must cross.
    return Problem(name, A, y, sine, 0.0, np.full(d, 3.0), said, title)


def huber_worst(horizon: int = 10, R: float = 1.0) -> Problem:
    """Return the Huber function on which gradient descent with alpha = 1/L attains ``L R^2/(4 k + 2)`` at k
    = horizon.

    Source: Drori and Teboulle 2014 (number not checked).
    """
    if horizon < 1 or not np.isfinite(R) or R <= 0:
        raise RateboundError(f"horizon = {horizon}, R = {R}; both must be positive")
    loss = huber(R / (2 * horizon + 1))
    said = f"worst case for {horizon} steps of gradient descent, two identical components"
    return Problem(
        "huber_worst", np.ones((2, 1)), np.zeros(2), loss, 0.0, np.array([R]), said, "Huber worst case"
    )


def median() -> Problem:
    """Return the mean distance to five numbers: the least absolute deviation, attained at their median."""
    y = np.array([-2.0, -0.5, 0.25, 1.0, 4.0])
    return Problem(
        "median", np.ones((5, 1)), y, absolute, 0.0, np.array([3.0]), "synthetic", "Median of five numbers"
    )


def hinge_plane() -> Problem:
    """Return six labelled points of the plane that no line through the origin separates."""
    A = np.array([[-2.0, -2.0], [1.5, 1.0], [1.5, 0.0], [1.5, -1.0], [0.0, 1.5], [-1.5, -1.0]])
    y = np.array([-1.0, -1.0, 1.0, -1.0, -1.0, -1.0])
    return Problem(
        "hinge_plane", A, y, hinge, 0.0, np.array([-2.0, 2.0]), "synthetic", "Six points, hinge loss"
    )


def logistic_line() -> Problem:
    """Return four samples of one feature, logistic loss and a ridge, with a start near the minimiser."""
    A = np.array([[1.0], [0.5], [-1.0], [2.0]])
    y = np.array([1.0, -1.0, -1.0, 1.0])
    start = np.array([0.25])
    return Problem("logistic_line", A, y, logistic, 0.2, start, "synthetic", "Logistic, one feature")


def separable_plane() -> Problem:
    """Return five points that a line through the origin separates, logistic loss: no minimiser, f* = 0."""
    A = np.array([[1.0, 0.5], [0.25, 1.0], [-0.75, -0.5], [-1.0, 0.25], [0.5, 0.75]])
    y = np.array([1.0, 1.0, -1.0, -1.0, 1.0])
    start = np.array([-3.0, 1.0])
    return Problem("separable_plane", A, y, logistic, 0.0, start, "synthetic", "Separable, logistic")


def logistic_plane() -> Problem:
    """Return the points of :func:`hinge_plane` under the logistic loss and a ridge, with a start near x*."""
    points = hinge_plane()
    start = np.array([0.0, -0.25])
    return Problem(
        "logistic_plane", points.A, points.y, logistic, 0.2, start, "synthetic", "Six points, logistic"
    )


def cauchy_far() -> Problem:
    """Return the Cauchy loss of one sample, far out where it falls slowly and is concave."""
    start = np.array([60.0])
    return Problem(
        "cauchy_far", np.ones((1, 1)), np.zeros(1), cauchy, 0.0, start, "synthetic", "Cauchy, far out"
    )


def cauchy_line() -> Problem:
    """Return four samples of one feature, Cauchy loss and a ridge that makes f strongly convex."""
    y = np.array([-1.0, 0.25, 0.5, 2.0])
    start = np.array([0.75])
    return Problem("cauchy_line", np.ones((4, 1)), y, cauchy, 0.5, start, "synthetic", "Cauchy, one feature")
