"""Polyak's step of the drawn sample: its one-step inequalities against plain means over the samples."""

from dataclasses import replace

import numpy as np
import pytest
from sympy import Integer, Rational

from ratebound.experiments.evidence.enumerate import enumerate_paths
from ratebound.problems.component_gap import infima
from ratebound.problems.constants import certify
from ratebound.problems.library import load
from ratebound.theory import symbols as s
from ratebound.theory.catalogue import THEOREMS
from ratebound.theory.certificates.sample_steps import (
    _CAPPED,
    _CONVEX,
    _LONG,
    _SHORT,
    SHORTEST,
    _rise,
    _rise_star,
    _t,
    sampled_step,
    sampled_step_strong,
    samples_below,
    star_step,
    step_of_samples,
)
from ratebound.theory.certificates.sample_steps import s as TANGENT
from ratebound.theory.draws import Draws
from ratebound.theory.errors import RateboundError
from ratebound.theory.letters.coordinates import omega
from ratebound.theory.methods import METHODS


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


@pytest.mark.parametrize("share", [0.3, 1.0, 1.9])
@pytest.mark.parametrize("name", ["ridge_plane", "huber_worst", "median", "hinge_plane"])
def test_a_step_towards_the_values_at_the_minimiser(name, share):
    problem, rng = load(name), np.random.default_rng(6)
    smooth = name in ("ridge_plane", "huber_worst")
    at_star = problem.loss.value_at(problem.A @ problem.x_star, problem.y)
    at_star = at_star + problem.l2 / 2 * (problem.x_star @ problem.x_star)
    short = 0
    for size in (1e-2, 1.0, 10.0):
        x = problem.x_star + size * rng.normal(size=problem.d)
        G = problem.component_gradients(x)
        values = problem.loss.value_at(problem.A @ x, problem.y) + problem.l2 / 2 * (x @ x) - at_star
        short += (values < 0).sum()
        squares = (G**2).sum(1)
        steps = share * np.maximum(values, 0) / np.where(squares == 0, 1, squares)
        measured = ((x - steps[:, None] * G - problem.x_star) ** 2).sum(1).mean()
        state = {
            s.d2: problem.distance_sq(x), s.d2_next: measured, s.delta: problem.gap(x), s.alpha: share,
            s.moment: squares.mean(), s.second_moment: squares.mean(),
        }  # fmt: skip
        if smooth:
            state |= {symbol: certify(problem, symbol.name).value for symbol in (s.L_max, s.component_gap)}
            assert float(samples_below.slack.subs(state)) >= -1e-9 * squares.mean()
        for tangent in (0.0, 0.01, 0.3, 5.0):
            slack = float(star_step.slack.subs({**state, TANGENT: tangent}))
            assert slack >= -1e-9 * max(measured, 1e-6), tangent
    assert short or name != "ridge_plane"


def test_runs_read_the_values_at_the_minimiser():
    problem = load("ridge_plane")
    at_star = problem.loss.value_at(problem.A @ problem.x_star, problem.y)
    at_star = at_star + problem.l2 / 2 * (problem.x_star @ problem.x_star)
    expected = 0.0
    for i in range(problem.n):
        g = problem.component_gradients(problem.x0)[i]
        value = problem.loss.value_at(problem.A @ problem.x0, problem.y)[i] + problem.l2 / 2 * (
            problem.x0 @ problem.x0
        )
        after = problem.x0 - 0.8 * max(value - at_star[i], 0) / (g @ g) * g
        expected += problem.gap(after) / problem.n
    found = enumerate_paths(problem, METHODS["sps_star"], np.array([0.8]), measures=["gap_last"])
    assert found["gap_last"][1] == pytest.approx(expected, rel=1e-12)


def test_the_best_tangent_gives_the_bound_of_the_source():
    bound = THEOREMS["sps_star_smooth"].bound
    at = {s.L_max: 2.0, s.D: 3.0, omega: 1, s.k: 7}
    for gap in (1e-12, 0.1, 40.0):
        reach = 2 * 2.0 * 9 / 7
        assert float(bound.subs({**at, s.component_gap: gap})) <= reach + np.sqrt(reach * gap) + 1e-12
    with pytest.raises(RateboundError, match="against the telescoped sum"):
        replace(THEOREMS["sps_star_smooth"], bound=bound * Rational(99, 100))
    with pytest.raises(RateboundError, match="needs a convex f"):
        replace(THEOREMS["sps_star_smooth"], assumptions=THEOREMS["sps_star_smooth"].assumptions[1:])


def test_a_false_step_is_refused_by_its_own_proof():
    claim = s.d2 - (2 - omega) * SHORTEST * _rise + 2 * s.alpha * _rise_star
    proof = {_CONVEX: 2 * _t, _CAPPED: _t, _LONG: (2 - omega) * _rise, _SHORT: 2 * _rise_star}
    assert step_of_samples("true", claim, proof, "polyak_samples").slack == sampled_step.slack
    with pytest.raises(RateboundError, match="do not add up"):
        step_of_samples("false", claim - _rise_star, proof, "polyak_samples")
    with pytest.raises(RateboundError, match="may be negative"):
        lie = {**proof, _rise_star: Integer(-1)}
        step_of_samples("false", claim - _rise_star, lie, "polyak_samples")
    with pytest.raises(RateboundError, match="not known that all of"):
        step_of_samples("false", claim / 2, {claim / 2 - claim: Integer(1), **proof}, "polyak_samples")


def test_nothing_else_is_drawn():
    with pytest.raises(RateboundError, match="draws nothing else"):
        Draws(values="infimum", table="t")


def test_the_cap_is_no_dial_for_accuracy():
    """Below omega/(2 L_max) it does not go, so that the floor cannot be tuned away."""
    assert THEOREMS["sps_components"].complexity is None
    assert THEOREMS["sgd_sc_constant"].complexity is not None


@pytest.mark.parametrize("name", ["sps_components", "sps_sc", "sps_convex"])
def test_a_cap_below_the_shortest_step_is_refused(name):
    """A sample then steps by less than what the decrease counts on."""
    theorem = THEOREMS[name]
    with pytest.raises(RateboundError, match="narrow it"):
        replace(theorem, where=theorem.where[:1])
