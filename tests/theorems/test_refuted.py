"""False statements that circulate: each is violated by the counterexample that is kept with it."""

import numpy as np
import pytest

from ratebound.experiments.exact import exact_available
from ratebound.experiments.verify import verify
from ratebound.problems.build import least_squares
from ratebound.theory.catalogue import THEOREMS
from ratebound.theory.refuted import REFUTED


@pytest.mark.parametrize("refuted", REFUTED.values(), ids=lambda each: each.theorem.id)
def test_the_counterexample_violates_the_statement(refuted):
    witness = refuted.counterexample
    problem = least_squares(np.array(witness.A), np.array(witness.y), x0=np.array(witness.x0))
    # Where no exact expectation is known, replicas refute it at a false alarm of one in a million.
    known = exact_available(problem, refuted.theorem.method)
    verdict = verify(
        refuted.theorem,
        problem,
        steps=witness.steps,
        parameters=witness.parameters,
        replicas=0 if known else 256,
        delta=1e-6,
    )
    assert verdict.violated and verdict.evidence == ("exact" if known else "monte carlo")
    assert verdict.tightness > 1.5
    assert refuted.theorem.proof == "conjecture" and refuted.theorem.id not in THEOREMS
    assert refuted.why.endswith(".")
