"""The mean over the last step: the same expectation, less variance, fewer replicas."""

import numpy as np
import pytest

from ratebound.experiments.applicability import prepare
from ratebound.experiments.evidence import replicas as sampling
from ratebound.experiments.evidence import smoothing
from ratebound.experiments.evidence.enumerate import enumerate_paths
from ratebound.experiments.evidence.evalue import EProcess
from ratebound.experiments.grid import Grid, of_run
from ratebound.problems import library
from ratebound.theory.catalogue import THEOREMS

COUNT, SEED = 4096, 11


@pytest.fixture(scope="module")
def runs():
    """A run on the PL function near its floor, with the values and their means over the last step."""
    trial = prepare(THEOREMS["sgd_pl_constant"], library.load("sine_1d"), steps=60)
    grid = Grid(((trial, np.array([0, 1, 2, 40, 60])),))
    plain, _ = sampling.run_replicas(grid, 0, COUNT, SEED, "numpy")
    return grid, plain, smoothing.conditional_means(grid, 0, COUNT, SEED)


def test_it_is_the_mean_over_the_last_step(runs):
    grid, plain, smooth = runs
    trial, problem = grid.trial, grid.problem
    np.testing.assert_array_equal(smooth[:, 0], plain[:, 0])
    walked = enumerate_paths(
        problem, grid.theorem.method, trial.alphas[:2], measures=("gap_last",), max_paths=1000
    )["gap_last"]
    np.testing.assert_allclose(smooth[:, 1], walked[1], rtol=1e-12)
    assert abs(smooth[:, 2].mean() - walked[2]) <= 5 * smooth[:, 2].std() / COUNT**0.5
    difference = plain - smooth
    assert (np.abs(difference.mean(0)) <= 5 * difference.std(0) / COUNT**0.5 + 1e-15).all()
    assert (smooth.std(0) <= plain.std(0) * (1 + 1e-12)).all() and (smooth >= 0).all()
    again = smoothing.conditional_means(grid, 100, 7, SEED)
    np.testing.assert_array_equal(again, smooth[100:107])


def replicas_to_refute(ratios):
    """Return the replicas that reach an e-value of 1e6, all of them where they do not."""
    process = EProcess(ratios.shape[1])
    for used, row in enumerate(ratios, 1):
        process.update(row[None])
        if process.rejects(1e6):
            return used
    return len(ratios)


def test_a_false_bound_falls_to_fewer_replicas(runs):
    _, plain, smooth = runs
    false = smooth[:, 3:].mean(0) / 1.5
    groups = np.arange(COUNT).reshape(8, -1)
    many, few = (sum(replicas_to_refute(q[g, 3:] / false) for g in groups) for q in (plain, smooth))
    assert few <= 0.85 * many, (few, many)


def test_it_is_used_where_it_costs_little():
    def grid(name, problem, **options):
        return of_run(prepare(THEOREMS[name], library.load(problem), **{"steps": 50, **options}))

    assert smoothing.affordable(grid("sgd_pl_constant", "sine_1d"), 256)
    assert not smoothing.affordable(grid("sgd_pl_constant", "sine_1d", steps=6000), 256)
    assert not smoothing.affordable(grid("sgd_pl_constant", "sine_1d", batch=5), 256)
    assert not smoothing.affordable(grid("sgd_star_convex", "iris"), 256)
    assert not smoothing.affordable(grid("sgd_star_constant", "breast_cancer"), 256)
