"""The map as a whole: what it holds, what the theory says beside it, what it refuses."""

import json

import numpy as np
import pytest

from ratebound.experiments.regimes.axes import default_batches, default_steps
from ratebound.experiments.regimes.explore import explore
from ratebound.experiments.regimes.theory import candidates
from ratebound.problems.constants import certify
from ratebound.problems.library import load
from ratebound.theory.errors import RateboundError
from ratebound.theory.methods import METHODS


@pytest.fixture(scope="module")
def ridge():
    return explore(load("linnerud_ridge"), values=(1, 4), steps=400, replicas=64, seed=2)


def test_the_map_is_labelled(ridge):
    assert dict(ridge.data.sizes) == {"step": 24, "batch": 2, "k": 13}
    assert set(np.unique(ridge.data["regime"])) >= {"plateau", "divergent"}
    assert (np.diff(ridge.data["threshold"]) > 0).all()


def test_regimes_agree_with_the_threshold(ridge):
    stable = ridge.data["step"] < ridge.data["threshold"]
    assert ((ridge.data["regime"] != "divergent") == stable).all()
    assert (np.isfinite(ridge.data["floor"]) == stable).all()
    assert ((ridge.data["contraction"] < 1) == stable).all()


def test_replicas_agree_with_the_exact_error_far_from_the_threshold(ridge):
    # Near it the fourth moments are infinite, and the mean of replicas says little.
    far = ridge.data.where(ridge.data["step"] < ridge.data["threshold"] / 8)
    assert (abs(far["mean"] - far["error"]) <= 5 * far["stderr"]).where(far["mean"].notnull(), True).all()


def test_no_constant_step_reaches_the_minimum_of_an_inconsistent_system(ridge):
    assert (ridge.data["floor"] > 0).all()


def test_the_theory_beside_the_truth(ridge):
    problem = load("linnerud_ridge")
    lines = {line.id: line for line in ridge.theory}
    limit = float(ridge.data["threshold"][0])
    L_max = certify(problem, "L_max").value
    assert lines["sgd_nws"].largest == pytest.approx(1 / L_max)
    assert lines["sgd_nws"].conservatism == pytest.approx(limit * L_max)
    assert np.isinf(lines["sgd_convex_constant"].largest)
    told = [line for line in ridge.theory if not line.reason]
    assert len(told) > 8
    for line in told:
        assert line.bound_step <= line.largest
        assert line.bound >= line.error * (1 - 1e-9)
        assert line.price >= 1


def test_a_strict_range_excludes_its_end():
    problem = load("linnerud_ridge")
    end = 1 / certify(problem, "L_max").value
    found = explore(problem, steps_grid=[end], values=(1,), steps=50, replicas=0)
    reasons = {line.id: line.reason for line in found.theory}
    assert reasons["sgd_nws"] == "no step of the grid is within alpha < 1/L_max"
    assert not reasons["sgd_sc_components"]


def test_a_range_may_begin_above_zero():
    problem = load("diabetes_ridge")
    L = certify(problem, "L").value
    found = explore(problem, "gd", steps=50, replicas=0)
    (line,) = (each for each in found.theory if each.id == "gd_pl_refined_long")
    assert line.least == pytest.approx(1 / L) and line.largest == pytest.approx(2 / L)
    assert line.least <= line.bound_step < line.largest
    assert line.bound >= line.error


def test_every_range_is_about_the_step():
    for method in ("gd", "sgd"):
        for theorem in candidates(load("diabetes_ridge"), METHODS[method]):
            assert {relation.lhs for relation in theorem.where} <= {theorem.step}, theorem.id


def test_theorems_that_do_not_apply_say_why():
    found = explore(load("rank_deficient"), values=(1,), steps=50, replicas=0)
    assert "zero to rounding" in {line.id: line.reason for line in found.theory}["sgd_nws"]


def test_gradient_descent():
    found = explore(load("diabetes"), "gd", steps=300)
    L, mu = (certify(load("diabetes"), name).value for name in ("L", "mu"))
    assert float(found.data["threshold"][0]) == pytest.approx(2 / L)
    assert float(found.data["fastest_step"][0]) == pytest.approx(2 / (mu + L), rel=1e-3)
    np.testing.assert_array_equal(
        found.data["regime"] == "divergent", found.data["measured_regime"] == "divergent"
    )
    conservatism = {line.id: line.conservatism for line in found.theory}
    assert conservatism["gd_convex"] == pytest.approx(2)
    assert conservatism["gd_sc_gap"] == pytest.approx(1)


def test_other_losses_are_measured():
    found = explore(load("iris"), values=(1, 8), steps=200, replicas=16, steps_grid=[1e-3, 0.1])
    assert not found.data.attrs["exact"]
    assert found.data["threshold"].isnull().all()
    assert found.data["regime"].sel(step=1e-3, batch=1) == "slow"
    np.testing.assert_array_equal(found.data["error"], found.data["mean"])


def test_without_a_minimum_the_gradient_is_measured():
    found = explore(load("breast_cancer_sigmoid"), "gd", steps=50, steps_grid=[0.1, 1.0])
    assert found.data.attrs["measure"] == "grad_norm_sq_last"
    assert found.theory and all(line.measure.startswith("grad_norm_sq") for line in found.theory)


def test_everything_is_plain_and_repeatable():
    options = {"values": (1, 2), "steps": 60, "replicas": 4, "seed": 5}
    first, again = (explore(load("linnerud"), **options).as_dict() for _ in range(2))
    assert json.dumps(first, allow_nan=False) == json.dumps(again, allow_nan=False)
    assert json.loads(json.dumps(first)) == first


def test_progress_is_told():
    said = []
    explore(load("linnerud"), values=(1, 2), steps=20, replicas=2, watch=lambda *each: said.append(each))
    assert [done for done, total, _ in said] == [0, 1, 2, 3, 3]
    assert {total for _, total, _ in said} == {4}


def test_defaults():
    problem = load("linnerud")
    assert default_batches(problem) == (1, 2, 4, 8, 16)
    assert default_steps(problem, 3)[-1] == pytest.approx(4 / certify(problem, "L").value)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"steps_grid": []}, "pass increasing numbers, at least one"),
        ({"steps_grid": [0.2, 0.1]}, "pass increasing numbers"),
        ({"steps_grid": [-0.1, 0.1]}, "positive and finite"),
        ({"steps_grid": ["a"]}, "pass a sequence of numbers"),
        ({"values": []}, "pass increasing numbers"),
        ({"values": [0]}, "batch = 0"),
        ({"values": [1.5]}, "not an integer"),
        ({"values": [21], "replacement": False}, "exceeds n = 20"),
        ({"steps": 3}, "steps = 3"),
        ({"replicas": -1}, "replicas = -1"),
        ({"seed": -1}, "seed = -1"),
        ({"method": "gdd"}, "unknown method"),
        ({"method": "gd", "values": [1]}, "has no batch"),
    ],
)
def test_bad_input_is_one_clear_line(options, said):
    with pytest.raises(RateboundError, match=said) as error:
        explore(load("linnerud"), **{"steps": 10, "replicas": 2, **options})
    assert "\n" not in str(error.value)


def test_a_measured_map_needs_replicas():
    with pytest.raises(RateboundError, match="at least 2 must run"):
        explore(load("iris"), replicas=1)


def test_other_methods_are_refused():
    from dataclasses import replace

    rule = METHODS["sgd"]
    heavy = replace(rule, name="heavy", update={**rule.update, "v": next(iter(rule.update.values()))})
    with pytest.raises(RateboundError, match="regimes of heavy are not known"):
        explore(load("linnerud"), heavy)


def test_replicas_in_a_store_are_the_same_and_are_continued(tmp_path):
    pytest.importorskip("zarr", reason="a store needs zarr, the extra `sweep`")
    options = {"steps": 40, "replicas": 4, "steps_grid": [0.01, 0.1]}
    plain = explore(load("iris"), values=(1, 2), **options)
    said = []
    for batches in ((1,), (1, 2)):
        said.clear()
        kept = explore(
            load("iris"),
            values=batches,
            store=tmp_path / "m.zarr",
            watch=lambda *each: said.append(each),
            **options,
        )
    assert said[1] == (2, 4, "replicas, finished cells found")
    assert json.dumps(kept.as_dict()) == json.dumps(plain.as_dict())


def test_a_batch_that_cannot_run_is_one_line():
    with pytest.raises(RateboundError, match="unknown backend 'nunpy'"):
        explore(load("iris"), values=(1,), backend="nunpy", steps=20, replicas=2)
