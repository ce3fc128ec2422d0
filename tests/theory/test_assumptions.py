"""Every inequality that proofs may use, measured on every problem that certifies its constants."""

import numpy as np
import pytest
from sympy import Poly

from ratebound.problems.constants import NotCertified, Setting, certify
from ratebound.problems.library import load, names
from ratebound.problems.lower import lower
from ratebound.theory import symbols as s
from ratebound.theory.assumptions import ASSUMPTIONS, FACTS, JOINT
from ratebound.theory.onestep import G, X
from ratebound.theory.points import BETWEEN_POINTS, GP, GY, PN, XN, M, P, Y
from ratebound.theory.symbols import BY_NAME

INEQUALITIES = (*(i for a in ASSUMPTIONS.values() for i in a.inequalities), *JOINT)
OPTIONS = {"huber_worst": {"horizon": 3}}
_ON_A_REGION = ({"second_moment"}, {"bounded_variance"})


def _constants(problem, required):
    setting = Setting(np.full(5, 0.1 / certify(problem, "L_max").value), batch=2)
    wanted = [name for assumption in required for name in ASSUMPTIONS[assumption].constants]
    return {name: certify(problem, name, setting).value for name in wanted}, setting


def _states(problem, rng, alpha):
    """State quantities at random points, every expectation a plain average over pairs of components."""
    scale = 1 + np.linalg.norm(problem.x0)
    for size in (0.01, 0.3, 3.0):
        x = problem.x0 + size * scale * rng.normal(size=problem.d)
        parts = problem.component_gradients(x)
        full = parts.mean(0)
        mean_sq = (parts**2).sum(1).mean()
        # Batches of two with replacement: the mean of the squares is that of one draw and a product of two.
        moment = mean_sq / 2 + (full @ full) / 2
        after = x - alpha * full
        ahead = problem.gradient(after)
        state = {
            s.delta: problem.gap(x),
            s.delta_next: problem.gap(after),
            s.grad_sq: full @ full,
            s.moment: moment,
            s.move_inner: full @ (after - x),
            s.move_sq: (after - x) @ (after - x),
            s.next_move_inner: ahead @ (after - x),
            s.grad_inner: full @ ahead,
            s.grad_next_sq: ahead @ ahead,
            s.grad_l1: np.abs(full).sum(),
            s.move_inf_sq: np.abs(after - x).max() ** 2,
        }
        if problem.kind == "quadratic":
            state |= {
                s.grad_curvature: full @ problem.H @ full,
                s.move_curvature: (after - x) @ problem.H @ (after - x),
            }
        if problem.x_star is not None:
            offset, next_offset = x - problem.x_star, after - problem.x_star
            state |= {
                s.d2: offset @ offset,
                s.d2_next: next_offset @ next_offset,
                s.descent: full @ offset,
                s.next_descent: ahead @ next_offset,
                s.cross_descent: ahead @ offset,
            }
        yield state


def _checked(inequality, problem):
    """Assert the slack at random points; False where the problem does not certify what it requires."""
    try:
        constants, _ = _constants(problem, inequality.requires)
    except NotCertified:
        return False
    if problem.x_star is None and inequality.slack.free_symbols & {s.d2, s.d2_next, s.descent}:
        return False
    symbols = sorted(inequality.slack.free_symbols, key=str)
    terms = [lower(term, symbols) for term in inequality.slack.expand().as_ordered_terms()]
    rng = np.random.default_rng(7)
    for alpha in (0.1, 1.0, 1.9):
        for state in _states(problem, rng, alpha / certify(problem, "L").value):
            values = [state[v] if v in state else constants[v.name] for v in symbols]
            parts = np.array([float(term(*values)) for term in terms])
            assert parts.sum() >= -1e-9 * np.abs(parts).sum() - 1e-13, (inequality.name, alpha)
    return True


@pytest.mark.parametrize("inequality", INEQUALITIES, ids=lambda i: i.name)
def test_slack_is_nonnegative_wherever_its_constants_are_certified(inequality):
    if inequality.requires in _ON_A_REGION:
        # It holds along a run, not at any point: the verdicts and tests/problems/test_noise.py cover it.
        return
    problems = [load(name, **OPTIONS.get(name, {})) for name in names()]
    assert sum(_checked(inequality, problem) for problem in problems) >= 3


@pytest.mark.parametrize("inequality", BETWEEN_POINTS, ids=lambda i: i.name)
def test_inequalities_between_points_hold_anywhere(inequality):
    """Unrelated points in place of y_k = p_k, x_{k+1} = p_{k+1}, x_{k-1}; x_k is a step from y_{k-1}."""
    checked = 0
    for name in names():
        problem = load(name, **OPTIONS.get(name, {}))
        try:
            constants, _ = _constants(problem, inequality.requires)
        except NotCertified:
            continue
        if problem.x_star is None:
            continue
        checked += 1
        rng = np.random.default_rng(11)
        for size in (0.01, 0.3, 3.0):
            spread = size * (1 + np.linalg.norm(problem.x0))
            point, after, before, earlier = problem.x_star + spread * rng.normal(size=(4, problem.d))
            L, ahead, behind = certify(problem, "L").value, problem.gradient(point), problem.gradient(earlier)
            here = earlier - behind / L
            vectors = {
                X: here - problem.x_star,
                Y: point - problem.x_star,
                XN: after - problem.x_star,
                GY: ahead,
                P: point - problem.x_star,
                PN: after - problem.x_star,
                GP: ahead,
                G: problem.gradient(here),
                M: before - problem.x_star,
            }
            gaps = {
                s.delta: problem.gap(here),
                s.delta_next: problem.gap(after),
                s.gap_at_point: problem.gap(point),
                s.gap_aside: problem.gap(point),
                s.gap_aside_next: problem.gap(after),
                s.gap_before: problem.gap(before),
                s.gap_model: problem.gap(earlier) - behind @ behind / (2 * L),
                s.gap_model_next: problem.gap(point) - ahead @ ahead / (2 * L),
            }
            parts = [
                _inner(
                    term, vectors, {**gaps, **{BY_NAME[c]: v for c, v in constants.items() if c in BY_NAME}}
                )
                for term in inequality.slack.expand().as_ordered_terms()
            ]
            assert sum(parts) >= -1e-9 * np.abs(parts).sum() - 1e-13, name
    assert checked >= 3


def _inner(term, vectors, numbers):
    """Return a term that has two letters, or none, as a number."""
    poly = Poly(term, *vectors)
    ((powers, factor),) = poly.terms()
    value = float(factor.subs(numbers))
    pair = [v for v, power in zip(vectors.values(), powers, strict=True) for _ in range(power)]
    return value * float(pair[0] @ pair[1]) if pair else value


@pytest.mark.parametrize("name", names())
def test_facts_hold_between_certified_constants(name):
    problem = load(name)
    for required, fact in FACTS:
        try:
            constants, _ = _constants(problem, required)
        except NotCertified:
            continue
        values = {BY_NAME[key]: value for key, value in constants.items() if key in BY_NAME}
        low, high = (float(side.subs(values)) for side in (fact.lts, fact.gts))
        assert low <= high * (1 + 1e-12)  # Both are rounded up by themselves.
