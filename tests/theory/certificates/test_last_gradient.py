"""OGM-G: with the published weights the average is the published method; worst cases; false proofs fail."""

from dataclasses import replace

import numpy as np
import pytest

from ratebound.experiments.run import simulate
from ratebound.problems.build import from_arrays, least_squares
from ratebound.problems.library import load
from ratebound.problems.losses import huber
from ratebound.problems.lower import lower
from ratebound.theory.assumptions import smooth
from ratebound.theory.catalogue import THEOREMS
from ratebound.theory.certificates.last_gradient import after, before, here, moved, y
from ratebound.theory.errors import RateboundError
from ratebound.theory.method import g, x
from ratebound.theory.methods import METHODS
from ratebound.theory.symbols import K, L, gap0, k

LAST = THEOREMS["ogm_gradient_convex"]
bound = lower(LAST.bound, (K, L, gap0))
MOVED = lower(moved(here / before)["x"], (x, g, y, before, here, after))
KEPT = lower(moved(here / before)["y"], (g, y, before, here))


def published_weights(steps):
    """theta_0 .. theta_K (Kim and Fessler 2021), from the end."""
    theta = [1.0]
    for _ in range(steps - 1):
        theta.append((1 + np.sqrt(1 + 4 * theta[-1] ** 2)) / 2)
    theta.append((1 + np.sqrt(1 + 8 * theta[-1] ** 2)) / 2)
    return theta[::-1]


def published(slope, x0, theta):
    """Return x_K of OGM-G as published, for L = 1."""
    point = primary = x0
    for i in range(len(theta) - 1):
        now, then = theta[i], theta[i + 1]
        after_step = point - slope(point)
        far = (2 * then - 1) / (2 * now - 1)
        point, primary = (
            after_step + (now - 1) / now * far * (after_step - primary) + far * (after_step - point),
            after_step,
        )
    return point


@pytest.mark.parametrize("steps", [1, 2, 3, 7])
def test_the_average_with_the_weights_of_the_source_is_the_published_method(steps):
    problem = load("ridge_plane")
    top = np.linalg.eigvalsh(problem.H)[-1]

    def slope(point):
        return problem.gradient(point) / top

    theta = published_weights(steps)
    weights = [theta[0] ** 2 / 2, *(each**2 for each in theta[1:]), 0.0]
    point, average = problem.x0, np.zeros_like(problem.x0)
    for first, second, third in zip(weights, weights[1:], weights[2:], strict=False):
        gradient = slope(point)
        point, average = (
            MOVED(point, gradient, average, first, second, third),
            KEPT(gradient, average, first, second),
        )
    np.testing.assert_allclose(point, published(slope, problem.x0, theta), rtol=1e-9)


def last_square(problem, steps):
    measures = ("grad_norm_sq_last",)
    run = simulate(problem, "ogm_gradient", LAST.step, steps=steps, measures=measures, checkpoints=[steps])
    return float(run.grad_norm_sq_last.squeeze())


@pytest.mark.parametrize("steps", [1, 2, 5, 40])
def test_the_run_is_the_average_with_rational_weights(steps):
    problem = load("ridge_plane")
    top = np.linalg.eigvalsh(problem.H)[-1]
    weights = lower(LAST.certificate.weights, (k, K))(np.arange(-1, steps + 1), steps)
    weights[0] = lower(LAST.certificate.total, (K,))(steps)
    assert weights[-2:].tolist() == [1, 0]
    point, average = problem.x0, np.zeros_like(problem.x0)
    for first, second, third in zip(weights, weights[1:], weights[2:], strict=False):
        gradient = problem.gradient(point) / top
        point, average = (
            MOVED(point, gradient, average, first, second, third),
            KEPT(gradient, average, first, second),
        )
    assert last_square(problem, steps) == pytest.approx(problem.grad_norm_sq(point), rel=1e-6)


def test_one_step_meets_the_bound_on_a_parabola():
    line = least_squares(np.ones((1, 1)), np.zeros(1), x0=np.ones(1))
    # x_1 = x_0 - (1 + 1/2) grad f(x_0)/L, as with the published weights.
    assert last_square(line, 1) == pytest.approx(0.25)
    assert float(bound(1, 1.0, 0.5)) == pytest.approx(0.25)


@pytest.mark.parametrize(("steps", "share"), [(1, 1.0), (3, 0.98), (10, 0.99), (100, 0.999)])
def test_far_out_on_a_huber_function_the_bound_is_met_or_nearly(steps, share):
    """With the slope one all along y_k is 1 - q_k/C, and the run ends where the parabola begins."""
    left, (C,) = np.arange(steps, 0, -1), lower(LAST.certificate.total, (K,))(np.array([steps]))
    start = 1 + steps + (left * (1 - left * (left + 3) / 4 / C)).sum()
    problem = from_arrays(np.ones((1, 1)), np.zeros(1), huber(1.0), x0=np.array([start]))
    assert float(problem.gap(problem.x0)) == pytest.approx(start - 0.5)
    assert last_square(problem, steps) == pytest.approx(1)
    assert share <= 1 / float(bound(steps, 1.0, start - 0.5)) <= 1 + 1e-12


def test_it_is_below_the_published_bound():
    for steps in range(1, 200):
        assert float(bound(steps, 1.0, 1.0)) < 4 / (steps + 1 + np.sqrt(0.5)) ** 2
        # With its own weights the method is better still.
        assert 2 / published_weights(steps)[0] ** 2 <= float(bound(steps, 1.0, 1.0)) * (1 + 1e-12)


PROOF = LAST.certificate


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"bound": LAST.bound * 99 / 100}, "is not L gap0/C"),
        ({"step": 1 / L}, "does not go where the proof says"),
        ({"step": (K - k) / (2 * L)}, "does not go where the proof says"),
        ({"method": METHODS["gd"]}, "no states x and y"),
        ({"measure": "grad_norm_sq_best"}, "grad_norm_sq_last at the horizon"),
        ({"assumptions": (smooth,)}, "assume both"),
        ({"certificate": replace(PROOF, weights=PROOF.weights + k)}, "do not go down to one and zero"),
        # Weights that grow faster, and a larger C, are what the signs do not allow.
        (
            {"certificate": replace(PROOF, weights=(K - k) ** 2, total=K**2 + K / 4)},
            "a later step: the multiplier",
        ),
        ({"certificate": replace(PROOF, total=PROOF.total + 1)}, "the first step: the multiplier"),
    ],
)
def test_what_is_not_shown_is_refused(change, says):
    with pytest.raises(RateboundError, match=says):
        replace(LAST, **change)
