"""Steps towards corners of a box: what proofs say of them, and their runs, against loops."""

import dataclasses

import numpy as np
import pytest

from ratebound.experiments.run import simulate
from ratebound.problems.constants import certify
from ratebound.problems.library import load
from ratebound.problems.lower import lower
from ratebound.theory import symbols as s
from ratebound.theory.catalogue import THEOREMS
from ratebound.theory.errors import RateboundError
from ratebound.theory.inequalities.projections import across, lowest_corner
from ratebound.theory.letters.box import margin, x_inf

THEOREM = THEOREMS["frank_wolfe_convex"]


@pytest.mark.parametrize("inequality", [lowest_corner, across], ids=lambda i: i.name)
def test_what_a_step_to_a_corner_does(inequality):
    problem, rng, met = load("quadratic_2d"), np.random.default_rng(3), 0
    known = {x_inf: certify(problem, "x_inf").value, margin: 0.2}
    half = sum(known.values())
    symbols = sorted(inequality.slack.free_symbols, key=str)
    slack = lower(inequality.slack, symbols)
    for alpha in (0.1, 0.6, 1.0):
        for x in (*rng.uniform(-half, half, (20, 2)), *(half * rng.choice([-1.0, 1.0], (20, 2)))):
            full = problem.component_gradients(x).mean(0)
            move = alpha * (np.where(full > 0, -half, half) - x)
            state = known | {
                s.alpha: alpha,
                s.descent: full @ (x - problem.x_star),
                s.move_inner: move @ full,
                s.move_inf_sq: np.abs(move).max() ** 2,
            }
            left = slack(*(state[v] for v in symbols))
            assert left >= -1e-12
            met += left < 1e-9
    assert met > 0 if inequality is across else met == 0


def test_a_run_is_that_of_a_loop():
    problem, steps = load("quadratic_2d"), 30
    half = certify(problem, "x_inf").value + 0.1
    run = simulate(
        problem, THEOREM.method, THEOREM.step, steps=steps, parameters={"margin": 0.1},
        checkpoints=range(steps + 1), backend="numpy",
    )  # fmt: skip
    x = problem.x0
    for k in range(steps):
        assert run.gap_last.values[0, 0, k] == pytest.approx(problem.gap(x), rel=1e-9, abs=1e-14)
        corner = -half * np.sign(problem.component_gradients(x).mean(0))
        x = x + 2 / (k + 2) * (corner - x)


def test_no_step_may_leave_the_box():
    with pytest.raises(RateboundError, match="no step is longer than alpha of the box"):
        dataclasses.replace(THEOREM, step=s.alpha, defaults=dict(THEOREM.defaults) | {s.alpha: 1 / s.L})
