"""Smoothness along the axes against second differences, and the scaled distance against its definition."""

import numpy as np
import pytest

from ratebound.problems.axes import axis_smoothness
from ratebound.problems.build import least_squares
from ratebound.problems.certified import NotCertified
from ratebound.problems.constants import certify
from ratebound.problems.library import load


@pytest.mark.parametrize("name", ["linnerud", "quadratic_2d", "ridge_plane"])
def test_on_least_squares_they_are_the_diagonal_of_the_hessian(name):
    problem = load(name)
    diagonal = np.diag(problem.H)
    found = axis_smoothness(problem)
    assert (found >= diagonal).all()
    np.testing.assert_allclose(found, diagonal, rtol=1e-12)
    assert certify(problem, "L_coord").value == found.max()
    assert certify(problem, "L_coord_sum").value == pytest.approx(np.trace(problem.H), rel=1e-12)
    away = problem.x0 - problem.x_star
    assert certify(problem, "D_scaled_sq").value == pytest.approx(away @ np.diag(diagonal) @ away, rel=1e-6)


@pytest.mark.parametrize("name", ["iris", "sine_1d", "huber_worst", "breast_cancer"])
def test_no_second_difference_along_an_axis_is_larger(name):
    problem = load(name)
    smooth, rng = axis_smoothness(problem), np.random.default_rng(3)
    for size in (1e-3, 0.1, 3.0):
        x = size * rng.normal(size=problem.d)
        moves = np.diag(size * rng.normal(size=problem.d))
        rise = problem.value(x + moves) - problem.value(x) - moves @ problem.gradient(x)
        assert (rise <= smooth / 2 * np.diag(moves) ** 2 + 1e-12).all()


def test_a_feature_of_no_sample_is_refused():
    problem = least_squares([[1.0, 0.0], [2.0, 0.0]], [1.0, 0.0])
    with pytest.raises(NotCertified, match="feature 1 occurs in no sample"):
        certify(problem, "L_coord_sum")
    kinked = load("median")
    with pytest.raises(NotCertified, match="kink"):
        certify(kinked, "L_coord")
