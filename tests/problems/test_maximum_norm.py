"""Smoothness in the maximum norm against all signs, and against the gradients themselves."""

from itertools import product

import numpy as np
import pytest

from ratebound.problems.build import least_squares
from ratebound.problems.certified import NotCertified
from ratebound.problems.constants import certify
from ratebound.problems.library import load


@pytest.mark.parametrize("name", ["linnerud", "iris", "quadratic_2d", "huber_worst"])
def test_it_is_the_largest_form_over_signs(name):
    problem = load(name)
    gram = problem.A.T @ problem.A / problem.n
    walked = max(np.array(s) @ gram @ np.array(s) for s in product((-1.0, 1.0), repeat=problem.d))
    expected = float(problem.loss.curvature[1]) * walked + problem.l2 * problem.d
    found = certify(problem, "L_inf")
    assert expected <= found.value == pytest.approx(expected, rel=1e-12)
    assert found.value >= certify(problem, "L").value


def test_many_features_get_a_bound():
    problem = load("breast_cancer")
    found = certify(problem, "L_inf")
    assert problem.d > 12 and found.direction == "upper"
    rng = np.random.default_rng(0)
    for _ in range(50):
        x, move = rng.normal(size=(2, problem.d))
        change = problem.gradient(x + move) - problem.gradient(x)
        assert np.abs(change).sum() <= found.value * np.abs(move).max()


def test_a_quadratic_attains_it_along_its_worst_signs():
    problem = least_squares(np.array([[1.0, -2.0], [0.5, 1.0], [3.0, 0.0]]), np.zeros(3), l2=0.3)
    found = certify(problem, "L_inf")
    reached = max(s @ problem.H @ s for s in np.array([[1.0, 1.0], [1.0, -1.0]]))
    assert found.direction == "exact" and found.value == pytest.approx(reached, rel=1e-13)
    assert found.value >= reached


def test_sparse_data_are_refused():
    from scipy.sparse import csr_matrix

    problem = least_squares(csr_matrix(np.eye(3)), np.zeros(3))
    with pytest.raises(NotCertified, match="L_inf is not certified for sparse data"):
        certify(problem, "L_inf")
