"""Exponents of cost, from costs that are known."""

import numpy as np
import pytest

from ratebound.experiments.cost_growth import SIZES, engine_growth, growth
from ratebound.problems.library import load


@pytest.mark.parametrize("power", [1.0, 0.8, 2.0])
def test_a_power_is_found_under_a_fixed_cost(power):
    # A run of size one costs 0.01 + 1e-8, which is taken off the others.
    found = growth("steps", lambda size: 0.01 + 1e-8 * size**power, SIZES)
    assert found.exponent == pytest.approx(power, abs=1e-3)
    assert found.low <= found.exponent <= found.high and found.high - found.low < 1e-3
    assert found.sizes == SIZES


def test_the_interval_covers_as_often_as_it_says():
    rng = np.random.default_rng(0)
    covered = 0
    for _ in range(400):
        noise = dict(zip((1, *SIZES), np.exp(0.1 * rng.normal(size=8)), strict=True))
        found = growth("steps", lambda size, noise=noise: 0.0 if size == 1 else size * noise[size], SIZES)
        covered += found.low <= 1.0 <= found.high
    # Binomial(400, 0.95): beyond five standard deviations with probability below 1e-5.
    assert abs(covered - 380) <= 22


def test_the_engine_is_measured_in_both_directions():
    steps, replicas = engine_growth(load("diabetes"), (200, 2000, 20000))
    assert (steps.what, steps.sizes) == ("steps", (200, 2000, 20000))
    assert (replicas.what, replicas.sizes) == ("replicas", (10, 100, 1000))
    # A hundred times the steps cost more than ten times as much, whatever else the machine does.
    assert steps.seconds[-1] > 10 * steps.seconds[0]
