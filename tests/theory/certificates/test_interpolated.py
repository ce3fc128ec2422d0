"""Schedule-free steps by hand: the average is the mean of all z, and the proof is asked for what it needs."""

from dataclasses import replace

import numpy as np
import pytest
from sympy import Integer

from ratebound.experiments.run import simulate
from ratebound.problems.library import load
from ratebound.theory.catalogue import THEOREMS
from ratebound.theory.errors import RateboundError
from ratebound.theory.method import x
from ratebound.theory.methods import METHODS, sgd
from ratebound.theory.methods.plain import BETA
from ratebound.theory.symbols import alpha, alpha0, k

THEOREM = THEOREMS["schedule_free_constant"]


@pytest.mark.parametrize("backend", ["numpy", "numba"])
def test_the_iterate_is_the_mean_of_plain_steps_with_gradients_in_between(backend):
    """On identical samples, so that nothing is random: sums written out, no recursion for the mean."""
    problem, beta, step = load("huber_worst", horizon=2), float(BETA), 0.3
    z = [problem.x0]
    for _ in range(20):
        y = (1 - beta) * z[-1] + beta * np.mean(z, axis=0)
        z.append(z[-1] - step * problem.gradient(y))
    wanted = [problem.gap(np.mean(z[: at + 1], axis=0)) for at in range(21)]
    run = simulate(
        problem, "sgd_schedule_free", step, steps=20, replicas=2, checkpoints=range(21), backend=backend
    )
    np.testing.assert_allclose(run.gap_last[0, 1], wanted, rtol=1e-10)


def test_no_mixture_is_needed_for_the_rate_but_the_mean_is():
    method = METHODS["sgd_schedule_free"]
    proof = THEOREM.certificate
    slow = replace(method, update={**method.update, "x": (x + method.update["z"]) / 2})
    with pytest.raises(RateboundError, match="not the mean of all z"):
        replace(THEOREM, method=slow)
    with pytest.raises(RateboundError, match="states x and z"):
        replace(THEOREM, method=sgd)
    with pytest.raises(RateboundError, match="states x and z, step fixed"):
        bound = THEOREM.bound.subs(alpha, alpha0)
        replace(THEOREM, step=alpha0 / (k + 1), bound=bound, defaults={alpha0: Integer(1)})
    for inequality in proof.by:
        changed = {**proof.by, inequality: proof.by[inequality] + Integer(1)}
        with pytest.raises(RateboundError, match="does not close"):
            replace(THEOREM, certificate=replace(proof, by=changed))
