"""Schedules side by side: their errors against other routes, and the times to switch."""

import json

import numpy as np
import pytest

from ratebound.experiments.applicability import prepare
from ratebound.experiments.evidence.exact import exact_curves
from ratebound.experiments.regimes.schedules import SWITCH, compare_schedules
from ratebound.problems.library import load
from ratebound.theory.catalogue import THEOREMS
from ratebound.theory.errors import RateboundError
from ratebound.theory.methods import METHODS


@pytest.fixture(scope="module")
def ridge():
    return compare_schedules(load("linnerud_ridge"), steps=600)


def test_every_schedule_has_its_exact_error(ridge):
    problem = load("linnerud_ridge")
    for entry in ridge.entries:
        if entry.name not in THEOREMS:
            continue
        alphas = prepare(THEOREMS[entry.name], problem, steps=600).alphas
        want = exact_curves(problem, METHODS["sgd"], alphas, measures=["gap_last"], at=ridge.k)["gap_last"]
        np.testing.assert_allclose(entry.curve, want, rtol=1e-8)


def test_the_time_of_the_theorem_is_one_of_the_switches(ridge):
    stated = next(each for each in ridge.entries if each.name == SWITCH)
    assert ridge.theorem_time == prepare(THEOREMS[SWITCH], load("linnerud_ridge"), steps=600).start
    near = np.searchsorted(ridge.times, ridge.theorem_time)
    around = ridge.errors[near - 1 : near + 1]
    assert around.min() * 0.99 <= stated.curve[-1] <= around.max() * 1.01


def test_the_best_time_is_the_best(ridge):
    assert ridge.errors[ridge.times.tolist().index(ridge.best_time)] == ridge.errors.min()
    first, last = ridge.near
    assert first <= ridge.best_time <= last
    within = ridge.errors <= 1.1 * ridge.errors.min()
    assert ridge.times[within].min() == first and ridge.times[within].max() == last


def test_the_last_time_never_leaves_the_constant_step(ridge):
    problem = load("linnerud_ridge")
    constant = np.full(600, next(each.first for each in ridge.entries if each.name == SWITCH))
    run = exact_curves(problem, METHODS["sgd"], constant, measures=["gap_last"], at=ridge.k)["gap_last"]
    assert ridge.times[-1] == 600 and ridge.errors[-1] == pytest.approx(run[-1], rel=1e-9)
    at = ridge.k.tolist().index(ridge.settled)
    assert run[at] <= 2 * run[-1] < run[at - 1]


def test_overtaking_lasts_to_the_end(ridge):
    constant = ridge.entries[0]
    assert constant.name == "constant" and constant.overtakes is None
    for entry in ridge.entries[1:]:
        below = entry.curve < constant.curve
        if entry.overtakes is None:
            assert not below[-1]
        else:
            at = ridge.k.tolist().index(entry.overtakes)
            assert below[at:].all() and not (at and below[at - 1])


def test_replicas_where_no_expectation_is_exact():
    found = compare_schedules(load("wine"), steps=40, replicas=4)
    assert not found.exact and found.replicas == 4
    assert "claims its bound from" in found.missing[SWITCH]
    assert found.times.size == 0 and found.best_time is None
    json.dumps(found.as_dict(), allow_nan=False)


def test_a_minimum_is_needed():
    with pytest.raises(RateboundError, match="no certified minimum"):
        compare_schedules(load("breast_cancer_sigmoid"), steps=20)
