"""Thresholds, contraction and floors against closed forms, brute force and long runs of the recursion."""

from itertools import combinations

import numpy as np
import pytest

from ratebound.experiments.evidence.exact import exact_curves as slow_curves
from ratebound.experiments.plan import SQUARES
from ratebound.experiments.regimes.axes import default_steps
from ratebound.experiments.regimes.curves import exact_curves
from ratebound.experiments.regimes.exact import SecondMoment, operator_available
from ratebound.problems.build import least_squares
from ratebound.problems.certified import batch_factor
from ratebound.problems.library import load
from ratebound.problems.moments import MomentRecursion
from ratebound.theory.errors import RateboundError
from ratebound.theory.methods import METHODS


def small(l2=0.3, n=5, d=2):
    rng = np.random.default_rng(7)
    return least_squares(rng.normal(size=(n, d)), rng.normal(size=n), l2=l2)


def test_one_dimension_in_closed_form():
    a = np.array([1.0, 2.0, 0.5, 1.5])
    problem = least_squares(a[:, None], np.array([1.0, -1.0, 2.0, 0.5]))
    operator, c = SecondMoment(problem), batch_factor(4, 2, False)
    h, fourth = (a**2).mean(), (a**4).mean()
    N = (1 - c) * h**2 + c * fourth
    assert operator.threshold(c) == pytest.approx(2 * h / N, rel=1e-13)
    assert operator.fastest(c) == pytest.approx(h / N, rel=1e-2)
    steps = np.array([0.1, 0.5, 0.9]) * 2 * h / N
    np.testing.assert_allclose(operator.contraction(c, steps), 1 - 2 * steps * h + steps**2 * N, rtol=1e-13)
    noise = (problem.component_gradients(problem.x_star) ** 2).mean()
    found = operator.floor(c, steps)
    np.testing.assert_allclose(found.distance_sq, steps * c * noise / (2 * h - steps * N), rtol=1e-12)
    np.testing.assert_allclose(found.gap, h / 2 * found.distance_sq, rtol=1e-12)


@pytest.mark.parametrize("name", ["diabetes", "linnerud_ridge", "rank_deficient"])
def test_full_gradients_have_the_eigenvalue_picture(name):
    operator = SecondMoment(load(name))
    low, high = operator.eigenvalues[[0, -1]]
    assert operator.threshold(0.0) == pytest.approx(2 / high, rel=1e-11)
    assert operator.fastest(0.0) == pytest.approx(2 / (low + high), rel=2e-3)
    steps = np.array([0.3, 1.0, 1.9, 2.5]) / high
    factors = np.maximum(abs(1 - steps * low), abs(1 - steps * high)) ** 2
    np.testing.assert_allclose(operator.contraction(0.0, steps), factors, rtol=1e-11)
    assert (operator.floor(0.0, steps[:3]).gap == 0).all()


@pytest.mark.parametrize("batch", [1, 2])
def test_the_radius_is_that_of_the_averaged_kronecker_product(batch):
    problem = small()
    hessians = [np.outer(a, a) + problem.l2 * np.eye(problem.d) for a in problem.A]
    drawn = [sum(hessians[i] for i in which) / batch for which in combinations(range(problem.n), batch)]
    operator, c = SecondMoment(problem), batch_factor(problem.n, batch, False)

    def radius(a):
        maps = [np.eye(problem.d) - a * H for H in drawn]
        return abs(np.linalg.eigvals(np.mean([np.kron(M, M) for M in maps], axis=0))).max()

    steps = np.linspace(0.05, 2, 40) * operator.threshold(c)
    brute = np.array([radius(a) for a in steps])
    np.testing.assert_allclose(operator.contraction(c, steps), brute, rtol=1e-10)
    # No step below the threshold is unstable, and none above it is stable.
    np.testing.assert_array_equal(brute < 1 - 1e-12, steps < operator.threshold(c) * (1 - 1e-12))


def test_both_ways_to_the_radius_agree(monkeypatch):
    operator = SecondMoment(load("linnerud_ridge"))
    steps = np.array([0.01, 0.5, 0.99, 1.01, 3]) * operator.threshold(0.5)
    dense = operator.contraction(0.5, steps)
    monkeypatch.setattr("ratebound.experiments.regimes.exact._DENSE", 0)
    np.testing.assert_allclose(operator.contraction(0.5, steps), dense, rtol=1e-10)


@pytest.mark.parametrize(
    ("name", "batch", "replacement"),
    [("linnerud_ridge", 1, True), ("linnerud", 3, False), ("rank_deficient", 2, True)],
)
def test_long_runs_end_at_the_floor(name, batch, replacement):
    problem = load(name)
    operator, c = SecondMoment(problem), batch_factor(problem.n, batch, replacement)
    steps = np.array([0.2, 0.7]) * operator.threshold(c)
    found = operator.floor(c, steps)
    for j, step in enumerate(steps):
        run = MomentRecursion(problem, batch, replacement)
        for _ in range(3000):
            run.step(step)
        assert run.gap == pytest.approx(found.gap[j], rel=1e-6)
        assert run.distance_sq == pytest.approx(found.distance_sq[j], rel=1e-6)


@pytest.mark.parametrize(
    ("name", "batch"), [("diabetes", 1), ("diabetes", 16), ("linnerud_ridge", 2), ("rank_deficient", 1)]
)
def test_divergence_starts_within_one_cell_of_the_threshold(name, batch):
    problem, grid = load(name), default_steps(load(name))
    limit = SecondMoment(problem).threshold(batch_factor(problem.n, batch, True))
    first = int(np.searchsorted(grid, limit))
    growth = []
    for step in grid[[first - 1, first]]:
        run = MomentRecursion(problem, batch)
        sizes = [run.distance_sq]
        for _ in range(2):
            for _ in range(400):
                run.step(step)
            sizes.append(run.distance_sq)
        # Of a convergent run the increments shrink.
        growth.append(abs(sizes[2] - sizes[1]) / abs(sizes[1] - sizes[0]))
    assert growth[0] < 1 < growth[1]


@pytest.mark.parametrize("name", ["linnerud_ridge", "rank_deficient"])
def test_curves_agree_with_the_recursion(name):
    problem = load(name)
    operator, at = SecondMoment(problem), np.array([0, 10, 50])
    steps = np.array([0.1, 0.8]) * operator.threshold(0.5)
    for factor, batch in ((0.5, 2), (0.25, 4)):
        found = exact_curves(operator, steps, factor, at)
        for i, step in enumerate(steps):
            slow = slow_curves(
                problem, METHODS["sgd"], np.full(50, step), batch=batch, measures=SQUARES, at=at
            )
            np.testing.assert_allclose(found.gap[i], slow["gap_last"], rtol=1e-9)
            for measure in SQUARES:
                assert found.final[measure][i] == pytest.approx(slow[measure][-1], rel=1e-9)


def test_overflow_reads_infinite():
    operator = SecondMoment(small())
    found = exact_curves(operator, np.array([1e3]), 1.0, np.array([0, 1000]))
    assert np.isinf(found.gap[:, -1]).all()
    assert np.isinf(operator.floor(1.0, np.array([1e3])).gap).all()


def test_other_losses_are_refused():
    assert not operator_available(load("iris"))
    with pytest.raises(RateboundError, match="no exact second moments of iris"):
        SecondMoment(load("iris"))
