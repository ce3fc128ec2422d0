"""RMSProp, nonconvex: a step against all draws, the sum of the proof over all paths, the order, refusals."""

import dataclasses
from itertools import product

import numpy as np
import pytest
from sympy import sqrt

from ratebound.experiments.run import simulate
from ratebound.experiments.sampling import indices
from ratebound.problems.build import from_arrays
from ratebound.problems.certified import Setting
from ratebound.problems.constants import certify
from ratebound.problems.library import load
from ratebound.theory.catalogue import THEOREMS
from ratebound.theory.errors import RateboundError
from ratebound.theory.letters.box import decay
from ratebound.theory.methods import METHODS
from ratebound.theory.symbols import gamma

THEOREM = THEOREMS["rmsprop_nonconvex"]
LENGTH, FIRST, DECAY, STEPS = 0.2, 0.4, 0.8, 6


def walked(problem, drawn):
    """Return the points x_0 .., written out, and the sum of ``u^2/B^2`` over steps and coordinates."""
    at, average, points, shares = problem.x0, np.zeros(problem.d), [problem.x0], 0.0
    for i in drawn:
        u = problem.component_gradients(at)[i]
        average = DECAY * average + (1 - DECAY) * u**2
        root = np.sqrt(FIRST**2 + average)
        shares += (u**2 / root**2).sum()
        at = at - LENGTH * u / root
        points.append(at)
    return np.array(points), shares


def value(expr, **values):
    return float(expr.subs({s: values[s.name] for s in expr.free_symbols}))


@pytest.mark.parametrize("backend", ["numpy", "numba"])
def test_a_run_is_that_of_a_loop(backend):
    problem = load("diabetes_welsch")
    run = simulate(
        problem, "rmsprop", LENGTH, steps=20, replicas=1, seed=3, backend=backend, checkpoints=range(21),
        parameters={"b0": FIRST, "decay": DECAY}, measures=("grad_norm_sq_last",),
    )  # fmt: skip
    points, _ = walked(problem, indices(3, np.array([0]), np.arange(20), problem.n)[:, 0, 0])
    np.testing.assert_allclose(run.grad_norm_sq_last.values[0, 0], problem.grad_norm_sq(points), rtol=1e-9)


def test_the_mean_along_the_gradient_is_above_what_the_proof_keeps():
    """Any distribution of draws, any average before: E h u/B >= h^2/(2 a) - 2 sqrt(c) G E u^2/B^2."""
    rng, least = np.random.default_rng(2), []
    for _ in range(4000):
        m, c = rng.integers(2, 5), 10 ** rng.uniform(-4, 0)
        u, p = rng.choice([-1, 1], m) * 10 ** rng.uniform(-3, 1, m), rng.dirichlet(0.5 * np.ones(m))
        G, h = np.abs(u).max(), p @ u
        A_sq = 10 ** rng.uniform(-6, 2)
        B, a = np.sqrt(A_sq + c * u**2), np.sqrt(A_sq + c * (p @ u**2))
        left, right = p @ (h * u / B), h**2 / (2 * a) - 2 * np.sqrt(c) * G * (p @ (u**2 / B**2))
        assert left >= right - 1e-12 * abs(left)
        least.append(left / right if right > 0 else 9.0)
    assert min(least) < 2.5


def test_the_sum_over_all_paths_is_below_what_the_proof_pays():
    """A nonconvex sum of three terms in the plane, every path of its draws."""
    problem = from_arrays(
        np.array([[1.0, 0.5], [-0.7, 1.2], [0.4, -1.1]]), np.array([0.3, -1.0, 2.0]), loss="welsch",
        x0=np.array([1.5, -1.0]),
    )  # fmt: skip
    G, L = (certify(problem, name, Setting(np.ones(1))).value for name in ("grad_inf", "L"))
    runs = [walked(problem, drawn) for drawn in product(range(3), repeat=STEPS)]
    squares = np.mean([problem.grad_norm_sq(points[:-1]).mean() for points, _ in runs])
    most = 2 * (np.log(1 + G**2 / FIRST**2) + (STEPS - 1) * np.log(1 / DECAY)) / (1 - DECAY)
    assert 0.1 * most < max(shares for _, shares in runs) <= most
    gap0 = float(problem.value(problem.x0))  # The loss is nonnegative.
    known = {"gap0": gap0, "gamma": LENGTH, "b0": FIRST, "L": L, "d": 2, "grad_inf": G, "decay": DECAY}
    assert squares <= value(THEOREM.bound, k=STEPS, **known)


def test_tuned_to_the_horizon_the_bound_is_of_the_order_of_a_root():
    k = next(s for s in THEOREM.bound.free_symbols if s.name == "k")
    tuned = THEOREM.bound.subs({decay: 1 - 1 / k, gamma: 1 / sqrt(k)})
    known = {"gap0": 1, "b0": 1, "L": 1, "d": 2, "grad_inf": 1}
    low, high = (value(tuned, k=steps, **known) for steps in (10**6, 10**8))
    assert high / low == pytest.approx(0.1, rel=0.01)


def test_the_proof_refuses_other_methods_and_more():
    for changes, why in (
        ({"bound": 0.99 * THEOREM.bound}, "not proved"),
        ({"method": METHODS["adagrad"]}, "does not divide"),
        ({"assumptions": THEOREM.assumptions[:2]}, "bounded_coordinates"),
        ({"measure": "grad_norm_sq_best"}, "bounds grad_norm_sq_mean"),
        ({"where": ()}, "what an average takes"),
    ):
        with pytest.raises(RateboundError, match=why):
            dataclasses.replace(THEOREM, **changes)
