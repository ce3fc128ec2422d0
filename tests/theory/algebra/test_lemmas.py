"""Lemmas on sums: true ones hold for every k, false ones are refused."""

import numpy as np
import pytest
from sympy import Integer, log, sqrt

from ratebound.problems.lower import lower
from ratebound.theory.algebra.lemmas import LEMMAS, SumLemma
from ratebound.theory.errors import RateboundError
from ratebound.theory.symbols import k, s0


@pytest.mark.parametrize("lemma", LEMMAS, ids=lambda lemma: lemma.name)
def test_against_the_sums(lemma):
    steps = np.arange(5000)
    summand, bound = (lower(part.subs(s0, 3), (k,)) for part in (lemma.summand, lemma.bound))
    sums = np.concatenate([[0.0], np.cumsum(summand(steps))])
    at = np.arange(int(lemma.start), 5001)
    gain = (bound(at) - sums[at]) * (1 if lemma.direction == "upper" else -1)
    assert gain.min() >= -1e-9


@pytest.mark.parametrize(
    ("summand", "bound", "direction"),
    [
        (1 / (k + 1), log(k), "upper"),
        (1 / (k + 1), 1 + log(k) / 2, "upper"),
        (1 / (k + 1), log(k + 1) + 1, "lower"),
        (1 / sqrt(k + 1), 2 * sqrt(k + 1), "lower"),
        (1 / sqrt(k + 1), 3 * (sqrt(k + 1) - 1), "lower"),
        (k, k**2 / 3, "upper"),
    ],
)
def test_false_lemmas_are_refused(summand, bound, direction):
    with pytest.raises(RateboundError, match="lemma 'wrong'"):
        SumLemma("wrong", summand, bound, direction)


def test_the_start_matters():
    assert SumLemma("squares", 2 * k + 1, k**2, "upper", Integer(2)).start == 2
