"""Fused measures against the careful ones."""

import numpy as np
import pytest
from scipy.sparse import csr_array

from ratebound.experiments.backends.fused_measures import fused_measures
from ratebound.problems.build import from_arrays
from ratebound.problems.library import load


def logistic(n=41, d=6):
    rng = np.random.default_rng(1)
    return from_arrays(rng.normal(size=(n, d)), np.sign(rng.normal(size=n)), "logistic", 0.05)


def sparse_logistic():
    # More rows than factors that are multiplied before a logarithm is taken.
    rng = np.random.default_rng(1)
    A = rng.normal(size=(700, 6)) * (rng.random((700, 6)) < 0.4)
    return from_arrays(csr_array(A), np.sign(rng.normal(size=700)), "logistic", 0.05)


def least_squares(n=700, d=19, l2=0.1):
    # More features than a vector of rows has lanes.
    rng = np.random.default_rng(1)
    return from_arrays(rng.normal(size=(n, d)), rng.normal(size=n), "squared", l2)


@pytest.mark.parametrize(
    "make",
    [
        logistic,
        # More features than a vector has lanes, and some are left over.
        lambda: logistic(53, 19),
        sparse_logistic,
        least_squares,
        lambda: least_squares(5, 7, 0.0),
        lambda: load("quadratic_2d"),
        lambda: load("sine_1d"),
    ],
)
@pytest.mark.parametrize("distance", [1e2, 1.0, 1e-2, 1e-4, 1e-7, 0.0])
def test_agrees_at_every_distance(make, distance):
    problem = make()
    rng = np.random.default_rng(2)
    X = problem.x_star + distance * rng.normal(size=(2, 150, problem.d))
    np.testing.assert_allclose(fused_measures(problem)["gap"](X), problem.gap(X), rtol=1e-9, atol=1e-300)


def test_divergence_never_reads_finite():
    lost = np.full((3, 6), [[np.inf], [np.nan], [1e200]])
    assert np.isinf(fused_measures(logistic())["gap"](lost)).all()
    assert np.isinf(fused_measures(sparse_logistic())["gap"](lost)).all()
    assert np.isinf(fused_measures(least_squares(d=6))["gap"](lost)).all()


@pytest.mark.parametrize("make", [logistic, sparse_logistic, least_squares])
def test_arrays_are_read_as_they_lie(make):
    problem = make()
    rng = np.random.default_rng(4)
    points = problem.x_star + 10 * rng.normal(size=(3, 30, 5, problem.d + 2))[..., : problem.d]
    # One by one, turned, in single precision, and one that is the minimiser.
    arrays = [points[0], points[1].transpose(1, 0, 2), points[2].astype(np.float32), problem.x_star[None]]
    found = fused_measures(problem)["gap"].each(arrays)
    for X, values in zip(arrays, found, strict=True):
        np.testing.assert_allclose(values, problem.gap(X.astype(float)), rtol=1e-9, atol=1e-15)


def test_large_margins_overflow_nowhere():
    problem = logistic()
    X = 10.0 ** np.arange(0, 300, 20)[:, None] * np.random.default_rng(5).normal(size=(15, 6))
    with np.errstate(over="ignore"):
        np.testing.assert_allclose(fused_measures(problem)["gap"](X), problem.gap(X), rtol=1e-9)


def test_many_points_in_threads():
    problem = logistic()
    X = np.random.default_rng(3).normal(size=(3, 2000, problem.d))
    measures = fused_measures(problem)
    for name in ("gap", "distance_sq", "grad_norm_sq"):
        np.testing.assert_allclose(measures[name](X), getattr(problem, name)(X), rtol=1e-9)
