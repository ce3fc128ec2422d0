"""Statements in probability that follow from those in expectation."""

import pytest
from sympy import Rational

from ratebound.theory.catalogue import THEOREMS
from ratebound.theory.errors import RateboundError
from ratebound.theory.exposition.latex import in_probability
from ratebound.theory.probability import InProbability


def test_the_limit_is_the_bound_over_the_risk():
    theorem = THEOREMS["adagrad_norm_batches"]
    claim = InProbability(theorem, 0.05)
    assert claim.risk == Rational(1, 20)
    assert claim.limit == 20 * theorem.bound
    assert claim.proof == "certified"


def test_it_is_as_proved_as_the_theorem():
    cited = next(each for each in THEOREMS.values() if each.proof == "cited" and each.stochastic)
    assert InProbability(cited, 0.5).proof == "cited"


def test_no_expectation_is_left_in_the_formula():
    for theorem in THEOREMS.values():
        if theorem.stochastic and theorem.measure not in ("gap_next", "batch_variance"):
            latex = in_probability(InProbability(theorem, Rational(1, 10)))
            assert latex.startswith(r"\mathbb{P}\left(") and r"\mathbb{E}" not in latex.split(" > ")[0]
            assert latex.endswith(r"\leq \frac{1}{10}")


@pytest.mark.parametrize(
    ("name", "risk", "message"),
    [
        ("sgd_pl_constant", 0.0, "between 0 and 1"),
        ("sgd_pl_constant", 1.0, "between 0 and 1"),
        ("gd_pl", 0.1, "chance has no part"),
        ("sgd_descent", 0.1, "one step"),
    ],
)
def test_what_is_no_claim_in_probability_is_refused(name, risk, message):
    with pytest.raises(RateboundError, match=message):
        InProbability(THEOREMS[name], risk)
