"""Batches that grow as a theorem sets them: inequalities against all batches, sizes, and what is refused."""

from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest

from ratebound.commands.statement_text import statement_text
from ratebound.experiments.applicability import prepare
from ratebound.experiments.sampling_of import NotApplicable
from ratebound.experiments.verify import verify
from ratebound.problems.constants import certify
from ratebound.problems.library import load
from ratebound.problems.lower import lower
from ratebound.theory import symbols as s
from ratebound.theory.catalogue import THEOREMS
from ratebound.theory.errors import RateboundError
from ratebound.theory.exposition.latex import statement
from ratebound.theory.families.growing_batches import (
    batch_below,
    batch_cocoercive,
    batch_noise,
    finite_below,
    finite_cocoercive,
    finite_noise,
)
from ratebound.theory.letters.directions import sample_variance
from ratebound.theory.methods import gd


@pytest.mark.parametrize(
    "inequality",
    [batch_cocoercive, batch_below, batch_noise, finite_cocoercive, finite_below, finite_noise],
    ids=lambda i: i.name,
)
def test_noise_in_batches_against_the_mean_over_all_of_them(inequality):
    problem, rng = load("quadratic_2d"), np.random.default_rng(6)
    known = {v: certify(problem, v.name).value for v in (s.L_max, s.sigma_star_sq, s.component_gap)}
    symbols = sorted(inequality.slack.free_symbols, key=str)
    least = np.inf
    for size in (0.0, 0.01, 0.3, 3.0):
        here = problem.x_star + size * rng.normal(size=2)
        parts = problem.component_gradients(here)
        for b in range(1, problem.n + 1):
            drawn = np.array([parts[list(batch)].mean(0) for batch in combinations(range(problem.n), b)])
            state = known | {
                # Rounded up, a batch is larger than the number that the proof reads.
                s.b: b - 0.5 * (b > 1),
                s.n: problem.n,
                s.delta: problem.gap(here),
                s.descent: parts.mean(0) @ (here - problem.x_star),
                s.grad_sq: (parts.mean(0) ** 2).sum(),
                s.moment: (drawn**2).sum(1).mean(),
                sample_variance: parts.var(0).sum(),
            }
            slack = float(lower(inequality.slack, symbols)(*(state[v] for v in symbols)))
            assert slack >= -1e-12
            least = min(least, slack)
    assert least < 2 * known[s.sigma_star_sq]


def test_the_sizes_are_rounded_up_and_at_most_the_data():
    trial = prepare(THEOREMS["sgd_growing_sc"], load("quadratic_2d"), steps=60)
    alpha, mu, L_max = (trial.values[v] for v in (s.alpha, s.mu, s.L_max))
    half = alpha * mu * (1 - alpha * L_max)
    wanted = [min(int(np.ceil((1 - half) ** -k - 1e-9)), 4) for k in range(60)]
    assert trial.sizes.tolist() == wanted and wanted[0] == 1 and wanted[-1] == 4
    linear = prepare(THEOREMS["sgd_growing_sc_linear"], load("quadratic_2d"), steps=60).sizes
    assert (np.diff(linear) >= 0).all() and (linear <= trial.sizes).all()


def test_batches_of_different_samples_are_smaller_and_end_at_the_data():
    names = ("sgd_growing_sc", "sgd_growing_sc_finite")
    larger, smaller = (prepare(THEOREMS[name], load("quadratic_2d"), steps=400).sizes for name in names)
    assert (smaller <= larger).all() and smaller.sum() < larger.sum()
    assert smaller[0] == 1 and smaller.max() == 4
    assert THEOREMS[names[0]].bound == THEOREMS[names[1]].bound
    greedy = replace(THEOREMS[names[1]], batch=THEOREMS[names[1]].batch / 2, certificate=None)
    with pytest.raises(RateboundError, match=r"noise|induction"):
        replace(greedy, certificate=THEOREMS[names[1]].certificate)


def test_with_replacement_sizes_have_no_end():
    theorem = replace(THEOREMS["sgd_growing_sc"], replacement=None)
    with pytest.raises(NotApplicable, match="take at most"):
        prepare(theorem, load("quadratic_2d"), steps=400)
    assert prepare(theorem, load("quadratic_2d"), steps=60).sizes[-1] > 4


def test_a_floor_that_stays_is_a_bound_that_fails():
    theorem, problem = THEOREMS["sgd_growing_pl"], load("quadratic_2d")
    verdict = verify(theorem, problem, steps=100, replicas=0)
    assert verdict.holds and verdict.evidence == "exact" and verdict.run["batches"] == "1 .. 4"
    assert verdict.curves["evaluations"][-1] > 100
    single = replace(theorem, batch=None, replacement=None, certificate=None)
    assert verify(single, problem, steps=3000, replicas=0).violated
    with pytest.raises(NotApplicable, match="sets the size of every batch"):
        prepare(theorem, problem, steps=10, batch=2)


def test_what_is_no_schedule_of_batches():
    theorem = THEOREMS["sgd_growing_sc"]
    for batch in (1, (1 + s.k) * 0 + 1, 1 / theorem.batch):
        with pytest.raises(RateboundError, match="induction"):
            replace(theorem, batch=batch)
    with pytest.raises(RateboundError, match="size of a batch"):
        replace(theorem, batch=s.k - 5)
    with pytest.raises(RateboundError, match="no b stands"):
        replace(theorem, batch=s.b * (s.k + 1))
    with pytest.raises(RateboundError, match="independent ones"):
        replace(theorem, method=gd)


def test_the_statement_tells_the_schedule():
    theorem = THEOREMS["sgd_growing_sc"]
    assert f"b_k = {theorem.batch}, rounded up" in " ".join(statement_text(theorem, "").split())
    assert "batches of $b_k" in statement(theorem)
