"""Last iterates, derived a second time: the weighted sum on kinked functions, with sums written out."""

from dataclasses import replace

import numpy as np
import pytest

from ratebound.problems.lower import lower
from ratebound.theory.assumptions import bounded_gradient
from ratebound.theory.catalogue import THEOREMS
from ratebound.theory.certificates.last_iterate import LastIterate
from ratebound.theory.errors import RateboundError
from ratebound.theory.symbols import D, K, alpha0, k, second_moment

NAMES = ["subgradient_linear_decay", "subgradient_linear_decay_horizon"]
SLOPE, FAR, FIRST = 2.0, 3.0, 0.4
"""Largest slope, distance from the start to the minimiser, first step."""


def polyhedron(seed, d=6):
    """Return f = max_i (a_i . x), zero at its minimiser 0, and a subgradient, as functions."""
    rows = np.random.default_rng(seed).normal(size=(3 * d, d))
    rows = np.concatenate([rows, -rows[:d]])
    rows *= SLOPE / np.linalg.norm(rows, axis=1)[:, None]
    return lambda x: (rows @ x).max(), lambda x: rows[(rows @ x).argmax()]


def numbers(expr, steps, at=0):
    symbols = (D, alpha0, second_moment)
    return lower(expr, (k, K, *symbols))(at, steps, FAR, FIRST, SLOPE**2)


def run(theorem, steps, seed):
    value, slope = polyhedron(seed)
    start = np.random.default_rng(seed + 1).normal(size=6)
    points = [FAR * start / np.linalg.norm(start)]
    for alpha in numbers(theorem.step, steps, np.arange(steps)):
        points.append(points[-1] - alpha * slope(points[-1]))
    return np.array(points), np.array([value(x) for x in points])


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("steps", [1, 2, 5, 40])
def test_the_bound_and_the_weighted_sum_hold_on_kinked_functions(name, steps):
    theorem = THEOREMS[name]
    proof = theorem.certificate
    alphas = np.append(numbers(theorem.step, steps, np.arange(steps)), numbers(proof.beyond, steps))
    v = np.append(numbers(proof.weights, steps, np.arange(-1, steps)), numbers(proof.final, steps))
    growth, v = np.diff(v), v[1:]
    tails = np.array([(v * alphas)[j:].sum() for j in range(steps + 1)])
    factors = v**2 * alphas - growth * tails
    assert (factors >= -1e-12).all()
    spent = numbers(proof.weights, steps, -1) ** 2 * FAR**2 + (v**2 * alphas**2).sum() * SLOPE**2
    for seed in range(20):
        _, gaps = run(theorem, steps, seed)
        assert 2 * factors @ gaps <= spent * (1 + 1e-12)
        assert gaps[-1] <= numbers(theorem.bound, steps) * (1 + 1e-12)


@pytest.mark.parametrize("steps", [1, 3, 10])
def test_the_tuned_bound_is_of_the_right_size(steps):
    """Neither too small nor far above what polyhedra and the absolute value do."""
    theorem = THEOREMS["subgradient_linear_decay_horizon"]
    worst = 0.0
    for seed in range(40):
        worst = max(worst, run(theorem, steps, seed)[1][-1])
    away = FAR
    for alpha in numbers(theorem.step, steps, np.arange(steps)):
        away = away - alpha * SLOPE * np.sign(away)
    worst = max(worst, SLOPE * abs(away))
    assert 0.2 * numbers(theorem.bound, steps) < worst <= numbers(theorem.bound, steps)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"step": alpha0 * (K - k) / K + alpha0 / K}, "must not depend on k"),
        ({"step": alpha0}, "steps that know"),
        ({"assumptions": THEOREMS[NAMES[0]].assumptions[:2]}, "assume to_end"),
        ({"certificate": LastIterate(1 / (K - k) ** 2, 1, alpha0 / K, bounded_gradient)}, "must not depend"),
        ({"certificate": LastIterate(1 / (K - k), 1, alpha0, bounded_gradient)}, "factor of f"),
    ],
)
def test_what_the_proof_needs_is_asked_for(change, message):
    theorem = THEOREMS[NAMES[0]]
    if "step" in change and change["step"] == alpha0:
        change = {"step": alpha0, "bound": theorem.bound.subs(K, k)}
    with pytest.raises(RateboundError, match=message):
        replace(theorem, **change)
