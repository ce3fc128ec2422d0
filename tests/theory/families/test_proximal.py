"""Proximal steps: what proofs say of them, against minimisers found otherwise; and runs, against loops."""

import dataclasses

import numpy as np
import pytest
from scipy.optimize import minimize_scalar
from sympy import Rational

from ratebound.experiments.run import simulate
from ratebound.experiments.sampling import indices
from ratebound.problems.constants import certify
from ratebound.problems.library import load
from ratebound.problems.lower import lower
from ratebound.theory import symbols as s
from ratebound.theory.catalogue import THEOREMS
from ratebound.theory.errors import RateboundError
from ratebound.theory.inequalities import proximal_points, proximity
from ratebound.theory.inequalities.points import XN, X, Y
from ratebound.theory.inequality import Inequality
from ratebound.theory.letters import penalty as h
from ratebound.theory.method import g, x
from ratebound.theory.methods import gd
from ratebound.theory.methods.proximal import fista, prox_gd, prox_sgd, shrinks, shrunk

ABOUT = [v for v in vars(proximity).values() if isinstance(v, Inequality) and v.about in (prox_gd, prox_sgd)]
ABOUT += [proximity.cocoercive_gap_apart, *(proximity.moment_split(Rational(t)) for t in ("1/5", "9/10"))]
GAINS = (proximal_points.gain_over_iterate, proximal_points.gain_over_minimum)


def soft(v, t):
    return np.sign(v) * np.maximum(np.abs(v) - t, 0)


def test_the_expression_is_the_proximal_step():
    step = lower(shrunk(x), (x, s.alpha, h.l1))
    for v in (-2.0, -0.3, -0.1, 0.0, 0.05, 0.7):
        found = minimize_scalar(lambda u, v=v: 0.4 * 0.5 * abs(u) + (u - v) ** 2 / 2, (-3, 3), tol=1e-12).x
        assert float(step(v, 0.4, 0.5)) == pytest.approx(found, abs=1e-6)
        assert float(step(v, 0.4, 0.5)) == pytest.approx(soft(v, 0.2), abs=1e-15)
    assert shrinks(prox_gd) == gd.update["x"] and shrinks(gd) is None
    assert shrinks(fista) == fista.point - s.alpha * g


@pytest.mark.parametrize("name", ["lasso_plane", "sparse_plane"])
@pytest.mark.parametrize("inequality", ABOUT, ids=lambda i: i.name)
def test_what_a_proximal_step_does(inequality, name):
    problem, rng = load(name), np.random.default_rng(3)
    star, l1, zeros = problem.x_star, problem.l1, 0
    parts_at_star = problem.component_gradients(star)
    at_star, sampled = parts_at_star.mean(0), inequality.about is not prox_gd

    def excess(points):
        """What the penalty, tilted by grad f(x*), exceeds its least value by."""
        return l1 * (np.abs(points).sum(-1) - np.abs(star).sum()) + (points - star) @ at_star

    for alpha in (0.1, 0.6, 3.0):
        for _ in range(20):
            here = star + rng.normal(size=2)
            parts = problem.component_gradients(here)
            full = parts.mean(0)
            after = soft(here - alpha * (parts if sampled else full[None]), alpha * l1)
            zeros += (after == 0).any()
            move = after[0] - here
            state = {
                s.alpha: alpha,
                s.d2: problem.distance_sq(here),
                s.d2_next: problem.distance_sq(after).mean(),
                s.descent: full @ (here - star),
                s.moment: (parts**2).sum(1).mean(),
                s.move_inner: move @ full,
                s.move_sq: move @ move,
                h.penalty: l1 * np.abs(here).sum(),
                h.penalty_next: l1 * np.abs(after).sum(-1).mean(),
                h.penalty_star: l1 * np.abs(star).sum(),
                h.descent_apart: (full - at_star) @ (here - star),
                h.moment_apart: (((parts if sampled else full[None]) - at_star) ** 2).sum(1).mean(),
                h.penalty_gap: excess(here),
                h.penalty_gap_next: excess(after).mean(),
                s.delta: problem.gap(here),
                s.spread: ((parts - parts_at_star) ** 2).sum(1).mean(),
                s.sigma_star_sq: ((parts_at_star - at_star) ** 2).sum(1).mean(),
                s.L_max: certify(problem, "L_max").value,
                s.L: certify(problem, "L").value,
                # A sum that is merely convex has mu = 0.
                s.mu: certify(problem, "mu").value if problem.kind == "quadratic" else 0.0,
            }
            symbols = sorted(inequality.slack.free_symbols, key=str)
            assert lower(inequality.slack, symbols)(*(state[v] for v in symbols)) >= -1e-12
    assert zeros > 5


@pytest.mark.parametrize("inequality", GAINS, ids=lambda i: i.name)
def test_what_an_accelerated_step_gains(inequality):
    problem, rng = load("lasso_wide"), np.random.default_rng(4)
    L, star = certify(problem, "L").value, problem.x_star
    slack = lower(inequality.slack, (s.delta, s.delta_next, s.L, s.alpha, X, Y, XN))
    for factor in (0.2, 1.0, 3.0):
        for size in (0.01, 0.3, 3.0):
            here, ahead = star + size * rng.normal(size=(2, problem.d))
            after = soft(ahead - factor / L * problem.gradient(ahead), factor / L * problem.l1)
            gaps, vectors = (problem.gap(here), problem.gap(after)), (here - star, ahead - star, after - star)
            # Products of letters are inner products: the form is taken coordinate by coordinate.
            form = slack(0.0, 0.0, L, factor / L, *vectors).sum()
            assert slack(*gaps, L, factor / L, 0.0, 0.0, 0.0) + form >= -1e-10


@pytest.mark.parametrize("name", ["lasso_plane", "sparse_logistic"])
def test_ista_and_fista_are_loops(name):
    problem, steps = load(name), 25
    alpha = 1 / certify(problem, "L").value
    at = problem.x0, problem.x0, problem.x0
    runs = [
        simulate(problem, method, alpha, steps=steps, checkpoints=range(steps + 1), backend="numpy").gap_last
        for method in ("prox_gd", "fista")
    ]
    plain, fast, before = at
    for k in range(steps + 1):
        assert runs[0].values[0, 0, k] == pytest.approx(problem.gap(plain), rel=1e-9, abs=1e-14)
        assert runs[1].values[0, 0, k] == pytest.approx(problem.gap(fast), rel=1e-9, abs=1e-14)
        plain = soft(plain - alpha * problem.gradient(plain), alpha * problem.l1)
        ahead = fast + (k - 1) / (k + 2) * (fast - before)
        fast, before = soft(ahead - alpha * problem.gradient(ahead), alpha * problem.l1), fast
    assert runs[0].values[0, 0, -1] > 0 or name == "lasso_plane"


def test_proximal_sgd_is_a_loop():
    problem, steps = load("sparse_logistic"), 30
    run = simulate(
        problem,
        "prox_sgd",
        0.7,
        steps=steps,
        replicas=3,
        seed=5,
        checkpoints=range(steps + 1),
        backend="numpy",
    )
    drawn, zeros = indices(5, np.arange(3), np.arange(steps), problem.n)[:, :, 0], 0
    for r in range(3):
        here = problem.x0
        for k in range(steps):
            assert run.gap_last.values[0, r, k] == pytest.approx(problem.gap(here), rel=1e-9, abs=1e-14)
            here = soft(here - 0.7 * problem.component_gradients(here)[drawn[k, r]], 0.7 * problem.l1)
            zeros += (here == 0).sum()
    assert zeros


def test_proofs_say_which_method_they_are_about():
    theorem = THEOREMS["ista_convex"]
    with pytest.raises(RateboundError, match="another method"):
        dataclasses.replace(theorem, method=prox_sgd)
    with pytest.raises(RateboundError, match="penalised"):
        dataclasses.replace(theorem, assumptions=theorem.assumptions[:2])
    with pytest.raises(RateboundError):
        dataclasses.replace(THEOREMS["fista_convex"], method=prox_gd)
    # The same multipliers prove nothing of gradients where the descent lemma of f itself is assumed.
    with pytest.raises(RateboundError):
        dataclasses.replace(theorem, assumptions=THEOREMS["projected_gd_convex"].assumptions)
