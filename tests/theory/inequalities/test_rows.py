"""Strong convexity on the span of the rows: for whom it holds, and for whom it does not."""

from dataclasses import replace

import numpy as np
import pytest

import ratebound as rb
from ratebound.problems.constants import certify
from ratebound.theory.errors import RateboundError
from ratebound.theory.families.row_space import THEOREMS, sgd_interpolation_sc_rows
from ratebound.theory.method import x


def test_the_constant_is_the_smallest_nonzero_eigenvalue():
    problem = rb.problems.load("interpolating")
    values = np.linalg.eigvalsh(problem.A.T @ problem.A / problem.n)
    assert problem.d > problem.n
    assert certify(problem, "mu_pl").value == pytest.approx(values[-problem.n], rel=1e-10)


@pytest.mark.parametrize("name", ["rcd", "adagrad_norm", "sgd_momentum"])
def test_a_method_that_may_leave_the_rows_cannot_use_it(name):
    with pytest.raises(RateboundError):
        replace(sgd_interpolation_sc_rows, method=rb.methods[name])


def test_nor_can_an_own_method_under_a_name_of_the_library():
    drifting = replace(rb.methods["sgd"], update={"x": rb.methods["sgd"].update["x"] - x / 10})
    with pytest.raises(RateboundError, match="about another method"):
        replace(sgd_interpolation_sc_rows, method=drifting)


def test_plain_strong_convexity_does_not_apply_where_these_hold():
    problem = rb.problems.load("interpolating")
    for theorem in THEOREMS:
        assert rb.verify(theorem.sibling, problem, steps=20).outcome == "not applicable"
        assert rb.verify(theorem, problem, steps=20).holds


def test_a_start_off_the_rows_keeps_its_distance_to_the_nearest_minimiser():
    plain = rb.problems.load("interpolating")
    start = np.random.default_rng(0).standard_normal(plain.d)
    problem = rb.problems.least_squares(plain.A, plain.y, x0=start, name="off the rows")
    # The nearest minimiser differs from x_0 along rows only.
    way = problem.x_star - start
    np.testing.assert_allclose(np.linalg.lstsq(plain.A, plain.A @ way)[0], way, atol=1e-10)
    assert rb.verify(sgd_interpolation_sc_rows, problem, steps=200).holds
