"""The noise of single samples against the gradients of all components at many points."""

import numpy as np
import pytest

from ratebound.experiments.evidence.linear import setting_of
from ratebound.problems.certified import Memory, NotCertified, Setting
from ratebound.problems.constants import certify
from ratebound.problems.library import load
from ratebound.theory.methods import METHODS


def both(problem, setting):
    return [certify(problem, name, setting).value for name in ("sample_variance", "sample_noise_l1")]


def largest(problem, points):
    spreads = np.array([problem.component_gradients(x).var(0) for x in points])
    return spreads.sum(1).max(), np.sqrt(spreads).sum(1).max()


@pytest.mark.parametrize("name", ["linnerud", "quadratic_2d", "linnerud_ridge"])
@pytest.mark.parametrize("method", ["normalised_sgd", "sign_sgd"])
def test_on_least_squares_it_covers_the_ball_that_runs_reach(name, method):
    problem, alphas = load(name), np.full(6, 0.3)
    found = both(problem, setting_of(METHODS[method], alphas, 2))
    reach = np.linalg.norm(problem.x0 - problem.x_star) + 5 * 0.3 * (
        problem.d**0.5 if "sign" in method else 1
    )
    rng = np.random.default_rng(1)
    away = rng.normal(size=(500, problem.d))
    points = problem.x_star + reach * away / np.linalg.norm(away, axis=1)[:, None]
    top = largest(problem, points)
    assert top[0] <= found[0] <= 1.5 * top[0]
    assert top[1] <= found[1] == pytest.approx(np.sqrt(problem.d * found[0]))


@pytest.mark.parametrize("name", ["iris", "diabetes_welsch", "huber_worst", "diabetes_cauchy"])
def test_bounded_slopes_bound_it_everywhere(name):
    problem = load(name)
    constant = certify(problem, "sample_variance", Setting(np.ones(3)))
    assert constant.region == "everywhere"
    rng = np.random.default_rng(2)
    points = problem.x0 + rng.normal(size=(200, problem.d)) * 10 ** rng.uniform(-2, 3, size=(200, 1))
    for top, found in zip(largest(problem, points), both(problem, Setting(np.ones(3))), strict=True):
        assert top <= found


def test_plain_runs_without_bounded_slopes_have_the_second_moment_of_one_sample():
    problem, alphas = load("sine_separable"), np.full(5, 0.05)
    found = certify(problem, "sample_variance", Setting(alphas, 8))
    assert "never smaller" in found.note and found.direction == "upper"
    assert found.value == certify(problem, "second_moment", Setting(alphas)).value
    rng, x = np.random.default_rng(3), problem.x0
    for alpha in alphas:
        assert problem.component_gradients(x).var(0).sum() <= found.value
        x = x - alpha * problem.component_gradients(x)[rng.integers(problem.n, size=8)].mean(0)


def test_on_a_region_least_squares_have_the_second_moment_there():
    problem, alphas = load("quadratic_2d"), np.full(5, 0.1)
    inside, along = (
        certify(problem, "sample_variance", Setting(alphas, 4, radius=radius)).value
        for radius in (2 * np.linalg.norm(problem.x0 - problem.x_star), None)
    )
    assert along < inside


def test_equal_samples_have_none_and_unknown_steps_no_bound():
    assert both(load("huber_worst"), Setting(np.ones(2))) == [0.0, 0.0]
    problem, other = load("quadratic_2d"), Memory("m", None)
    with pytest.raises(NotCertified, match="of a known length"):
        certify(problem, "sample_variance", Setting(np.ones(2), memory=other))
    with pytest.raises(NotCertified, match="unbounded slopes"):
        certify(load("sine_separable"), "sample_variance", Setting(np.ones(2), memory=Memory("m", None)))
    problem = load("sine_1d")
    assert both(problem, Setting(np.ones(2))) == pytest.approx(largest(problem, [problem.x0]), rel=1e-12)
