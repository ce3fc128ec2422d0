"""Every theorem of the catalogue, asserted on problems whose constants can be certified.

A new theorem is asserted by being registered. False alarms: at most DELTA over all cells of a profile, since
each verdict is asked for with ``cells`` = number of cells; seeds are fixed, so that a rerun spends nothing.
Each theorem must get a verdict on at least three problems; where one does not apply, the reason is one of
those that a reader of the paper would accept.
"""

import functools
import re

import pytest

from ratebound.experiments.defaults import BOUNDED, USUAL, default_problems
from ratebound.experiments.evidence.exact import exact_available
from ratebound.experiments.verify import verify
from ratebound.problems import library
from ratebound.theory.catalogue import THEOREMS

DELTA = 1e-6
FULL = library.names()
ACCEPTED = re.compile(
    r"not convex|not strongly convex|no minimiser is certified|no PL constant|PL constant is proved for|"
    r"overflows|is too large|claims its bound from k|is infinite|finite minimiser is not certified|"
    r"is about batches|it says nothing there|one is for plain SGD only|is not quadratic|"
    r"not certified to interpolate|has a kink|start nearer|is not Lipschitz|does not change|"
    r"about a finite sum alone|which adds l1|are not bounded, and no box"
)
WALKED = 7
load = functools.cache(library.load)


def judged(theorem, name, cells, steps, replicas):
    options = {"batch": 2} if theorem.measure == "batch_variance" else {}
    verdict = verify(theorem, load(name), steps=steps, replicas=replicas, delta=DELTA, cells=cells, **options)
    assert verdict.outcome in ("holds", "not applicable"), verdict.explain()
    if verdict.outcome == "not applicable":
        assert ACCEPTED.search(verdict.reason), verdict.reason
    return verdict


def expectation_known(theorem, name):
    return not theorem.in_passes and exact_available(load(name), theorem.method, measure=theorem.measure)


@pytest.mark.parametrize("theorem", THEOREMS.values(), ids=lambda t: t.id)
def test_it_holds_on_small_problems(theorem):
    cells = len(THEOREMS) * len(USUAL)
    first, *others = default_problems(theorem)
    # Replicas beside a known expectation test the engine, for which one problem of each theorem is enough.
    drawn = {name: 0 if expectation_known(theorem, name) else 64 for name in others} | {first: 64}
    verdicts = [judged(theorem, name, cells, 300, count) for name, count in drawn.items()]
    assert sum(v.holds for v in verdicts) >= 3, [v.reason for v in verdicts]
    # What is bounded everywhere is no loss whose expectations are known exactly.
    bounded = default_problems(theorem) == BOUNDED
    if exact_available(load("quadratic_2d"), theorem.method) and not bounded:
        assert any(v.evidence == "exact" for v in verdicts)
    else:
        # Neither linear nor without noise: every path of a short run is walked instead.
        # A coin doubles the paths of every step.
        steps = WALKED - 1 if theorem.method.draws and theorem.method.draws.coin != 0 else WALKED
        assert judged(theorem, first, cells, steps, 0).evidence == "enumeration"


@pytest.mark.full
@pytest.mark.parametrize("name", FULL)
@pytest.mark.parametrize("theorem", THEOREMS.values(), ids=lambda t: t.id)
def test_it_holds_on_every_problem(theorem, name):
    judged(theorem, name, len(THEOREMS) * len(FULL), 1000, 256)
