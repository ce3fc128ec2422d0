"""Rows and residuals against the Hessian: the matrix inequalities hold, and are attained."""

import numpy as np
import pytest

from ratebound.problems.certified import NotCertified
from ratebound.problems.constants import certify
from ratebound.problems.library import load


@pytest.mark.parametrize("name", ["quadratic_2d", "linnerud", "rank_deficient", "diabetes"])
def test_the_constants_are_the_least_ones(name):
    problem = load(name)
    A, residuals = problem.A, problem.A @ problem.x_star - problem.y
    values, vectors = np.linalg.eigh(problem.H)
    kept = values > 1e-9 * values[-1]
    assert certify(problem, "rank").value == kept.sum()
    root = vectors[:, kept] / np.sqrt(values[kept])
    for constant, weights in (("R_sq", (A**2).sum(1)), ("residual_sq", residuals**2)):
        law = root.T @ ((A.T * weights) @ A / problem.n) @ root
        largest, value = np.linalg.eigvalsh(law)[-1], certify(problem, constant).value
        assert largest * (1 - 1e-12) <= value <= largest * (1 + 1e-6)


@pytest.mark.parametrize("name", ["diabetes_ridge", "iris"])
def test_other_problems_have_none(name):
    with pytest.raises(NotCertified, match="is not quadratic without a ridge"):
        certify(load(name), "R_sq")
