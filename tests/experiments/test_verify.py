"""Verdicts: each kind of evidence decides what it can, and nothing else."""

from dataclasses import replace

import numpy as np
import pytest
from sympy import Integer, Rational

from ratebound.experiments import judge
from ratebound.experiments.applicability import prepare
from ratebound.experiments.evidence.replicas import sample
from ratebound.experiments.finding import exact_values
from ratebound.experiments.grid import of_run
from ratebound.experiments.precise import run as precise
from ratebound.experiments.verdict import HarnessError, Verdict
from ratebound.experiments.verify import verify
from ratebound.problems import library
from ratebound.problems.constants import certify
from ratebound.theory.catalogue import THEOREMS
from ratebound.theory.errors import RateboundError
from ratebound.theory.symbols import D, L, L_max, alpha, gap0, k, mu


def conjecture(name, factor=1, **changes):
    theorem = THEOREMS[name]
    return replace(theorem, **{"bound": theorem.bound * factor, "certificate": None, **changes})


def test_an_exact_verdict_tells_all():
    verdict = verify("sgd_pl_constant", "quadratic_2d", steps=300, replicas=64)
    assert verdict.holds and not verdict.violated and verdict.evidence == "exact"
    assert 0 < verdict.tightness < 1 and verdict.measured < verdict.bound
    assert verdict.replicas == 64 and verdict.e_value >= 1 and verdict.confirm_value is None
    assert verdict.floor == pytest.approx(
        verdict.parameters["alpha"]
        * np.prod([c.value for c in verdict.constants if c.name in ("L", "second_moment")])
        / (4 * certify(library.load("quadratic_2d"), "mu_pl").value)
    )
    curves = verdict.curves
    assert set(curves) >= {"k", "bound", "exact", "mean", "mean_low", "mean_high", "q10", "q90", "replicas"}
    assert curves["replicas"].shape == (4, curves["k"].size)
    assert (curves["exact"] <= curves["bound"]).all()
    said = verdict.explain()
    assert "sgd_pl_constant on quadratic_2d: holds" in said and "second_moment" in said and "e-value" in said


def test_the_step_option_sets_the_parameter_or_makes_a_conjecture():
    assert verify("gd_pl", "quadratic_2d", step="1/(2*L)", steps=20).evidence == "exact"
    verdict = verify("sgd_pl_decaying", "quadratic_2d", step="1/(mu_pl*(k+9))", steps=50, replicas=0)
    assert verdict.evidence == "exact"


def test_outside_the_range_is_not_applicable():
    verdict = verify("gd_pl", "quadratic_2d", parameters={"alpha": 7}, steps=20)
    assert verdict.outcome == "not applicable" and "exceeds 2/L" in verdict.reason
    assert "remedy" in verdict.explain() and not verdict.curves


def test_a_tight_bound_is_told_from_one_that_is_a_hair_too_small():
    problem = library.load("huber_worst", horizon=20)
    assert verify("gd_convex_tight", problem, steps=30).tightness == pytest.approx(1, abs=1e-12)
    verdict = verify(conjecture("gd_convex_tight", 1 - 1e-8), problem, steps=30)
    assert verdict.violated and verdict.k == 20


def test_within_rounding_nothing_is_called_violated():
    problem = library.load("huber_worst", horizon=20)
    assert verify(conjecture("gd_convex_tight", 1 - 1e-11), problem, steps=30).holds


def closest_to(name, problem, **options):
    """Return the smallest factor of a bound that is still true on this problem, as far as doubles tell."""
    true = verify(name, problem, replicas=0, **options)
    return max(true.curves["exact"] / true.curves["bound"])


def test_a_rounded_excess_of_a_stochastic_method_is_decided_with_more_digits():
    name, problem = "sgd_pl_constant", library.load("quadratic_2d")
    closest = closest_to(name, problem, steps=50)
    for excess in (1e-5, 1e-8, 2e-9):
        verdict = verify(conjecture(name, closest * (1 - excess)), problem, steps=50, replicas=0)
        assert verdict.violated and verdict.tightness == pytest.approx(1 / (1 - excess), abs=1e-11)
    assert verify(conjecture(name, closest * (1 + 1e-12)), problem, steps=50, replicas=0).holds


def test_expectations_that_rounding_pushed_over_the_bound_hold(monkeypatch):
    exact = judge.exact_values
    theorem, problem = THEOREMS["sgd_pl_constant"], library.load("quadratic_2d")
    tight = conjecture(theorem.id, closest_to(theorem, problem, steps=50) * (1 + 1e-9))
    monkeypatch.setattr(judge, "exact_values", lambda grid: (1 + 1e-7) * exact(grid))
    verdict = verify(tight, problem, steps=50, replicas=0)
    assert verdict.holds and "50 digits" in verdict.reason and 1 - 1e-8 < verdict.tightness < 1
    monkeypatch.setattr(precise, "_MOMENT_WORK", 0)
    assert verify(tight, problem, steps=50, replicas=0).outcome == "undecided"


def test_a_certified_theorem_against_exact_evidence_is_an_internal_error(monkeypatch):
    exact = judge.exact_values
    monkeypatch.setattr(judge, "exact_values", lambda grid: 10 * exact(grid))
    with pytest.raises(HarnessError, match="internal error: sgd_pl_constant on quadratic_2d"):
        verify("sgd_pl_constant", "quadratic_2d", steps=20, replicas=0)


def test_an_excess_that_50_digits_do_not_confirm_is_no_violation(monkeypatch):
    exact = judge.exact_values
    monkeypatch.setattr(judge, "exact_values", lambda grid: 10 * exact(grid))
    assert verify("gd_pl", "quadratic_2d", steps=20).outcome == "undecided"


def test_replicas_against_exact_evidence_are_an_internal_error(monkeypatch):
    exact = judge.exact_values
    monkeypatch.setattr(judge, "exact_values", lambda grid: 1e-3 * exact(grid))
    with pytest.raises(HarnessError, match="replicas refute"):
        verify(conjecture("sgd_pl_constant", 0.1), "quadratic_2d", steps=100, replicas=128)


def test_a_proof_holds_where_expectations_are_unknown():
    verdict = verify("sgd_star_constant", "iris", steps=200, replicas=64)
    assert verdict.holds and verdict.evidence == "proof" and "64 replicas do not refute it" in verdict.reason
    assert verify("sgd_star_constant", "iris", steps=200, replicas=0).evidence == "proof"


def test_without_proof_a_mean_below_the_bound_decides_nothing():
    verdict = verify(conjecture("sgd_pl_constant"), "sine_separable", steps=100, replicas=64)
    assert verdict.outcome == "undecided" and "no range of the measure is certified" in verdict.reason
    assert verdict.tightness < 1
    assert verify(conjecture("sgd_star_constant"), "wine", steps=50, replicas=0).evidence == "none"


def test_replicas_refute_a_false_conjecture():
    verdict = verify(
        conjecture("sgd_star_constant", 0.1), "wine", steps=300, replicas=512, delta=1e-6, cells=10
    )
    assert verdict.violated and verdict.evidence == "monte carlo" and verdict.e_value >= 1e7
    assert verdict.replicas < 512


def test_replicas_confirm_within_a_certified_range():
    theorem = conjecture("sgd_nonconvex_constant")
    rng = np.random.default_rng(0)
    problem = library.from_arrays(rng.normal(size=(12, 2)), np.repeat([-1, 1], 6), "sigmoid")
    verdict = verify(theorem, problem, steps=300, replicas=1024)
    assert verdict.holds and verdict.evidence == "monte carlo" and verdict.confirm_value >= 100
    few = verify(theorem, problem, steps=300, replicas=8)
    assert few.outcome == "undecided" and "replicas would be needed to confirm" in few.reason
    assert "confirmed takes 100 (delta = 0.01)" in verdict.explain()
    # A smaller share of the budget takes a larger e-value.
    held = verify(theorem, problem, steps=300, replicas=1024, confirm=0.5 / verdict.confirm_value)
    assert held.outcome == "undecided" and held.confirm_value == verdict.confirm_value


def test_small_errors_along_each_replica_confirm_nothing_of_the_best_expectation():
    """Each replica passes near the minimum at some step, and at no step do most of them."""
    problem = library.from_arrays(np.ones((40, 1)), np.repeat([1, -1], [18, 22]), "logistic", 0.01, x0=[3.0])
    false = conjecture("sgd_nonconvex_constant", measure="grad_norm_sq_best", start=Integer(250), where=())
    false = replace(false, bound=L * gap0 * Rational(18, 100), defaults={alpha: 1 / L_max})
    verdict = verify(false, problem, steps=300, replicas=2048)
    assert verdict.measured > 2 * verdict.bound and verdict.outcome == "undecided"


def test_all_paths_of_a_tiny_sum_decide():
    verdict = verify(conjecture("sgd_star_convex"), "huber_worst", steps=12, replicas=0)
    assert verdict.holds and verdict.evidence == "enumeration"
    assert verify(conjecture("sgd_star_convex", 0.1), "huber_worst", steps=12, replicas=0).violated


@pytest.mark.parametrize(("steps", "walked"), [(23, 23), (24, 19)])
def test_ten_million_paths_of_a_run_are_walked_and_a_million_of_its_first_steps(monkeypatch, steps, walked):
    asked = []

    def walk(problem, method, alphas, *, measures, max_paths, **options):
        asked.append((alphas.size, max_paths))
        return {measures[0]: np.zeros(alphas.size + 1)}

    monkeypatch.setattr("ratebound.experiments.finding.enumerate_paths", walk)
    problem = library.from_arrays([[1.0, 0.3], [-0.4, 1.0]], [1.0, -1.0], "logistic", l2=0.1)
    verdict = verify(conjecture("sgd_star_convex"), problem, steps=steps, replicas=0)
    assert asked == [(walked, 10**7)]
    assert (verdict.evidence == "enumeration") == (walked == steps)


def test_a_bound_must_hold_for_every_valid_constant():
    # True on this problem at its own L, and claimed for every larger one.
    theorem = conjecture("gd_convex", bound=D**2 / (2 * alpha * k * (alpha * L) ** 3), where=())
    verdict = verify(theorem, "quadratic_2d", step="1/(2*L)", steps=100)
    assert verdict.violated and "L' = " in verdict.reason


def test_a_bound_of_changing_sign_is_violated_though_it_overflows():
    theorem = conjecture("gd_pl", bound=(1 - 8 * alpha * L) ** k * gap0)
    verdict = verify(theorem, "quadratic_2d", steps=1000)
    assert verdict.violated and verdict.k == 1 and "is negative" in verdict.reason


def test_a_negative_bound_is_violated_without_a_run():
    theorem = conjecture("gd_pl", bound=(1 - 2 * k * alpha * mu) * gap0, measure="gap_last")
    verdict = verify(theorem, "quadratic_2d", steps=50)
    assert verdict.violated and verdict.evidence == "static" and "is negative" in verdict.reason


def test_a_bound_that_is_not_finite_says_nothing():
    theorem = conjecture("gd_convex", start=Integer(0))
    verdict = verify(theorem, "quadratic_2d", steps=5)
    assert verdict.outcome == "not applicable" and "says nothing" in verdict.reason


def test_a_divergent_run_is_evidence_not_an_accident():
    theorem = conjecture("gd_convex", where=())
    verdict = verify(theorem, "quadratic_2d", step="8/L", steps=2000)
    assert verdict.violated and np.isinf(verdict.curves["exact"][-1])
    theorem = conjecture("sgd_star_constant", bound=D**2, where=())
    verdict = verify(theorem, library.load("iris", l2=5.0), step=3, steps=2000, replicas=64)
    assert verdict.violated and verdict.e_value == np.inf


def test_a_vacuous_bound_is_told():
    verdict = verify("sgd_pl_decaying", "linnerud", steps=500, replicas=0)
    assert verdict.holds and verdict.vacuous
    assert verdict.headline.startswith("holds, vacuous: bound / error >= ")
    assert not verify("sgd_pl_decaying_shifted", "linnerud", steps=3000, replicas=0).vacuous


def test_the_best_gradient_is_the_minimum_of_means():
    theorem = conjecture("sgd_nonconvex_constant", measure="grad_norm_sq_best")
    exact = verify(theorem, "quadratic_2d", steps=60, replicas=4096)
    np.testing.assert_allclose(exact.curves["mean"], exact.curves["exact"], rtol=0.2)
    assert "mean_low" not in exact.curves


def test_horizons_are_runs_of_their_own():
    verdict = verify("sgd_convex_horizon", "quadratic_2d", steps=100, replicas=64)
    assert verdict.holds and verdict.curves["k"][-1] == 100 and verdict.curves["k"].size > 5
    assert "horizons" in verdict.reason


@pytest.mark.parametrize("batch", [1, 3])
def test_one_step_is_checked_at_visited_points(batch):
    verdict = verify("sgd_descent", "quadratic_2d", steps=100, batch=batch)
    assert verdict.holds and verdict.evidence == "exact" and "visited points" in verdict.reason
    assert verify(conjecture("sgd_descent", 0.5), "quadratic_2d", steps=100, batch=batch).violated


def test_replicas_that_refute_and_confirm_are_an_internal_error(monkeypatch):
    from ratebound.experiments.evidence import replicas

    true = replicas.sample

    def both(grid, **options):
        return replace(true(grid, **options), refuted=True, confirmed=True)

    monkeypatch.setattr(replicas, "sample", both)
    with pytest.raises(HarnessError, match="replicas both refute and confirm"):
        verify(conjecture("sgd_star_constant"), "wine", steps=20, replicas=8)


def test_large_batches_of_quadratics_need_no_walk(monkeypatch):
    from ratebound.experiments.evidence import conditional

    walked = verify("sgd_descent", "quadratic_2d", steps=50, batch=3)
    monkeypatch.setattr(conditional, "_BATCHES", 1)
    paired = verify("sgd_descent", "quadratic_2d", steps=50, batch=3)
    np.testing.assert_allclose(walked.curves["exact"], paired.curves["exact"], rtol=1e-10)
    assert verify("batch_variance_without", "iris", steps=50, batch=20).holds
    beyond = verify("minibatch_descent", "iris", steps=50, batch=20)
    assert beyond.holds and beyond.evidence == "proof"


@pytest.mark.parametrize("factor", [0.999, 1.001])
def test_an_identity_is_two_sided(factor):
    assert verify(conjecture("batch_variance_without", factor), "quadratic_2d", steps=20, batch=2).violated


def test_no_false_alarm_at_equality():
    # A bound that is the exact expectation: the e-process may refute it with probability delta only.
    problem = library.load("quadratic_2d")
    trial = prepare(THEOREMS["sgd_pl_constant"], problem, steps=30)
    grid = of_run(trial)
    vars(grid)["bound"] = exact_values(grid)
    alarms = sum(
        sample(grid, replicas=128, seed=seed, refute=20, confirm=100, backend="auto", stop=True).refuted
        for seed in range(60)
    )
    assert alarms <= 9  # Binomial(60, 0.05) exceeds 9 with probability 1e-3, and the test is conservative.


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"delta": 0}, "delta = 0"),
        ({"delta": "x"}, "not a number"),
        ({"confirm": 1}, "confirm = 1"),
        ({"steps": 0}, "steps = 0"),
        ({"replicas": -1}, "replicas = -1"),
        ({"cells": 0}, "cells = 0"),
        ({"seed": -1}, "seed = -1"),
        ({"backend": "numpi"}, "did you mean 'numpy'"),
    ],
)
def test_bad_options_are_refused(options, message):
    with pytest.raises(RateboundError, match=message):
        verify("sgd_pl_constant", "quadratic_2d", **{"steps": 10, "replicas": 8, **options})


def test_unknown_names_are_refused_with_the_nearest():
    with pytest.raises(RateboundError, match="did you mean 'gd_pl'"):
        verify("gd_pll", "quadratic_2d")
    with pytest.raises(RateboundError, match="did you mean 'diabetes'"):
        verify("gd_pl", "diabetis")


def test_a_verdict_is_read_only():
    verdict = Verdict("holds", "t", "p", "r", curves={"k": np.arange(2)})
    with pytest.raises(TypeError):
        verdict.curves["k"] = 0
