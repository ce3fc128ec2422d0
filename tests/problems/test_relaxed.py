"""Relaxed smoothness: its constants against gradients at random points, and clipped steps that rest on it."""

from dataclasses import replace

import numpy as np
import pytest

from ratebound.experiments.verify import verify
from ratebound.problems import relaxed
from ratebound.problems.build import logistic
from ratebound.problems.constants import certify
from ratebound.problems.library import load
from ratebound.theory.catalogue import THEOREMS
from ratebound.theory.errors import RateboundError
from ratebound.theory.letters.relaxed import L_one, L_zero
from ratebound.theory.methods import METHODS
from ratebound.theory.symbols import alpha, clip

THEOREM = THEOREMS["clipped_relaxed"]


def constants(problem):
    return tuple(certify(problem, name).value for name in ("L_zero", "L_one"))


def test_the_margin_is_that_of_the_best_direction():
    problem, angles = load("separable_plane"), np.linspace(0, 2 * np.pi, 200_001)
    rows = problem.y[:, None] * problem.A
    best = (rows @ np.array([np.cos(angles), np.sin(angles)])).min(0).max()
    # Angles are tried in steps of 3e-5.
    assert best <= relaxed.margin(problem) <= best * (1 + 1e-5)
    assert constants(problem)[0] == 0 and constants(problem)[1] < np.inf


@pytest.mark.parametrize("name", ["separable_plane", "quadratic_2d", "sine_1d", "logistic_line"])
def test_gradients_change_no_faster(name):
    rng, problem = np.random.default_rng(7), load(name)
    zero, one = constants(problem)
    assert (zero == 0) == (name == "separable_plane")
    x = 5 * rng.normal(size=(4000, problem.d))
    move = rng.normal(size=x.shape)
    longest = 1 / one if one else 3.0
    move *= (longest * rng.random(len(x)) / np.linalg.norm(move, axis=1))[:, None]
    slopes = problem.gradient(x)
    change = np.linalg.norm(problem.gradient(x + move) - slopes, axis=1)
    length, size = np.linalg.norm(move, axis=1), np.linalg.norm(slopes, axis=1)
    assert (change <= (zero + one * size) * length * (1 + 1e-9)).all()
    # What the proof reads of it, along steps against the gradient that are no longer than that.
    step = np.minimum(longest * rng.random(len(x)) / np.maximum(size, 1e-300), 10.0)
    fallen = problem.value(x) - problem.value(x - step[:, None] * slopes)
    assert (fallen >= (step - (zero + one * size) / 2 * step**2) * size**2 - 1e-10).all()


def test_what_is_not_separable_or_has_a_ridge_is_smooth():
    plane = load("separable_plane")
    ridge = logistic(plane.A, plane.y, 0.1)
    mixed = logistic([[1.0, 0.0], [1.0, 0.0]], [1.0, -1.0])
    for problem in (ridge, mixed):
        assert constants(problem) == (certify(problem, "L").value, 0.0)


@pytest.mark.parametrize("threshold", [1e-3, 0.005])
def test_a_small_threshold_allows_steps_beyond_those_of_smoothness(threshold):
    problem = load("separable_plane")
    step = 1 / (threshold * constants(problem)[1])
    assert step > 5 / certify(problem, "L").value
    verdict = verify(THEOREM, problem, steps=300, parameters={"alpha": 0.999 * step, "clip": threshold})
    assert verdict.outcome == "holds", verdict.explain()
    plain = verify("clipped_nonconvex", problem, steps=10, parameters={"alpha": step, "clip": threshold})
    assert plain.outcome == "not applicable"


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"where": (alpha <= 2 / (L_zero + clip * L_one),)}, "not proved|may be negative"),
        ({"method": METHODS["gd"]}, "is about another method"),
        ({"assumptions": THEOREMS["clipped_nonconvex"].assumptions}, "needs the assumption relaxed_smooth"),
        ({"bound": THEOREM.bound * 99 / 100}, "the bound against the summed decrease"),
    ],
)
def test_what_is_not_shown_is_refused(change, says):
    with pytest.raises(RateboundError, match=says):
        replace(THEOREM, **change)
