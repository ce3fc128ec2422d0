"""Steps along the mean of what is stored: plain averages over samples, at any state."""

from dataclasses import replace

import numpy as np
import pytest
from sympy import S

from ratebound.problems.build import least_squares, logistic
from ratebound.problems.constants import certify
from ratebound.theory import symbols as s
from ratebound.theory.catalogue import THEOREMS
from ratebound.theory.certificates.stored_mean import averaged
from ratebound.theory.errors import RateboundError
from ratebound.theory.letters import stored as h

A = np.array([[1.0, 0.5], [-0.5, 1.5], [2.0, 0.1]])
X0 = np.array([1.0, -2.0])
PROBLEMS = {
    "squares": least_squares(A, [1.0, -1.0, 0.5], 0.3, x0=X0),
    "logistic": logistic(A, [1.0, -1.0, 1.0], 0.1, x0=X0),
}
CASES = pytest.mark.parametrize("problem", PROBLEMS.values(), ids=PROBLEMS)


def quantities(problem, x, table):
    away, v = x - problem.x_star, table.mean(0)
    at_star = problem.component_gradients(problem.x_star)
    return {
        s.d2: away @ away,
        h.mean_inner: away @ v,
        h.mean_sq: v @ v,
        h.stored_sq: ((table - at_star) ** 2).sum(1).mean(),
    }


def walked(problem, x, table, step):
    """Return the mean of the quantities after a step of the textbook, over all samples, and of ||v||^2."""
    found, squares = [], []
    for i, fresh in enumerate(problem.component_gradients(x)):
        after = table.copy()
        after[i] = fresh
        v = after.mean(0)
        squares.append(v @ v)
        found.append(quantities(problem, x - step * v, after))
    return {name: np.mean([each[name] for each in found]) for name in found[0]}, np.mean(squares)


def states(problem, size):
    rng = np.random.default_rng(7)
    for _ in range(20):
        x = problem.x_star + size * rng.normal(size=2)
        yield x, problem.component_gradients(problem.x_star) + size * rng.normal(size=(problem.n, 2))


@CASES
@pytest.mark.parametrize("size", [0.1, 3.0])
def test_a_step_is_that_of_the_textbook(problem, size):
    step = 0.3
    for x, table in states(problem, size):
        after, square = walked(problem, x, table, step)
        at_x, at_star = problem.component_gradients(x), problem.component_gradients(problem.x_star)
        known = {
            **quantities(problem, x, table),
            s.moment: square,
            s.descent: problem.gradient(x) @ (x - problem.x_star),
            s.spread: ((at_x - at_star) ** 2).sum(1).mean(),
            s.alpha: step,
            s.n: problem.n,
        }
        said = averaged(THEOREMS["sag_distance"].method)
        pairs = {s.d2: s.d2_next, h.mean_inner: h.mean_inner_next, h.mean_sq: h.mean_sq_next}
        for now, later in {**pairs, h.stored_sq: h.stored_sq_next}.items():
            assert float(said[later].subs(known)) == pytest.approx(after[now], rel=1e-9, abs=1e-12)


@CASES
@pytest.mark.parametrize("share", [0.4, 1.0])
def test_the_potential_falls_and_holds_the_distance(problem, share):
    L_max, mu = (certify(problem, name).value for name in ("L_max", "mu"))
    step = share / (2 * problem.n * L_max)
    proof = THEOREMS["sag_distance"].certificate
    form = proof.potential.subs({s.alpha: step, s.n: problem.n})
    for x, table in states(problem, 1.0):
        now, after = (
            float(form.subs(q)) for q in (quantities(problem, x, table), walked(problem, x, table, step)[0])
        )
        assert after <= (1 - step * mu / 3) * now * (1 + 1e-12)
        assert now >= 2 / 3 * problem.distance_sq(x)


def test_published_rates():
    """1 - mu/(8 n L) of Le Roux and others is slower; the rate and the share of Defazio and others."""
    values = {s.mu: 0.1, s.L_max: 1.0, s.n: 10, s.D: 1.0, s.sigma_star_sq: 0.5, s.k: 100}
    step = S(1) / 20
    found = float(THEOREMS["sag_distance"].bound.subs(s.alpha, step).subs(values))
    assert found <= (1 - 0.1 / 80) ** 100 * (3 + 9 * 0.5 / 4)
    values = {s.mu_min: 0.1, s.L_max: 1.0, s.n: 10, s.D: 1.0, s.gap0: 2.0, s.k: 100, s.alpha: 0.25}
    found = float(THEOREMS["saga_components_steep"].bound.subs(values))
    assert found == pytest.approx((1 - 0.1 / 4) ** 100 * (1 + 10 / 2 * 0.975 * 2.0))


def test_what_does_not_follow_is_refused():
    theorem, average = THEOREMS["sag_distance"], THEOREMS["sag_average"]
    proof = theorem.certificate
    for statement, change, reason in (
        (theorem, {"method": THEOREMS["saga_sc"].method}, "does not step along the mean of what is stored"),
        (theorem, {"where": (s.alpha <= 1 / (s.n * s.L_max),)}, "may be negative"),
        (theorem, {"bound": theorem.bound * S(9) / 10}, "the bound against the potential at the start"),
        (theorem, {"bound": theorem.bound.subs(s.mu, 2 * s.mu)}, "no multiple of the power"),
        (theorem, {"certificate": replace(proof, share=S.One)}, "does not close"),
        (theorem, {"certificate": replace(proof, potential=proof.potential + s.d2)}, "does not close"),
        (theorem, {"assumptions": theorem.assumptions[:1]}, "needs the assumption smooth_components"),
        (theorem, {"assumptions": theorem.assumptions[1:]}, "needs the assumption strongly_convex"),
        (average, {"assumptions": average.assumptions[1:]}, "needs the assumption convex"),
        (average, {"bound": average.bound / 2}, "against the telescoped sum"),
        (average, {"weights": 1 + s.k}, "do not depend on k"),
        (average, {"measure": "gap_last"}, "does not bound it"),
    ):
        with pytest.raises(RateboundError, match=reason):
            replace(statement, **change)


@CASES
def test_centred_gradients_are_near_those_at_the_minimum(problem):
    parts = problem.component_gradients(problem.x0)
    first = quantities(problem, problem.x0, parts - parts.mean(0))
    assert first[h.mean_sq] == pytest.approx(0, abs=1e-28)
    assert first[h.stored_sq] <= 2 * certify(problem, "L_max").value * problem.gap(problem.x0)
