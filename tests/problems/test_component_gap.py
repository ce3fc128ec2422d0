"""f* minus the mean infimum of the components, against direct minimisation of every component."""

import numpy as np
import pytest
from scipy.optimize import minimize

from ratebound.problems.build import from_arrays, least_squares, logistic
from ratebound.problems.constants import NotCertified, certify
from ratebound.problems.library import load


def _by_search(problem):
    """Minimise every component along its own row, where all its minimisers that matter lie."""
    values = []
    for a, y in zip(problem.A, problem.y, strict=True):

        def component(t, a=a, y=y):
            x = t[0] * a
            return float(problem.loss.value_at(a @ x, y) + problem.l2 / 2 * x @ x)

        starts = ([0.0], [1.0], [-1.0])
        values.append(min(minimize(component, s, method="Nelder-Mead", tol=1e-13).fun for s in starts))
    return float(problem.value(problem.x_star)) - np.mean(values)


@pytest.mark.parametrize("l2", [0.0, 0.3])
def test_least_squares(l2):
    rng = np.random.default_rng(4)
    problem = least_squares(rng.normal(size=(12, 3)), rng.normal(size=12), l2)
    found = certify(problem, "component_gap")
    assert found.value == pytest.approx(_by_search(problem), rel=1e-7)
    if l2 == 0:
        assert found.value == pytest.approx(problem.f_star, rel=1e-12)


def test_regularised_logistic():
    rng = np.random.default_rng(5)
    A = rng.normal(size=(15, 3))
    A[0] = 0.0
    problem = logistic(A, np.sign(rng.normal(size=15)), 0.2)
    found = certify(problem, "component_gap")
    assert found.value == pytest.approx(_by_search(problem), rel=1e-7)
    assert found.direction == "upper"


def test_interpolation_has_none_and_sine_its_noise():
    assert certify(load("interpolating"), "component_gap").value < 1e-12
    sine = load("sine_1d")
    # z^2 + 3 sin^2 z + y z >= z^2 + y z >= -y^2/4 bounds every component; f* = 0.
    assert certify(sine, "component_gap").value == pytest.approx((sine.y**2).mean() / 4, rel=1e-9)


def test_it_bounds_the_second_moment_everywhere():
    problem = load("iris")
    gap, L_max = certify(problem, "component_gap").value, certify(problem, "L_max").value
    rng = np.random.default_rng(6)
    for scale in (0.0, 0.1, 1.0, 10.0):
        x = problem.x_star + scale * rng.normal(size=problem.d)
        moment = (problem.component_gradients(x) ** 2).sum(1).mean()
        assert moment <= 2 * L_max * (float(problem.gap(x)) + gap) * (1 + 1e-12)


def test_without_a_minimum_there_is_no_gap():
    with pytest.raises(NotCertified, match="not known"):
        certify(load("diabetes_welsch"), "component_gap")
    rng = np.random.default_rng(0)
    far = from_arrays(rng.normal(size=(6, 2)), np.array([1.0, -1, 1, -1, 1, -1]), "logistic")
    with pytest.raises(NotCertified, match="not certified"):
        certify(far, "component_gap")
