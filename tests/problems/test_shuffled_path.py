"""The shuffling radius against all orders of small sums, and against what holds for every problem."""

from itertools import permutations

import numpy as np
import pytest

from ratebound.problems.build import least_squares, logistic
from ratebound.problems.certified import NotCertified
from ratebound.problems.constants import certify
from ratebound.problems.library import load


def problems(n):
    rng = np.random.default_rng(n)
    A, y = rng.normal(size=(n, 2)) * rng.exponential(size=(n, 1)), rng.normal(size=n)
    yield least_squares(A, y, 0.1, x0=np.ones(2))
    yield logistic(A, np.where(y > 0, 1.0, -1.0), 0.3, x0=np.ones(2))
    if n > 2:
        yield least_squares(A, y, x0=np.ones(2))


def by_all_orders(problem):
    """The largest mean over the places of a pass; the curvature of each loss as large as it may be."""
    high, parts = float(problem.loss.curvature[1]), problem.component_gradients(problem.x_star)
    totals, orders = np.zeros(problem.n), list(permutations(range(problem.n)))
    for order in orders:
        moved = np.zeros(problem.d)
        for place, p in enumerate(order):
            totals[place] += (high * (problem.A[p] @ moved) ** 2 + problem.l2 * moved @ moved) / 2
            moved = moved - parts[p]
    return totals.max() / len(orders)


@pytest.mark.parametrize("n", [1, 2, 3, 4, 5])
def test_radius_by_all_orders(n):
    for problem in problems(n):
        found = certify(problem, "shuffle_radius")
        exact = by_all_orders(problem)
        assert exact <= found.value <= exact * (1 + 1e-9) + 1e-20
        assert found.value - found.error <= exact * (1 + 1e-9) + 1e-30


@pytest.mark.parametrize("name", ["ridge_plane", "diabetes_ridge"])
def test_the_radius_is_never_more_than_that_of_every_problem(name):
    problem = load(name)
    wanted = ("L_max", "sigma_star_sq", "mu_min")
    L_max, noise, mu_min = (certify(problem, constant).value for constant in wanted)
    # Mishchenko, Khaled and Richtárik 2020, Proposition 1 (number not checked), has both sides.
    found = certify(problem, "shuffle_radius").value
    assert mu_min * problem.n * noise / 8 <= found < 0.7 * L_max * problem.n * noise / 4


def test_without_a_minimiser_there_is_none():
    with pytest.raises(NotCertified):
        certify(load("separable_plane"), "shuffle_radius")
