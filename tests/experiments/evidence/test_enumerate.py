"""Enumeration against one path at a time, and against simulation."""

import tracemalloc
from collections import Counter
from itertools import combinations, product

import numpy as np
import pytest
from sympy import Rational

from ratebound.experiments.evidence import enumerate as module
from ratebound.experiments.evidence.enumerate import (
    all_batches,
    branches,
    count_paths,
    distinct_batches,
    enumerate_paths,
)
from ratebound.experiments.evidence.exact import exact_curves
from ratebound.experiments.plan import MEASURES
from ratebound.experiments.run import simulate
from ratebound.problems.build import least_squares, logistic
from ratebound.problems.library import load
from ratebound.theory.errors import RateboundError
from ratebound.theory.letters.coordinates import omega
from ratebound.theory.methods import METHODS

SGD = METHODS["sgd"]


def small_logistic():
    A = [[1.0, 0.5], [-0.3, 2.0], [0.7, -1.0]]
    return logistic(A, [1.0, -1.0, 1.0], 0.1, x0=[2.0, -1.0])


def one_by_one(problem, alphas, batches, weights):
    steps = len(alphas)
    squares, sums, last, average = np.zeros((4, steps + 1))
    paths = list(product(batches, repeat=steps))
    for path in paths:
        points = [problem.x0]
        for alpha, rows in zip(alphas, path, strict=True):
            points.append(points[-1] - alpha * problem.component_gradients(points[-1])[list(rows)].mean(0))
        squares += [problem.grad_norm_sq(x) for x in points]
        sums += [np.abs(problem.gradient(x)).sum() for x in points]
        last += [problem.gap(x) for x in points]
        for k in range(1, steps + 1):
            average[k] += problem.gap(np.average(points[:k], axis=0, weights=weights[:k]))
    squares, sums, last, average = (each / len(paths) for each in (squares, sums, last, average))
    mean = [np.average(squares[:k], weights=weights[:k]) for k in range(1, steps + 1)]
    best = [squares[:k].min() for k in range(1, steps + 1)]
    summed = [np.average(sums[:k], weights=weights[:k]) for k in range(1, steps + 1)]
    return last[1:], average[1:], np.array(mean), np.array(best), np.array(summed)


@pytest.mark.parametrize(
    ("batch", "replacement", "steps"), [(1, True, 5), (2, True, 2), (2, False, 4), (3, False, 3)]
)
def test_equals_one_path_at_a_time(batch, replacement, steps):
    problem = small_logistic()
    alphas, weights = 1.5 / np.arange(1, steps + 1), np.arange(1.0, steps + 1)
    every = product(range(3), repeat=batch) if replacement else combinations(range(3), batch)
    last, average, mean, best, summed = one_by_one(problem, alphas, list(every), weights)
    walked = enumerate_paths(
        problem, SGD, alphas, batch=batch, replacement=replacement, weights=weights, measures=MEASURES
    )
    np.testing.assert_allclose(walked["gap_last"][1:], last, rtol=1e-12)
    np.testing.assert_allclose(walked["gap_average"][1:], average, rtol=1e-12)
    np.testing.assert_allclose(walked["grad_norm_sq_mean"][1:], mean, rtol=1e-12)
    np.testing.assert_allclose(walked["grad_norm_sq_best"][1:], best, rtol=1e-12)
    np.testing.assert_allclose(walked["grad_l1_mean"][1:], summed, rtol=1e-12)
    gaps = np.cumsum(weights * walked["gap_last"][:-1]) / np.cumsum(weights)
    np.testing.assert_allclose(walked["gap_mean"][1:], gaps, rtol=1e-12)
    np.testing.assert_array_equal(walked["gap_best"][1:], np.minimum.accumulate(walked["gap_last"][:-1]))
    assert all(np.isnan(walked[name][0]) for name in ("gap_average", "grad_norm_sq_mean"))


def test_blocks_change_nothing(monkeypatch):
    problem, alphas = small_logistic(), np.full(7, 0.8)
    whole = enumerate_paths(problem, SGD, alphas, measures=MEASURES)
    monkeypatch.setattr(module, "_VALUES", 20)
    cut = enumerate_paths(problem, SGD, alphas, measures=MEASURES)
    for name in MEASURES:
        np.testing.assert_allclose(cut[name], whole[name], rtol=1e-12)


def test_simulation_agrees():
    problem, steps, replicas = small_logistic(), 9, 20_000
    alphas = 1.0 / np.sqrt(np.arange(1, steps + 1))
    measures = ("gap_last", "distance_sq", "gap_average", "grad_norm_sq_mean")
    walked = enumerate_paths(problem, SGD, alphas, weights=alphas, measures=measures)
    runs = simulate(
        problem,
        "sgd",
        alphas,
        steps=steps,
        replicas=replicas,
        seed=8,
        average=alphas,
        measures=measures,
        checkpoints=range(steps + 1),
    )
    for name in measures:
        sample = runs[name].values[0, :, 1:]
        error = sample.std(0, ddof=1) / np.sqrt(replicas)
        assert (np.abs(sample.mean(0) - walked[name][1:]) <= 5 * error + 1e-13).all(), name


PAIR = least_squares([[1.0, 0.3], [0.4, -1.0]], [1.0, -0.5], x0=[2.0, -1.0])


def peak(steps):
    """Return the mean gaps of all paths, and the memory that they took."""
    tracemalloc.start()
    found = enumerate_paths(PAIR, SGD, np.full(steps, 0.3), max_paths=10**7, measures=("gap_last",))
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return found["gap_last"], most


@pytest.mark.parametrize("steps", [20, pytest.param(23, marks=pytest.mark.full)])
def test_millions_of_paths_equal_the_moments_in_the_memory_of_few(steps):
    found, most = peak(steps)
    exact = exact_curves(PAIR, SGD, np.full(steps, 0.3), measures=("gap_last",))["gap_last"]
    np.testing.assert_allclose(found, exact, rtol=1e-11)
    assert most < 5e7


def test_a_batch_of_all_samples_is_one():
    batches, chances = distinct_batches(load("diabetes"), 442, False)
    np.testing.assert_array_equal(batches, np.arange(442)[None])
    assert chances.tolist() == [1.0]


@pytest.mark.parametrize(("batch", "replacement"), [(1, True), (2, True), (3, True), (2, False), (4, False)])
def test_equal_samples_and_orders_are_walked_as_one(batch, replacement):
    """Two samples of five are equal: a tiny change tells them apart, and hardly changes the expectation."""
    A = np.array([[1.0, 0.5], [-0.3, 2.0], [1.0, 0.5], [0.7, -1.0], [0.2, 0.2]])
    y = np.array([1.0, -1.0, 1.0, 1.0, -1.0])
    equal, other = (
        logistic(A + shift, y, 0.1, x0=[2.0, -1.0]) for shift in (0, np.arange(10).reshape(5, 2) * 1e-13)
    )
    options = {"batch": batch, "replacement": replacement, "measures": MEASURES}
    for name, curve in enumerate_paths(equal, SGD, np.full(3, 0.4), **options).items():
        np.testing.assert_allclose(
            curve, enumerate_paths(other, SGD, np.full(3, 0.4), **options)[name], rtol=1e-9
        )
    batches, chances = distinct_batches(equal, batch, replacement)
    drawn = all_batches(5, batch, replacement)
    kinds = np.array([0, 1, 0, 3, 4])
    counted = Counter(tuple(sorted(kinds[each])) for each in drawn.tolist())
    found = {
        tuple(sorted(kinds[each])): chance for each, chance in zip(batches.tolist(), chances, strict=True)
    }
    assert found == pytest.approx({each: count / len(drawn) for each, count in counted.items()})
    assert len(batches) <= branches(equal, batch, replacement) <= len(drawn) and len(batches) < len(
        all_batches(5, batch, True)
    )


def test_only_what_is_asked_for_is_returned():
    walked = enumerate_paths(small_logistic(), SGD, np.full(2, 0.1), measures=("gap_last",))
    assert set(walked) == {"gap_last"}


def test_counts():
    assert count_paths(4, 7) == 4**7
    assert count_paths(4, 3, 2) == 16**3
    assert count_paths(4, 3, 2, False) == 6**3


@pytest.mark.parametrize(
    ("method", "alphas", "options", "message"),
    [
        ("sgd", [0.1] * 20, {}, "exceed max_paths = 1000000"),
        ("sgd", [0.1] * 3, {"max_paths": 10}, "exceed max_paths = 10"),
        ("gd", [0.1], {}, "draws no samples"),
        ("sgd", [0.0], {}, "alpha_0 = 0"),
        ("sgd", [], {}, "shape"),
        ("sgd", [0.1], {"batch": 5, "replacement": False}, "exceeds n = 4"),
        ("sgd", [0.1], {"batch": 0}, "batch = 0"),
        ("sgd", [0.1], {"measures": ("gaplast",)}, "did you mean 'gap_last'"),
    ],
)
def test_refusals(method, alphas, options, message):
    options = {"measures": ("gap_last",)} | options
    with pytest.raises(RateboundError, match=message):
        enumerate_paths(load("quadratic_2d"), METHODS[method], np.array(alphas), **options)


def test_paths_of_steps_that_samples_set():
    """Polyak's step of the drawn sample, by hand, with the infima of the components of ridge regression."""
    A, y, l2 = np.array([[1.0, 0.5], [-0.5, 1.5], [2.0, 0.1]]), np.array([1.0, -1.0, 0.5]), 0.3
    problem = least_squares(A, y, l2, x0=np.array([1.0, -2.0]))
    norms = (A**2).sum(1)
    lowest = l2 * y**2 / (2 * (norms + l2))
    expected = np.zeros(4)
    for path in product(range(3), repeat=3):
        x = problem.x0
        for k in range(4):
            expected[k] += ((x - problem.x_star) ** 2).sum() / 27
            if k < 3:
                i = path[k]
                g = (A[i] @ x - y[i]) * A[i] + l2 * x
                rise = (A[i] @ x - y[i]) ** 2 / 2 + l2 / 2 * (x @ x) - lowest[i]
                x = x - min(0.7 * rise / (g @ g), 0.4) * g
    rule = METHODS["sps_max"].at({omega: Rational(7, 10)})
    found = enumerate_paths(problem, rule, np.full(3, 0.4), measures=["distance_sq"])["distance_sq"]
    np.testing.assert_allclose(found, expected, rtol=1e-11)


def test_parameters_by_name_are_those_put_into_the_method():
    method, alphas = METHODS["sps_max"], np.array([0.4, 3.0, 1.0])
    [put_in] = method.parameters
    options = {"measures": ["gap_last", "gap_average"]}
    found = enumerate_paths(small_logistic(), method, alphas, parameters={"omega": 0.5}, **options)
    expected = enumerate_paths(small_logistic(), method.at({put_in: Rational(1, 2)}), alphas, **options)
    assert put_in == omega
    for name, curve in found.items():
        assert curve == pytest.approx(expected[name], rel=1e-14, nan_ok=True)
    with pytest.raises(RateboundError, match="reads omega"):
        enumerate_paths(small_logistic(), method, alphas, **options)


def test_gradients_are_taken_at_the_points_only_where_a_measure_reads_them(monkeypatch):
    problem, taken = small_logistic(), []
    true = type(problem).grad_norm_sq
    monkeypatch.setattr(type(problem), "grad_norm_sq", lambda self, X: taken.append(1) or true(self, X))
    enumerate_paths(problem, SGD, np.full(2, 0.1), measures=("gap_best", "gap_average"))
    assert not taken
    enumerate_paths(problem, SGD, np.full(2, 0.1), measures=("grad_norm_sq_best",))
    assert taken
