"""What a step makes of the distance to stored points: plain averages over samples and coins, at any state."""

from dataclasses import replace

import numpy as np
import pytest
from sympy import Integer, Rational

from ratebound.problems.build import logistic
from ratebound.problems.constants import certify
from ratebound.problems.library import load
from ratebound.theory import symbols as s
from ratebound.theory.catalogue import THEOREMS
from ratebound.theory.certificates.away import departed, differences, young_estimate, young_gradient
from ratebound.theory.errors import RateboundError
from ratebound.theory.letters.stored import away_along, away_inner, away_sq, away_sq_next
from ratebound.theory.methods import METHODS

A = np.array([[1.0, 0.5], [-0.5, 1.5], [2.0, 0.1]])
PROBLEMS = {
    "logistic": logistic(A, [1.0, -1.0, 1.0], 0.1, x0=np.array([1.0, -2.0])),
    "nonconvex": load("sine_1d"),
}
STEP, PROB = 0.3, Rational(1, 5)


def state(problem, points, x):
    """Every quantity of a step of ``g_i(x) - g_i(p_i) + mean``, and the mean squared distance after it."""
    here = problem.component_gradients(x)
    stored = np.array([problem.component_gradients(p)[i] for i, p in enumerate(points)])
    estimates, full = here - stored + stored.mean(0), here.mean(0)
    after = x - STEP * estimates
    away = x - points
    found = {
        s.alpha: STEP,
        s.n: problem.n,
        s.prob: PROB,
        s.L_max: certify(problem, "L_max").value,
        s.grad_sq: full @ full,
        s.moment: (estimates**2).sum(1).mean(),
        away_sq: (away**2).sum(1).mean(),
        away_inner: (away @ full).mean(),
        away_along: (away * estimates).sum(1).mean(),
    }
    return found, after


def after_table(problem, points, x, after):
    """Average over the drawn sample i, whose point becomes x."""
    total = 0.0
    for i, y in enumerate(after):
        renewed = points.copy()
        renewed[i] = x
        total += ((y - renewed) ** 2).sum(1).mean() / problem.n
    return total


def after_coin(problem, points, x, after):
    """Average over the sample and the coin, which puts all points to x."""
    p = float(PROB)
    kept = np.mean([((y - points) ** 2).sum(1).mean() for y in after])
    return p * ((after - x) ** 2).sum(1).mean() + (1 - p) * kept


def after_nothing(problem, points, x, after):
    return np.mean([((y - points) ** 2).sum(1).mean() for y in after])


@pytest.mark.parametrize("kind", PROBLEMS)
@pytest.mark.parametrize(
    ("name", "law"), [("saga", after_table), ("lsvrg", after_coin), ("svrg", after_nothing)]
)
def test_a_step_away_from_stored_points(kind, name, law):
    problem, rng = PROBLEMS[kind], np.random.default_rng(3)
    for size in (0.1, 3.0):
        x = problem.x0 + size * rng.normal(size=problem.d)
        count = problem.n if name == "saga" else 1
        points = np.broadcast_to(
            x + size * rng.normal(size=(count, problem.d)), (problem.n, problem.d)
        ).copy()
        values, after = state(problem, points, x)
        said = float(departed(METHODS[name])[away_sq_next].subs(values))
        assert said == pytest.approx(law(problem, points, x, after), rel=1e-12)


@pytest.mark.parametrize("kind", PROBLEMS)
def test_what_proofs_use_holds_anywhere(kind):
    problem, rng = PROBLEMS[kind], np.random.default_rng(4)
    checked = (differences, young_gradient(Rational(1, 3)), young_estimate(Integer(2)))
    for size in (0.01, 0.3, 3.0):
        x, *points = problem.x0 + size * rng.normal(size=(problem.n + 1, problem.d))
        values, _ = state(problem, np.array(points), x)
        for inequality in checked:
            assert float(inequality.slack.subs(values)) >= 0, inequality.name


def test_proofs_that_do_not_close_are_refused():
    given = THEOREMS["svrg_nonconvex"]
    with pytest.raises(RateboundError, match="does not close"):
        replace(given, certificate=replace(given.certificate, share=given.certificate.share.subs(s.k, 0)))
    with pytest.raises(RateboundError, match="of grad_sq may be negative"):
        replace(THEOREMS["lsvrg_nonconvex"], where=(s.alpha <= 1 / s.L_max, s.prob <= 1))
    with pytest.raises(RateboundError, match="must not depend on k"):
        replace(THEOREMS["lsvrg_nonconvex"], weights=1 + s.k)
