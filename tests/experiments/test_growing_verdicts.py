"""Verdicts on runs whose batches grow: every route sees the batches of each step."""

from dataclasses import replace
from itertools import product

import numpy as np
import pytest
from sympy import Float

from ratebound.experiments.applicability import prepare
from ratebound.experiments.finding import enumerated_values, exact_values
from ratebound.experiments.grid import of_run
from ratebound.experiments.precise import run as precise
from ratebound.experiments.verify import verify
from ratebound.problems import library
from ratebound.problems.build import least_squares, logistic
from ratebound.problems.certified import Setting
from ratebound.problems.constants import certify
from ratebound.theory.catalogue import THEOREMS
from ratebound.theory.errors import RateboundError

ROWS, LABELS = [[1.0, 0.5], [-0.3, 2.0], [0.7, -1.0]], [1.0, -1.0, 1.0]
SIZES = [1, 1, 2, 3]


def known(name, problem, sizes=SIZES, **options):
    trial = prepare(THEOREMS[name], problem, steps=len(sizes), batch=sizes, **options)
    return of_run(trial).every_step()


@pytest.mark.parametrize("replacement", [True, False])
@pytest.mark.parametrize("name", ["sgd_star_constant", "sgd_pl_constant", "sgdm_averaging_star"])
def test_moments_paths_and_many_digits_agree(name, replacement):
    problem = least_squares(ROWS, LABELS, 0.1, x0=[2.0, -1.0])
    grid = known(name, problem, replacement=replacement)
    exact = exact_values(grid)
    np.testing.assert_allclose(enumerated_values(grid)[1], exact, rtol=1e-10)
    ratios = precise.ratios(grid.trial, grid.k, [{}] * grid.k.size)
    np.testing.assert_allclose(ratios * grid.bound, exact, rtol=1e-10)
    # The batches matter: one sample at every step has another expectation.
    plain = exact_values(of_run(prepare(THEOREMS[name], problem, steps=4)).every_step())
    assert abs(plain[-1] / exact[-1] - 1) > 1e-3


def test_the_noise_is_that_of_the_run():
    problem = least_squares(ROWS, LABELS, 0.1, x0=[2.0, -1.0])
    grid, moments, variances = known("sgd_sc_constant", problem, [3, 1, 2, 1]), [], []
    of = {c.name: c.value for c in grid.trial.constants}
    for k, size in enumerate([3, 1, 2, 1]):
        moment, variance, count = 0.0, 0.0, 0
        for path in product(*(product(range(3), repeat=b) for b in [3, 1, 2, 1][:k])):
            x = problem.x0
            for j, batch in enumerate(path):
                x = x - grid.trial.alphas[j] * problem.component_gradients(x)[list(batch)].mean(0)
            G = problem.component_gradients(x)
            spread = G.var(0).sum()
            moment, variance = moment + (G.mean(0) ** 2).sum() + spread / size, variance + spread
            count += 1
        moments.append(moment / count)
        variances.append(variance / count)
    assert max(moments) == pytest.approx(of["second_moment"], rel=1e-10)
    # Of one sample, however many a batch has.
    setting = Setting(grid.trial.alphas, 1, True, sizes=np.array([3, 1, 2, 1]))
    single = certify(problem, "sample_variance", setting)
    assert max(variances) == pytest.approx(single.value, rel=1e-10) and single.direction == "exact"


def test_a_bound_that_only_growing_batches_break_is_violated():
    """The bound is 1/2 of 1e-8 below the exact expectation of the growing run: 50 digits decide."""
    problem = least_squares(ROWS, LABELS, 0.1, x0=[2.0, -1.0])
    theorem, grid = THEOREMS["sgd_star_constant"], known("sgd_star_constant", problem)
    least = Float(float((exact_values(grid) / grid.claim).max()), 17)
    for factor, outcome in ((1 - 5e-9, "violated"), (1 + 5e-9, "holds")):
        claim = replace(theorem, bound=theorem.bound * least * Float(factor), certificate=None)
        assert verify(claim, problem, steps=4, batch=SIZES, replicas=0).outcome == outcome


def test_replicas_of_a_loss_without_moments_grow_too():
    problem = logistic(ROWS, LABELS, 0.1, x0=[2.0, -1.0])
    sizes = np.minimum(1 + np.arange(40) // 8, 3)
    verdict = verify("sgd_star_constant", problem, steps=40, batch=sizes, replicas=64)
    assert verdict.holds and verdict.evidence == "proof" and verdict.run["batches"] == "1 .. 3"
    assert verdict.curves["evaluations"][-1] == sizes.sum()
    walked = verify(
        replace(THEOREMS["sgd_star_constant"], certificate=None), problem, steps=4, batch=SIZES, replicas=0
    )
    assert walked.holds and walked.evidence == "enumeration"


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("lsvrg_sc", "is about batches of one size"),
        ("sgd_descent", "is about batches of one size"),
        ("rr_sc", "in steps of one sample, not of 3"),
    ],
)
def test_theorems_about_one_size_do_not_apply(name, reason):
    verdict = verify(name, library.load("ridge_plane"), steps=4, batch=SIZES, replicas=0)
    assert verdict.outcome == "not applicable" and reason in verdict.reason


def test_too_few_sizes_are_refused():
    with pytest.raises(RateboundError, match=r"batch has shape \(4,\)"):
        verify("sgd_star_constant", "ridge_plane", steps=5, batch=SIZES)
