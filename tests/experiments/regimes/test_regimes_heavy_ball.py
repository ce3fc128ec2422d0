"""Heavy ball on least squares: threshold, radius, floor and curves against brute force and the recursion."""

from dataclasses import replace
from itertools import product

import numpy as np
import pytest
from sympy import Rational

from ratebound.experiments.evidence.exact import exact_curves as slow_curves
from ratebound.experiments.plan import SQUARES
from ratebound.experiments.regimes.curves import exact_curves
from ratebound.experiments.regimes.exact import SecondMoment
from ratebound.experiments.regimes.heavy_ball import HeavyBall
from ratebound.problems.build import least_squares
from ratebound.problems.library import load
from ratebound.theory.methods import heavy_ball
from ratebound.theory.symbols import beta


def with_momentum(value):
    return replace(heavy_ball.at({beta: Rational(repr(value))}), sampling="batch")


def brute_radius(problem, batch, step, momentum):
    """Return the radius of the mean of M x M over every batch, M the update of (x - x*, m)."""
    hessians = [np.outer(a, a) + problem.l2 * np.eye(problem.d) for a in problem.A]
    eye, total = np.eye(problem.d), 0
    drawn = list(product(range(problem.n), repeat=batch))
    for which in drawn:
        H = sum(hessians[i] for i in which) / batch
        M = np.block([[eye - step * H, -step * momentum * eye], [H, momentum * eye]])
        total = total + np.kron(M, M) / len(drawn)
    return abs(np.linalg.eigvals(total)).max()


@pytest.mark.parametrize("momentum", [0.3, 0.9, 0.98])
@pytest.mark.parametrize("batch", [1, 2])
def test_threshold_and_radius_are_those_of_the_averaged_kronecker_product(momentum, batch):
    rng = np.random.default_rng(7)
    problem = least_squares(rng.normal(size=(4, 2)), rng.normal(size=4), l2=0.2)
    operator = HeavyBall(SecondMoment(problem), momentum)
    limit = operator.threshold(1 / batch)
    steps = np.array([0.1, 0.5, 0.9, 0.999, 1.001, 1.3]) * limit
    brute = np.array([brute_radius(problem, batch, step, momentum) for step in steps])
    np.testing.assert_allclose(operator.contraction(1 / batch, steps), brute, rtol=1e-7)
    np.testing.assert_array_equal(brute < 1, steps < limit)
    # No step of a fine grid below the threshold diverges: the stable steps are one interval.
    assert (
        max(brute_radius(problem, batch, step, momentum) for step in limit * np.linspace(0.02, 0.99, 40)) < 1
    )


def test_full_gradients_have_the_classical_range():
    operator = HeavyBall(SecondMoment(load("linnerud_ridge")), 0.5)
    L = operator.plain.eigenvalues[-1]
    assert operator.threshold(0.0) == pytest.approx(3 / L)
    below, above = operator.contraction(0.0, np.array([2.99, 3.01]) / L)
    assert below < 1 < above
    assert (operator.floor(0.0, np.array([1.0]) / L).gap == 0).all()


def test_little_momentum_is_none():
    plain = SecondMoment(load("diabetes"))
    operator, steps = HeavyBall(plain, 1e-9), np.array([0.02, 0.1])
    assert operator.threshold(1.0) == pytest.approx(plain.threshold(1.0), rel=1e-7)
    np.testing.assert_allclose(operator.contraction(1.0, steps), plain.contraction(1.0, steps), rtol=1e-7)
    np.testing.assert_allclose(operator.floor(1.0, steps).gap, plain.floor(1.0, steps).gap, rtol=1e-7)


def test_curves_agree_with_the_recursion_and_end_at_the_floor():
    problem, momentum = load("linnerud_ridge"), 0.8
    plain = SecondMoment(problem)
    operator = HeavyBall(plain, momentum)
    steps, at = np.array([0.1, 0.7]) * operator.threshold(0.5), np.array([0, 10, 50])
    found = exact_curves(plain, steps, 0.5, at, momentum)
    for i, step in enumerate(steps):
        slow = slow_curves(
            problem, with_momentum(momentum), np.full(50, step), batch=2, measures=SQUARES, at=at
        )
        np.testing.assert_allclose(found.gap[i], slow["gap_last"], rtol=1e-9)
        for measure in SQUARES:
            assert found.final[measure][i] == pytest.approx(slow[measure][-1], rel=1e-9)
    far = exact_curves(plain, steps, 0.5, np.array([0, 4000]), momentum)
    floor = operator.floor(0.5, steps)
    np.testing.assert_allclose(far.gap[:, -1], floor.gap, rtol=1e-6)
    np.testing.assert_allclose(far.final["distance_sq"], floor.distance_sq, rtol=1e-6)


@pytest.mark.parametrize("momentum", [0.3, 0.9])
def test_the_floor_on_a_line_is_the_closed_form(momentum):
    """Additive noise, solved by hand: E x^2 = a s^2 (1 + b)/(h (1 - b) (2 (1 + b) - a h))."""
    h, label = 2.0, 0.7
    problem = least_squares(np.full((2, 1), np.sqrt(h)), np.array([label, -label]), x0=np.ones(1))
    noise, operator = h * label**2, HeavyBall(SecondMoment(problem), momentum)
    steps = np.array([0.05, 0.3, 0.9])
    exact = steps * noise * (1 + momentum) / (h * (1 - momentum) * (2 * (1 + momentum) - steps * h))
    np.testing.assert_allclose(operator.floor(1.0, steps).distance_sq, exact, rtol=1e-12)
    # Without momentum q times the batch is 1/q times the step, up to (1 - 1/q) a h/(2 - a h).
    plain, q = HeavyBall(SecondMoment(problem), 1e-12), 4
    shorter, larger = plain.floor(1.0, steps / q).distance_sq, plain.floor(1.0 / q, steps).distance_sq
    np.testing.assert_allclose(larger / shorter - 1, (1 - 1 / q) * steps * h / (2 - steps * h), rtol=1e-9)
