"""Verdicts about claims in probability, on a run whose law is known."""

from dataclasses import replace
from math import comb

import numpy as np
import pytest
from click.testing import CliRunner
from scipy.stats import binom

from ratebound.cli import cli
from ratebound.experiments import in_probability
from ratebound.experiments.evidence.binomial import below
from ratebound.experiments.verdict import HarnessError
from ratebound.experiments.verify import verify
from ratebound.problems.build import least_squares
from ratebound.theory.catalogue import THEOREMS
from ratebound.theory.symbols import D

N = 20
RARE = 1 / N
LABELS = least_squares(np.ones((N, 1)), np.eye(N)[0], name="labels")
"""A full step from zero leads to the drawn label: far away with probability 1/20, near otherwise."""
THEOREM = THEOREMS["sgd_star_constant"]


def claim(risk):
    """Return the conjecture whose limit lies between both distances after a step, whatever the risk."""
    return replace(THEOREM, certificate=None, where=(), bound=risk * 200 * D**2)


def judged(risk, **options):
    return verify(claim(risk), LABELS, step=1.0, steps=1, risk=risk, **options)


def test_the_outcome_is_that_of_the_known_law():
    few = judged(RARE / 5, replicas=600)
    assert few.violated and few.evidence == "monte carlo" and few.k == 1
    assert "the probability is above" in few.reason and few.risk == RARE / 5
    many = judged(2 * RARE, replicas=600)
    assert many.holds and many.evidence == "monte carlo"
    assert judged(RARE, replicas=600).outcome == "undecided"
    assert judged(RARE, replicas=0).outcome == "undecided"


def test_false_alarms_at_equality_are_as_rare_as_they_should_be():
    """Seeds are repetitions: their alarms are binomial, too, with the exact probability of one as its own."""
    replicas, delta, seeds = 100, 0.5, 80
    alarms = sum(judged(RARE, replicas=replicas, delta=delta, seed=seed).violated for seed in range(seeds))
    counts = np.arange(replicas + 1)
    # Two checkpoints share delta.
    alarming = below(counts, replicas, delta / 2) > RARE
    chance = sum(comb(replicas, int(x)) * RARE**x * (1 - RARE) ** (replicas - x) for x in counts[alarming])
    assert 0.1 < chance <= delta / 2
    assert binom.cdf(alarms - 1, seeds, chance) < 1 - 1e-6 and binom.cdf(alarms, seeds, chance) > 1e-6


def test_more_verdicts_and_checkpoints_share_the_probability_of_a_false_alarm():
    alone = judged(RARE / 5, replicas=300, delta=1e-3)
    assert alone.violated
    assert not judged(RARE / 5, replicas=300, delta=1e-3, cells=10**9).violated


def test_a_certified_theorem_holds_so_as_well():
    found = verify("adagrad_norm_batches", "huber_worst", steps=50, replicas=100, risk=0.05)
    assert found.holds and found.evidence == "proof"
    assert "Markov" in found.reason and "exceeded with probability at most 0.05" in found.explain()
    expected = verify("adagrad_norm_batches", "huber_worst", steps=50, replicas=0)
    np.testing.assert_allclose(found.curves["bound"], 20 * expected.curves["bound"])


def test_replicas_against_a_proof_are_an_error(monkeypatch):
    def far(grid, first, count, seed, backend):
        return np.full((count, grid.k.size), np.inf), np.full(grid.k.size, np.inf)

    monkeypatch.setattr(in_probability, "run_replicas", far)
    with pytest.raises(HarnessError, match="its proof is checked"):
        verify(THEOREM, "quadratic_2d", steps=5, replicas=100, risk=0.1)


@pytest.mark.parametrize(
    ("theorem", "options", "reason"),
    [
        ("gd_pl", {}, "chance has no part"),
        ("sgd_descent", {}, "one step"),
        ("sgd_convex_constant", {"region": 10.0}, "leave out the region"),
    ],
)
def test_where_there_is_no_such_claim_it_does_not_apply(theorem, options, reason):
    found = verify(theorem, "quadratic_2d", steps=5, replicas=10, risk=0.1, **options)
    assert found.outcome == "not applicable" and reason in found.reason


def test_the_command_line_tells_the_risk():
    said = CliRunner().invoke(
        cli, ["verify", "sgd_star_constant", "--problem", "quadratic_2d", "--steps", "9", "--risk", "0.1"]
    )
    assert said.exit_code == 0 and "holds: exceeded with probability at most 0.1" in said.output
