"""Errors that are within rounding of zero from the start on decide nothing in doubles."""

from dataclasses import replace

import numpy as np
import pytest
from sympy import Rational

from ratebound.experiments.verify import verify
from ratebound.problems.library import least_squares, load
from ratebound.theory.catalogue import THEOREMS


@pytest.mark.parametrize(("factor", "outcome"), [(Rational(1), "holds"), (Rational(1, 1000), "violated")])
def test_a_start_beside_the_minimum_is_judged_with_many_digits(factor, outcome):
    problem = load("iris")
    problem = replace(problem, x0=problem.x_star + 1e-12)
    theorem = THEOREMS["gd_convex"]
    conjecture = replace(theorem, id="c", bound=factor * theorem.bound, certificate=None)
    verdict = verify(conjecture, problem, steps=5, replicas=0)
    assert verdict.outcome == outcome
    assert ("50 digits" in verdict.reason) == (outcome == "violated")


def test_where_many_digits_take_too_long_it_stays_open(monkeypatch):
    monkeypatch.setattr("ratebound.experiments.precise.run.feasible", lambda *_: False)
    problem = load("iris")
    problem = replace(problem, x0=problem.x_star + 1e-12)
    theorem = THEOREMS["gd_convex"]
    false = replace(theorem, id="c", bound=theorem.bound / 1000, certificate=None)
    verdict = verify(false, problem, steps=5, replicas=0)
    assert (verdict.outcome, verdict.reason) == (
        "undecided",
        "the error is within rounding of zero at every k",
    )


def test_the_variance_of_draws_out_of_one_sample_is_no_number():
    problem = least_squares(np.array([[2.0]]), np.array([3.0]))
    verdict = verify("batch_variance_without", problem, steps=3)
    assert verdict.outcome == "not applicable"
    assert "is no number there" in verdict.reason
