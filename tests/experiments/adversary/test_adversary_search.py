"""The search: it finds known worst cases, never refutes a true theorem, and refutes false ones."""

from dataclasses import replace

import numpy as np
import pytest

from ratebound.experiments.adversary.case import case, constants_of, edges
from ratebound.experiments.adversary.families import FAMILIES, Axis, family
from ratebound.experiments.adversary.search import attack, is_refuted, require_witness
from ratebound.experiments.adversary.sweep import certified, sweep
from ratebound.experiments.evidence.enumerate import enumerate_paths
from ratebound.problems.certified import NotCertified
from ratebound.problems.constants import certify
from ratebound.problems.library import from_arrays
from ratebound.theory.catalogue import THEOREMS
from ratebound.theory.errors import RateboundError
from ratebound.theory.inequalities.projections import bounded_coordinates
from ratebound.theory.symbols import grad_inf

FEW = {name: FAMILIES[name] for name in ("additive_1d", "ridge_plane", "interpolation", "huber_1d")}


@pytest.mark.parametrize("name", FAMILIES)
def test_each_family_builds_problems_with_certified_curvature(name):
    each = FAMILIES[name]
    rng = np.random.default_rng(1)
    for fractions in (*rng.random((5, len(each.axes))), np.zeros(len(each.axes)), np.ones(len(each.axes))):
        problem = each.problem(each.at(fractions))
        assert problem.loss is each.loss
        assert certify(problem, "L").value > 0 or not problem.A.any()


def test_axes_cover_their_ends():
    assert Axis(1.0, 100.0, "log").value(0.5) == pytest.approx(10.0)
    assert Axis(2, 5, "integer").value(0.49) == 3
    assert Axis(0.0, 1.0).value(7.0) == 1.0


def test_unknown_families_and_parameters_are_refused():
    with pytest.raises(RateboundError, match="unknown family 'hubber_1d'; did you mean 'huber_1d'"):
        family("hubber_1d")
    with pytest.raises(RateboundError, match="takes start; got kink"):
        family("huber_1d").problem({"kink": 1.0})


@pytest.mark.parametrize("name", ["gd_pl", "gd_convex_tight", "sgd_nws", "sgd_pl_constant"])
def test_tight_theorems_are_found_tight_and_not_refuted(name):
    found = attack(name, evaluations=600, seed=1, families=FEW)
    witness = require_witness(found)
    assert 0.999 <= witness.ratio <= 1 + 1e-6
    assert witness.status == "tight"
    assert found.evaluations >= 300


@pytest.mark.parametrize(
    "name", ["gd_pl", "sgd_convex_constant", "batch_variance_with", "sgd_convex_horizon"]
)
def test_a_bound_that_is_too_small_is_refuted(name):
    true = THEOREMS[name]
    false = replace(true, bound=true.bound / 4, certificate=None)
    assert is_refuted(attack(false, evaluations=400, families=FEW, enough=1 + 1e-6).witness)


def test_the_same_seed_gives_the_same_witness():
    one, two = (attack("gd_convex", evaluations=200, seed=5, families=FEW) for _ in range(2))
    assert one == two


@pytest.mark.parametrize("most", [1, 2, 7, 100])
def test_no_more_runs_are_compared_than_asked_for(most):
    told = []
    found = attack("gd_convex", evaluations=most, watch=lambda done, total, words: told.append(done))
    assert 0 < found.evaluations <= most and max(told) <= most
    assert found.evaluations >= most / 2


def test_a_theorem_that_applies_nowhere_says_so():
    nowhere = attack("gd_sc_gap", evaluations=50, families={"huber_1d": FAMILIES["huber_1d"]})
    with pytest.raises(RateboundError, match="applied to none of the instances"):
        require_witness(nowhere)


@pytest.mark.parametrize("name", THEOREMS)
def test_a_sweep_agrees_with_the_certified_run(name):
    theorem = THEOREMS[name]
    problem = FAMILIES["axes_plane"].problem(
        {"mu": 0.5, "noise": 0.3, "noise_mu": 0.2, "along": 1.0, "across": 1.0}
    )
    at = case(theorem, problem, 12)
    try:
        ends = edges(theorem, constants_of(at))
    except NotCertified as reason:
        pytest.skip(str(reason))
    found = sweep(at, {key: end * np.array([1.0, 0.3]) for key, end in ends.items()})
    alone = certified(at, {key: 0.3 * end for key, end in ends.items()})
    if found is None or alone is None or np.isnan(found.ratio).all():
        pytest.skip("the bound starts after these steps")
    row = 1 if ends else 0
    assert found.bound[row] == pytest.approx(alone[1].bound[0], rel=1e-9)
    assert found.measured[row] == pytest.approx(alone[1].measured[0], rel=1e-12)


def test_what_bounds_coordinates_is_no_square_of_them():
    # Of a single component squared gradients are known exactly; the largest coordinate is another constant.
    true = THEOREMS["sgd_nonconvex_constant"]
    assumed = (bounded_coordinates, *true.assumptions[:2])
    held = replace(true, assumptions=assumed, bound=grad_inf**2, certificate=None)
    at = case(held, from_arrays(np.array([[2.0]]), np.array([40.0]), loss="huber"), 3)
    found, (_, exact) = sweep(at, {"alpha": np.array([0.25])}), certified(at, {"alpha": 0.25})
    assert np.array_equal(found.bound, exact.bound)
    assert found.bound == pytest.approx(4.0)


def test_parameters_out_of_range_have_no_ratio():
    theorem = THEOREMS["gd_convex"]
    at = case(theorem, FAMILIES["huber_1d"].problem({"start": 3.0}), 4)
    found = sweep(at, {"alpha": np.array([1.0, 1.5])})
    assert np.isfinite(found.ratio[0]).all()
    assert np.isnan(found.ratio[1]).all()


def test_gradients_of_the_zigzag_rise_and_fall_along_the_way():
    problem = family("zigzag").problem({"start": 20.0, "size": 1.0})
    slopes = problem.gradient(np.linspace(20.0, 5.0, 400)[:, None])[:, 0]
    turns = np.flatnonzero(np.diff(np.sign(np.diff(slopes))))
    assert (slopes > 0).all() and turns.size >= 8


def test_the_one_sided_kink_is_flat_on_one_side_only():
    problem = family("one_sided").problem({"slope": 1.2, "up": 0.0, "mu": 1e-4})
    right, left = problem.gap(np.array([[8.0], [-8.0]]))
    assert 0 < right < left / 5


@pytest.mark.parametrize("name", ["saga_convex", "lsvrg_convex", "page_nonconvex", "sdca_components"])
def test_coins_and_tables_are_walked_where_no_moments_are_known(name):
    theorem, ridge = THEOREMS[name], FAMILIES["huber_ridge"]
    problem = ridge.problem(ridge.at(np.full(len(ridge.axes), 0.5)))
    at = case(theorem, problem, 4)
    ends = edges(theorem, constants_of(at))
    found = sweep(at, {key: np.array([0.3 * end]) for key, end in ends.items()})
    trial, _ = certified(at, {key: 0.3 * end for key, end in ends.items()})
    walked = enumerate_paths(problem, trial.method, trial.alphas, measures=[theorem.measure])
    np.testing.assert_allclose(found.measured[0], walked[theorem.measure][1:], rtol=1e-12)
    assert not is_refuted(attack(name, evaluations=20, families={"huber_ridge": ridge}).witness)
