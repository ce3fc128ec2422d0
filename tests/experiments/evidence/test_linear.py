"""Linear methods with several states: exact moments against all paths, simulation and the plain recursion."""

from dataclasses import replace

import numpy as np
import pytest
from sympy import Rational, Symbol

from ratebound.experiments.evidence.enumerate import enumerate_paths
from ratebound.experiments.evidence.exact import exact_available, exact_curves
from ratebound.experiments.evidence.linear import is_linear
from ratebound.experiments.plan import SQUARES
from ratebound.experiments.run import simulate
from ratebound.experiments.verify import verify
from ratebound.problems.build import least_squares
from ratebound.problems.library import load
from ratebound.theory.catalogue import THEOREMS
from ratebound.theory.errors import RateboundError
from ratebound.theory.measures import BEST
from ratebound.theory.method import Method, x
from ratebound.theory.methods import METHODS, nesterov
from ratebound.theory.symbols import alpha, k

g, v, z, w, m = (Symbol(name, real=True) for name in ("g", "v", "z", "w", "m"))
half = Rational(1, 2)
MOMENTUM = Method("momentum", "Momentum", {"x": x + half * v - alpha * g, "v": half * v - alpha * g}, "batch")
HEAVY_BALL = Method(
    "heavy_ball",
    "Heavy ball",
    {"x": x + (x - w) / (k + 2) - alpha * g, "w": x},
    "batch",
    from_start=("w",),
)
ACCELERATED = Method(
    "accelerated", "Accelerated", dict(nesterov.update), "batch", nesterov.point, nesterov.from_start
)
FILTERED = Method("filtered", "Filtered", {"x": x - alpha * (m + g) / 2, "m": (m + g) / 2}, "batch")
METHODS_WITH_STATES = (MOMENTUM, HEAVY_BALL, ACCELERATED, FILTERED)
SAMPLINGS = [(1, True, 5), (2, True, 3), (3, False, 5), ([1, 2, 1, 3], False, 4), ([1, 1, 2], True, 3)]


def problem(l2):
    small = load("quadratic_2d")
    return least_squares(small.A, small.y, l2, x0=small.x0)


@pytest.mark.parametrize("method", [*METHODS_WITH_STATES, METHODS["sgd"]], ids=lambda method: method.name)
@pytest.mark.parametrize(("batch", "replacement", "steps"), SAMPLINGS)
def test_moments_equal_all_paths(method, batch, replacement, steps):
    alphas = 0.4 / np.arange(1, steps + 1)
    options = {"batch": batch, "replacement": replacement, "weights": 1 + alphas, "measures": SQUARES}
    for l2 in (0.0, 0.3):
        assert exact_available(problem(l2), method)
        exact = exact_curves(problem(l2), method, alphas, **options)
        walked = enumerate_paths(problem(l2), method, alphas, **options)
        for name in SQUARES:
            np.testing.assert_allclose(exact[name], walked[name], rtol=1e-11, err_msg=name)


def test_a_method_in_two_forms_has_the_same_moments():
    """With a constant factor, momentum by velocity and by the point before are one method."""
    ball = replace(HEAVY_BALL, update={"x": x + (x - w) / 2 - alpha * g, "w": x})
    alphas = np.full(300, 0.1)
    one, other = (
        exact_curves(load("linnerud"), method, alphas, batch=2, measures=SQUARES)
        for method in (MOMENTUM, ball)
    )
    for name in SQUARES:
        np.testing.assert_allclose(one[name], other[name], rtol=1e-9)


def test_plain_sgd_written_with_a_state_has_the_moments_of_sgd():
    written = Method("written", "SGD", {"x": x - alpha * g, "v": g}, "batch")
    alphas = 0.3 / np.sqrt(np.arange(1, 201))
    for batch, replacement in ((1, True), (3, False)):
        options = {"batch": batch, "replacement": replacement, "weights": alphas, "measures": SQUARES}
        one, other = (
            exact_curves(load("linnerud_ridge"), method, alphas, **options)
            for method in (written, METHODS["sgd"])
        )
        for name in SQUARES:
            np.testing.assert_allclose(one[name], other[name], rtol=1e-10)


def test_simulation_agrees():
    steps, replicas, grid = 60, 4000, [5, 20, 60]
    alphas = np.full(steps, 0.1)
    measures = [name for name in SQUARES if name not in BEST]
    exact = exact_curves(load("linnerud"), MOMENTUM, alphas, batch=2, measures=measures, at=grid)
    runs = simulate(
        load("linnerud"),
        MOMENTUM,
        alphas,
        batch=2,
        steps=steps,
        replicas=replicas,
        seed=5,
        measures=measures,
        checkpoints=grid,
        backend="numpy",
    )
    for name in measures:
        sample = runs[name].values[0]
        error = sample.std(0, ddof=1) / np.sqrt(replicas)
        assert (np.abs(sample.mean(0) - exact[name]) <= 5 * error).all(), name


def test_a_conjecture_about_momentum_is_judged_exactly():
    theorem = replace(THEOREMS["sgd_sc_constant"], method=MOMENTUM, certificate=None)
    verdict = verify(theorem, "quadratic_2d", steps=100, replicas=64)
    assert verdict.evidence == "exact" and verdict.outcome in ("holds", "violated")
    small = replace(theorem, bound=theorem.bound / 100)
    assert verify(small, "quadratic_2d", steps=100, replicas=0).violated


def test_divergence_reads_infinite_in_silence():
    curves = exact_curves(load("diabetes"), MOMENTUM, np.full(400, 1e8), measures=SQUARES)
    assert curves["gap_last"][-1] == curves["gap_average"][-1] == np.inf


@pytest.mark.parametrize(
    "update",
    [
        {"x": x - alpha * g**2},
        {"x": x - alpha * g + 1},
        {"x": x - alpha * v, "v": v + g * x},
        {"x": x - alpha * g / (1 + abs(v)), "v": g},
        {"x": 2 * x - alpha * g},
        {"x": x - Symbol("beta") * g, "v": v},
    ],
)
def test_other_methods_are_not_linear(update):
    method = Method("m", "M", update, "batch")
    assert not is_linear(method) and not exact_available(load("quadratic_2d"), method)


@pytest.mark.parametrize("batch", [[1, 2], [1, 0, 1], [[1, 1, 1]], 1.5])
def test_batches_that_do_not_fit_are_refused(batch):
    with pytest.raises(RateboundError, match="batch"):
        exact_curves(
            load("quadratic_2d"), METHODS["sgd"], np.full(3, 0.1), batch=batch, measures=("gap_last",)
        )
