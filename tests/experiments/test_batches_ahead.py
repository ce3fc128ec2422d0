"""Steps with a gradient of the same batch where the first one leads, against loops and direct sums."""

from dataclasses import replace
from itertools import product

import numpy as np
import pytest
from sympy import Float, Symbol

from ratebound.experiments.evidence.enumerate import enumerate_paths
from ratebound.experiments.evidence.exact import exact_available, exact_curves
from ratebound.experiments.run import simulate
from ratebound.experiments.sampling import indices
from ratebound.experiments.verify import verify
from ratebound.problems.build import from_arrays, least_squares, logistic
from ratebound.problems.constants import certify
from ratebound.problems.losses import sine
from ratebound.theory.assumptions import lower_bounded, smooth
from ratebound.theory.catalogue import THEOREMS
from ratebound.theory.draws import Draws
from ratebound.theory.errors import RateboundError
from ratebound.theory.method import g, x
from ratebound.theory.methods import METHODS
from ratebound.theory.symbols import alpha, radius

STEP, AHEAD = 0.5, 0.3
CHOSEN = {"radius": AHEAD}
MEAN = THEOREMS["sam_sgd_nonconvex"]


def small(build=logistic):
    A = [[1.0, 0.5], [-0.3, 2.0], [0.7, -1.0]]
    return build(A, [1.0, -1.0, 1.0], 0.1, x0=[2.0, -1.0])


def moved(problem, at, rows, step=STEP, ahead=AHEAD):
    slope = problem.component_gradients(at)[list(rows)].mean(0)
    return at - step * problem.component_gradients(at + ahead * slope)[list(rows)].mean(0)


def walked(problem, drawn):
    points = [problem.x0]
    for rows in drawn:
        points.append(moved(problem, points[-1], rows))
    return np.array(points)


@pytest.mark.parametrize("batch", [1, 2])
def test_a_run_is_that_of_a_loop(batch):
    """The engines are compared in backends/test_contract.py."""
    problem = small()
    run = simulate(
        problem, "sam_sgd", STEP, batch=batch, steps=20, replicas=2, seed=3, parameters=CHOSEN,
        backend="numpy", checkpoints=range(21), measures=("grad_norm_sq_last",),
    )  # fmt: skip
    for r in range(2):
        points = walked(problem, indices(3, np.array([r]), np.arange(20), problem.n, batch)[:, 0])
        np.testing.assert_allclose(
            run.grad_norm_sq_last.values[0, r], problem.grad_norm_sq(points), rtol=1e-9
        )
    assert run["evaluations"].values[-1] == 20 * 2 * batch


@pytest.mark.parametrize(("batch", "steps"), [(1, 4), (2, 2)])
def test_all_paths_and_exact_moments_are_those_of_a_loop(batch, steps):
    for problem in (small(), small(least_squares)):
        batches = list(product(range(problem.n), repeat=batch))
        paths = [walked(problem, drawn) for drawn in product(batches, repeat=steps)]
        wanted = np.mean([problem.gap(p) for p in paths], 0)
        found = enumerate_paths(
            problem, METHODS["sam_sgd"], np.full(steps, STEP), batch=batch, measures=("gap_last",),
            parameters=CHOSEN,
        )  # fmt: skip
        np.testing.assert_allclose(found["gap_last"], wanted, rtol=1e-12)
        method = METHODS["sam_sgd"].at({radius: Float(AHEAD, 17)})
        assert exact_available(problem, method) == (problem.kind == "quadratic")
        if problem.kind == "quadratic":
            curves = exact_curves(problem, method, np.full(steps, STEP), batch=batch, measures=["gap_last"])
            np.testing.assert_allclose(np.ravel(curves["gap_last"]), wanted, rtol=1e-9)


@pytest.mark.parametrize("seed", range(4))
def test_a_step_brings_what_the_certificate_says(seed):
    """All batches at random points, with the variance there for the bounded one."""
    rng = np.random.default_rng(seed)
    problem = from_arrays(rng.normal(size=(4, 2)), rng.normal(size=4), "welsch")
    L, top = (certify(problem, name).value for name in ("L", "L_max"))
    for length, near in product((0.02, 0.3, 0.5), (0.01, 0.3, 0.9)):
        step, ahead, at = length / L, near / top, 3 * rng.normal(size=2)
        parts, whole = problem.component_gradients(at), problem.gradient(at)
        variance = ((parts - whole) ** 2).sum(1).mean()
        after = np.mean([problem.value(moved(problem, at, [i], step, ahead)) for i in range(4)])
        kept = (1 - near**2) * (whole @ whole) - (length / (1 - length) + near**2) * variance
        assert after <= problem.value(at) - step / 2 * kept + 1e-12


def test_verdicts_hold():
    problem = from_arrays(np.ones((2, 1)), [1.0, -1.0], sine, x0=[2.0])
    for theorem in (MEAN, THEOREMS["sam_sgd_nonconvex_horizon"]):
        verdict = verify(theorem, problem, steps=60)
        assert verdict.outcome == "holds", verdict.explain()


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"bound": MEAN.bound * 99 / 100}, "the bound against what is implied"),
        ({"where": (alpha <= 2,)}, "is not proved"),
        ({"assumptions": (smooth, lower_bounded)}, "bounded_variance, lipschitz_steps"),
        ({"method": METHODS["sgd"]}, "is about sam_sgd"),
        ({"measure": "grad_norm_sq_last"}, "bounds grad_norm_sq_mean"),
    ],
)
def test_what_is_not_shown_is_refused(change, says):
    with pytest.raises(RateboundError, match=says):
        replace(MEAN, **change)


def test_only_gradients_of_the_batch_are_taken_where_the_first_one_leads():
    there = x + radius * g
    assert Draws(also={"h": there, "u": x}).after == ("h",)
    for words in ({"full": {"h": there}, "coin": Float(0.5)}, {"hessian": {"h": (x, Symbol("g"))}}):
        with pytest.raises(RateboundError, match="where g leads"):
            Draws(**words)
