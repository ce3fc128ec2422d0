"""Exact limits on a probability, against sums of binomial probabilities and the interval of SciPy."""

from fractions import Fraction
from math import comb

import numpy as np
import pytest
from scipy.stats import binomtest

from ratebound.experiments.evidence.binomial import above, below


def chances(n, p):
    """Return the probabilities of 0 .. n events, exactly."""
    p = Fraction(p)
    return [comb(n, x) * p**x * (1 - p) ** (n - x) for x in range(n + 1)]


@pytest.mark.parametrize("n", [1, 7, 40])
@pytest.mark.parametrize("level", [0.1, 0.003])
def test_no_limit_is_wrong_more_often_than_it_says(n, level):
    low, high = below(np.arange(n + 1), n, level), above(np.arange(n + 1), n, level)
    for p in np.linspace(0.01, 0.99, 25):
        law = chances(n, p)
        assert sum(chance for chance, limit in zip(law, low, strict=True) if limit > p) <= level
        assert sum(chance for chance, limit in zip(law, high, strict=True) if limit < p) <= level


def test_each_limit_is_where_the_count_becomes_that_unlikely():
    n, level = 12, 0.05
    for x in range(1, n + 1):
        assert float(sum(chances(n, float(below(x, n, level)))[x:])) == pytest.approx(level)
    for x in range(n):
        assert float(sum(chances(n, float(above(x, n, level)))[: x + 1])) == pytest.approx(level)
    assert below(0, n, level) == 0 and above(n, n, level) == 1


@pytest.mark.parametrize("x", [0, 1, 17, 199, 200])
def test_both_together_are_the_interval_of_clopper_and_pearson(x):
    theirs = binomtest(x, 200).proportion_ci(0.98, method="exact")
    np.testing.assert_allclose([below(x, 200, 0.01), above(x, 200, 0.01)], theirs, rtol=1e-9)
