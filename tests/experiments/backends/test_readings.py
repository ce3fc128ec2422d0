"""Measures that read a state of the method: engines and exact routes against loops written out by hand."""

from dataclasses import replace
from fractions import Fraction
from itertools import product

import numpy as np
import pytest
from host_device import COMPILER, HostDevice
from sympy import Symbol

from ratebound.experiments.applicability import prepare
from ratebound.experiments.backends import numba_, numpy_
from ratebound.experiments.backends.cuda_ import CudaEngine
from ratebound.experiments.backends.recorder import record
from ratebound.experiments.evidence.enumerate import enumerate_paths
from ratebound.experiments.evidence.exact import exact_available, exact_curves
from ratebound.experiments.plan import Plan
from ratebound.experiments.precise import run as precise
from ratebound.experiments.run import simulate
from ratebound.problems.build import from_arrays
from ratebound.problems.library import load
from ratebound.problems.losses import LOSSES
from ratebound.theory.catalogue import THEOREMS
from ratebound.theory.errors import RateboundError
from ratebound.theory.method import Method
from ratebound.theory.methods import METHODS

x, g, alpha, v = (Symbol(name, real=True) for name in ("x", "g", "alpha", "v"))
HEAVY_BALL = Method("heavy ball", "", {"x": x - alpha * (v / 2 + g), "v": v / 2 + g}, "batch")
MEMORY = Method("memory", "", {"x": x - alpha * g, "v": x}, "batch", from_start=("v",))


def by_hand(problem, steps, length):
    """Return E||v_k||^2 of SARAH, k = 0 .. steps, over all draws of one sample per step."""
    found = np.zeros(steps + 1)
    for path in product(range(problem.n), repeat=steps):
        at, estimate = problem.x0, problem.gradient(problem.x0)
        for k, i in enumerate((*path, None)):
            found[k] += estimate @ estimate / problem.n**steps
            if i is not None:
                after = at - length * estimate
                change = problem.component_gradients(after)[i] - problem.component_gradients(at)[i]
                at, estimate = after, estimate + change
    return found


@pytest.mark.parametrize("loss", ["squared", "logistic"])
def test_the_estimate_of_sarah(loss):
    rng = np.random.default_rng(3)
    y = np.where(rng.random(3) < 0.5, 1.0, -1.0)
    problem = from_arrays(rng.normal(size=(3, 2)), y, LOSSES[loss], 0.1, x0=rng.normal(size=2))
    expected, alphas = by_hand(problem, 4, 0.2), np.full(4, 0.2)
    walked = enumerate_paths(problem, METHODS["sarah"], alphas, measures=["estimate_sq"])
    np.testing.assert_allclose(walked["estimate_sq"], expected, rtol=1e-12)
    assert exact_available(problem, METHODS["sarah"], measure="estimate_sq") == (loss == "squared")
    if loss == "squared":
        moments = exact_curves(problem, METHODS["sarah"], alphas, measures=["estimate_sq"])
        np.testing.assert_allclose(moments["estimate_sq"], expected, rtol=1e-12)


def test_two_steps_in_rational_arithmetic():
    problem = load("quadratic_2d")
    trial = prepare(THEOREMS["sarah_estimate"], problem, steps=2)
    A, y, at = (np.vectorize(Fraction)(part) for part in (problem.A, problem.y, problem.x0))
    length, n = Fraction(float(trial.alphas[0])), problem.n

    def gradients(point):
        return (A @ point - y)[:, None] * A

    total, first = Fraction(0), gradients(at).sum(0) / n
    once = at - length * first
    for i, j in product(range(n), repeat=2):
        second = first + gradients(once)[i] - gradients(at)[i]
        twice = once - length * second
        third = second + gradients(twice)[j] - gradients(once)[j]
        total += third @ third / n**2
    with precise.mpmath.workdps(100):
        measured, _ = precise._expected(trial, np.ones(2), np.array([2]))
        assert abs(measured[2] * total.denominator / total.numerator - 1) < 1e-80


def test_a_largest_coordinate_agrees_with_double_precision():
    trial = prepare(THEOREMS["prodigy_estimate"], load("linnerud"), steps=6)
    measure = trial.theorem.measure
    curve = exact_curves(trial.problem, trial.method, trial.alphas, measures=[measure])[measure]
    found = precise.ratios(trial, np.arange(7), [{}] * 7)
    assert curve[2] > 0
    np.testing.assert_allclose(found, curve / trial.bound(np.arange(7)), rtol=1e-12)


@pytest.mark.parametrize(
    ("method", "step_sizes"),
    [(HEAVY_BALL, 1), (HEAVY_BALL, 9), (METHODS["sarah"], 1)],
    ids=["features", "step sizes", "draws"],
)
def test_engines_agree(method, step_sizes):
    problem = load("iris")
    plan = Plan(
        problem=problem,
        method=method,
        alphas=np.broadcast_to(np.linspace(0.02, 0.05, step_sizes)[:, None], (step_sizes, 20)),
        weights=None,
        checkpoints=np.array([0, 1, 7, 20]),
        replicas=np.arange(3),
        seed=5,
        batch=2,
        replacement=True,
        measures=("estimate_sq", "gap_last"),
    )
    runs = [numpy_.run(plan), numba_.run(plan)]
    runs += [record(plan, CudaEngine(plan, HostDevice()))] if COMPILER and step_sizes == 1 else []
    for found in runs[1:]:
        for measure, values in found.items():
            np.testing.assert_allclose(values, runs[0][measure], rtol=1e-9)


def test_the_start_of_a_state_is_its_own():
    problem = load("ridge_plane")
    for method, first in ((HEAVY_BALL, 0 * problem.x0), (MEMORY, problem.x0)):
        run = simulate(problem, method, 0.1, steps=1, replicas=2, measures=["estimate_sq"])
        np.testing.assert_allclose(run["estimate_sq"][0, :, 0], first @ first)


def test_a_state_that_rests_at_the_minimiser_has_no_exact_square():
    """Its moments are known about x*, and not about zero."""
    assert not exact_available(load("ridge_plane"), MEMORY, measure="estimate_sq")


def test_a_state_that_is_not_kept_is_refused():
    with pytest.raises(RateboundError, match=r"estimate_sq reads the state 'v', and sgd keeps x"):
        simulate(load("ridge_plane"), "sgd", 0.1, steps=1, measures=["estimate_sq"])
    with pytest.raises(RateboundError, match=r"estimate_sq reads the state 'v', and gd keeps x"):
        replace(THEOREMS["gd_pl"], measure="estimate_sq", certificate=None)
