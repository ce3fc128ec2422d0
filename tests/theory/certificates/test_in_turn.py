"""Two methods in turn: a run against two runs, and what the certificate refuses."""

from dataclasses import replace

import numpy as np
import pytest
from sympy import Integer

from ratebound.experiments.run import simulate
from ratebound.problems.build import from_arrays
from ratebound.problems.library import load
from ratebound.problems.lower import lower
from ratebound.theory.assumptions import smooth
from ratebound.theory.catalogue import THEOREMS
from ratebound.theory.certificates.in_turn import InTurn
from ratebound.theory.errors import RateboundError
from ratebound.theory.methods import METHODS
from ratebound.theory.symbols import D, K, L, k

TWICE, LAST, GRADIENT = (THEOREMS[f"ogm_{name}_convex"] for name in ("twice", "last", "gradient"))


def last_square(problem, theorem, steps):
    measures = ("grad_norm_sq_last",)
    run = simulate(
        problem, theorem.method.name, theorem.step, steps=steps, measures=measures, checkpoints=[steps]
    )
    return float(run.grad_norm_sq_last.squeeze())


def halfway(problem, steps):
    """Return where the optimised gradient method, with the weight of its last step, is after these steps."""
    top = problem.l2 + np.linalg.eigvalsh(problem.A.T @ problem.A / problem.n)[-1]
    primary = far = problem.x0
    for j in range(steps):
        ahead = (j * primary + 2 * far) / (j + 2)
        slope = problem.gradient(ahead) / top
        primary, far = ahead - slope, far - (j + 2) * slope
    return primary + (far - primary) / ((steps + 1) / np.sqrt(2) + 0.5)


@pytest.mark.parametrize("steps", [2, 3, 4, 9, 40, 101])
def test_the_run_is_two_runs_one_after_the_other(steps):
    problem = load("ridge_plane")
    middle = halfway(problem, -(-steps // 2))
    again = from_arrays(problem.A, problem.y, problem.loss, l2=problem.l2, x0=middle)
    assert last_square(problem, TWICE, steps) == pytest.approx(
        last_square(again, GRADIENT, steps // 2), rel=1e-6, abs=1e-28
    )


def test_the_bound_is_the_first_put_into_the_second():
    whole, first, then = (
        lower(t.bound, (k, K, L, D) if t is not GRADIENT else (k, K, L, *(t.bound.free_symbols - {K, L})))
        for t in (TWICE, LAST, GRADIENT)
    )
    for steps in range(2, 30):
        gap = first(-(-steps // 2), 0, 3.0, 2.0)
        assert whole(steps, steps, 3.0, 2.0) == pytest.approx(float(then(0, steps // 2, 3.0, gap)))
        # Four times four: half of the steps each, from a bound on the gap of order 1/k^2.
        assert whole(steps, steps, 1.0, 1.0) <= 64 / steps**4


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"bound": TWICE.bound * 99 / 100}, "is not that of"),
        ({"start": Integer(1)}, "a step at least"),
        ({"step": (K - k + 1) / L}, "does not go where"),
        ({"step": 1 / L}, "does not go where"),
        ({"method": METHODS["ogm_gradient"]}, "has not the states"),
        ({"assumptions": (smooth,)}, "assumes more"),
        ({"certificate": InTurn(GRADIENT, LAST)}, "must bound gap_last"),
    ],
)
def test_other_runs_and_bounds_are_refused(change, says):
    with pytest.raises(RateboundError, match=says):
        replace(TWICE, **change)
