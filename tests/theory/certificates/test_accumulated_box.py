"""AdaGrad, AMSGrad and Adam on a box: runs against loops, proofs against wrong methods."""

import dataclasses

import numpy as np
import pytest

from ratebound.experiments.run import simulate
from ratebound.experiments.sampling import indices
from ratebound.problems.certified import Memory, NotCertified, Setting
from ratebound.problems.constants import certify
from ratebound.problems.library import load
from ratebound.theory.catalogue import THEOREMS
from ratebound.theory.certificates.accumulated_box import LargestAverage, SummedSquares
from ratebound.theory.errors import RateboundError
from ratebound.theory.methods.boxed import BOXED, adam_box

METHODS = {method.name: method for method in (*BOXED, adam_box)}
STEPS, LENGTH, MARGIN, FIRST, DECAY = 25, 0.9, 0.1, 0.3, 0.8


def adagrad(state, g):
    state["v"] = state.get("v", 0.0) + g**2
    return state["v"]


def adagrad_norm(state, g):
    state["v"] = state.get("v", 0.0) + g @ g
    return state["v"]


def adam(state, g):
    state["v"] = DECAY * state.get("v", 0.0) + (1 - DECAY) * g**2
    return state["v"]


def amsgrad(state, g):
    state["h"] = np.maximum(state.get("h", 0.0), adam(state, g))
    return state["h"]


LOOPS = {
    "adagrad_box": adagrad,
    "adagrad_norm_box": adagrad_norm,
    "adagrad_sgd": adagrad,
    "amsgrad": amsgrad,
    "adam_box": adam,
}


def walked(name, problem, replica):
    """Return x_0 .. x_K, the gradients and the accumulators of a run, written out."""
    half = certify(problem, "x_inf").value + MARGIN
    drawn = indices(4, np.array([replica]), np.arange(STEPS), problem.n)[:, 0, 0]
    x, state, points, slopes, roots = problem.x0, {}, [], [], []
    for k in range(STEPS):
        parts = problem.component_gradients(x)
        g = parts.mean(0) if METHODS[name].sampling == "full" else parts[drawn[k]]
        points, slopes = [*points, x], [*slopes, g]
        roots.append(np.sqrt(FIRST**2 + LOOPS[name](state, g)) * np.ones(problem.d))
        x = np.clip(x - LENGTH * g / roots[-1], -half, half)
    return np.array([*points, x]), np.array(slopes), np.array(roots), half


@pytest.mark.parametrize("name", LOOPS)
def test_a_run_is_that_of_a_loop(name):
    problem = load("quadratic_2d")
    given = {"margin": MARGIN, "b0": FIRST, "decay": DECAY}
    given = {p.name: given[p.name] for p in METHODS[name].parameters}
    run = simulate(
        problem, METHODS[name], LENGTH, steps=STEPS, replicas=3, seed=4, parameters=given, backend="numpy",
        checkpoints=range(STEPS + 1), measures=("distance_sq",),
    )  # fmt: skip
    for r in range(run.sizes["replica"]):
        points, *_ = walked(name, problem, r)
        np.testing.assert_allclose(run.distance_sq.values[0, r], problem.distance_sq(points), atol=1e-12)


@pytest.mark.parametrize("name", ["adagrad_box", "adagrad_norm_box", "adagrad_sgd"])
def test_the_sum_that_the_proof_telescopes_holds_along_every_path(name):
    problem, worst = load("quadratic_2d"), 0.0
    for replica in range(20):
        points, slopes, roots, half = walked(name, problem, replica)
        regret = (slopes * (points[:-1] - problem.x_star)).sum(0)
        paid = (2 * half**2 / LENGTH + LENGTH) * roots[-1]
        if "norm" in name:
            regret, paid = regret.sum(), paid[0] + 2 * half**2 / LENGTH * (problem.d - 1) * roots[-1, 0]
        assert (regret <= paid).all()
        worst = max(worst, np.max(regret / paid))
    assert worst > 0.02


def test_the_proofs_refuse_other_methods_and_smaller_bounds():
    adagrad, ams = THEOREMS["adagrad_sgd"], THEOREMS["amsgrad_box"]
    with pytest.raises(RateboundError, match="not the projected step"):
        dataclasses.replace(ams, method=METHODS["adam_box"])
    with pytest.raises(RateboundError, match="not the projected step"):
        dataclasses.replace(
            ams, certificate=SummedSquares(), assumptions=(*adagrad.assumptions, *ams.assumptions)
        )
    with pytest.raises(RateboundError, match="not the projected step"):
        dataclasses.replace(adagrad, certificate=LargestAverage())
    for theorem in (adagrad, ams, THEOREMS["adagrad_norm_box"]):
        with pytest.raises(RateboundError, match="not proved"):
            dataclasses.replace(theorem, bound=0.99 * theorem.bound)
    for lacking in ("boxed", "second_moment"):
        fewer = tuple(each for each in adagrad.assumptions if each.name != lacking)
        with pytest.raises(RateboundError, match=lacking):
            dataclasses.replace(adagrad, assumptions=fewer)


@pytest.mark.parametrize("name", ["quadratic_2d", "iris", "hinge_plane", "huber_worst", "diabetes_welsch"])
def test_no_coordinate_of_a_gradient_exceeds_its_bound(name):
    problem, rng = load(name), np.random.default_rng(2)
    half = 3.0
    found = certify(problem, "grad_inf", Setting(np.ones(2), memory=Memory("adagrad_sgd", None, half)))
    corners = half * rng.choice([-1.0, 1.0], size=(30, problem.d))
    worst = max(np.abs(problem.component_gradients(x)).max() for x in corners)
    assert 0.1 * found.value < worst <= found.value


def test_gradients_without_a_box_are_bounded_for_bounded_slopes_only():
    everywhere = certify(load("diabetes_welsch"), "grad_inf", Setting(np.ones(2)))
    assert everywhere.region == "everywhere" and np.isfinite(everywhere.value)
    with pytest.raises(NotCertified, match="not bounded"):
        certify(load("iris"), "grad_inf", Setting(np.ones(2)))
