"""Last iterates of steps that know no horizon, derived a second time: weights and sums in numbers."""

from dataclasses import replace

import numpy as np
import pytest
from sympy import Integer, log, sqrt

from ratebound.problems.lower import lower
from ratebound.theory.assumptions import bounded_moment
from ratebound.theory.certificates.last_falling import LastFalling
from ratebound.theory.errors import RateboundError
from ratebound.theory.families.sgd_last import (
    sgd_convex_last_constant,
    sgd_convex_last_decaying,
    sgd_convex_last_horizon,
    sgd_sc_last,
)
from ratebound.theory.symbols import D, K, alpha, alpha0, k, mu, second_moment

FAR, FIRST, CURVED = 1.5, 0.3, 0.4


def numbers(expr, at, slope_sq):
    found = lower(expr, (k, D, alpha, alpha0, mu, second_moment))(at, FAR, FIRST, FIRST, CURVED, slope_sq)
    return np.broadcast_to(found, np.shape(at))


def run(theorem, steps, seed, curved):
    """Return gaps, slopes and points of subgradient steps on a random polyhedron, with a parabola or not."""
    rng = np.random.default_rng(seed)
    rows = rng.normal(size=(12, 3))
    rows = np.concatenate([rows, -rows])
    x = rng.normal(size=3)
    x *= FAR / np.linalg.norm(x)
    gaps, slopes, points = [], [], []
    for step in numbers(theorem.step, np.arange(steps + 1), 1.0):
        slope = rows[(rows @ x).argmax()] + curved * x
        points.append(x)
        gaps.append((rows @ x).max() + curved / 2 * x @ x)
        slopes.append(slope)
        x = x - step * slope
    return np.array(gaps), np.array(slopes), np.array(points)


@pytest.mark.parametrize(
    ("theorem", "curved"),
    [(sgd_convex_last_constant, 0.0), (sgd_convex_last_decaying, 0.0), (sgd_sc_last, CURVED)],
)
@pytest.mark.parametrize("steps", [1, 2, 7, 60])
def test_the_weighted_sum_and_the_bound_hold_on_kinked_functions(theorem, curved, steps):
    at = np.arange(steps + 1)
    alphas = numbers(theorem.step, at, 1.0)
    growth = numbers(theorem.certificate.growth, np.arange(steps + 2), 1.0)
    e = growth[1:] * alphas
    inverse = np.empty(steps + 2)  # Of v_{-1} .. v_k.
    inverse[-2:] = np.sqrt(e[-1])
    for j in range(steps - 1, -1, -1):
        inverse[j] = inverse[j + 1] + e[j] / inverse[j + 1]
    v = 1 / inverse
    tails = np.cumsum((v[1:] * e)[::-1])[::-1]
    factors = v[1:] ** 2 * e - np.diff(v) * tails
    assert factors == pytest.approx([0.0] * steps + [1.0], abs=1e-9)
    for seed in range(10):
        gaps, slopes, points = run(theorem, steps, seed, curved)
        squares = (slopes**2).sum(axis=1)
        # The sum that telescopes, with its reference points written out.
        z, total = np.zeros(3), 0.0
        for j in range(steps + 1):
            z = (v[j] * z + (v[j + 1] - v[j]) * points[j]) / v[j + 1]
            away = points[j] - z
            total += v[j + 1] ** 2 * e[j] * (2 * slopes[j] @ away - curved * away @ away)
        spent = growth[0] * v[0] ** 2 * FAR**2 + (v[1:] ** 2 * e * alphas) @ squares
        assert 2 * gaps[-1] <= total + 1e-9 <= spent + 2e-9
        assert gaps[-1] <= numbers(theorem.bound, steps, squares.max())
    assert (growth[0] * v[0] ** 2 * FAR**2 + (v[1:] ** 2 * e * alphas).sum()) / 2 <= numbers(
        theorem.bound, steps, 1.0
    )


@pytest.mark.parametrize("steps", [1, 30, 10**6])
def test_the_tuned_step_is_the_best_but_for_the_logarithm(steps):
    """The least bound of all constant steps, against that of the tuned one."""
    lengths = np.geomspace(1e-3, 1e3, 4001) * FAR / np.sqrt(steps)
    function = lower(sgd_convex_last_constant.bound, (alpha, D, second_moment, k))
    bounds = function(lengths, FAR, 1.0, float(steps))
    tuned = float(lower(sgd_convex_last_horizon.bound, (D, second_moment, K))(FAR, 1.0, float(steps)))
    own = function(FAR / (2 * np.sqrt(steps)), FAR, 1.0, float(steps))
    assert bounds.min() <= own * (1 + 1e-6) and own <= tuned * (1 + 1e-12)
    assert tuned <= bounds.min() * 1.3


@pytest.mark.parametrize("steps", [3, 100, 10_000])
def test_the_constants_are_far_below_the_published_ones(steps):
    published = 17 * second_moment * (1 + log(k)) / (mu * k)
    assert numbers(sgd_sc_last.bound, steps, 1.0) < numbers(published, steps, 1.0) / 17


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"assumptions": sgd_sc_last.assumptions[:2]}, "assume to_end"),
        ({"step": 1 / (mu * sqrt(k + 1))}, "the fall of"),
        ({"step": (k + 2) / (mu * (k + 1) ** 2)}, "must be constant, or fall"),
        ({"certificate": LastFalling(bounded_moment, growth=k)}, "needs the assumption convex"),
        ({"certificate": LastFalling(bounded_moment, growth=k**2, strong=True)}, "growth of one step"),
        ({"certificate": LastFalling(bounded_moment, growth=k + 1, strong=True)}, "needs a lemma"),
        ({"bound": sgd_sc_last.bound / 2}, "telescoped sum"),
        ({"measure": "gap_average"}, "bounds gap_last"),
        ({"step": 1 / (mu * K), "bound": sgd_sc_last.bound.subs(k, K)}, "no horizon"),
    ],
)
def test_what_the_proof_needs_is_asked_for(change, message):
    with pytest.raises(RateboundError, match=message):
        replace(sgd_sc_last, **change)
    assert replace(sgd_sc_last, start=Integer(2)).proof == "certified"
