"""One step with 50 digits: against doubles, and where an excess is within reach of rounding."""

from dataclasses import replace

import numpy as np
import pytest
from sympy import Float

from ratebound.experiments.applicability import prepare
from ratebound.experiments.evidence.conditional import check_step, visited
from ratebound.experiments.precise import step as precise_step
from ratebound.experiments.verify import verify
from ratebound.problems import library
from ratebound.theory.catalogue import THEOREMS


def conjecture(name, factor):
    return replace(THEOREMS[name], bound=THEOREMS[name].bound * factor, certificate=None)


@pytest.mark.parametrize("problem", ["quadratic_2d", "logistic_plane"])
@pytest.mark.parametrize(
    ("name", "batch"), [("sgd_descent", 2), ("gd_descent", 1), ("batch_variance_without", 2)]
)
def test_small_excesses_are_decided(name, batch, problem):
    trial = prepare(THEOREMS[name], library.load(problem), steps=8, batch=batch)
    points = visited(trial, 0)
    sides = [precise_step.sides(trial, k, x) for k, x in points]
    # Two routes: doubles by arrays, and 50 digits from the definition; curves show the first replica.
    curves, found = check_step(trial, 0)[1], {}
    for (k, _), pair in zip(points, sides, strict=True):
        found.setdefault(k, [float(v) for v in pair])
    for side, name_of in enumerate(("exact", "bound")):
        np.testing.assert_allclose(
            [found[k][side] for k in curves["k"]], curves[name_of], rtol=1e-9, atol=1e-13
        )
    largest = max(
        float(measured / bound) for (k, _), (measured, bound) in zip(points, sides, strict=True) if k < 3
    )
    small = conjecture(name, Float(largest, 17) * (1 - Float("2e-8")))
    assert verify(small, problem, steps=8, batch=batch).violated


def test_without_many_digits_a_small_excess_is_left_open(monkeypatch):
    monkeypatch.setattr(precise_step, "feasible", lambda trial: False)
    claim = conjecture("batch_variance_without", 1 + 1e-8)
    verdict = verify(claim, "quadratic_2d", steps=20, batch=2)
    assert verdict.outcome == "undecided" and "neither is certainly larger" in verdict.reason
    assert verify(conjecture("batch_variance_without", 1 + 1e-5), "quadratic_2d", steps=20, batch=2).violated


def test_rounding_of_doubles_is_no_violation(monkeypatch):
    """A planted error of 1e-8 in the route of doubles is seen by the other."""
    from ratebound.experiments.evidence import conditional

    true = conditional.state_at

    def off(trial, k, x):
        state = true(trial, k, x)
        return {symbol: v * (1 + 1e-8) if symbol.name == "delta_next" else v for symbol, v in state.items()}

    trial = prepare(THEOREMS["gd_descent"], library.load("quadratic_2d"), steps=3)
    measured, bound = precise_step.sides(trial, 0, trial.problem.x0)
    tight = conjecture("gd_descent", Float(float(measured / bound) * (1 + 1e-12), 17))
    monkeypatch.setattr(conditional, "state_at", off)
    verdict = verify(tight, "quadratic_2d", steps=1)
    assert verdict.outcome == "undecided"
