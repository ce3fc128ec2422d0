"""Polyak's step of the drawn sample: its one-step inequalities against plain means over the samples."""

import numpy as np
import pytest
from sympy import Integer

from ratebound.problems.component_gap import infima
from ratebound.problems.constants import certify
from ratebound.problems.library import load
from ratebound.theory import symbols as s
from ratebound.theory.catalogue import THEOREMS
from ratebound.theory.coordinate_symbols import omega
from ratebound.theory.draws import Draws, rise
from ratebound.theory.errors import RateboundError
from ratebound.theory.sample_steps import (
    _CAPPED,
    _CONVEX,
    _LONG,
    _SHORT,
    SHORTEST,
    _rise_star,
    _t,
    sampled_step,
    sampled_step_strong,
    step_of_samples,
)


def after(problem, x, share, cap):
    """The mean squared distance after a step, and the steps of the samples."""
    G = problem.component_gradients(x)
    values = problem.loss.value_at(problem.A @ x, problem.y) + problem.l2 / 2 * (x @ x)
    steps = np.minimum(share * (values - infima(problem)[0]) / (G**2).sum(1), cap)
    return ((x - steps[:, None] * G - problem.x_star) ** 2).sum(1).mean(), steps


@pytest.mark.parametrize("share", [0.3, 1.0, 2.0])
@pytest.mark.parametrize("name", ["ridge_plane", "linnerud_ridge", "iris", "quadratic_2d", "huber_worst"])
def test_one_step_is_bounded_as_said(name, share):
    problem, rng = load(name), np.random.default_rng(2)
    L_max, gap = certify(problem, "L_max").value, certify(problem, "component_gap").value
    strong = certify(problem, "mu_min").value if problem.l2 else 0.0
    for size in (1e-3, 0.3, 10.0):
        for longer in (1.0, 3.0, 100.0):
            x = problem.x_star + size * rng.normal(size=problem.d)
            cap = longer * share / (2 * L_max)
            measured, steps = after(problem, x, share, cap)
            assert (steps >= share / (2 * L_max) * (1 - 1e-9)).all()
            values = {
                s.d2: problem.distance_sq(x), s.d2_next: measured, s.delta: problem.gap(x), s.L_max: L_max,
                s.component_gap: gap, s.alpha: cap, omega: share, s.mu_min: strong,
            }  # fmt: skip
            for inequality in (sampled_step, sampled_step_strong):
                assert float(inequality.slack.subs(values)) >= -1e-9 * measured, inequality.name


def test_a_false_step_is_refused_by_its_own_proof():
    claim = s.d2 - (2 - omega) * SHORTEST * rise + 2 * s.alpha * _rise_star
    proof = {_CONVEX: 2 * _t, _CAPPED: _t, _LONG: (2 - omega) * rise, _SHORT: 2 * _rise_star}
    assert step_of_samples("true", claim, proof).slack == sampled_step.slack
    with pytest.raises(RateboundError, match="do not add up"):
        step_of_samples("false", claim - _rise_star, proof)
    with pytest.raises(RateboundError, match="may be negative"):
        step_of_samples("false", claim - _rise_star, {**proof, _rise_star: Integer(-1)})


def test_nothing_else_is_drawn():
    with pytest.raises(RateboundError, match="draws nothing else"):
        Draws(values=True, table="t")


def test_the_cap_is_no_dial_for_accuracy():
    """Below omega/(2 L_max) it does not go, so that the floor cannot be tuned away."""
    assert THEOREMS["sps_components"].complexity is None
    assert THEOREMS["sgd_sc_constant"].complexity is not None
