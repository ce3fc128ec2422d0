"""False statements that circulate: each is violated by the counterexample that is kept with it."""

import numpy as np
import pytest

from ratebound.experiments.evidence.exact import exact_available
from ratebound.experiments.run import simulate
from ratebound.experiments.verify import verify
from ratebound.problems.build import from_arrays
from ratebound.theory.catalogue import THEOREMS
from ratebound.theory.methods import METHODS
from ratebound.theory.methods.boxed import adam_box
from ratebound.theory.refuted import REFUTED


@pytest.mark.parametrize("refuted", REFUTED.values(), ids=lambda each: each.theorem.id)
def test_the_counterexample_violates_the_statement(refuted):
    witness = refuted.counterexample
    A, y, x0 = (np.array(each) for each in (witness.A, witness.y, witness.x0))
    problem = from_arrays(A, y, witness.loss, witness.l2, x0=x0)
    # Where no exact expectation is known, replicas refute it at a false alarm of one in a million.
    known = exact_available(problem, refuted.theorem.method)
    verdict = verify(
        refuted.theorem,
        problem,
        steps=witness.steps,
        parameters=witness.parameters,
        batch=witness.batch,
        replicas=0 if known else 256,
        delta=1e-6,
    )
    assert verdict.violated
    assert verdict.evidence in (("exact",) if known else ("monte carlo", "enumeration"))
    assert verdict.tightness > 1.5
    assert refuted.theorem.proof == "conjecture" and refuted.theorem.id not in THEOREMS
    assert refuted.why.endswith(".")


def test_adam_stays_at_the_worst_point_of_a_cycle_and_amsgrad_leaves_it():
    """Reddi, Kale and Kumar 2018, Theorem 1: slopes 3, -1, -1 in turn on [-1, 1], the decay 1/10."""
    problem = from_arrays(np.array([[3.0], [1.0], [1.0]]), np.array([-3.0, 1.0, 1.0]), "absolute", x0=[1.0])
    values = {"decay": 0.1, "margin": 1e-12, "b0": 1e-9}
    passes = {"steps": 1200, "order": "cyclic", "measures": ("gap_last",), "checkpoints": range(0, 1201, 3)}
    gaps = {
        name: simulate(problem, method, "9/(10*sqrt(k+1))", parameters=values, **passes)["gap_last"].values[
            0, 0
        ]
        for name, method in (("adam", adam_box), ("amsgrad", METHODS["amsgrad"]))
    }
    # f is (2 x + 7)/3 - ... : from -1 to 1 it rises by 2 (C - 2)/3.
    np.testing.assert_allclose(gaps["adam"], 2 / 3, atol=1e-9)
    assert gaps["amsgrad"][-1] < 0.1
