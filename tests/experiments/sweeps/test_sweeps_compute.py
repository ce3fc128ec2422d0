"""What a cell computes is what the public functions say, and errors stay in their cell."""

import numpy as np
import pytest
from sweep_cases import small

import ratebound as rb
from ratebound.experiments.sweeps import compute as module
from ratebound.experiments.sweeps.compute import checkpoints, compute
from ratebound.experiments.sweeps.content import seed
from ratebound.experiments.sweeps.declare import declare


def values(table, position=0):
    (found,) = compute([declare(table).cells[position]])
    assert found.values is not None, found.message
    return found.values


def test_a_run_is_that_of_simulate():
    cell = declare(small(step_factor=0.5)).cells[1]
    found = values(small(step_factor=0.5), 1)
    run = rb.simulate(
        cell.problem,
        "sgd",
        "1/(16*L_max)",
        batch=4,
        steps=20,
        replicas=8,
        seed=seed(cell),
        checkpoints=checkpoints(cell),
    )
    samples = run["gap_last"].values[0]
    assert np.array_equal(found["mean"], samples.mean(0))
    assert np.allclose(found["stderr"], samples.std(0, ddof=1) / np.sqrt(8))
    assert np.array_equal(found["low"], np.sort(samples, axis=0)[0])
    assert found["alpha"] == pytest.approx(run["step_size"].values[0], rel=1e-14)
    assert found["regime"] == "slow" and found["diverged"] == 0


def test_lists_within_a_cell_share_the_draws_and_factors_scale_the_step():
    table = small()
    del table["axes"]["step"]
    table["defaults"] |= {"step": "1/L_max", "step_factor": [0.1, 2, 1e3]}
    by_factor = values(table)
    at = 1 / rb.problems.constants.certify(rb.problems.load("linnerud_ridge"), "L_max").value
    assert by_factor["alpha"] == pytest.approx(at * np.array([0.1, 2, 1e3]))
    assert by_factor["mean"].shape == (3, checkpoints(declare(table).cells[0]).size)
    assert list(by_factor["regime"])[-1] == "divergent"


def test_a_diverged_replica_is_counted_and_never_dropped():
    found = values(small(step=[1e3], steps=400))
    assert found["diverged"] == 1 and found["regime"] == "divergent"
    assert found["mean"][-1] == np.inf and np.isnan(found["stderr"][-1]) and found["median"][-1] == np.inf


def test_replicas_in_parts_are_the_same_replicas(monkeypatch):
    table = small(replicas=200, backend="numpy")
    whole = values(table)
    monkeypatch.setattr(module, "_VALUES", 1)
    parts = values(table)
    assert np.array_equal(whole["median"], parts["median"])


def test_a_verdict_is_that_of_verify():
    table = {
        "defaults": {"problem": "linnerud_ridge", "theorem": "sgd_pl_constant", "steps": 30, "replicas": 16},
        "axes": {"step_factor": [0.5]},
    }
    found = values(table)
    theorem = rb.theorems["sgd_pl_constant"]
    half = theorem.defaults[theorem.step] / 2
    verdict = rb.verify(theorem, "linnerud_ridge", step=half, steps=30, replicas=16)
    assert found["outcome"] == verdict.outcome == "holds" and found["evidence"] == verdict.evidence
    assert found["bound"] == pytest.approx(verdict.bound) and found["k"] == verdict.k
    beyond = values({"defaults": {"problem": "iris", "theorem": "gd_pl"}, "axes": {"step_factor": [50]}})
    assert beyond["outcome"] == "not applicable" and "exceeds" in beyond["reason"]


def test_an_error_is_the_outcome_of_its_cell_alone(monkeypatch):
    table = small(batch=[1, 30], replacement=False)
    good, bad = compute(declare(table).cells[:2])
    assert good.values is not None
    assert bad.values is None and bad.final and "batch = 30 exceeds n = 20" in bad.message

    def fails(*arguments, **options):
        raise ZeroDivisionError("by zero")

    monkeypatch.setattr(module, "simulate", fails)
    (strange,) = compute(declare(table).cells[:1])
    assert strange == (None, "ZeroDivisionError: by zero", False)
