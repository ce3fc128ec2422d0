"""Steps along noisy directions: what a draw loses, all paths against the bounds, and refusals."""

import dataclasses
from itertools import product

import numpy as np
import pytest
from sympy import sqrt

from ratebound.experiments.evidence.enumerate import enumerate_paths
from ratebound.experiments.run import simulate
from ratebound.experiments.sampling import indices
from ratebound.experiments.verify import verify
from ratebound.problems.build import from_arrays, least_squares
from ratebound.problems.library import load
from ratebound.theory.catalogue import THEOREMS
from ratebound.theory.certificates.noisy_directions import step_norm
from ratebound.theory.certificates.noisy_momentum import fades, share
from ratebound.theory.errors import RateboundError
from ratebound.theory.letters.directions import sample_variance
from ratebound.theory.methods import METHODS
from ratebound.theory.symbols import K, L, b, beta, gamma, gap0, k

MOMENTUM = METHODS["normalised_momentum"].with_numbers({beta: 0.5})
NAMES = (
    "normalised_sgd_nonconvex",
    "normalised_momentum_nonconvex",
    "sign_sgd_floor",
    "sign_sgd_horizon",
    "sign_sgd_growing",
)


def test_what_a_direction_loses_to_one_draw():
    rng = np.random.default_rng(0)
    h, e = rng.normal(size=(2, 20_000, 3)) * 10 ** rng.uniform(-2, 2, size=(2, 20_000, 1))
    e[:10_000] = -h[:10_000] * rng.uniform(0.9, 1.3, size=(10_000, 1))
    H, g = np.linalg.norm(h, axis=1), h + e
    r = np.linalg.norm(g, axis=1)
    lost = H - (h * g).sum(1) / r
    for s in (H, 3 * H, 0.1 * H):
        paid = ((e - (s / H)[:, None] * h) ** 2).sum(1) / (2 * s)
        assert (lost <= paid * (1 + 1e-12) + 1e-9 * H).all()
    assert (lost <= 2 * np.linalg.norm(e, axis=1) * (1 + 1e-9)).all()


def test_the_factor_of_the_noise_cannot_be_smaller():
    """Slopes 2 and 0: mean and deviation are 1. Half of the time a sign has nothing to say."""
    h = s = 1.0
    for shift in (1e-3, 1e-6):
        draws = np.array([2.0, 0.0]) - shift
        assert h - shift - np.mean((h - shift) * np.sign(draws)) > (1 - 3 * shift) * s


@pytest.mark.parametrize("name", ["normalised_sgd_nonconvex", "sign_sgd_floor"])
@pytest.mark.parametrize("batch", [1, 2])
def test_all_paths_stay_below_with_the_noise_that_they_meet(name, batch):
    """A nonconvex sum in the plane: the largest deviation that a path meets is enough for the bound."""
    problem = from_arrays(
        np.array([[1.0, 0.5], [-0.7, 1.2], [0.4, -1.1]]), np.array([0.3, -1.0, 2.0]), loss="welsch",
        x0=np.array([1.5, -1.0]),
    )  # fmt: skip
    signs, length, steps = name.startswith("sign"), 0.3, 3
    batches = [list(rows) for rows in product(range(3), repeat=batch)]
    found, worst = np.zeros(steps), np.zeros(2)
    for path in product(batches, repeat=steps):
        at = problem.x0
        for j, rows in enumerate(path):
            parts = problem.component_gradients(at)
            h, g = parts.mean(0), parts[rows].mean(0)
            found[j] += np.abs(h).sum() if signs else np.linalg.norm(h)
            spread = parts.var(0)
            worst = np.maximum(worst, [spread.sum(), np.sqrt(spread).sum()])
            at = at - length * (np.sign(g) if signs else g / np.linalg.norm(g))
    means = np.cumsum(found / len(batches) ** steps) / np.arange(1, steps + 1)
    theorem = THEOREMS[name]
    measure = theorem.measure
    walked = enumerate_paths(
        problem, theorem.method, np.full(steps, length), batch=batch, measures=(measure,)
    )[measure]
    np.testing.assert_allclose(walked[1:], means, rtol=1e-12)
    verdict = verify(theorem, problem, steps=steps, batch=batch, replicas=0, parameters={"gamma": length})
    assert verdict.outcome == "holds" and verdict.evidence == "enumeration"
    known = {c.name: c.value for c in verdict.constants} | {"gamma": length, "k": steps, "b": batch}
    known |= {"sample_variance": worst[0], "sample_noise_l1": worst[1]}
    bound = float(theorem.bound.subs({s: known[s.name] for s in theorem.bound.free_symbols}))
    assert 0.2 * bound < means[-1] <= bound


def test_a_momentum_keeps_the_noise_that_the_proof_says():
    """The mean square of what is left of independent noise, by the weights of every draw."""
    for value in (0.5, 0.9, 0.99):
        a, c = (float(part.subs(beta, value)) for part in (share, fades))
        weights = np.array([1.0])
        for j in range(30):
            assert (weights**2).sum() == pytest.approx(a + c * value ** (2 * j), rel=1e-12)
            weights = np.append(value * weights, 1 - value)


@pytest.mark.parametrize("backend", ["numpy", "numba"])
def test_runs_are_those_of_a_loop(backend):
    problem = load("diabetes_welsch")
    for name, norm in (("normalised_sgd", np.linalg.norm), ("sign_sgd", None)):
        run = simulate(
            problem, name, 0.05, batch=3, steps=12, replicas=2, seed=4, backend=backend, checkpoints=[12],
            measures=("grad_norm_mean", "grad_l1_mean"),
        )  # fmt: skip
        for r in range(2):
            at, slopes = problem.x0, []
            for rows in indices(4, np.array([r]), np.arange(12), problem.n, 3)[:, 0]:
                slopes.append(problem.gradient(at))
                g = problem.component_gradients(at)[rows].mean(0)
                at = at - 0.05 * (np.sign(g) if norm is None else g / norm(g))
            expected = np.linalg.norm(slopes, axis=1).mean(), np.abs(slopes).sum(1).mean()
            for measure, value in zip(("grad_norm_mean", "grad_l1_mean"), expected, strict=True):
                assert run[measure].values[0, r, 0] == pytest.approx(value, rel=1e-9)


def test_the_noise_is_certified_on_a_ball_that_holds_the_run():
    problem = least_squares([[1.0, 0.3], [0.4, -1.0], [-0.5, 0.5]], [1.0, -0.5, 2.0], x0=[2.0, -1.0])
    for name in (*NAMES[:3], "normalised_momentum_horizon"):
        verdict = verify(name, problem, steps=6, batch=2, replicas=0)
        assert verdict.outcome == "holds" and verdict.evidence == "enumeration"
        (noise,) = (c for c in verdict.constants if c.name.startswith("sample"))
        assert "which holds x_0 .. x_5" in noise.region


@pytest.mark.parametrize("steps", [1, 7, 10_000])
def test_the_tuned_length_is_the_best_one_for_its_momentum(steps):
    plain, tuned = THEOREMS["normalised_momentum_nonconvex"], THEOREMS["normalised_momentum_horizon"]
    values = {L: 3.0, gap0: 0.7, sample_variance: 4.0, b: 2, k: steps, K: steps}
    chosen = {beta: float(tuned.defaults[beta].subs(values)), gamma: float(tuned.step.subs(values))}
    at = [float(plain.bound.subs({**values, **chosen, gamma: chosen[gamma] * t})) for t in (0.999, 1, 1.001)]
    assert at[1] < min(at[0], at[2])
    assert at[1] == pytest.approx(float(tuned.bound.subs(values)), rel=1e-12)


def test_which_steps_have_a_known_length():
    known = {name: step_norm(METHODS[name]) for name in METHODS}
    assert {name for name, norm in known.items() if norm == "euclidean"} == {
        "normalised_sgd", "normalised_momentum",
    }  # fmt: skip
    assert {name for name, norm in known.items() if norm == "maximum"} == {"sign_descent", "sign_sgd"}


@pytest.mark.parametrize(
    ("name", "changes", "why"),
    [
        *((name, "bound", "") for name in NAMES),
        ("normalised_sgd_nonconvex", {"method": METHODS["sgd"]}, "does not step along"),
        ("normalised_sgd_nonconvex", {"method": MOMENTUM}, "does not step along"),
        ("normalised_sgd_nonconvex", {"measure": "grad_norm_sq_mean"}, "does not scale"),
        ("sign_sgd_floor", {"method": METHODS["normalised_sgd"]}, "does not step along"),
        ("sign_sgd_floor", {"measure": "grad_norm_mean"}, "does not step along"),
        ("sign_sgd_growing", {"weights": 1 + 0 * b}, "weights"),
        ("normalised_momentum_nonconvex", {"method": METHODS["normalised_sgd"]}, "is not normalised SGD"),
        ("normalised_momentum_nonconvex", {"where": ()}, "what the momentum takes"),
        ("normalised_momentum_horizon", {"where": (beta < 1,)}, "must hold beta at"),
    ],
)
def test_the_proofs_refuse_other_methods_and_more(name, changes, why):
    theorem = THEOREMS[name]
    if changes == "bound":
        changes, why = {"bound": theorem.bound * 0.99}, "is not proved"
    with pytest.raises(RateboundError, match=why):
        dataclasses.replace(theorem, **changes)


@pytest.mark.parametrize("name", NAMES)
def test_every_assumption_is_needed(name):
    theorem = THEOREMS[name]
    for left_out in theorem.assumptions:
        fewer = tuple(each for each in theorem.assumptions if each is not left_out)
        with pytest.raises(RateboundError, match=r"needs the assumption|assumes more"):
            dataclasses.replace(theorem, assumptions=fewer)


def test_a_smaller_factor_of_the_noise_is_refused():
    theorem = THEOREMS["normalised_sgd_nonconvex"]
    less = theorem.bound - sqrt(sample_variance / b) / 100
    with pytest.raises(RateboundError, match="is not proved"):
        dataclasses.replace(theorem, bound=less)
