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


@pytest.mark.parametrize(
    "make", [logistic, sparse_logistic, lambda: load("quadratic_2d"), lambda: load("sine_1d")]
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


def test_many_points_in_threads():
    problem = logistic()
    X = np.random.default_rng(3).normal(size=(3, 2000, problem.d))
    measures = fused_measures(problem)
    for name in ("gap", "distance_sq", "grad_norm_sq"):
        np.testing.assert_allclose(measures[name](X), getattr(problem, name)(X), rtol=1e-9)
