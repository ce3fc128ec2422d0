"""The dual function at any numbers: weak duality, and what stands for losses that read no feature."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_array

from ratebound.problems.build import from_arrays
from ratebound.problems.certified import NotCertified
from ratebound.problems.dual import dual_floor, dual_suboptimality, duality_gap, require_dual
from ratebound.problems.losses import LOSSES

SMOOTH = [name for name, loss in LOSSES.items() if loss.convex and not loss.kinked]


def problem_of(loss, seed, scale=1.0):
    rng = np.random.default_rng(seed)
    y = np.where(rng.random(5) < 0.5, 1.0, -1.0)
    return from_arrays(rng.normal(size=(5, 2)) * scale, y, LOSSES[loss], 0.3, x0=rng.normal(size=2))


def stored(problem, beta):
    return (beta[..., None] * problem.A + problem.l2 * problem.x0).reshape(*beta.shape[:-1], -1)


@pytest.mark.parametrize("loss", SMOOTH)
@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 10**6), scale=st.sampled_from([0.1, 1.0, 10.0]))
def test_weak_duality_at_slopes_of_any_points(loss, seed, scale):
    problem = problem_of(loss, seed, scale)
    rng = np.random.default_rng(seed + 1)
    Z = rng.normal(size=(7, 5)) * 3
    beta = problem.loss.slope_at(Z, problem.y)
    points = -beta @ problem.A / (problem.l2 * problem.n)
    gaps, below = (f(problem, stored(problem, beta)) for f in (duality_gap, dual_suboptimality))
    rounding = dual_floor(problem) + 1e-13 * gaps
    primal = problem.gap(points)
    assert (gaps >= primal - rounding).all() and (primal >= 0).all()
    np.testing.assert_allclose(gaps, primal + below, rtol=1e-9, atol=float(rounding.max()))
    # Strong duality: none is left at the slopes of x*, and some is at others.
    best = problem.loss.slope_at(problem.A @ problem.x_star, problem.y)
    assert duality_gap(problem, stored(problem, best)) <= dual_floor(problem) + 2 * problem.value_floor
    assert (gaps > 1e-6).any()


def test_outside_the_slopes_the_gap_is_infinite_but_for_rounding():
    problem = problem_of("logistic", 3)
    for beyond, finite in ((1e-6, False), (1e-14, True)):
        beta = -problem.y * np.array([0.2, 0.5, 1 + beyond, 0.3, -beyond])
        assert np.isfinite(duality_gap(problem, stored(problem, beta))) == finite


@pytest.mark.parametrize("sparse", [False, True])
def test_a_loss_that_reads_no_feature_adds_nothing(sparse):
    A, y = np.array([[1.0, 0.5], [0.0, 0.0]]), np.array([1.0, -1.0])
    rows = csr_array(A) if sparse else A
    beta = np.array([-0.3, 0.0])
    found = []
    for data, labels, numbers in ((rows, y, beta), (rows[:1], y[:1], beta[:1])):
        problem = from_arrays(data, labels, LOSSES["logistic"], 0.3 / len(labels), x0=np.zeros(2))
        T = numbers if sparse else stored(problem, numbers)
        found.append(float(duality_gap(problem, T)))
    assert found[0] == pytest.approx(found[1] / 2, rel=1e-12)


def test_losses_without_a_conjugate_are_refused():
    with pytest.raises(NotCertified, match="the sigmoid loss is not convex, and has no conjugate"):
        require_dual(problem_of("sigmoid", 1))
