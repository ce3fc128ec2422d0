"""Loopless Katyusha: one step over all samples and coins, all paths of a tiny sum, and a loop by hand."""

from dataclasses import replace
from itertools import product

import numpy as np
import pytest
from sympy import Integer, Symbol

from ratebound.experiments.applicability import prepare
from ratebound.experiments.backends.coins import COIN, uniform
from ratebound.experiments.run import simulate
from ratebound.experiments.sampling import indices
from ratebound.problems.build import least_squares, logistic
from ratebound.problems.constants import certify
from ratebound.theory import symbols as s
from ratebound.theory.catalogue import THEOREMS
from ratebound.theory.certificates.potential import letter
from ratebound.theory.certificates.reduced_potential import ReducedPotential
from ratebound.theory.draws import coin
from ratebound.theory.errors import RateboundError
from ratebound.theory.method import x as here
from ratebound.theory.methods import METHODS

A = np.array([[1.0, 0.5], [-0.5, 1.5], [2.0, 0.1]])
X0 = np.array([1.0, -2.0])
PROBLEMS = [least_squares(A, [1.0, -1.0, 0.5], 0.3, x0=X0), logistic(A, [1.0, -1.0, 1.0], 0.1, x0=X0)]
NAMES = ["squares", "logistic"]
THEOREM = THEOREMS["katyusha_sc"]


def after(problem, x, z, w, alpha, i):
    """Return x_{k+1} and z_{k+1} in the published form: a proximal step of the model, then coupled."""
    L, mu = certify(problem, "L_max").value, certify(problem, "mu").value
    theta, sigma, eta = min(0.5, 1 / (3 * L * alpha)), mu / L, L * alpha
    y = theta * z + w / 2 + (1 - theta - 0.5) * x
    change = problem.component_gradients(y)[i] - problem.component_gradients(w)[i]
    estimate = change + problem.gradient(w)
    ahead = (eta * sigma * y + z - eta / L * estimate) / (1 + eta * sigma)
    return y + theta * (ahead - z), ahead


def potential(problem, x, z, w, alpha, prob):
    L, mu = certify(problem, "L_max").value, certify(problem, "mu").value
    theta = min(0.5, 1 / (3 * L * alpha))
    snapshot = (1 + theta) / (2 * prob) * problem.gap(w)
    return problem.gap(x) + snapshot + theta * (1 + alpha * mu) / (2 * alpha) * problem.distance_sq(z)


@pytest.mark.parametrize("problem", PROBLEMS, ids=NAMES)
def test_one_step_contracts_the_potential_in_the_mean(problem):
    L, mu = certify(problem, "L_max").value, certify(problem, "mu").value
    rng, worst = np.random.default_rng(2), 0.0
    for length, prob, size in product((0.05, 2 / 3, 1.0, 5.0, 60.0), (0.02, 0.3, 0.5), (1e-3, 1.0)):
        alpha = length / L
        rate = max(1 / (1 + alpha * mu), 1 - prob / (1 + max(2, 3 * L * alpha)))
        for _ in range(20):
            x, z, w = problem.x_star + size * rng.normal(size=(3, 2)) * rng.choice([0.01, 1.0], (3, 1))
            moved = [after(problem, x, z, w, alpha, i) for i in range(problem.n)]
            mean = np.mean(
                [
                    (1 - prob) * potential(problem, *both, w, alpha, prob)
                    + prob * potential(problem, *both, x, alpha, prob)
                    for both in moved
                ]
            )
            worst = max(worst, mean / (rate * potential(problem, x, z, w, alpha, prob)))
    assert 0.98 < worst <= 1 + 1e-12


def walk(problem, alpha, draws, coins):
    """Return x_0, x_1, ... of a path, in a loop by hand."""
    x = z = w = problem.x0
    points = [x]
    for i, falls in zip(draws, coins, strict=True):
        moved, z = after(problem, x, z, w, alpha, i)
        x, w = moved, x if falls else w
        points.append(x)
    return np.array(points)


@pytest.mark.parametrize("problem", PROBLEMS, ids=NAMES)
@pytest.mark.parametrize("length", [0.3, 2.0])
def test_the_bound_holds_over_all_paths(problem, length):
    steps, prob = 4, 0.4
    trial = prepare(THEOREM, problem, steps=steps, parameters={"alpha": f"{length}/L_max", "prob": str(prob)})
    gaps = np.zeros(steps + 1)
    for falls in product((0, 1), repeat=steps):
        weight = np.prod([prob if each else 1 - prob for each in falls]) / problem.n**steps
        for draws in product(range(problem.n), repeat=steps):
            gaps += weight * problem.gap(walk(problem, trial.alphas[0], draws, falls))
    assert (gaps <= trial.bound(np.arange(steps + 1))).all()


@pytest.mark.parametrize("backend", ["numpy", "numba"])
def test_a_run_is_a_loop(backend):
    problem, steps, seed = PROBLEMS[1], 12, 5
    run = simulate(
        problem, "katyusha", 1.5, steps=steps, replicas=3, seed=seed, checkpoints=range(steps + 1),
        backend=backend, parameters={"prob": 0.4},
    )  # fmt: skip
    drawn = indices(seed, np.arange(3), np.arange(steps), problem.n)[:, :, 0]
    falls = uniform(seed, np.arange(steps, dtype=np.uint64), np.arange(3, dtype=np.uint64), COIN, 0) < 0.4
    assert falls.any() and not falls.all()
    for r in range(3):
        gaps = problem.gap(walk(problem, 1.5, drawn[:, r], falls[:, r]))
        np.testing.assert_allclose(run.gap_last.values[0, r], gaps, rtol=1e-9)


def test_it_beats_what_is_not_accelerated():
    """Where L_max/mu is far above n, in steps that cost about the same."""
    rng = np.random.default_rng(4)
    rows = rng.normal(size=(12, 4)) * [1.0, 0.3, 0.1, 0.03]
    problem = least_squares(rows, rng.normal(size=12), x0=np.ones(4))
    last = [
        prepare(THEOREMS[name], problem, steps=40_000).bound(np.array([40_000]))[0]
        / prepare(THEOREMS[name], problem, steps=40_000).bound(np.array([0]))[0]
        for name in ("katyusha_sc", "lsvrg_sc")
    ]
    assert last[0] < 1e-6 * last[1]


def test_a_potential_is_about_a_snapshot_renewed_by_a_coin():
    certificate, katyusha = THEOREM.certificate, METHODS["katyusha"]
    assert isinstance(certificate, ReducedPotential)
    w, z = (Symbol(name, real=True) for name in "wz")
    others = {
        "of z, not of x": {"w": coin * z + (1 - coin) * w},
        "always": {"w": here},
    }
    for rules in others.values():
        with pytest.raises(RateboundError, match="keeps no snapshot w of x"):
            replace(THEOREM, method=replace(katyusha, update={**katyusha.update, **rules}))
    for method in (replace(katyusha, from_start=("z",)), METHODS["gd"], METHODS["saga"]):
        with pytest.raises(RateboundError, match="keeps no snapshot w of x"):
            replace(THEOREM, method=method)
    with pytest.raises(RateboundError, match="reads g, h or v other than as g - h"):
        replace(
            THEOREM, method=replace(katyusha, update={**katyusha.update, "x": here - Symbol("h", real=True)})
        )
    with pytest.raises(RateboundError, match="does not close"):
        replace(THEOREM, certificate=replace(certificate, potential=certificate.potential + letter("w") ** 2))
    with pytest.raises(RateboundError, match="does not close"):
        replace(THEOREM, certificate=replace(certificate, factor=certificate.factor - s.mu * s.alpha / 1000))
    with pytest.raises(RateboundError):
        replace(THEOREM, where=(s.prob <= Integer(1),))
