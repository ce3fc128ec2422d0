"""How steep a quadratic is in other norms: corners, random gradients, whole numbers, refusals."""

from fractions import Fraction

import numpy as np
import pytest
from scipy.optimize import minimize
from sympy import Matrix

from ratebound.problems.build import least_squares
from ratebound.problems.certified import NotCertified
from ratebound.problems.constants import certify
from ratebound.problems.library import load

NORMS = {"mu_signs": lambda g: np.abs(g).sum(-1), "mu_axis": lambda g: np.abs(g).max(-1)}


def signs(d):
    return 1.0 - 2.0 * ((np.arange(2**d)[:, None] >> np.arange(d)) & 1)


def ratio(problem, name, X):
    """Return norm^2/(2 (f - f*)) at points of shape (..., d)."""
    return NORMS[name](problem.gradient(X)) ** 2 / (2 * problem.gap(X))


@pytest.mark.parametrize("problem", ["quadratic_2d", "linnerud", "linnerud_ridge", "diabetes_ridge"])
@pytest.mark.parametrize("name", NORMS)
def test_no_point_is_less_steep_and_one_is_no_steeper(problem, name):
    problem = load(problem)
    found = certify(problem, name)
    inverse = np.linalg.inv(problem.H)
    corners = np.eye(problem.d) if name == "mu_signs" else signs(problem.d)
    rng = np.random.default_rng(4)
    gradients = np.concatenate([rng.normal(size=(2000, problem.d)), rng.laplace(size=(500, problem.d)) ** 3])
    X = problem.x_star + gradients @ inverse
    assert ratio(problem, name, X).min() >= found.value * (1 - 1e-9)
    attained = ratio(problem, name, problem.x_star + corners @ inverse).min()
    assert found.value == pytest.approx(attained, rel=1e-9)
    assert found.direction == "exact"


def test_descent_from_random_points_finds_nothing_below():
    problem, rng = load("quadratic_2d"), np.random.default_rng(1)
    for name in NORMS:
        starts = rng.normal(size=(8, 2))
        least = min(
            minimize(lambda x, name=name: ratio(problem, name, x), start, method="Nelder-Mead").fun
            for start in starts
        )
        assert certify(problem, name).value == pytest.approx(least, rel=1e-3)
        assert certify(problem, name).value <= least


def test_in_whole_numbers():
    A = [[1, 2], [3, 1], [0, 1]]
    inverse = (Matrix(A).T * Matrix(A) / 3).inv()
    problem = least_squares(np.array(A, dtype=float), np.zeros(3))
    corner = max((Matrix([[1, s]]) * inverse * Matrix([1, s]))[0] for s in (1, -1))
    for name, top in (("mu_signs", max(inverse[0, 0], inverse[1, 1])), ("mu_axis", corner)):
        exact, found = 1 / Fraction(int(top.p), int(top.q)), certify(problem, name)
        assert exact * (1 - Fraction(1, 10**12)) <= Fraction(found.value) <= exact


def test_many_features_are_bounded_from_below():
    rng = np.random.default_rng(3)
    problem = least_squares(rng.normal(size=(60, 15)), rng.normal(size=60))
    found = certify(problem, "mu_axis")
    X = problem.x_star + signs(15)[::37] @ np.linalg.inv(problem.H)
    assert found.direction == "lower" and found.value <= ratio(problem, "mu_axis", X).min()
    assert found.value >= certify(problem, "mu").value / 150


@pytest.mark.parametrize(("name", "why"), [("iris", "not quadratic"), ("rank_deficient", "strongly convex")])
def test_other_losses_and_flat_directions_are_refused(name, why):
    for constant in NORMS:
        with pytest.raises(NotCertified, match=why):
            certify(load(name), constant)
