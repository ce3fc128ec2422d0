"""Every certified constant against brute force; the certified side is never crossed."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ratebound.problems.build import from_arrays, least_squares, logistic
from ratebound.problems.constants import CONSTANTS, NotCertified, Setting, certify
from ratebound.problems.finite_sum import Problem
from ratebound.problems.library import load, names
from ratebound.problems.losses import LOSSES
from ratebound.theory.errors import RateboundError

ONE = Setting(np.array([0.01]))
SMOOTH = sorted(name for name, loss in LOSSES.items() if not loss.kinked)


def value(problem, name, setting=None):
    return certify(problem, name, setting).value


def hessian(problem, x):
    bend = problem.loss.second_at(problem.A @ x, problem.y)
    return (problem.A.T * bend) @ problem.A / problem.n + problem.l2 * np.eye(problem.d)


def instance(loss, seed, n=10, d=3, l2=0.0):
    rng = np.random.default_rng(seed)
    A = rng.normal(size=(n, d)) * np.exp(rng.normal(size=(n, 1)))
    y = np.where(rng.normal(size=n) > 0, 1.0, -1.0) if LOSSES[loss].labels == "binary" else rng.normal(size=n)
    return from_arrays(A, y, loss, l2, x0=rng.normal(size=d))


@settings(max_examples=40, deadline=None, derandomize=True)
@given(st.sampled_from(SMOOTH), st.integers(0, 10**6), st.sampled_from([0.0, 0.1, 30.0]))
def test_curvature_bounds_hold_at_sampled_points(loss, seed, l2):
    problem = instance(loss, seed, l2=l2)
    rng = np.random.default_rng(seed)
    L, L_max, L_mean = (value(problem, c) for c in ("L", "L_max", "L_mean"))
    try:
        mu = value(problem, "mu")
    except NotCertified:
        mu = None
    for scale in (0.0, 0.3, 1.0, 10.0):
        x = scale * rng.normal(size=problem.d)
        eigenvalues = np.linalg.eigvalsh(hessian(problem, x))
        assert np.abs(eigenvalues).max() <= L
        if mu is not None:
            assert eigenvalues.min() >= mu - 1e-13 * L
        bend = problem.loss.second_at(problem.A @ x, problem.y)
        components = np.abs(bend * (problem.A**2).sum(1) + problem.l2)
        assert components.max() <= L_max
        assert components.mean() <= L_mean
    assert L <= L_mean * (1 + 1e-9) <= L_max * (1 + 2e-9)


@pytest.mark.parametrize("loss", ["squared", "logistic"])
def test_exact_constants_are_attained(loss):
    problem = instance(loss, 3, l2=0.05)
    top = np.linalg.eigvalsh(hessian(problem, np.zeros(3)))
    assert certify(problem, "L").direction == "exact"
    assert value(problem, "L") == pytest.approx(top[-1], rel=1e-12)
    if loss == "squared":
        assert value(problem, "mu") == pytest.approx(top[0], rel=1e-11)


def test_constants_lie_on_the_safe_side_of_exact_arithmetic():
    # Integer data with known eigenvalues: A^T A / n = diag(2, 1/2), L_max = 4.
    A = [[2.0, 0.0], [2.0, 0.0], [0.0, 1.0], [0.0, 1.0]]
    problem = least_squares(A, [1.0, 1.0, 1.0, 1.0], x0=[3.0, 4.0])
    assert 2 <= value(problem, "L") < 2 * (1 + 1e-13)
    assert 4 <= value(problem, "L_max") < 4 * (1 + 1e-13)
    assert 2.5 <= value(problem, "L_mean") < 2.5 * (1 + 1e-13)
    assert 0.5 * (1 - 1e-13) < value(problem, "mu") <= 0.5
    # x* = (1/2, 1): D^2 = 6.25 + 9, gap0 = (2 * 6.25 + 9 / 2) / 2, no noise.
    assert 15.25**0.5 <= value(problem, "D") < 15.25**0.5 * (1 + 1e-12)
    assert 8.5 <= value(problem, "gap0") < 8.5 * (1 + 1e-12)
    assert 0 <= value(problem, "sigma_star_sq") < 1e-20


@pytest.mark.parametrize("loss", ["squared", "logistic"])
@pytest.mark.parametrize(("batch", "replacement"), [(1, True), (2, True), (2, False), (3, False), (5, False)])
def test_batch_constants_against_enumeration(loss, batch, replacement):
    problem = instance(loss, 5, n=5, d=2, l2=0.1)
    setting = Setting(np.array([0.1]), batch, replacement)
    draws = (
        itertools.product(range(5), repeat=batch) if replacement else itertools.combinations(range(5), batch)
    )
    idx = np.array(list(draws))
    at_minimum = problem.component_gradients(problem.x_star)[idx].mean(1)
    sigma_b = (at_minimum**2).sum(1).mean()
    assert sigma_b - 1e-28 <= value(problem, "sigma_b_sq", setting) <= sigma_b * (1 + 1e-8) + 1e-20
    ell = value(problem, "ell", setting)
    rng = np.random.default_rng(0)
    worst = 0.0
    for _ in range(300):
        x = problem.x_star + rng.normal(size=2) * rng.choice([0.01, 1.0, 5.0])
        change = problem.component_gradients(x)[idx].mean(1) - at_minimum
        worst = max(worst, (change**2).sum(1).mean() / (2 * float(problem.gap(x))))
    assert worst <= ell
    assert ell <= value(problem, "L_max") * (1 + 1e-14)
    if batch == 5 and not replacement:
        assert ell == pytest.approx(value(problem, "L"), rel=1e-12)


@pytest.mark.parametrize(
    "name", ["rank_deficient", "interpolating", "sine_1d", "sine_separable", "diabetes", "iris"]
)
def test_pl_inequality_holds_at_random_points(name):
    problem = load(name)
    mu = value(problem, "mu_pl")
    rng = np.random.default_rng(0)
    X = problem.x_star + rng.normal(size=(4000, problem.d)) * rng.choice([0.1, 1.0, 5.0], size=(4000, 1))
    ratio = problem.grad_norm_sq(X) / (2 * problem.gap(X))
    assert ratio.min() >= mu


def test_pl_constant_of_a_rank_deficient_problem_is_attained():
    problem = load("rank_deficient")
    _, vectors = np.linalg.eigh(problem.H)
    x = problem.x_star + vectors[:, 3]
    ratio = float(problem.grad_norm_sq(x) / (2 * problem.gap(x)))
    assert value(problem, "mu_pl") <= ratio * (1 + 1e-12) < value(problem, "mu_pl") * (1 + 1e-9)
    with pytest.raises(NotCertified, match="rank 4 of 7"):
        certify(problem, "mu")


def test_doubtful_rank_is_not_certified():
    A = np.diag([1.0, 1e-13, 0.0])
    with pytest.raises(NotCertified, match="rank of A is in doubt"):
        certify(least_squares(A, [1.0, 1.0, 1.0]), "mu_pl")


def test_gap0_and_D_bound_the_truth_for_logistic():
    problem = load("iris")
    assert value(problem, "gap0") >= float(problem.value(problem.x0)) - problem.f_star
    assert value(problem, "gap0") == pytest.approx(
        float(problem.value(problem.x0)) - problem.f_star, rel=1e-9
    )
    assert value(problem, "D") >= np.linalg.norm(problem.x_star)


def test_unregularised_logistic_certifies_no_minimiser():
    problem = logistic(load("iris").A, load("iris").y)
    for name in ("mu", "mu_pl", "D", "sigma_star_sq"):
        with pytest.raises(NotCertified):
            certify(problem, name)
    gap0 = certify(problem, "gap0")
    assert gap0.direction == "upper" and "lower bound" in gap0.note
    assert gap0.value == pytest.approx(np.log(2))
    assert value(problem, "convex") == 1


def test_nonconvex_losses_lose_what_convexity_gives():
    problem = load("breast_cancer_sigmoid")
    for name in ("mu", "mu_pl", "convex", "components_convex", "D"):
        with pytest.raises(NotCertified):
            certify(problem, name)
    with pytest.raises(NotCertified, match="not convex"):
        certify(problem, "ell", ONE)
    assert certify(problem, "smooth_components").value == 1


def test_strong_regularisation_makes_a_nonconvex_loss_convex():
    problem = instance("welsch", 1, l2=200.0)
    assert value(problem, "convex") == value(problem, "components_convex") == 1
    assert 0 < value(problem, "mu") < 200
    assert problem.minimum.route == "newton"


@pytest.mark.parametrize("name", names())
def test_every_constant_is_a_number_or_a_reason(name):
    problem = load(name)
    setting = Setting(np.full(50, 0.1 if problem.loss.kinked else 0.25 / value(problem, "L_max")))
    for constant in CONSTANTS:
        try:
            found = certify(problem, constant, setting)
        except NotCertified as reason:
            assert len(str(reason)) > 20
            continue
        assert found.name == constant and np.isfinite(found.value) and found.value >= 0
        assert found.route and found.region and found.error >= 0
        assert found.error <= 1e-6 * found.value + 1e-12


def test_cache_and_refusals():
    problem = load("quadratic_2d")
    assert certify(problem, "L") is certify(problem, "L")
    with pytest.raises(RateboundError, match="did you mean 'L_max'"):
        certify(problem, "Lmax")
    with pytest.raises(RateboundError, match="pass a Setting"):
        certify(problem, "second_moment")
    with pytest.raises(RateboundError, match="exceeds n = 4"):
        certify(problem, "ell", Setting(np.array([0.1]), 5, False))
    for bad in ([-0.1], [np.nan], [[0.1]]):
        with pytest.raises(RateboundError, match="alpha"):
            Setting(np.array(bad))
    with pytest.raises(RateboundError, match="batch = 0"):
        Setting(np.array([0.1]), 0)


def test_one_sample():
    problem = Problem("one", np.array([[1.0, 2.0]]), np.array([3.0]), LOSSES["squared"], 0.1, np.zeros(2))
    for replacement in (True, False):
        setting = Setting(np.array([0.1, 0.1]), 1, replacement)
        assert value(problem, "ell", setting) == pytest.approx(5.1)
        assert value(problem, "sigma_b_sq", setting) < 1e-20
        assert value(problem, "second_moment", setting) == pytest.approx(45.0)
