"""Adam: runs against a loop, every sum of the proof on gradients, refusals."""

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
from ratebound.theory.certificates.late_averages import LateAverages
from ratebound.theory.errors import RateboundError
from ratebound.theory.letters.box import decay, grad_inf
from ratebound.theory.letters.coordinates import d
from ratebound.theory.methods import METHODS
from ratebound.theory.symbols import K, L, b0, beta, gamma, gap0, k

THEOREM = THEOREMS["adam_nonconvex"]
KEPT, FIRST, DECAY, G, STEPS = 0.7, 0.4, 0.8, 1.7, 25


@pytest.mark.parametrize("backend", ["numpy", "numba"])
def test_a_run_is_that_of_a_loop(backend):
    problem = load("diabetes_welsch")
    run = simulate(
        problem, THEOREM.method.name, 0.7, steps=20, replicas=1, seed=3, backend=backend, checkpoints=[20],
        parameters={"b0": FIRST, "beta": KEPT, "decay": DECAY}, measures=("grad_norm_sq_last",),
    )  # fmt: skip
    at, average, squares = problem.x0, 0.0, 0.0
    for i in indices(3, np.array([0]), np.arange(20), problem.n)[:, 0, 0]:
        g = problem.component_gradients(at)[i]
        average, squares = KEPT * average + (1 - KEPT) * g, DECAY * squares + (1 - DECAY) * g**2
        at = at - 0.7 * average / np.sqrt(FIRST**2 + squares)
    assert run.grad_norm_sq_last.values[0, 0, 0] == pytest.approx(problem.grad_norm_sq(at), rel=1e-9)


@pytest.mark.parametrize("seed", range(6))
def test_what_delays_and_moves_change_on_any_gradients(seed):
    """Whatever the slopes and gradients are, up to the bound G on both: the sums are written out."""
    rng = np.random.default_rng(seed)
    h, u = G * (2 * rng.random((2, STEPS, 3)) ** rng.uniform(0.1, 2) - 1)
    if seed == 0:
        h, u = G * np.ones((2, STEPS, 3))
        h *= -1
        u[: STEPS // 2] = 0
    v = np.zeros((STEPS + 1, 3))
    for j in range(STEPS):
        v[j + 1] = DECAY * v[j] + (1 - DECAY) * u[j] ** 2
    B, W = np.sqrt(FIRST**2 + v[1:]), np.log(1 + G**2 / FIRST**2) + (STEPS - 1) * np.log(1 / DECAY)
    squares = ((u / B) ** 2).sum()
    assert squares <= 3 * W / (1 - DECAY)
    late, ideal, moved = 0.0, 0.0, 0.0
    part = [(1 - KEPT) * KEPT**i for i in range(STEPS)]
    made = np.array([sum(part[i] * u[j - i] for i in range(j + 1)) / B[j] for j in range(STEPS)])
    length = np.linalg.norm(made, axis=1)
    for at in range(STEPS):
        for i in range(at + 1):
            j = at - i
            a = np.sqrt(FIRST**2 + DECAY ** (i + 1) * v[j])
            assert (a <= B[at]).all() and (a <= np.sqrt(FIRST**2 + DECAY * G**2)).all()
            late += part[i] * (h[j] * u[j] / B[at]).sum()
            ideal += part[i] * (h[j] * u[j] / a).sum()
            moved += part[i] * length[j:at].sum() * np.linalg.norm(u[j] / B[at])
    assert ideal - late <= 3 * G**2 / (2 * FIRST * (1 - KEPT)) * W
    w = KEPT / np.sqrt(DECAY)
    reach = (1 - KEPT) / (1 - w)
    assert (made**2).sum() <= reach**2 * squares
    assert moved <= reach**2 * w / (1 - w) * squares
    # What the statement pays for curvature and moves, as it is written there.
    numbers = {gamma: 1, L: 1, d: 3, beta: KEPT, decay: DECAY, grad_inf: 0, b0: FIRST}
    together = float(LateAverages().price.subs(numbers)) * (1 - DECAY) / 3
    assert together == pytest.approx(reach**2 * (0.5 + w / (1 - w)))


def test_all_paths_stay_below():
    problem = from_arrays(
        np.array([[1.0, 0.5], [-0.7, 1.2], [0.4, -1.1]]), np.array([0.3, -1.0, 2.0]), loss="welsch",
        x0=np.array([1.5, -1.0]),
    )  # fmt: skip
    verdict = verify(THEOREM, problem, steps=7, replicas=0)
    assert verdict.holds and verdict.evidence == "enumeration"


def test_squares_that_are_hardly_forgotten_leave_what_batches_cost_adagrad():
    """Without momentum, c to 0 with K c fixed: G^2 W/(2 b0) of accumulators, and the curvature."""
    bound = THEOREM.bound.subs({beta: 0, decay: 1 - Rational(1, 10**6), gap0: 0, L: 0})
    numbers = {d: 1, grad_inf: 2, b0: 3, K: 10**6}
    W = np.log(1 + 4 / 9) + 1
    assert float(bound.subs(numbers)) * 10**6 == pytest.approx(np.sqrt(13) * 2 / 3 * W, rel=1e-5)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"bound": THEOREM.bound * Rational(999, 1000)}, "against the summed decrease"),
        ({"weights": k + 1}, "has the weights"),
        ({"method": METHODS["amsgrad_momentum"]}, "not Adam without bias correction"),
        ({"assumptions": (smooth, lower_bounded)}, "needs the assumption bounded_coordinates"),
        ({"where": (decay < 1, beta < 1)}, "slower squares fade"),
        ({"where": ()}, "takes from the new square"),
    ],
)
def test_what_the_proof_does_not_cover_is_refused(change, words):
    with pytest.raises(RateboundError, match=words):
        dataclasses.replace(THEOREM, **change)
