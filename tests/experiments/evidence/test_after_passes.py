"""Runs in passes: exact expectations against one order at a time, and against simulation."""

from dataclasses import replace
from itertools import permutations, product

import numpy as np
import pytest

from ratebound.experiments.adversary.families import FAMILIES
from ratebound.experiments.adversary.search import attack
from ratebound.experiments.adversary.witness import replay
from ratebound.experiments.applicability import prepare
from ratebound.experiments.evidence.after_passes import enumerated_after_passes, exact_after_passes, run_of
from ratebound.experiments.evidence.exact import exact_curves
from ratebound.experiments.evidence.pass_curves import pass_curves
from ratebound.experiments.grid import of_run
from ratebound.experiments.run import simulate
from ratebound.experiments.verify import verify
from ratebound.problems.build import least_squares, logistic
from ratebound.problems.constants import certify
from ratebound.problems.library import load
from ratebound.theory.catalogue import THEOREMS
from ratebound.theory.methods import METHODS
from ratebound.theory.symbols import D, L_max

A = [[1.0, 0.5], [-0.3, 2.0], [0.7, -1.0]]
SQUARES = least_squares(A, [1.0, -1.0, 2.0], 0.1, x0=[2.0, -1.0])
LOGISTIC = logistic(A, [1.0, -1.0, 1.0], 0.1, x0=[2.0, -1.0])
PASSES = 3


BOUNDS = {
    "distance_sq": D**2,
    "gap_last": L_max * D**2,
    "gap_average": L_max * D**2,
    "grad_norm_sq_mean": L_max**2 * D**2,
}
"""Some bound of the right units for each measure."""


def trial_of(visits, measure, problem):
    theorem = replace(
        THEOREMS["rr_convex"], visits=visits, measure=measure, bound=BOUNDS[measure], certificate=None
    )
    return prepare(theorem, problem, steps=PASSES)


def one_by_one(trial, sequences):
    """The mean of the measure over sequences of orders, k = 0 .. PASSES; averages by their definition."""
    problem, measure = trial.problem, trial.theorem.measure
    found = []
    for orders in sequences:
        starts, x = [problem.x0], problem.x0
        weights = np.ones(PASSES) if trial.weights is None else trial.weights
        for order in orders:
            for i in order:
                x = x - trial.alphas[0] * problem.component_gradients(x)[i]
            starts.append(x)
        values = [np.nan]
        for k in range(1, PASSES + 1):
            squares = [problem.grad_norm_sq(p) for p in starts[:k]]
            values.append(
                {
                    "distance_sq": problem.distance_sq(starts[k]),
                    "gap_last": problem.gap(starts[k]),
                    "gap_average": problem.gap(np.average(starts[:k], axis=0, weights=weights[:k])),
                    "grad_norm_sq_mean": np.average(squares, weights=weights[:k]),
                }[measure]
            )
        found.append(values)
    return np.mean(found, axis=0)[1:]


ORDERS = list(permutations(range(3)))
SEQUENCES = {
    "reshuffle": list(product(ORDERS, repeat=PASSES)),
    "shuffle_once": [(order,) * PASSES for order in ORDERS],
    "cyclic": [((0, 1, 2),) * PASSES],
}
AT = np.arange(1, PASSES + 1)


@pytest.mark.parametrize("measure", BOUNDS)
@pytest.mark.parametrize("visits", SEQUENCES)
def test_exact_expectations_are_means_over_orders(visits, measure):
    for problem in (SQUARES, LOGISTIC):
        trial = trial_of(visits, measure, problem)
        expected = one_by_one(trial, SEQUENCES[visits])
        found = exact_after_passes(trial, AT)
        if visits == "reshuffle" and problem is LOGISTIC:
            assert found is None
            part, found = enumerated_after_passes(of_run(trial))
            assert part.k.tolist() == AT.tolist()
        np.testing.assert_allclose(found, expected, rtol=1e-9)


@pytest.mark.parametrize("measure", BOUNDS)
@pytest.mark.parametrize("visits", ["reshuffle", "shuffle_once"])
def test_replicas_follow_the_order_and_average_the_starts(visits, measure):
    """A mean of 4096 replicas: beyond five standard errors at one of 24 points with p < 2e-5."""
    trial = trial_of(visits, measure, SQUARES)
    out = simulate(SQUARES, trial.method, replicas=4096, measures=[measure], seed=3, **run_of(trial, AT))
    values = out[measure].values[0]
    error = values.std(0, ddof=1) / np.sqrt(len(values))
    assert (np.abs(values.mean(0) - exact_after_passes(trial, AT)) <= 5 * error + 1e-12).all()


def test_longer_sums_are_left_to_replicas():
    trial = prepare(THEOREMS["rr_sc"], load("linnerud"), steps=2)
    assert exact_after_passes(trial, np.array([1])) is None
    assert enumerated_after_passes(of_run(trial)) is None
    verdict = verify("rr_sc", "linnerud", steps=20, replicas=16)
    assert (verdict.outcome, verdict.evidence, verdict.replicas) == ("holds", "proof", 16)
    assert verdict.curves["evaluations"].tolist() == (20 * verdict.curves["k"]).tolist()


def test_replicas_refute_a_false_bound_in_passes():
    problem, theorem = load("linnerud"), THEOREMS["rr_sc"]
    conjecture = replace(theorem, bound=theorem.bound / 100, certificate=None)
    verdict = verify(conjecture, problem, steps=50, replicas=256)
    assert verdict.violated and verdict.evidence == "monte carlo"


def test_another_order_and_larger_batches_are_not_judged():
    assert verify("rr_sc", "quadratic_2d", steps=5, order="cyclic").reason == (
        "rr_sc is about the order 'reshuffle', not 'cyclic'"
    )
    assert "in steps of one sample" in verify("rr_sc", "quadratic_2d", steps=5, batch=2).reason
    assert "independently of each other" in verify("sgd_nws", "quadratic_2d", order="reshuffle").reason
    assert verify("rr_sc", "quadratic_2d", steps=5, order="reshuffle").holds


def test_noise_along_a_run_is_not_certified_in_passes():
    theorem = replace(THEOREMS["sgd_sc_constant"], visits="reshuffle", certificate=None)
    assert "derived for independent batches" in verify(theorem, "quadratic_2d", steps=5).reason


@pytest.mark.parametrize("visits", SEQUENCES)
def test_several_step_sizes_and_all_measures_at_once(visits):
    alphas, weights = np.array([[0.1] * PASSES, [0.02] * PASSES]), np.array([[1.0, 2.0, 0.5]] * 2)
    for problem in (SQUARES, LOGISTIC):
        found = pass_curves(problem, THEOREMS["rr_sc"].method, visits, alphas, weights, paths=6**PASSES)
        for measure in BOUNDS:
            for row, steps in enumerate(alphas):
                trial = replace(trial_of(visits, measure, problem), alphas=steps, weights=weights[row])
                expected = one_by_one(trial, SEQUENCES[visits])
                np.testing.assert_allclose(found[measure][row, 1:], expected, rtol=1e-9)
        if visits == "reshuffle" and problem is LOGISTIC:
            short = pass_curves(problem, THEOREMS["rr_sc"].method, visits, alphas, weights, paths=100)
            assert short is None


def test_the_worst_instances_of_passes_are_found():
    for name in ("rr_components", "so_sc", "ig_pl"):
        families = {each: FAMILIES[each] for each in ("additive_1d", "interpolation", "huber_ridge")}
        found = attack(name, evaluations=120, longest=8, families=families).witness
        assert 0.9 < found.ratio < 1 + 1e-6
        assert replay(found) == found.ratio
    false = replace(THEOREMS["rr_sc"], bound=THEOREMS["rr_sc"].bound / 2, certificate=None)
    witness = attack(false, evaluations=60, longest=8, families=families, enough=1 + 1e-6).witness
    assert witness.status == "refuted" and replay(witness, false) == witness.ratio


def test_half_the_step_halves_the_floor_of_independent_samples_and_quarters_that_of_passes():
    """Exact moments from x* on; the least squares floor of passes mixes the orders alpha^2 and alpha^3."""
    problem = least_squares(A, [1.0, -1.0, 2.0], 0.1, x0=SQUARES.x_star)
    L = certify(problem, "L_max").value
    steps = np.array([[0.02], [0.01]]) / L
    passes = np.tile(steps, (1, 1500))
    ends = pass_curves(problem, METHODS["sgd"], "reshuffle", passes, np.ones_like(passes), ["distance_sq"])
    one, half = ends["distance_sq"][:, -1]
    alone = [
        exact_curves(problem, METHODS["sgd"], np.repeat(each, 3), measures=["distance_sq"])["distance_sq"][-1]
        for each in passes
    ]
    assert alone[0] / alone[1] == pytest.approx(2, rel=0.05)
    assert one / half == pytest.approx(4, rel=0.05)
    assert one < 0.1 * alone[0]
