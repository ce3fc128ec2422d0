"""Fitted slopes against curves whose rate is known."""

import numpy as np
import pytest
from scipy.stats import theilslopes

from ratebound.experiments.checkpoints import checkpoints
from ratebound.experiments.evidence.slope import fit_slope, theil_sen
from ratebound.theory.errors import RateboundError

K = checkpoints(10_000)


@pytest.mark.parametrize("exponent", [-0.5, -1.0, -2.0, 0.25])
def test_exact_power(exponent):
    slope, low, high, (first, last) = fit_slope(K, 3.0 * np.maximum(K, 1.0) ** exponent, "power")
    assert slope == pytest.approx(exponent, abs=1e-12)
    assert low == pytest.approx(high, abs=1e-10)
    assert last == 10_000 and first >= 100


def test_transient_is_left_out():
    curve = 1 / np.maximum(K, 1) + 50 * np.exp(-K / 10)
    slope, low, high, _ = fit_slope(K, curve, "power")
    assert slope == pytest.approx(-1, abs=0.01)
    whole = np.polyfit(np.log(K[1:]), np.log(curve[1:]), 1)[0]
    assert abs(whole + 1) > 0.1
    assert low <= slope <= high


def test_long_runs_use_two_decades():
    grid = checkpoints(10**6)
    curve = grid + 1e9 / np.maximum(grid, 1.0)
    _, _, _, (first, last) = fit_slope(grid, 1 / curve, "power")
    assert 10**4 <= first < 1.3 * 10**4 and last == 10**6
    short = fit_slope(grid[grid <= 900], 1 / curve[grid <= 900], "power")
    assert 30 <= short.k_range[0] < 40


@pytest.mark.parametrize("rate", [0.999, 0.99])
def test_linear_rate(rate):
    grid = checkpoints(1000)
    slope, low, high, used = fit_slope(grid, rate**grid + 0.5 * 0.9**grid, "linear")
    assert slope == pytest.approx(np.log(rate), rel=1e-6)
    assert low <= slope <= high and used[0] >= 250


def test_curve_is_cut_at_the_floor():
    grid = checkpoints(1000)
    curve = np.maximum(0.9**grid, 1e-12)
    slope, _, _, used = fit_slope(grid, curve, "linear", floor=2e-12)
    assert slope == pytest.approx(np.log(0.9), rel=1e-9)
    assert used[1] < 260
    # Bouncing above the floor later does not count as progress.
    curve[-3:] = 1e-3
    assert fit_slope(grid, curve, "linear", floor=2e-12).k_range == used


def test_noise_is_within_the_interval_mostly():
    rng = np.random.default_rng(0)
    hits = 0
    for _ in range(100):
        fit = fit_slope(K[1:], K[1:] ** -1.0 * np.exp(0.1 * rng.normal(size=K.size - 1)), "power")
        hits += fit.low <= -1 <= fit.high
    assert hits >= 88


@pytest.mark.parametrize(
    "values",
    [
        np.zeros(K.size),
        np.full(K.size, np.inf),
        np.where(K < 4, 1.0, 0.0),
        np.where(K > 3, np.nan, 1.0),
    ],
)
def test_too_few_points(values):
    assert fit_slope(K, values, "power") is None
    assert fit_slope(K, values, "linear") is None


def test_short_runs_have_no_slope():
    grid = checkpoints(5)
    assert fit_slope(grid, 1.0 / (grid + 1), "power") is None


def test_refusals():
    with pytest.raises(RateboundError, match="shape"):
        fit_slope(K, K[:-1], "power")
    with pytest.raises(RateboundError, match="kind"):
        fit_slope(K, K, "sublinear")


@pytest.mark.parametrize("points", [4, 5, 12, 40])
@pytest.mark.parametrize("digits", [1, 9])
def test_the_interval_is_that_of_scipy(points, digits):
    # To one digit many values are equal.
    rng = np.random.default_rng(points)
    for _ in range(20):
        x, y = rng.random(points).cumsum(), rng.normal(size=points).round(digits)
        expected = theilslopes(y, x, alpha=0.95)
        assert theil_sen(x, y) == (expected.slope, expected.low_slope, expected.high_slope)
