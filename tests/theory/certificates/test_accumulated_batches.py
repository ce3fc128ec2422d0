"""AdaGrad with batches, nonconvex: runs against a loop, the sum of the proof over all paths, refusals."""

import dataclasses
from itertools import product

import numpy as np
import pytest

from ratebound.experiments.run import simulate
from ratebound.experiments.sampling import indices
from ratebound.problems.build import from_arrays
from ratebound.problems.certified import Setting
from ratebound.problems.constants import certify
from ratebound.problems.library import load
from ratebound.theory.catalogue import THEOREMS
from ratebound.theory.certificates.accumulated_batches import SummedRoots
from ratebound.theory.errors import RateboundError
from ratebound.theory.methods import METHODS

THEOREM, FULL = THEOREMS["adagrad_nonconvex"], THEOREMS["adagrad_full_nonconvex"]
LENGTH, FIRST, STEPS = 0.7, 0.4, 6


def walked(problem, drawn):
    """Return the points x_0 .. and the accumulators before each step, written out."""
    at, total, points, roots = problem.x0, np.zeros(problem.d), [], []
    for i in drawn:
        points, roots = [*points, at], [*roots, np.sqrt(FIRST**2 + total)]
        g = problem.component_gradients(at)[i]
        total = total + g**2
        at = at - LENGTH * g / np.sqrt(FIRST**2 + total)
    return np.array([*points, at]), np.array(roots)


@pytest.mark.parametrize("backend", ["numpy", "numba"])
def test_a_run_is_that_of_a_loop(backend):
    problem = load("diabetes_welsch")
    run = simulate(
        problem, "adagrad", LENGTH, steps=20, replicas=2, seed=3, parameters={"b0": FIRST}, backend=backend,
        checkpoints=range(21), measures=("grad_norm_sq_last",),
    )  # fmt: skip
    for r in range(2):
        points, _ = walked(problem, indices(3, np.array([r]), np.arange(20), problem.n)[:, 0, 0])
        np.testing.assert_allclose(
            run.grad_norm_sq_last.values[0, r], problem.grad_norm_sq(points), rtol=1e-9
        )


def test_the_sum_over_all_paths_is_below_what_the_proof_pays():
    """A nonconvex sum of three terms in the plane, every path of its draws."""
    problem = from_arrays(
        np.array([[1.0, 0.5], [-0.7, 1.2], [0.4, -1.1]]), np.array([0.3, -1.0, 2.0]), loss="welsch",
        x0=np.array([1.5, -1.0]),
    )  # fmt: skip
    G, L = (certify(problem, name, Setting(np.ones(1))).value for name in ("grad_inf", "L"))
    gap0 = problem.value(problem.x0) - min(problem.value(problem.x0 - 3 + 6 * u) for u in _grid())
    summed, squares = [], []
    for drawn in product(range(3), repeat=STEPS):
        points, roots = walked(problem, drawn)
        slopes = np.array([problem.gradient(at) for at in points[:-1]])
        summed.append((slopes**2 / roots).sum())
        squares.append((slopes**2).sum() / STEPS)
        assert roots.max() <= np.sqrt(FIRST**2 + (STEPS - 1) * G**2)
    values = {"gap0": gap0, "gamma": LENGTH, "b0": FIRST, "L": L, "d": 2, "grad_inf": G, "k": STEPS}
    bound = float(THEOREM.bound.subs({s: values[s.name] for s in THEOREM.bound.free_symbols}))
    paid = bound * STEPS / np.sqrt(FIRST**2 + (STEPS - 1) * G**2)
    assert 0.02 * paid < np.mean(summed) <= paid
    assert np.mean(squares) <= bound


@pytest.mark.parametrize("name", ["linnerud", "sine_1d", "diabetes_welsch"])
@pytest.mark.parametrize("length", [0.05, 1.0, 8.0])
def test_with_full_gradients_accumulators_stay_below_their_limit(name, length):
    problem = load(name)
    L, gap0 = (certify(problem, each).value for each in ("L", "gap0"))
    at, total, lost = problem.x0, np.zeros(problem.d), 0.0
    for _ in range(200):
        g = problem.gradient(at)
        before, total = np.sqrt(FIRST**2 + total), total + g**2
        root = np.sqrt(FIRST**2 + total)
        lost += length * (root - before).sum() - length**2 * L * np.log(root / before).sum()
        at = at - length * g / root
        assert lost <= gap0 * (1 + 1e-12)
    values = {"gap0": gap0, "gamma": length, "b0": FIRST, "L": L, "d": problem.d, "k": 200}
    bound = float(FULL.bound.subs({s: values[s.name] for s in FULL.bound.free_symbols}))
    limit = SummedRoots.limit()
    assert FIRST + (root - FIRST).sum() <= limit.subs({s: values[s.name] for s in limit.free_symbols})
    assert total.sum() / 200 <= bound


def test_full_gradients_are_those_of_equal_samples():
    problem = load("huber_worst")
    runs = [
        simulate(
            problem, method, 0.5, steps=9, parameters={"b0": 0.01}, checkpoints=range(10), backend="numpy"
        ).gap_last.values[0, 0]
        for method in ("adagrad", "adagrad_full")
    ]
    np.testing.assert_allclose(*runs, rtol=1e-9)


def _grid():
    return np.stack(np.meshgrid(*2 * [np.linspace(0, 1, 61)]), -1).reshape(-1, 2)


def test_the_proof_refuses_other_methods_and_more():
    for changes, why in (
        ({"bound": 0.99 * THEOREM.bound}, "not proved"),
        ({"method": METHODS["sgd"]}, "does not divide"),
        ({"assumptions": THEOREM.assumptions[:2]}, "bounded_coordinates"),
        ({"measure": "grad_norm_sq_best"}, "bounds grad_norm_sq_mean"),
    ):
        with pytest.raises(RateboundError, match=why):
            dataclasses.replace(THEOREM, **changes)
    for changes, why in (
        ({"bound": 0.99 * FULL.bound}, "not proved"),
        ({"method": METHODS["adagrad"]}, "full gradients"),
        ({"assumptions": FULL.assumptions[:1]}, "lower_bounded"),
    ):
        with pytest.raises(RateboundError, match=why):
            dataclasses.replace(FULL, **changes)
