"""Gradient descent beyond its local stability, on problems whose orbits are known."""

import numpy as np
import pytest
from scipy.optimize import brentq

from ratebound.experiments.regimes.edge import beyond_stability
from ratebound.experiments.regimes.explore import explore
from ratebound.problems.library import load
from ratebound.reports.regimes.map import COLOURS


def test_an_orbit_of_two_points_is_the_edge():
    # x^2 + 3 sin(x)^2 has the gradient 2 x + 3 sin(2 x): x and -x are an orbit where alpha g(x) = 2 x.
    problem, alpha = load("sine_1d"), 0.3
    x = brentq(lambda x: alpha * (2 * x + 3 * np.sin(2 * x)) - 2 * x, 0.3, 1.5)
    there = np.array([[x], [-x]])
    np.testing.assert_allclose(there - alpha * problem.gradient(there), -there, rtol=1e-12)
    assert beyond_stability(problem, np.array([alpha]), 400).tolist() == ["edge"]


def test_the_curvature_at_the_minimum_is_the_limit():
    # There it is 8, so that steps up to 2/8 settle.
    steps = np.array([0.2, 0.24, 0.26, 0.3])
    assert beyond_stability(load("sine_1d"), steps, 2000).tolist() == ["", "", "edge", "edge"]


def test_a_run_that_forgets_its_start_is_chaotic():
    problem = load("sine_1d")
    (found,) = beyond_stability(problem, np.array([0.576]), 400)
    assert found == "chaotic"
    # The rate at which neighbours part, an average of log |1 - alpha f''| along the run, is positive.
    x, rate = float(problem.x0[0]), 0.0
    for _ in range(4000):
        rate += np.log(abs(1 - 0.576 * (2 + 6 * np.cos(2 * x)))) / 4000
        x -= 0.576 * (2 * x + 3 * np.sin(2 * x))
    assert rate > 0.05


@pytest.mark.parametrize("name", ["diabetes", "quadratic_2d"])
def test_a_quadratic_has_no_edge(name):
    problem = load(name)
    steps = np.geomspace(0.1, 10, 12) / problem.spectrum.largest
    assert not beyond_stability(problem, steps, 300).any()


def test_the_map_tells_them():
    found = explore(load("sine_1d"), "gd", steps_grid=[0.1, 0.3, 0.576], steps=400, replicas=2)
    assert found.data["regime"].values[:, 0].tolist() == ["linear", "edge", "chaotic"]
    assert {"edge", "chaotic"} <= set(COLOURS)
