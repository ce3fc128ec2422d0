"""Exact expectations against closed forms, enumeration and simulation."""

import numpy as np
import pytest
from sympy import Symbol, symbols

from ratebound.experiments.evidence.enumerate import enumerate_paths
from ratebound.experiments.evidence.exact import exact_available, exact_curves, path_curves
from ratebound.experiments.plan import MEASURES, OVER_PATH, SQUARES
from ratebound.experiments.run import simulate
from ratebound.problems.library import load
from ratebound.theory.errors import RateboundError
from ratebound.theory.measures import BEST
from ratebound.theory.method import Method
from ratebound.theory.methods import METHODS

GD, SGD = METHODS["gd"], METHODS["sgd"]


@pytest.mark.parametrize(("batch", "replacement", "steps"), [(1, True, 7), (2, True, 3), (3, False, 6)])
def test_moments_equal_enumeration(batch, replacement, steps):
    problem = load("quadratic_2d")
    alphas = 0.5 / np.arange(1, steps + 1)
    options = dict(batch=batch, replacement=replacement, weights=1 + alphas, measures=SQUARES)
    exact = exact_curves(problem, SGD, alphas, **options)
    walked = enumerate_paths(problem, SGD, alphas, **options)
    for name in SQUARES:
        np.testing.assert_allclose(exact[name], walked[name], rtol=1e-12)
        assert np.isnan(exact[name][0]) == (name in OVER_PATH)
        assert np.isfinite(exact[name][1:]).all()


def test_gradient_descent_has_its_closed_form():
    problem = load("quadratic_2d")
    alphas, weights = np.linspace(0.3, 0.5, 20), np.linspace(1, 2, 20)
    values, vectors = np.linalg.eigh(problem.H)
    start = vectors.T @ (problem.x0 - problem.x_star)
    factors = np.cumprod(1 - alphas[:, None] * values, axis=0)
    errors = np.vstack([start, start * factors])
    squares = (values**2 * errors**2).sum(1)
    average = np.cumsum(weights[:, None] * errors[:-1], 0) / np.cumsum(weights)[:, None]
    exact = exact_curves(problem, GD, alphas, weights=weights, measures=MEASURES)
    np.testing.assert_allclose(exact["gap_last"], (values * errors**2).sum(1) / 2, rtol=1e-10)
    np.testing.assert_allclose(exact["distance_sq"], (errors**2).sum(1), rtol=1e-10)
    np.testing.assert_allclose(exact["grad_norm_sq_last"], squares, rtol=1e-9)
    np.testing.assert_allclose(exact["gap_average"][1:], (values * average**2).sum(1) / 2, rtol=1e-10)
    mean = np.cumsum(weights * squares[:-1]) / np.cumsum(weights)
    np.testing.assert_allclose(exact["grad_norm_sq_mean"][1:], mean, rtol=1e-10)
    np.testing.assert_allclose(exact["grad_norm_sq_best"][1:], np.minimum.accumulate(squares[:-1]), rtol=1e-9)
    sums = np.abs((values * errors) @ vectors.T).sum(1)
    for name, curve in (("grad_norm", np.sqrt(squares)), ("grad_l1", sums)):
        np.testing.assert_allclose(exact[f"{name}_last"], curve, rtol=1e-9)
        mean = np.cumsum(weights * curve[:-1]) / np.cumsum(weights)
        np.testing.assert_allclose(exact[f"{name}_mean"][1:], mean, rtol=1e-9)


def test_simulation_agrees_on_real_data():
    problem, steps, replicas = load("linnerud_ridge"), 200, 2000
    grid = [0, 1, 3, 10, 40, 200]
    alphas = 0.05 / np.sqrt(np.arange(steps) + 1)
    measures = [m for m in SQUARES if m not in BEST]
    exact = exact_curves(
        problem, SGD, alphas, batch=2, replacement=False, weights=alphas, measures=measures, at=grid
    )
    runs = simulate(
        problem,
        "sgd",
        alphas,
        batch=2,
        replacement=False,
        steps=steps,
        replicas=replicas,
        seed=1,
        average=alphas,
        measures=measures,
        checkpoints=grid,
    )
    for name in measures:
        sample = runs[name].values[0, :, 1:]
        error = sample.std(0, ddof=1) / np.sqrt(replicas)
        off = np.abs(sample.mean(0) - exact[name][1:])
        assert (off <= 5 * error + 1e-12 * exact[name][1:]).all(), name


def test_minimum_is_of_the_expectation():
    squares, gaps = np.array([4.0, 1.0, 2.0, np.inf, 0.0]), np.array([9.0, 5.0, 7.0, 3.0, 0.0])
    last = {"grad_norm_sq_last": squares, "gap_last": gaps}
    curves = path_curves(last, np.array([1.0, 3.0, 1.0, 1.0]))
    np.testing.assert_array_equal(curves["gap_best"], [np.nan, 9, 5, 5, 3])
    np.testing.assert_allclose(curves["gap_mean"], [np.nan, 9, 6, 31 / 5, 34 / 6])
    np.testing.assert_array_equal(curves["grad_norm_sq_best"], [np.nan, 4, 1, 1, 1])
    np.testing.assert_allclose(curves["grad_norm_sq_mean"], [np.nan, 4, 7 / 4, 9 / 5, np.inf])


def test_subset_of_steps():
    problem, alphas = load("quadratic_2d"), np.full(30, 0.2)
    for method, measures in ((GD, MEASURES), (SGD, SQUARES)):
        every = exact_curves(problem, method, alphas, measures=measures)
        some = exact_curves(problem, method, alphas, measures=measures, at=[0, 7, 30])
        for name in measures:
            np.testing.assert_allclose(some[name], every[name][[0, 7, 30]], rtol=1e-12)


def test_divergence_reads_infinite_in_silence():
    problem = load("diabetes")
    for method, measures in ((GD, MEASURES), (SGD, SQUARES)):
        curves = exact_curves(problem, method, np.full(500, 1e8), measures=measures)
        assert not any(np.isnan(curve[1:]).any() for curve in curves.values())
        assert curves["gap_last"][-1] == curves["gap_average"][-1] == np.inf


def test_where_it_is_known():
    x, g, alpha = (Symbol(name) for name in ("x", "g", "alpha"))
    quadratic = load("quadratic_2d")
    assert exact_available(quadratic, SGD) and exact_available(quadratic, GD)
    assert exact_available(load("sine_1d"), GD)
    assert not exact_available(load("sine_1d"), SGD)
    signed = Method("m", "", {"x": x - alpha * g**2}, "batch")
    assert not exact_available(quadratic, signed)
    assumed = dict(zip("xga", symbols("x g alpha", real=True), strict=True))
    plain = {"x": assumed["x"] - assumed["a"] * assumed["g"]}
    assert exact_available(quadratic, Method("m", "", plain, "batch"))
    assert not exact_available(quadratic, SGD, 1, "grad_norm_mean")
    for problem, measure in (("sine_1d", "gap_last"), ("quadratic_2d", "grad_l1_mean")):
        with pytest.raises(RateboundError, match=f"no exact expectation of {measure} of sgd on {problem}"):
            exact_curves(load(problem), SGD, np.ones(3), measures=(measure,))


@pytest.mark.parametrize(
    ("alphas", "options", "message"),
    [
        ([0.1, -0.1], {}, "alpha_1 = -0.1"),
        ([], {}, "shape"),
        ([[0.1]], {}, "shape"),
        ([0.1, 0.1], {"weights": [1.0]}, "weights"),
        ([0.1], {"measures": ("gap",)}, "unknown measure"),
        ([0.1], {"at": [2]}, "checkpoints"),
        ([0.1], {"batch": 9, "replacement": False}, "exceeds n = 4"),
    ],
)
def test_refusals(alphas, options, message):
    options = {"measures": ("gap_last",)} | options
    with pytest.raises(RateboundError, match=message):
        exact_curves(load("quadratic_2d"), SGD, np.array(alphas), **options)
