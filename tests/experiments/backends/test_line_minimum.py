"""Zeros of falling slopes, in doubles and in many digits; and what a step to the minimum along a line is."""

import mpmath
import numpy as np
import pytest

from ratebound.experiments.backends.line_search import accepted, line_minimum
from ratebound.experiments.run import simulate
from ratebound.problems.constants import certify
from ratebound.problems.library import load
from ratebound.theory.method import LineMinimum

SLOPES = {
    "line": (lambda t: 1 - 0.3 * t, 1 / 0.3),
    "kink": (lambda t: np.where(t < 1, 1 - t / 1000, 0.999 - 100 * (t - 1)), 1.00999),
    "steep and flat": (lambda t: -np.tanh(5 * (t - 7)), 7),
    "nearly flat": (lambda t: 1e-9 * (1 - t) ** 3 + 1e-9 * (1 - t), 1),
}


def along_a_line(slope, first):
    """Search from zero along the line of numbers."""
    x, g = np.zeros((*first.shape, 1), first.dtype), -np.ones((*first.shape, 1), first.dtype)
    return line_minimum(lambda ends: -slope(ends[..., 0])[..., None], x, g, first).step


@pytest.mark.parametrize("name", SLOPES)
def test_the_zero_of_a_slope_is_found_to_rounding(name):
    slope, zero = SLOPES[name]
    asked = []
    first = zero * np.array([[1e-6, 0.1], [1, 1e5]])
    found = along_a_line(lambda t: asked.append(t) or slope(t), first)
    np.testing.assert_allclose(found, np.full((2, 2), zero), rtol=4e-15)
    assert len(asked) < 80


@pytest.mark.parametrize("name", SLOPES)
def test_slopes_are_counted_for_each_line_by_itself(name):
    """Beside others a search takes the trials that it takes alone."""
    slope, zero = SLOPES[name]
    first = zero * np.array([1e-6, 0.1, 1, 1e5])
    x, g = np.zeros((4, 1)), -np.ones((4, 1))
    found = line_minimum(lambda ends: -slope(ends[..., 0])[..., None], x, g, first)
    for line in range(4):
        asked, one = [], slice(line, line + 1)
        alone = line_minimum(
            lambda ends, asked=asked: asked.append(ends) or -slope(ends[..., 0])[..., None],
            x[one],
            g[one],
            first[one],
        )
        assert found.step[line] == alone.step[0] and found.evaluations[line] == len(asked)


def test_it_is_found_to_many_digits():
    with mpmath.workdps(50):
        zero = mpmath.mpf(7) / 3
        first = np.array([mpmath.mpf(1), mpmath.mpf(10**6)], dtype=object)
        asked = []

        def slope(steps):
            asked.append(steps)
            return np.array([zero - t - 3 * mpmath.tanh(t - zero) for t in steps], dtype=object)

        assert all(abs(t - zero) < mpmath.mpf(10) ** -48 for t in along_a_line(slope, first))
        assert len(asked) < 80


def test_where_no_slope_is_the_first_trial_is_taken():
    f = load("quadratic_2d")
    assert accepted(LineMinimum(), f, f.x_star, np.zeros(2), {"alpha": np.array([3.0])}).step == 3


@pytest.mark.parametrize("name", ["iris", "huber_worst", "breast_cancer"])
def test_gradients_at_both_ends_are_orthogonal_and_no_step_is_better(name):
    f = load(name)
    rng, first = np.random.default_rng(3), np.array([1 / certify(f, "L").value])
    for scale in (0.1, 1, 10):
        point = f.x0 + scale * rng.normal(size=f.d)
        g = f.gradient(point)
        step = float(accepted(LineMinimum(), f, point, g, {"alpha": first}).step)
        least, after = f.gap(point - step * g), f.gradient(point - step * g)
        assert abs(after @ g) <= 1e-13 * (g @ g)
        others = np.array([0.5, 0.9, 0.999, 1.001, 1.1, 2])
        assert (f.gap(point - step * others[:, None] * g) >= least).all() and step >= first[0]


def test_on_least_squares_it_is_steepest_descent():
    f = load("linnerud")
    options = {"steps": 9, "checkpoints": range(10)}
    found = simulate(f, "exact_search", "100/L", **options)["gap_last"].values
    np.testing.assert_allclose(found, simulate(f, "steepest", 1, **options)["gap_last"].values, rtol=1e-9)
