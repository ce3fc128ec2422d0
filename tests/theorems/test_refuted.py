"""False statements that circulate: each is violated, exactly, by the counterexample that is kept with it."""

import numpy as np
import pytest

from ratebound.experiments.verify import verify
from ratebound.problems.build import least_squares
from ratebound.theory.catalogue import THEOREMS
from ratebound.theory.refuted import REFUTED


@pytest.mark.parametrize("refuted", REFUTED.values(), ids=lambda each: each.theorem.id)
def test_the_counterexample_violates_the_statement(refuted):
    witness = refuted.counterexample
    problem = least_squares(np.array(witness.A), np.array(witness.y), x0=np.array(witness.x0))
    verdict = verify(refuted.theorem, problem, steps=witness.steps, parameters=witness.parameters, replicas=0)
    assert verdict.violated and verdict.evidence == "exact"
    assert verdict.tightness > 1.5
    assert refuted.theorem.proof == "conjecture" and refuted.theorem.id not in THEOREMS
    assert refuted.why.endswith(".")
