"""Triple momentum and sharpness-aware minimisation on quadratics: certificates and second derivations."""

from dataclasses import replace

import numpy as np
import pytest
from sympy import Rational

from ratebound.experiments.run import simulate
from ratebound.problems.build import least_squares
from ratebound.problems.library import load
from ratebound.theory.catalogue import THEOREMS
from ratebound.theory.errors import RateboundError
from ratebound.theory.methods import METHODS
from ratebound.theory.symbols import L, alpha, mu

TRIPLE, SAM = THEOREMS["triple_momentum_distance"], THEOREMS["sam_quadratic"]


def test_triple_momentum_is_the_published_recursion():
    """Van Scoy, Freeman and Lynch 2018: two coefficients of momentum, and x_k read off the iterates."""
    problem = load("ridge_plane")
    found = np.linalg.eigvalsh(problem.H)
    low, high = found[0], found[-1]
    rho = 1 - np.sqrt(low / high)
    step, beta = (1 + rho) / high, rho**2 / (2 - rho)
    gamma, delta = rho**2 / ((1 + rho) * (2 - rho)), rho**2 / (1 - rho**2)
    before = now = problem.x0
    expected = []
    for _ in range(12):
        expected.append(problem.distance_sq((1 + delta) * now - delta * before))
        y = (1 + gamma) * now - gamma * before
        before, now = now, (1 + beta) * now - beta * before - step * problem.gradient(y)
    run = simulate(
        problem, "triple_momentum", 1 / high, steps=11, measures=("distance_sq",), checkpoints=range(12)
    )
    np.testing.assert_allclose(run["distance_sq"].values[0, 0], expected, rtol=1e-6)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"bound": TRIPLE.bound / 2}, "the bound against the potential"),
        ({"step": 1 / (2 * L)}, "is not y - grad"),
        ({"method": METHODS["nesterov_constant"]}, "the states x and w"),
        ({"assumptions": TRIPLE.assumptions[:1]}, "assume both"),
        ({"certificate": replace(TRIPLE.certificate, factor=(1 - mu / L) ** 2)}, "does not close"),
    ],
)
def test_what_is_not_shown_is_refused(change, says):
    with pytest.raises(RateboundError, match=says):
        replace(TRIPLE, **change)


def test_sam_on_a_quadratic_is_gradient_descent_with_another_hessian():
    problem = load("ridge_plane")
    H, r, step = problem.H, 0.3, 0.2
    method = METHODS["sam"].at({symbol: Rational(3, 10) for symbol in METHODS["sam"].parameters})
    run = simulate(problem, method, step, steps=5, measures=("distance_sq",), checkpoints=range(6))
    offset = problem.x0 - problem.x_star
    for distance in run["distance_sq"].values[0, 0]:
        assert distance == pytest.approx(offset @ offset)
        offset = offset - step * (H + r * H @ H) @ offset


def test_the_slowest_eigenvalue_must_be_the_least_one():
    with pytest.raises(RateboundError, match="over the spectrum"):
        replace(SAM, where=(alpha <= 1 / L, *SAM.where[1:]))
    with pytest.raises(RateboundError, match="gap_last"):
        replace(SAM, measure="grad_norm_sq_last", bound=THEOREMS["gd_nonconvex"].bound)
    with pytest.raises(RateboundError, match="assume it"):
        replace(SAM, assumptions=SAM.assumptions[1:])


def test_beyond_its_threshold_sam_leaves_a_sharp_minimum():
    curvature, r = 2.0, 0.25
    problem = least_squares(np.array([[np.sqrt(curvature)]]), np.zeros(1), x0=np.ones(1))
    threshold = 2 / (curvature * (1 + r * curvature))
    method = METHODS["sam"].at({symbol: Rational(1, 4) for symbol in METHODS["sam"].parameters})
    for factor, grows in ((0.99, False), (1.01, True)):
        gaps = simulate(problem, method, factor * threshold, steps=100)["gap_last"].values[0, 0]
        assert (gaps[-1] > gaps[0]) == grows
