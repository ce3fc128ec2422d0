"""Verdicts on a region that runs may leave: exits are counted, and errors count as zero after them."""

from dataclasses import replace

import numpy as np
import pytest

from ratebound.experiments.applicability import prepare
from ratebound.experiments.evidence.leaving import left
from ratebound.experiments.grid import of_run
from ratebound.experiments.run import simulate
from ratebound.experiments.verdict import HarnessError
from ratebound.experiments.verify import verify
from ratebound.problems import ball
from ratebound.problems.build import from_arrays, least_squares, logistic
from ratebound.problems.certified import Setting
from ratebound.problems.constants import certify
from ratebound.theory.catalogue import THEOREMS
from ratebound.theory.errors import RateboundError

ROWS = np.array([[1.0, 0.5], [-0.3, 2.0], [0.7, -1.0], [0.1, 0.4]])
NOISY = least_squares(ROWS, [3.0, -3.0, 3.0, -3.0], 0.1, x0=[0.8, -2.0])
SIGNS = logistic(ROWS, [1.0, -1.0, -1.0, 1.0], 0.1, x0=[1.0, -1.0])


def reach(problem, factor):
    """Return a multiple of the distance at the start."""
    return factor * float(np.linalg.norm(problem.x0 - problem.x_star))


@pytest.mark.parametrize("name", ["sgd_sc_constant", "sgd_nonconvex_constant"])
@pytest.mark.parametrize("problem", [NOISY, SIGNS], ids=["squares", "logistic"])
def test_exits_are_those_of_the_very_runs(name, problem):
    radius, steps = reach(problem, 1.2), 60
    options = {
        "steps": steps,
        "region": radius,
        "replicas": 64,
        "seed": 4,
        "parameters": {"alpha": "1/L_max"},
    }
    verdict = verify(name, problem, **options)
    run = simulate(
        problem, "sgd", verdict.parameters["alpha"], steps=steps, replicas=64, seed=4,
        measures=("distance_sq",), checkpoints=range(steps + 1),
    )  # fmt: skip
    gone = (run["distance_sq"].values[0] > radius**2).any(1)
    assert verdict.exits == gone.sum() and 0 < gone.mean() < 1
    assert verdict.holds and verdict.evidence == "proof"
    assert verdict.headline.startswith("holds, on the region ||x - x*|| <= ")
    assert f"{gone.sum()} of 64 replicas left the region" in verdict.explain()
    (constant,) = [c for c in verdict.constants if c.name == "second_moment"]
    assert constant.region == f"||x - x*|| <= {radius:.6g}"


def test_errors_count_as_zero_after_an_exit_and_no_earlier():
    radius, at = reach(NOISY, 1.2), np.array([0, 3, 20, 60])
    options = {"parameters": {"alpha": "1/L_max"}, "region": radius}
    trial = prepare(THEOREMS["sgd_sc_constant"], NOISY, steps=60, **options)
    run = simulate(
        NOISY, "sgd", float(trial.alphas[0]), steps=60, replicas=64, seed=4, measures=("distance_sq",),
        checkpoints=range(61),
    )["distance_sq"].values[0]  # fmt: skip
    found = left(replace(of_run(trial), entries=((trial, at),)), 0, 64, 4)
    np.testing.assert_array_equal(found, np.maximum.accumulate(run > radius**2, axis=1)[:, at])
    verdict = verify("sgd_sc_constant", NOISY, steps=60, replicas=64, seed=4, **options)
    mean = np.where(np.maximum.accumulate(run > radius**2, axis=1), 0.0, run).mean(0)
    np.testing.assert_allclose(verdict.curves["mean"], mean[verdict.curves["k"]], rtol=1e-9)


def test_a_false_bound_is_refuted_on_a_region():
    theorem = THEOREMS["sgd_sc_constant"]
    false = replace(theorem, bound=theorem.bound / 20, certificate=None)
    verdict = verify(false, NOISY, steps=60, replicas=512, region=reach(NOISY, 2))
    assert verdict.violated and verdict.evidence == "monte carlo"
    assert verdict.headline.startswith("violated, on the region")


def test_a_wrong_constant_of_the_region_is_an_internal_error(monkeypatch):
    true = ball.quadratic_on_ball
    monkeypatch.setattr(ball, "quadratic_on_ball", lambda *given: true(*given) / 1000)
    with pytest.raises(HarnessError, match="e-value"):
        verify("sgd_sc_constant", NOISY, steps=200, region=reach(NOISY, 3), parameters={"alpha": "1/L_max"})


@pytest.mark.parametrize("batch", [1, 2])
@pytest.mark.parametrize("problem", [NOISY, SIGNS], ids=["squares", "logistic"])
def test_the_constant_is_above_every_point_of_the_ball(problem, batch):
    radius = reach(problem, 1.5)
    bound = certify(problem, "second_moment", Setting(np.ones(1), batch, False, radius=radius)).value
    rng, largest = np.random.default_rng(0), 0.0
    directions = rng.normal(size=(2000, 2))
    for x in ball.centre(problem) + radius * directions / np.linalg.norm(directions, axis=1)[:, None]:
        G = problem.component_gradients(x)
        mean, single = (G.mean(0) ** 2).sum(), (G**2).sum(1).mean()
        largest = max(largest, single if batch == 1 else mean + (single - mean) / 3)
    assert largest <= bound
    if problem is NOISY:
        assert bound <= 1.001 * largest  # Exact by the S-lemma.


@pytest.mark.parametrize(
    ("name", "radius", "reason"),
    [
        ("sgd_star_constant", 9.0, "reads no noise of SGD along its run"),
        ("sgd_sc_constant", 0.1, "the run starts"),
        ("gd_convex", 9.0, "reads no noise"),
    ],
)
def test_where_there_is_nothing_to_confine_the_theorem_does_not_apply(name, radius, reason):
    verdict = verify(name, NOISY, steps=5, replicas=8, region=radius)
    assert verdict.outcome == "not applicable" and reason in verdict.reason and verdict.exits is None


def test_a_region_is_a_positive_number_and_the_loss_smooth():
    with pytest.raises(RateboundError, match=r"region = -1"):
        verify("sgd_sc_constant", NOISY, steps=5, region=-1)
    kinked = from_arrays(ROWS, [1.0, -1.0, 1.0, 1.0], "hinge", l2=0.1)
    assert verify("sgd_lipschitz_constant", kinked, steps=5, region=50.0).outcome == "not applicable"
