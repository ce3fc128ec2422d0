"""AdaGrad and AMSGrad with momentum: runs against a loop, the sums of the proof on gradients, refusals."""

import dataclasses

import numpy as np
import pytest
from sympy import Rational

from ratebound.experiments.run import simulate
from ratebound.experiments.sampling import indices
from ratebound.experiments.verify import verify
from ratebound.problems.build import from_arrays
from ratebound.problems.library import load
from ratebound.theory.assumptions import lower_bounded, smooth
from ratebound.theory.catalogue import THEOREMS
from ratebound.theory.errors import RateboundError
from ratebound.theory.methods import METHODS
from ratebound.theory.symbols import K, alpha, beta, k

THEOREM = THEOREMS["adagrad_momentum_nonconvex"]
LARGEST = THEOREMS["amsgrad_momentum_nonconvex"]
KEPT, FIRST, DECAY = 0.7, 0.4, 0.8


@pytest.mark.parametrize("backend", ["numpy", "numba"])
@pytest.mark.parametrize("method", [THEOREM.method.name, LARGEST.method.name])
def test_a_run_is_that_of_a_loop(method, backend):
    problem, parameters = load("diabetes_welsch"), {"b0": FIRST, "beta": KEPT}
    run = simulate(
        problem, method, 0.7, steps=20, replicas=1, seed=3, backend=backend, checkpoints=[20],
        parameters=parameters | ({"decay": DECAY} if method == LARGEST.method.name else {}),
        measures=("grad_norm_sq_last",),
    )  # fmt: skip
    at, total, average, squares, largest = problem.x0, 0.0, 0.0, 0.0, 0.0
    for i in indices(3, np.array([0]), np.arange(20), problem.n)[:, 0, 0]:
        g = problem.component_gradients(at)[i]
        total, average = total + g**2, KEPT * average + (1 - KEPT) * g
        squares = DECAY * squares + (1 - DECAY) * g**2
        largest = np.maximum(largest, squares)
        below = total if method == THEOREM.method.name else largest
        at = at - 0.7 * average / np.sqrt(FIRST**2 + below)
    assert run.grad_norm_sq_last.values[0, 0, 0] == pytest.approx(problem.grad_norm_sq(at), rel=1e-9)


def largest_averages(u):
    found, average = [], np.zeros(u.shape[1])
    for each in u:
        average = DECAY * average + (1 - DECAY) * each**2
        found.append(average)
    return np.maximum.accumulate(found)


@pytest.mark.parametrize("largest", [False, True])
@pytest.mark.parametrize("seed", range(6))
def test_what_delays_and_moves_change_on_any_gradients(seed, largest):
    """Whatever the slopes and gradients are, up to the bound G on both: the sums are written out."""
    rng, steps, G = np.random.default_rng(seed), 25, 1.7
    h, u = G * (2 * rng.random((2, steps, 3)) ** rng.uniform(0.1, 2) - 1)
    if seed == 0:
        h, u = -G * np.ones((2, steps, 3))
        h[::2] = G
    B = np.sqrt(FIRST**2 + (largest_averages(u) if largest else (u**2).cumsum(0)))
    A = np.vstack([np.full((1, 3), FIRST), B[:-1]])
    part = [(1 - KEPT) * KEPT**i for i in range(steps)]
    made = np.array([sum(part[i] * u[j - i] for i in range(j + 1)) / B[j] for j in range(steps)])
    arrived = 1 - KEPT ** (steps - np.arange(steps))
    late = sum(part[i] * (h[j - i] * u[j - i] / B[j]).sum() for j in range(steps) for i in range(j + 1))
    assert late >= (arrived[:, None] * h * u / A).sum() - 3 * G**2 / (FIRST * (1 - KEPT))
    squares = ((u / B) ** 2).sum()
    most = np.log(1 + steps * G**2 / FIRST**2)
    if largest:
        most = steps * G**2 / (FIRST**2 + (1 - DECAY) * G**2)
        assert A.max() <= np.sqrt(FIRST**2 + G**2)
    assert (made**2).sum() <= squares <= 3 * most
    length = np.linalg.norm(made, axis=1)
    moved = sum(
        part[i] * length[j - i : j].sum() * np.linalg.norm(u[j - i] / B[j])
        for j in range(steps)
        for i in range(j + 1)
    )
    assert moved <= KEPT / (1 - KEPT) * squares


@pytest.mark.parametrize("theorem", [THEOREM, LARGEST], ids=lambda t: t.id)
def test_all_paths_stay_below(theorem):
    problem = from_arrays(
        np.array([[1.0, 0.5], [-0.7, 1.2], [0.4, -1.1]]), np.array([0.3, -1.0, 2.0]), loss="welsch",
        x0=np.array([1.5, -1.0]),
    )  # fmt: skip
    verdict = verify(theorem, problem, steps=7, replicas=0)
    assert verdict.holds and verdict.evidence == "enumeration"


def test_without_momentum_it_is_adagrad():
    plain = THEOREMS["adagrad_nonconvex"].bound.subs(k, K)
    assert (THEOREM.bound.subs(beta, 0) - plain).simplify() == 0


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"bound": THEOREM.bound * Rational(999, 1000)}, "against the summed decrease"),
        ({"weights": k + 1}, "has the weights"),
        ({"method": METHODS["adagrad"]}, "not AdaGrad with momentum"),
        ({"assumptions": (smooth, lower_bounded)}, "needs the assumption bounded_coordinates"),
        ({"where": ()}, "what the momentum takes"),
        ({"step": alpha, "defaults": {**THEOREM.defaults, alpha: Rational(1, 2)}}, "of the length gamma"),
    ],
)
def test_what_the_proof_does_not_cover_is_refused(change, words):
    with pytest.raises(RateboundError, match=words):
        dataclasses.replace(THEOREM, **change)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"bound": LARGEST.bound * Rational(999, 1000)}, "against the summed decrease"),
        ({"method": THEOREM.method}, "not AMSGrad with momentum"),
        ({"where": (beta < 1,)}, "takes from the new square"),
        ({"certificate": THEOREM.certificate}, "not AdaGrad with momentum"),
    ],
)
def test_what_the_proof_of_amsgrad_does_not_cover_is_refused(change, words):
    with pytest.raises(RateboundError, match=words):
        dataclasses.replace(LARGEST, **change)


def test_a_short_length_for_a_small_error():
    assert str(LARGEST.complexity) == "epsilon**(-2)"
