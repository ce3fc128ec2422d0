"""Stationary moments against exact runs on a line and floors of least squares, and what is refused."""

from dataclasses import replace

import numpy as np
import pytest
from sympy import Integer, Matrix, Rational

from ratebound.experiments.evidence.exact import exact_curves
from ratebound.experiments.regimes.exact import SecondMoment
from ratebound.experiments.regimes.heavy_ball import HeavyBall
from ratebound.problems.build import least_squares
from ratebound.theory.errors import RateboundError
from ratebound.theory.method import g, x
from ratebound.theory.methods import gd, sgd_importance, sign_sgd
from ratebound.theory.stationary import COMPARISONS, STATIONARY, heavy_ball_stationary, scale, sgd_stationary
from ratebound.theory.symbols import alpha, beta, k, mu, variance_bound

CURVATURE, VARIANCE, STEP, MOMENTUM = 1.7, 0.6, 0.35, Rational(3, 4)
NUMBERS = {mu: CURVATURE, variance_bound: VARIANCE, alpha: STEP, beta: MOMENTUM}


def line(variance=VARIANCE):
    """Two parabolas of this curvature whose gradients are off by the root of the variance, either way."""
    root = np.sqrt(CURVATURE)
    label = np.sqrt(variance) / root
    return least_squares([[root], [root]], [label, -label], x0=[1.3])


@pytest.mark.parametrize("each", STATIONARY.values(), ids=lambda each: each.id)
def test_an_exact_run_is_the_limit_and_what_is_forgotten(each):
    steps = 60
    measured = exact_curves(
        line(), each.method.at({beta: MOMENTUM}), np.full(steps, STEP), measures=["distance_sq"]
    )["distance_sq"]
    limit, K = (np.array(part.subs(NUMBERS), dtype=float) for part in (each.matrix, each.step[0]))
    start = np.full_like(limit, 1.3**2)
    for j in range(steps + 1):
        power = np.linalg.matrix_power(K, j)
        exact = limit + power @ (start - limit) @ power.T
        assert measured[j] == pytest.approx(exact[0, 0], rel=1e-10)
    assert measured[-1] == pytest.approx(float(each.distance_sq.subs(NUMBERS)), rel=1e-3)


def test_floors_of_least_squares_are_these_on_a_line():
    plain = SecondMoment(line())
    for operator, each in ((plain, sgd_stationary), (HeavyBall(plain, 0.75), heavy_ball_stationary)):
        floor = operator.floor(1.0, np.array([STEP])).distance_sq[0]
        assert floor == pytest.approx(float(each.distance_sq.subs(NUMBERS)), rel=1e-10)


def test_comparisons_against_floors_of_batches_and_of_momentum():
    plain, times = SecondMoment(line()), 3
    short, large = plain.floor(1.0, np.array([STEP / times])), plain.floor(1 / times, np.array([STEP]))
    ratio = COMPARISONS["batch_for_step"].ratio.subs({**NUMBERS, scale: times})
    assert large.distance_sq[0] / short.distance_sq[0] == pytest.approx(float(ratio), rel=1e-10)
    step = 0.1
    momentum, longer = HeavyBall(plain, 0.75), plain.floor(1.0, np.array([step / 0.25]))
    ratio = COMPARISONS["momentum_for_step"].ratio.subs({**NUMBERS, alpha: step})
    found = momentum.floor(1.0, np.array([step])).distance_sq[0] / longer.distance_sq[0]
    assert found == pytest.approx(float(ratio), rel=1e-10)


@pytest.mark.parametrize("each", STATIONARY.values(), ids=lambda each: each.id)
def test_beyond_the_range_the_start_is_not_forgotten(each):
    last = next(relation for relation in each.where if relation.lhs == alpha)
    for factor, settles in ((0.99, True), (1.01, False)):
        K = each.step[0].subs({alpha: factor * last.rhs}).subs(NUMBERS)
        radius = np.abs(np.linalg.eigvals(np.array(K, dtype=float))).max()
        assert (radius < 1) == settles


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"moments": {("x", "x"): sgd_stationary.distance_sq / 2}}, "does not keep these moments"),
        ({"where": (alpha < 3 / mu,)}, "K > -1 is not proved"),
        ({"where": (alpha < 2,)}, "K > -1 is not proved"),
        ({"moments": {}}, "state the moments of"),
        ({"method": sign_sgd}, "not linear"),
        ({"method": replace(sgd_stationary.method, update={"x": x - alpha * g / (k + 1)})}, "not linear"),
        *(({"method": each}, "along the gradient of a batch") for each in (gd, sgd_importance)),
        (
            {
                "method": replace(
                    heavy_ball_stationary.method, update={**heavy_ball_stationary.method.update, "m": alpha}
                )
            },
            "more than two states",
        ),
    ],
)
def test_what_is_not_stationary_is_refused(change, message):
    with pytest.raises(RateboundError, match=f"sgd_stationary.*{message}"):
        replace(sgd_stationary, **change)


def test_a_ratio_that_is_true_to_first_order_only_is_refused():
    with pytest.raises(RateboundError, match="batch_for_step: the ratio is"):
        replace(COMPARISONS["batch_for_step"], ratio=Integer(1))


def test_a_momentum_of_one_never_settles():
    with pytest.raises(RateboundError, match="det K < 1 is not proved"):
        replace(heavy_ball_stationary, where=heavy_ball_stationary.where[1:])
    assert heavy_ball_stationary.step[0] == Matrix([[1 + beta - alpha * mu, -beta], [1, 0]])
