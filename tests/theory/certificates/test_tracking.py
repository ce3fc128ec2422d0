"""What batches and a coin make of the error of an estimate that tracks the gradient, over all draws."""

from itertools import combinations, product

import numpy as np
import pytest
from sympy import Integer, Rational

from ratebound.experiments.applicability import prepare
from ratebound.experiments.evidence.exact import exact_curves
from ratebound.experiments.run import simulate
from ratebound.problems.library import load
from ratebound.theory import symbols as s
from ratebound.theory.catalogue import THEOREMS
from ratebound.theory.certificates.tracking import tracked
from ratebound.theory.errors import RateboundError
from ratebound.theory.methods import METHODS

PROB = Rational(1, 5)


def batches(n, size, replacement):
    return list(product(range(n), repeat=size) if replacement else combinations(range(n), size))


@pytest.mark.parametrize(("size", "replacement"), [(1, True), (2, True), (2, False), (3, True)])
@pytest.mark.parametrize("name", ["page", "sarah"])
def test_a_batch_adds_its_share_of_the_drift(name, size, replacement):
    problem, rng = load("sine_1d"), np.random.default_rng(5)
    p = float(PROB) if name == "page" else 0.0
    for length in (0.1, 2.0):
        x, v = problem.x0 + rng.normal(size=problem.d), rng.normal(size=problem.d)
        after = x - length * v
        change = problem.component_gradients(after) - problem.component_gradients(x)
        drawn = batches(problem.n, size, replacement)
        errors = [v + change[list(batch)].mean(0) - problem.gradient(after) for batch in drawn]
        found = (1 - p) * np.mean([error @ error for error in errors])
        values = {
            s.error_sq: ((v - problem.gradient(x)) ** 2).sum(),
            s.drift: (change**2).sum(1).mean(),
            s.b: size,
            s.prob: PROB,
        }
        said = float(tracked(METHODS[name])[s.error_next].subs(values))
        assert found <= said * (1 + 1e-12)
        # Drawn evenly with replacement, what is left out is the square of the mean change.
        mean = change.mean(0)
        if replacement:
            assert found == pytest.approx(said - (1 - p) * mean @ mean / size, rel=1e-12)


def test_a_default_may_follow_another_parameter():
    theorem, problem = THEOREMS["page_pl"], load("quadratic_2d")
    chosen = theorem.chosen({s.prob: PROB})
    assert chosen[s.alpha] == theorem.defaults[s.alpha].subs(s.prob, PROB) and chosen[s.prob] == PROB
    assert theorem.chosen()[s.prob] == 1 / s.n
    given = prepare(theorem, problem, steps=3, parameters={"prob": 0.2}, batch=4)
    edge = theorem.where[0].rhs.subs({s.prob: PROB, s.b: Integer(4), s.L_max: given.values[s.L_max]})
    assert given.parameters["alpha"] == pytest.approx(float(edge), rel=1e-12)
    # Checked first, for no step goes with a probability above one.
    with pytest.raises(RateboundError, match=r"prob = 1\.2 exceeds 1"):
        prepare(theorem, problem, steps=3, parameters={"prob": 1.2})


def test_coins_that_cannot_fall():
    problem = load("quadratic_2d")
    with pytest.raises(RateboundError, match=r"page reads prob .*pass parameters="):
        simulate(problem, "page", 0.1, steps=2)
    with pytest.raises(RateboundError, match=r"a coin of the probability 1\.5"):
        simulate(problem, "page", 0.1, steps=2, parameters={"prob": 1.5})


def test_a_coin_that_always_falls_is_gradient_descent():
    problem, steps = load("quadratic_2d"), np.full(4, 0.2)
    plain = exact_curves(problem, METHODS["gd"], steps, measures=["gap_last"])["gap_last"]
    for name in ("lsvrg", "page"):
        coins = METHODS[name].at({s.prob: Integer(1)})
        found = exact_curves(problem, coins, steps, measures=["gap_last"])["gap_last"]
        if name == "page":
            np.testing.assert_allclose(found, plain, rtol=1e-12)
        else:
            assert found[1] == pytest.approx(plain[1], rel=1e-12) and found[-1] > plain[-1]
