"""Every inequality about steps in a metric, measured along runs of the method that it is about."""

from dataclasses import replace

import numpy as np
import pytest
from sympy import nsimplify

from ratebound.experiments.backends.metric import updated
from ratebound.problems.constants import NotCertified, certify
from ratebound.problems.library import load
from ratebound.problems.lower import lower
from ratebound.theory import symbols as s
from ratebound.theory.assumptions import ASSUMPTIONS
from ratebound.theory.catalogue import THEOREMS
from ratebound.theory.certificates.cubic import reached, scale, t, u
from ratebound.theory.errors import RateboundError
from ratebound.theory.inequalities.second_order import INEQUALITIES
from ratebound.theory.letters import metric as m
from ratebound.theory.methods import METHODS
from ratebound.theory.methods.metric import MEMORY, newton
from ratebound.theory.symbols import BY_NAME

PROBLEMS = ("quadratic_2d", "linnerud", "rank_deficient", "logistic_line", "logistic_plane", "cauchy_line")
PROBLEMS += ("sine_near", "iris")


def newton_points(problem, rng, near):
    """Steps p from random points, no farther from x* than the start where `near`."""
    reach = np.linalg.norm(problem.x0 - problem.x_star)
    for size in (0.02, 0.5, 1.0) if near else (0.02, 0.5, 4.0):
        away = rng.normal(size=problem.d)
        x = problem.x_star + size * reach * away / np.linalg.norm(away)
        yield x, np.linalg.pinv(problem.hessian(x)) @ problem.gradient(x)


def learning(B, move, change, kind):
    if kind == "dfp":
        E = np.eye(move.size) - np.outer(change, move) / (change @ move)
        return E @ B @ E.T + np.outer(change, change) / (change @ move)
    return B + np.outer(change, change) / (change @ move) - np.outer(B @ move, B @ move) / (move @ B @ move)


def quasi_newton_points(problem, kind):
    """Steps of a quasi-Newton run, with B itself updated by its textbook formula."""
    first = certify(problem, "L").value * np.eye(problem.d)
    H, x, B, moves = problem.H, problem.x0, first, []
    for _ in range(2 * problem.d):
        g = problem.gradient(x)
        if np.linalg.norm(g) < 1e-9:
            return
        p = np.linalg.solve(B, g)
        yield x, p
        x, moves = x - p, [*moves[1 - MEMORY :], -p]
        B, learnt = (first, moves) if kind == "lbfgs" else (B, moves[-1:])
        for move in learnt:
            B = learning(B, move, H @ move, kind)


def state(problem, x, p):
    g, H, offset = problem.gradient(x), problem.hessian(x), x - problem.x_star
    after = offset - p
    return {
        s.delta: problem.gap(x),
        s.grad_sq: g @ g,
        s.d2: offset @ offset,
        s.d2_next: after @ after,
        m.step_inner: g @ p,
        m.step_sq: p @ p,
        m.step_curvature: p @ H @ p,
        m.model_error_sq: ((H @ offset - g) ** 2).sum(),
    }


@pytest.mark.parametrize("inequality", INEQUALITIES, ids=lambda i: f"{i.name} ({i.about and i.about.name})")
def test_slack_is_nonnegative_along_steps(inequality):
    checked = 0
    for name in PROBLEMS:
        problem = load(name)
        try:
            wanted = [c for each in inequality.requires for c in ASSUMPTIONS[each].constants]
            constants = {c: certify(problem, c).value for c in wanted}
        except NotCertified:
            continue
        checked += 1
        rng = np.random.default_rng(3)
        if inequality.about in (None, newton):
            points = newton_points(problem, rng, "near_minimum" in inequality.requires)
        else:
            points = quasi_newton_points(problem, inequality.about.name)
        symbols = sorted(inequality.slack.free_symbols, key=str)
        terms = [lower(term, symbols) for term in inequality.slack.expand().as_ordered_terms()]
        for x, p in points:
            known = state(problem, x, p) | {BY_NAME[c]: v for c, v in constants.items() if c in BY_NAME}
            parts = np.array([float(term(*(known[v] for v in symbols))) for term in terms])
            assert parts.sum() >= -1e-9 * np.abs(parts).sum() - 1e-13, (name, inequality.name)
    assert checked >= 3


@pytest.mark.parametrize("kind", ["bfgs", "dfp"])
def test_the_inverse_is_that_of_the_textbook_update(kind):
    rng = np.random.default_rng(1)
    half, move = rng.normal(size=(4, 4)), rng.normal(size=4)
    B = half @ half.T + np.eye(4)
    change = (half.T @ half + np.eye(4)) @ move
    after = learning(B, move, change, kind)
    found = updated(kind, np.linalg.inv(B), move, change)
    np.testing.assert_allclose(found @ after, np.eye(4), atol=1e-11)


def test_no_lesson_is_drawn_from_a_move_along_which_nothing_changes():
    inverse = np.diag([1.0, 2.0])
    for move, change in (([0.0, 0.0], [0.0, 0.0]), ([1.0, 0.0], [0.0, 1.0])):
        assert (updated("bfgs", inverse, np.array(move), np.array(change)) == inverse).all()


def test_the_cubic_step_obeys_its_model_bound():
    """``delta_{k+1} <= (1 - t) delta_k + c t^3/3``, by steps found by a general optimiser."""
    from scipy.optimize import minimize

    problem = load("logistic_plane")
    M = certify(problem, "L_hess").value
    c = float(scale.subs({m.L_hess: M, m.level_radius: certify(problem, "level_radius").value}))
    x = problem.x0
    g, H = problem.gradient(x), problem.hessian(x)
    step = minimize(
        lambda v: g @ v + v @ H @ v / 2 + M / 6 * np.linalg.norm(v) ** 3, np.zeros(2), options={"gtol": 1e-12}
    ).x
    root = np.sqrt(problem.gap(x) / c)
    for share in (0.0, 0.1, 0.3, 0.7, 1.0):
        assert problem.gap(x + step) / c <= float(reached.subs({u: nsimplify(root), t: share})) + 1e-12


def test_bounds_by_a_second_derivation_the_worst_of_each_step():
    c, start, M = 0.7, 0.9, 0.8
    mu = M / (2 * c)
    bound = THEOREMS["newton_strong"].bound
    r = start
    for k in range(6):
        assert float(bound.subs({s.k: k, m.L_hess: M, s.mu: mu, s.D: start})) == pytest.approx(r**2)
        r = c * r**2
    shares = np.linspace(0, 1, 20001)
    for gap in (0.01, 0.5, 40.0):
        delta, bound = gap, THEOREMS["cubic_convex"].bound.subs({s.gap0: gap, m.L_hess: 1, m.level_radius: 1})
        for k in range(40):
            assert delta <= float(bound.subs(s.k, k)) * (1 + 1e-12)
            delta = ((1 - shares) * delta + shares**3 / 3).min()
        # The bound is not far from what its recursion gives.
        assert delta > 0.6 * float(bound.subs(s.k, 40))


def test_certificates_of_second_order_refuse_what_they_do_not_show():
    local, cubic = THEOREMS["newton_local"], THEOREMS["cubic_convex"]
    for theorem in (local, cubic):
        with pytest.raises(RateboundError, match=theorem.id):
            replace(theorem, bound=theorem.bound / 2)
        with pytest.raises(RateboundError, match="certificate bounds"):
            replace(theorem, method=METHODS["bfgs"])
        with pytest.raises(RateboundError, match="assum"):
            replace(theorem, assumptions=theorem.assumptions[:1])
    by = local.certificate.by
    weak = replace(local.certificate, by={i: 2 * c for i, c in by.items()})
    with pytest.raises(RateboundError, match="does not close"):
        replace(local, certificate=weak)
