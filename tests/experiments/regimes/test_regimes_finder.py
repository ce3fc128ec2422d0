"""The range test: how a step is read off a curve, and what the suggestions do when they are held."""

import json

import numpy as np
import pytest

from ratebound.experiments.regimes.exact import SecondMoment
from ratebound.experiments.regimes.finder import at_minimum, at_steepest, find_step, smoothed
from ratebound.problems.certified import batch_factor
from ratebound.problems.constants import certify
from ratebound.problems.library import load
from ratebound.theory.errors import RateboundError


def test_averages_are_unbiased_from_the_start_and_stop_beyond_four_times_the_least():
    still = np.full((1, 30), 3.0)
    np.testing.assert_allclose(smoothed(still), still, rtol=1e-13)
    losses = np.concatenate([np.ones(20), [1e6], np.ones(9)])[None]
    found = smoothed(losses)[0]
    assert np.isfinite(found[:20]).all() and np.isnan(found[20:]).all()
    assert np.isnan(smoothed(np.array([[1.0, 1.0, np.inf, 1.0]]))[0, 2:]).all()


def test_steps_are_read_off_a_curve():
    steps = np.geomspace(1e-3, 1.0, 31)
    bowl = (np.log10(steps) + 1) ** 2
    assert at_minimum(steps, bowl) == pytest.approx(0.1)
    fall = -np.tanh(5 * (np.log10(steps) + 2))
    fall[25:] = np.nan
    assert at_steepest(steps, fall) == pytest.approx(0.01)


@pytest.mark.parametrize("name", ["diabetes_ridge", "linnerud"])
def test_suggestions_are_judged_by_the_exact_operator(name):
    problem = load(name)
    found = find_step(problem, replicas=8, steps=200)
    assert found.exact
    assert found.threshold == pytest.approx(
        SecondMoment(problem).threshold(batch_factor(problem.n, 1, True)), rel=1e-9
    )
    assert [each.rule for each in found.suggestions[2:]][-1].startswith("1/L,")
    for each in found.suggestions:
        assert each.low <= each.step <= each.high
        assert each.ratio == pytest.approx(each.step / found.threshold)
        assert (each.verdict == "diverges") == (each.ratio > 1)
        assert each.price >= 1
    named = {each.rule: each for each in found.suggestions}
    assert named["1/L_max"].step == pytest.approx(1 / certify(problem, "L_max").value)
    assert named["1/L, for full gradients"].verdict == "diverges"


def test_without_an_operator_the_steps_are_run():
    found = find_step(load("iris"), replicas=4, steps=50, batch=2, test_steps=40)
    assert not found.exact and found.losses.shape == (4, 40)
    again = find_step(load("iris"), replicas=4, steps=50, batch=2, test_steps=40)
    assert found.as_dict() == again.as_dict()
    json.dumps(found.as_dict(), allow_nan=False)


@pytest.mark.parametrize(
    ("options", "says"),
    [({"replicas": 1}, "replicas"), ({"test_steps": 3}, "test_steps"), ({"steps": 0}, "steps")],
)
def test_bad_numbers_are_named(options, says):
    with pytest.raises(RateboundError, match=says):
        find_step(load("linnerud"), **options)
