"""Projections onto a box: what proofs say of them, against NumPy's clip; and their runs, against loops."""

import dataclasses

import numpy as np
import pytest

from ratebound.experiments.run import simulate
from ratebound.experiments.sampling import indices
from ratebound.problems.build import logistic
from ratebound.problems.certified import Memory
from ratebound.problems.constants import NotCertified, Setting, certify
from ratebound.problems.library import load
from ratebound.problems.lower import lower
from ratebound.theory import symbols as s
from ratebound.theory.assumptions import convex, smooth
from ratebound.theory.catalogue import THEOREMS
from ratebound.theory.errors import RateboundError
from ratebound.theory.inequalities import projections
from ratebound.theory.methods import gd
from ratebound.theory.methods.boxed import aimed, projected_gd, projected_sgd

ABOUT = [
    each
    for each in vars(projections).values()
    if isinstance(each, projections.Inequality) and each.about in (projected_gd, projected_sgd)
]


@pytest.mark.parametrize("inequality", ABOUT, ids=lambda i: i.name)
def test_what_a_projection_does(inequality):
    problem, rng = load("quadratic_2d"), np.random.default_rng(3)
    half = certify(problem, "x_inf").value + 0.2
    active = 0
    for alpha in (0.1, 0.6, 3.0):
        for _ in range(20):
            x = rng.uniform(-half, half, 2)
            parts = problem.component_gradients(x)
            full = parts.mean(0)
            drawn = parts if inequality.about is projected_sgd else full[None]
            after = np.clip(x - alpha * drawn, -half, half)
            active += (np.abs(after) == half).any()
            state = {
                s.alpha: alpha,
                s.d2: problem.distance_sq(x),
                s.d2_next: problem.distance_sq(after).mean(),
                s.descent: full @ (x - problem.x_star),
                s.grad_sq: full @ full,
                s.moment: (parts**2).sum(1).mean(),
                s.move_inner: (after[0] - x) @ full,
                s.move_sq: (after[0] - x) @ (after[0] - x),
            }
            symbols = sorted(inequality.slack.free_symbols, key=str)
            assert lower(inequality.slack, symbols)(*(state[v] for v in symbols)) >= -1e-12
    assert active > 5


def test_a_run_is_that_of_a_loop():
    problem, theorem, steps = load("quadratic_2d"), THEOREMS["projected_sgd_constant"], 30
    half = certify(problem, "x_inf").value + 0.1
    assert half == pytest.approx(2.1)
    run = simulate(
        problem, theorem.method, 1.7, steps=steps, replicas=3, seed=5, parameters={"margin": 0.1},
        checkpoints=range(steps + 1), backend="numpy",
    )  # fmt: skip
    drawn = indices(5, np.arange(3), np.arange(steps), problem.n)[:, :, 0]
    hit = 0
    for r in range(3):
        x = problem.x0
        for k in range(steps):
            assert run.gap_last.values[0, r, k] == pytest.approx(problem.gap(x), rel=1e-9, abs=1e-14)
            x = np.clip(x - 1.7 * problem.component_gradients(x)[drawn[k, r]], -half, half)
            hit += (np.abs(x) == half).any()
    assert hit


def test_only_projections_onto_the_box_are_read_as_such():
    assert aimed(projected_gd) == gd.update["x"] and aimed(gd) is None
    theorem = THEOREMS["projected_gd_convex"]
    with pytest.raises(RateboundError, match="boxed"):
        dataclasses.replace(theorem, assumptions=(smooth, convex))
    with pytest.raises(RateboundError, match="another method"):
        dataclasses.replace(theorem, method=projected_sgd)
    with pytest.raises(RateboundError, match="another method"):
        dataclasses.replace(THEOREMS["gd_convex"], certificate=theorem.certificate)


@pytest.mark.parametrize("name", ["quadratic_2d", "linnerud", "iris", "median", "hinge_plane", "diabetes"])
def test_the_second_moment_on_the_box_is_not_exceeded_there(name):
    problem, rng = load(name), np.random.default_rng(1)
    half = certify(problem, "x_inf").value * 1.1
    setting = Setting(np.ones(3), batch=2, memory=Memory("projected_sgd", None, half))
    found = certify(problem, "second_moment", setting)
    corners = half * rng.choice([-1.0, 1.0], size=(40, problem.d))
    worst = 0.0
    for x in (*corners, *rng.uniform(-half, half, (40, problem.d))):
        parts = problem.component_gradients(x)
        mean = parts.mean(0)
        worst = max(worst, (parts**2).sum(1).mean() / 2 + mean @ mean / 2)
    assert worst <= found.value
    if found.direction == "exact" and problem.d <= 4:
        assert found.value == pytest.approx(worst, rel=1e-9)


def test_a_box_needs_a_minimiser_and_slopes_that_are_known():
    separable = logistic([[1.0], [-1.0]], [1, -1])
    with pytest.raises(NotCertified, match="minimiser"):
        certify(separable, "x_inf")
    box = Setting(np.ones(3), memory=Memory("projected_sgd", None, 5.0))
    with pytest.raises(NotCertified, match="not convex and its slopes"):
        certify(load("sine_1d"), "second_moment", box)
