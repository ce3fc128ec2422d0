"""Paired differences against exact expectations."""

import numpy as np
import pytest
from sympy import Symbol

from ratebound.experiments.evidence.exact import exact_curves
from ratebound.experiments.paired import paired
from ratebound.experiments.run import simulate
from ratebound.problems.library import load
from ratebound.theory.errors import RateboundError
from ratebound.theory.method import Method
from ratebound.theory.methods import METHODS

x, g, alpha, v = (Symbol(name, real=True) for name in ("x", "g", "alpha", "v"))
HALVED = Method("halved", "", {"x": x - alpha * g / 2}, "batch")
MOMENTUM = Method("momentum", "", {"x": x - alpha * (v / 2 + g), "v": v / 2 + g}, "batch")
OPTIONS = dict(steps=60, replicas=400, checkpoints=[0, 5, 20, 60], seed=3)


def test_one_rule_in_two_forms_differs_by_nothing():
    problem = load("diabetes_ridge")
    whole = simulate(problem, "sgd", [0.05, 0.1], **OPTIONS)
    half = simulate(problem, HALVED, [0.1, 0.2], **OPTIONS)
    found = paired(whole, half)
    assert dict(found.sizes) == {"step_size": 2, "checkpoint": 4}
    np.testing.assert_allclose(found.difference, 0.0, atol=1e-12)
    np.testing.assert_allclose(found.standard_error, 0.0, atol=1e-12)


@pytest.mark.parametrize("batch", [1, 3])
def test_differences_are_those_of_the_exact_expectations(batch):
    problem, step = load("linnerud_ridge"), 0.05
    options = dict(batch=batch, replacement=True)
    runs = [simulate(problem, method, step, **options, **OPTIONS) for method in ("sgd", MOMENTUM)]
    alphas, at = np.full(60, step), OPTIONS["checkpoints"]
    means = [
        exact_curves(problem, method, alphas, weights=alphas, measures=["gap_last"], at=at, **options)
        for method in (METHODS["sgd"], MOMENTUM)
    ]
    found = paired(*runs)
    expected = means[0]["gap_last"] - means[1]["gap_last"]
    error = found.standard_error.values[0]
    # Six standard errors: by chance less than once in 10^7 runs, by Chebyshev's inequality in 36.
    assert (np.abs(found.difference.values[0] - expected)[1:] <= 6 * error[1:]).all()
    assert (found.worth.values[0, 1:] > 1).all()
    spread = np.sqrt(sum(run.gap_last.values[0].var(0, ddof=1) for run in runs) / 400)
    np.testing.assert_allclose(found.unpaired.values[0], spread, rtol=1e-12)


@pytest.mark.parametrize(
    ("method", "changed", "message"),
    [
        ("sgd", {"seed": 4}, "seed is 3 in one run and 4 in the other"),
        ("sgd", {"batch": 2}, "batch is 1 in one run and 2 in the other"),
        ("sgd_importance", {}, "samples is even in one run and weighted in the other"),
        ("gd", {}, "gd draws nothing"),
        ("sgd", {"replicas": 8}, "the runs differ in their replicas"),
        ("sgd", {"measures": "distance_sq"}, "no 'gap_last' in a run"),
    ],
)
def test_runs_that_share_no_samples_are_refused(method, changed, message):
    problem, options = load("quadratic_2d"), OPTIONS | {"replicas": 4}
    first = simulate(problem, "sgd", 0.1, **options)
    with pytest.raises(RateboundError, match=message):
        paired(first, simulate(problem, method, 0.1, **options | changed))
