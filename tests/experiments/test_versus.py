"""Two bounds on one problem: crossings against a scan by hand, formulas against numbers."""

from dataclasses import replace

import numpy as np
import pytest
from click.testing import CliRunner
from sympy import Rational, log, sqrt

import ratebound as rb
from ratebound.cli import cli
from ratebound.experiments.applicability import prepare
from ratebound.problems.library import load
from ratebound.theory import contrast as contrasts
from ratebound.theory.algebra.chart import chart_of, free
from ratebound.theory.catalogue import THEOREMS
from ratebound.theory.contrast import contrast
from ratebound.theory.errors import RateboundError
from ratebound.theory.symbols import D, L, alpha, gap0, k, mu, second_moment


def test_regimes_are_those_of_a_scan():
    problem = load("diabetes_ridge")
    found = rb.compare("gd_convex", "gd_pl", problem, steps=400)
    curves = [
        prepare(THEOREMS[name], problem, steps=400).bound(np.arange(1, 401))
        for name in ("gd_convex", "gd_pl")
    ]
    smaller = ["gd_convex" if a < b else "gd_pl" for a, b in zip(*curves, strict=True)]
    told = [regime.smaller for regime in found.regimes for _ in range(regime.first, regime.last + 1)]
    assert told == smaller
    assert found.crossings == (3, 165)
    np.testing.assert_array_equal(found.bounds, curves)
    assert found.formulas.never_larger is None and found.formulas.far == "gd_pl"
    assert "k = 165 .. 400: gd_pl is smaller" in found.explain()


def test_what_is_proved_for_all_constants_is_said():
    found = contrast(THEOREMS["gd_convex"], THEOREMS["gd_convex_tight"])
    assert (found.never_larger, found.equal, found.far) == ("gd_convex_tight", False, None)
    same = contrast(THEOREMS["nesterov_convex"], THEOREMS["fista_convex"])
    assert same.equal and same.never_larger == "nesterov_convex"
    # At twice the step another bound takes over.
    halves = contrast(THEOREMS["gd_convex"], THEOREMS["gd_convex_tight"], {alpha: Rational(1, 2) / L})
    assert halves.never_larger == "gd_convex_tight"


def test_a_crossing_is_solved_for_where_it_is_a_polynomial():
    convex = THEOREMS["gd_convex"]
    squared = replace(convex, id="squared", bound=5 * D**2 / (alpha * k**2), certificate=None)
    found = contrast(convex, squared)
    assert found.crossings == (10,) and found.never_larger is None and found.far == "squared"
    shifted = replace(convex, id="shifted", bound=gap0 / k**2, certificate=None)
    assert contrast(convex, shifted).crossings == (2 * gap0 / (L * D**2),)


def test_a_floor_that_rises_loses_far_out():
    rises = THEOREMS["sgd_convex_last_constant"]
    stays = replace(rises, id="stays", bound=rises.bound.subs(log(k), 0), certificate=None)
    assert contrast(rises, stays).far == contrast(stays, rises).far == "stays"
    assert contrast(rises, replace(rises, id="same", certificate=None)).far is None
    assert rb.verify(rises, "quadratic_2d", steps=20, replicas=8).floor is None


def test_the_noise_of_two_runs_is_not_one_number():
    """The same letter, a tenth of it, yet another step: nothing is proved about the two."""
    first = THEOREMS["sgd_convex_horizon"]
    second = replace(first, id="other", bound=first.bound / 10, certificate=None)
    assert first.bound.has(sqrt(second_moment)) or first.bound.has(second_moment)
    assert contrast(first, second).never_larger is None


def test_a_pass_costs_as_many_gradients_as_there_are_samples_whatever_their_order():
    told = rb.compare("rr_sc", "ig_sc", "ridge_plane", steps=3).explain()
    assert "costs" not in told and told.endswith("both keep a floor far out (O(rho^k) to a floor)")
    told = rb.compare("rr_sc", "sgd_nws", "ridge_plane", steps=3).explain()
    assert f"a step or pass costs {load('ridge_plane').n} component gradients against 1" in told


def test_the_cost_of_a_step_counts_what_the_method_draws_besides_its_batch():
    told = rb.compare("page_nonconvex", "gd_nonconvex", "ridge_plane", steps=3).explain()
    # Two gradients, and all of them with the probability 1/n.
    assert f"a step costs 3 component gradients against {load('ridge_plane').n}" in told


def test_horizons_are_runs_of_their_own():
    found = rb.compare("sgd_convex_horizon", "sgd_convex_decaying", "linnerud", steps=60)
    single = prepare(THEOREMS["sgd_convex_horizon"], load("linnerud"), steps=int(found.k[2]))
    assert found.bounds[0, 2] == float(single.bound(np.array([single.steps]))[0])
    assert f"at {found.k.size} horizons" in found.explain()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("gd_pl", "gd_pl"), "name two theorems"),
        (("gd_pl", "gd_pll"), "did you mean 'gd_pl'"),
        (("gd_pl", "gd_descent"), "gd_descent is about one step"),
        (("gd_pl", "gd_sc_distance"), "on gaps, on gradients or on distances"),
        (("gd_sc_gap", "gd_pl", "--problem", "rank_deficient"), "gd_sc_gap says nothing on rank_deficient"),
        (("gd_convex", "gd_pl", "--parameter", "beta=1"), "neither theorem has a parameter 'beta'"),
        (("gd_convex", "gd_pl", "--steps", "0"), "steps = 0"),
        (("gd_convex", "gd_pl", "--parameter", "alpha=9/L"), "gd_convex says nothing on diabetes_ridge"),
    ],
)
def test_bad_input_gets_one_clear_line(arguments, message):
    told = CliRunner().invoke(cli, ["compare", *arguments])
    assert told.exit_code == 2 and message in told.stderr and len(told.stderr.splitlines()) == 1


def test_the_command_prints_regimes_and_a_table():
    told = CliRunner().invoke(
        cli, ["compare", "gd_pl", "sgd_pl_constant", "--problem", "iris", "--steps", "50"]
    )
    assert told.exit_code == 0, told.output
    assert f"a step costs {load('iris').n} component gradients against 1" in told.stdout
    assert told.stdout.splitlines()[-1].startswith("50 ")


def test_what_a_line_search_tries_is_counted():
    """From 1/L on Armijo's condition with c1 = 1/2 takes the first trial: f is asked for twice a step."""
    n, one = load("iris").n, {"alpha": "1/L"}
    told = rb.compare("armijo_pl", "gd_pl", "iris", steps=9, parameters=one).explain()
    assert f"a step costs {3 * n} component gradients against {n}" in told
    assert f"line search of armijo_pl takes {2 * n} a step, for values and gradients of f, in 9 steps" in told
    verdict = rb.verify("armijo_pl", "iris", steps=9, parameters=one)
    assert verdict.curves["evaluations"].tolist() == (3 * n * verdict.curves["k"]).tolist()


def test_a_bound_that_is_not_finite_says_so():
    wild = replace(THEOREMS["gd_convex"], id="wild", bound=D**2 * L / (k - 3), certificate=None)
    with pytest.raises(RateboundError, match="wild is not finite everywhere"):
        rb.compare("gd_convex", wild, "iris", steps=5)


def test_neither_of_two_bounds_that_are_seen_to_cross_is_put_to_the_prover(monkeypatch):
    tried = []
    monkeypatch.setattr(contrasts, "nonnegative", lambda expr, *rest: tried.append(expr) or True)
    found = contrast(THEOREMS["gd_error_convex"], THEOREMS["d_adaptation_convex"])
    assert found.never_larger is None
    assert len(tried) == 1, "only which of them starts first is asked"


def test_points_see_which_of_two_bounds_is_ever_the_larger():
    facts = chart_of((), [mu <= L])
    assert contrasts._larger_somewhere(mu, L, facts) == (False, True)
    assert contrasts._larger_somewhere(L, 2 * mu, facts) == (True, True)
    assert contrasts._larger_somewhere(L, L, facts) == (False, False)
    swept = {**facts, k: 1 + free("j")}
    assert contrasts._larger_somewhere((1 - L / mu) ** k, k, swept) == (False, False), "complex numbers"
