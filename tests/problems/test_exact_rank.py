"""Whether data are rank deficient exactly, or to rounding only, on which the minimum depends."""

from fractions import Fraction

import numpy as np
import pytest

import ratebound as rb
from ratebound.problems.constants import NotCertified, certify
from ratebound.problems.exact_rank import rank_is_at_most


def exact_rank(A):
    """Eliminate in rational numbers."""
    rows, rank = [[Fraction(v) for v in row] for row in A.tolist()], 0
    for j in range(A.shape[1]):
        pivot = next((i for i in range(rank, len(rows)) if rows[i][j]), None)
        if pivot is None:
            continue
        rows[rank], rows[pivot] = rows[pivot], rows[rank]
        for i in range(rank + 1, len(rows)):
            share = rows[i][j] / rows[rank][j]
            rows[i] = [a - share * b for a, b in zip(rows[i], rows[rank], strict=True)]
        rank += 1
    return rank


@pytest.mark.parametrize("seed", range(40))
def test_against_elimination_in_rational_numbers(seed):
    rng = np.random.default_rng(seed)
    n, d = rng.integers(1, 7, size=2)
    r = rng.integers(1, min(n, d) + 1)
    B, C = rng.normal(size=(n, r)), rng.normal(size=(r, d))
    whole = np.rint(8 * B) @ np.rint(8 * C)
    for A in (whole, B @ C, whole * 2.0 ** rng.integers(-300, 300, size=(1, d)), whole + 2.0**-60 * (B @ C)):
        found = exact_rank(A)
        assert [rank_is_at_most(A, q) for q in range(min(n, d) + 1)] == [
            found <= q for q in range(min(n, d) + 1)
        ]


def nearly_dependent():
    base = np.random.default_rng(0).normal(size=(12, 3))
    return np.column_stack([base, base @ [1.0, 0.3, -0.7]])


@pytest.mark.parametrize(
    "A", [np.diag([1.0, 1e-17]), np.diag([1.0, 3e-16]), nearly_dependent()], ids=["tiny", "small", "rounded"]
)
def test_a_small_singular_value_is_not_taken_for_zero(A):
    """The exact minimum along its direction lies far away, and lower than what double precision sees."""
    y = np.arange(1.0, len(A) + 1)
    problem = rb.problems.least_squares(A, y)
    for name in ("D", "mu_pl", "sigma_star_sq", "rank", "R_sq", "residual_sq"):
        with pytest.raises(NotCertified):
            certify(problem, name)
    assert certify(problem, "gap0").value >= (y @ y) / (2 * len(y))
    for theorem in ("gd_pl", "gd_convex", "sgd_star_convex"):
        verdict = rb.verify(theorem, problem, steps=20, replicas=4)
        assert verdict.outcome == "not applicable"


def test_columns_that_are_dependent_exactly_keep_their_constants():
    base = np.random.default_rng(0).normal(size=(12, 3))
    problem = rb.problems.least_squares(np.column_stack([base, base[:, 0], 2 * base[:, 1]]), base[:, 0] + 1)
    assert certify(problem, "rank").value == 3
    assert rb.verify("gd_pl", problem, steps=20).holds
