"""Bounds against the worst case over their whole class, by semidefinite programs."""

import subprocess
from dataclasses import replace

import pytest
from pep_points import POINTS, points

from ratebound.experiments.pep import worst_case as pep
from ratebound.experiments.pep.worst_case import ORACLES, worst_case, worst_cases
from ratebound.theory.catalogue import THEOREMS
from ratebound.theory.errors import RateboundError

needs_pepit = pytest.mark.skipif(
    not pep.available(), reason="PEPit is not installed: pip install -e '.[pep]'"
)


def test_every_oracle_is_about_a_theorem_and_is_tried():
    assert set(ORACLES) <= set(THEOREMS)
    assert set(POINTS) <= set(ORACLES)
    assert all(len(points(name)) >= 3 for name in ORACLES)


# Neighbours take alike long: each chunk takes some of all kinds.
CHUNKS = [list(ORACLES)[first::28] for first in range(28)]


@needs_pepit
@pytest.mark.parametrize("names", CHUNKS, ids=lambda names: names[0])
def test_no_worst_case_exceeds_its_bound_and_tight_ones_attain_it(names):
    requests = [(name, values, k) for name in names for values, k in points(name)]
    for found in worst_cases(requests, timeout=300):
        assert found.worst <= found.bound * (1 + 1e-6), found
        if ORACLES[found.theorem].tight:
            assert found.ratio == pytest.approx(1, abs=1e-5), found


@needs_pepit
def test_false_bounds_of_every_kind_of_program_are_seen():
    names = ("gd_convex_tight", "gd_quadratic_gap", "steepest_linear", "subgradient_linear_decay_horizon")
    names = (*names, "heavy_ball_quadratic", "projected_subgradient", "gd_convex_gradient_mean")
    names = (*names, "sgd_importance_interpolation", "schedule_free_constant", "ista_contraction")
    names = (*names, "kaczmarz", "sgd_weak_growth_sc", "prox_sgd_horizon", "polyak_subgradient")
    names = (*names, "exact_search_gradient", "polyak_convex_double", "steepest_relaxed")
    false = [replace(THEOREMS[n], bound=THEOREMS[n].bound * 0.99, certificate=None) for n in names]
    requests = [(theorem, *points(theorem.id)[0]) for theorem in false]
    assert all(found.ratio > 1 + 1e-6 for found in worst_cases(requests))


def refuse(*arguments, **options):
    raise AssertionError("no process should have started")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("clipped_nonconvex", {"L": 1}, 1), "no semidefinite program for clipped_nonconvex"),
        (("gd_convex", {"L": 1, "alpha": 1}, 0), "steps = 0"),
        (("sgd_nws", {"L_max": 1}, 4), "takes 1 to 3 steps"),
        (("gd_convex", {"L": 1}, 1), "alpha has no value"),
        (("gd_convex", {"L": 1, "kappa": 1}, 1), "kappa is no constant"),
    ],
)
def test_bad_requests_are_refused_before_a_process_starts(monkeypatch, arguments, message):
    monkeypatch.setattr(pep, "available", lambda: True)
    monkeypatch.setattr(subprocess, "run", refuse)
    with pytest.raises(RateboundError, match=message):
        worst_case(*arguments)


def test_without_pepit_the_remedy_is_named(monkeypatch):
    monkeypatch.setattr(pep, "available", lambda: False)
    with pytest.raises(RateboundError, match=r"pip install 'ratebound\[pep\]'"):
        worst_case("gd_convex", {"L": 1, "alpha": 1.0}, 1)


@pytest.mark.parametrize("script", ["import os; os.abort()", "raise SystemExit('no solver')"])
def test_a_solver_that_dies_is_one_clear_line(monkeypatch, script):
    monkeypatch.setattr(pep, "available", lambda: True)
    run = subprocess.run
    monkeypatch.setattr(
        subprocess, "run", lambda command, **options: run([command[0], "-c", script], **options)
    )
    with pytest.raises(RateboundError, match=r"PEPit failed \(exit code"):
        worst_case("gd_convex", {"L": 1, "alpha": 1.0}, 1)


def test_a_solver_that_hangs_is_stopped(monkeypatch):
    monkeypatch.setattr(pep, "available", lambda: True)
    run = subprocess.run
    script = "import time; time.sleep(60)"
    monkeypatch.setattr(
        subprocess, "run", lambda command, **options: run([command[0], "-c", script], **options)
    )
    with pytest.raises(RateboundError, match=r"took more than 0\.5 s"):
        worst_case("gd_convex", {"L": 1, "alpha": 1.0}, 1, timeout=0.5)


@needs_pepit
def test_the_first_step_of_saga_is_one_of_gradient_descent():
    values = {"L_max": 1, "mu": 0.2, "alpha": 0.15, "sigma_star_sq": 0.5, "n": 2, "gap0": 0.5}
    assert worst_case("saga_sc", values, 1).worst == pytest.approx((1 - 0.15 * 0.2) ** 2, rel=1e-5)
