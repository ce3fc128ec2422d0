"""A finite sum plus l1 ||x||_1: its minimum against Fenchel duals, its gap against plain differences."""

import numpy as np
import pytest

from ratebound.experiments.run import simulate
from ratebound.experiments.verify import verify
from ratebound.problems.build import from_arrays, least_squares
from ratebound.problems.composite import Composite, penalised
from ratebound.problems.constants import NotCertified, Setting, certify
from ratebound.problems.library import load
from ratebound.theory.errors import RateboundError

NAMED = ("lasso", "lasso_plane", "lasso_wide", "sparse_logistic", "sparse_plane")


def dual(problem):
    """The value of a feasible point of the dual: slopes at x*, shrunk until no column correlates above l1.

    ``min (1/n) sum phi_i(a_i.x) + l1 ||x||_1 >= -(1/n) sum phi_i*(u_i)`` where ``||A^T u||_inf <= n l1``.
    """
    u = problem.loss.slope_at(problem.A @ problem.x_star, problem.y)
    u = u / max(1.0, np.abs(problem.A.T @ u).max() / (problem.n * problem.l1))
    if problem.kind == "quadratic":
        return -float((u**2 / 2 + u * problem.y).mean())
    p = -u * problem.y
    return -float((p * np.log(p) + (1 - p) * np.log1p(-p)).mean())


@pytest.mark.parametrize("name", NAMED)
def test_the_minimum_meets_a_dual_bound(name):
    problem = load(name)
    assert problem.minimum.route == "active set" and (problem.x_star == 0).any() and problem.x_star.any()
    assert problem.f_star == pytest.approx(float(problem.value(problem.x_star)), rel=1e-14)
    assert dual(problem) <= problem.f_star + 1e-14
    assert dual(problem) == pytest.approx(problem.f_star, rel=1e-11)
    assert problem.minimum.distance_error < 1e-9 and problem.minimum.value_error < 1e-18


@pytest.mark.parametrize("name", NAMED)
def test_the_gap_is_a_difference_without_cancellation(name):
    problem, rng = load(name), np.random.default_rng(2)
    far = problem.x_star + rng.normal(size=(20, problem.d))
    np.testing.assert_allclose(problem.gap(far), problem.value(far) - problem.f_star, rtol=1e-9)
    near = problem.x_star + 1e-9 * rng.normal(size=(20, problem.d)) * (problem.x_star != 0)
    assert (problem.gap(near) >= 0).all() and (problem.gap(near) < 1e-15).all()
    assert problem.gap(problem.x_star) == 0


def test_a_ridge_beside_the_penalty():
    problem = penalised(load("diabetes_ridge"), 0.1)
    x, slopes = problem.x_star, problem.gradient(problem.x_star)
    assert (x == 0).any()
    np.testing.assert_allclose(slopes[x != 0], -0.1 * np.sign(x[x != 0]), atol=1e-12)
    assert (np.abs(slopes[x == 0]) < 0.1).all()


def test_so_large_a_penalty_that_nothing_is_left():
    problem = load("lasso_plane", l1=5.0)
    assert not problem.x_star.any() and problem.minimum.distance_error == 0
    assert problem.f_star == pytest.approx(float((problem.y**2).mean()) / 2)
    assert certify(problem, "D").value == pytest.approx(2.5)


def test_at_the_edge_of_vanishing_nothing_is_certified():
    # The slope of the sum at zero is l1 itself.
    problem = penalised(least_squares([[1.0]], [1.0]), 1.0)
    assert problem.x_star is None and "edge of vanishing" in problem.minimum.note
    assert verify("ista_convex", problem, steps=5).outcome == "not applicable"


def test_what_is_refused():
    with pytest.raises(RateboundError, match="l1 = -1"):
        penalised(load("linnerud"), -1)
    with pytest.raises(RateboundError, match="squared and logistic"):
        penalised(load("median"), 0.1)
    with pytest.raises(RateboundError, match="no account of the l1"):
        simulate(load("lasso_plane"), "gd", 0.1, steps=3)
    verdict = verify("gd_convex", load("lasso_plane"), steps=5)
    assert verdict.outcome == "not applicable" and "finite sum alone" in verdict.reason
    for name in ("mu_pl", "component_gap", "x_inf"):
        with pytest.raises(NotCertified, match="adds l1"):
            certify(load("lasso_plane"), name)
    with pytest.raises(NotCertified, match="adds l1"):
        certify(load("sparse_plane"), "second_moment", Setting(np.ones(3)))


def test_constants_of_the_start_and_of_the_noise():
    problem = load("lasso_plane")
    assert isinstance(problem, Composite)
    assert certify(problem, "l1").value == 0.3 and certify(load("linnerud"), "l1").value == 0
    assert certify(problem, "penalty0").value == pytest.approx(0.3 * 3.5)
    parts = problem.component_gradients(problem.x_star)
    variance = np.trace(np.cov(parts.T, bias=True))
    assert certify(problem, "sigma_star_sq").value == pytest.approx(variance)
    assert variance < (parts**2).sum(1).mean() - 0.01
    plain = from_arrays(problem.A, problem.y, "squared")
    assert certify(problem, "mu").value == certify(plain, "mu").value
