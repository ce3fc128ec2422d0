"""Every inequality that proofs may use, measured on every problem that certifies its constants."""

import functools

import numpy as np
import pytest
from sympy import Poly, Rational

from ratebound.problems.axes import axis_smoothness
from ratebound.problems.constants import NotCertified, Setting, certify
from ratebound.problems.curvature import component_smoothness
from ratebound.problems.library import load, names
from ratebound.problems.lower import lower
from ratebound.theory import symbols as s
from ratebound.theory.assumptions import ASSUMPTIONS, FACTS, JOINT
from ratebound.theory.inequalities.noise_splits import SAMPLED, SLOPES, lipschitz_split, noise_split
from ratebound.theory.inequalities.points import BETWEEN_POINTS, GP, GY, PN, XN, M, P, Y
from ratebound.theory.inequalities.rows import along_rows
from ratebound.theory.inequalities.stored import COMPARED
from ratebound.theory.letters import coordinates as c
from ratebound.theory.letters import metric as in_metric
from ratebound.theory.letters import penalty as of_penalty
from ratebound.theory.letters import stored as stored_symbols
from ratebound.theory.methods import METHODS
from ratebound.theory.onestep import G, X
from ratebound.theory.symbols import BY_NAME

SPLITS = tuple(
    noise_split(name, Rational(c), slope)
    for name in SAMPLED
    for c, slope in (("1/5", s.descent - s.delta), *(("9/10", slope) for slope in SLOPES))
)
LIPSCHITZ = tuple(lipschitz_split(Rational(c)) for c in ("1/5", "9/10"))
INEQUALITIES = (
    *(i for a in ASSUMPTIONS.values() for i in a.inequalities),
    *JOINT,
    *COMPARED,
    *SPLITS,
    *LIPSCHITZ,
    *along_rows(METHODS["sgd"]).values(),
)
OPTIONS = {"huber_worst": {"horizon": 3}}
SUMS = {"smooth_sum", "convex_sum", "strongly_convex_sum", "smooth_components_of_sum"}
"""What is assumed of a finite sum to which a penalty may be added; the others are about f without one."""
_ON_A_REGION = ({"second_moment"}, {"bounded_variance"})


def _constants(problem, required):
    setting = Setting(np.full(5, 0.1 / certify(problem, "L_max").value), batch=2)
    wanted = [name for assumption in required for name in ASSUMPTIONS[assumption].constants]
    return {name: certify(problem, name, setting).value for name in wanted}, setting


def _compared(problem, rng, x, size):
    """What is stored at unrelated points, one per component, and how far gradients are from those at x*."""
    at_star, parts = problem.component_gradients(problem.x_star), problem.component_gradients(x)
    points = problem.x_star + size * rng.normal(size=(problem.n, problem.d))
    away, base = (problem.A * points).sum(1), problem.A @ problem.x_star
    stored = problem.loss.slope_at(away, problem.y)[:, None] * problem.A + problem.l2 * points
    rise = problem.loss.value_at(away, problem.y) - problem.loss.value_at(base, problem.y)
    rise += problem.l2 / 2 * ((points**2).sum(1) - problem.x_star @ problem.x_star)
    gaps = rise - (at_star * (points - problem.x_star)).sum(1)
    return {
        "estimate": ((parts - stored + stored.mean(0)) ** 2).sum(1).mean(),
        s.spread: ((parts - at_star) ** 2).sum(1).mean(),
        stored_symbols.stored_sq: ((stored - at_star) ** 2).sum(1).mean(),
        stored_symbols.stored_gap: gaps.mean(),
    }


def _moments(problem, parts, made):
    """E||g||^2 of each kind of estimate: one draw with its weights, or what was made of what is stored."""
    squares, L = (parts**2).sum(1), component_smoothness(problem)
    drawn = L > 0
    weights = {"sgd_importance": L, "sgd_partial": L + L.mean()}
    found = {"made by the update": made}
    for name, weight in weights.items():
        chances = weight / weight.sum()
        found[METHODS[name].estimate] = (squares[drawn] / chances[drawn]).sum() / problem.n**2
    return found


def _along_axes(problem, x, full, omega):
    """A step along an even axis, every expectation a plain average over the axes."""
    L = axis_smoothness(problem)
    moves = np.diag(-omega * full / L)
    return {
        s.delta_next: problem.gap(x + moves).mean(),
        s.move_inner: (moves @ full).mean(),
        c.move_scaled_sq: (moves**2 @ L).mean(),
    }


def _penalties(problem, x, after, parts):
    """The penalty at three points, and how far gradients are from that of the finite sum at x*."""
    names = (of_penalty.penalty, of_penalty.penalty_next, of_penalty.penalty_star)
    apart = parts - problem.component_gradients(problem.x_star).mean(0)
    return {
        **{v: problem.l1 * np.abs(at).sum() for v, at in zip(names, (x, after, problem.x_star), strict=True)},
        of_penalty.descent_apart: apart.mean(0) @ (x - problem.x_star),
        of_penalty.moment_apart: (apart**2).sum(1).mean(),
    }


def _states(problem, rng, alpha, estimate="batch", along_rows=False):
    """State quantities at random points, every expectation a plain average over pairs of components."""
    scale = 1 + np.linalg.norm(problem.x0)
    for size in (0.01, 0.3, 3.0):
        away = rng.normal(size=problem.d)
        if along_rows:
            away = np.linalg.lstsq(problem.A, problem.A @ away)[0]
        x = problem.x0 + size * scale * away
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
        changes = problem.component_gradients(after) - parts
        state |= {s.drift: (changes**2).sum(1).mean(), s.drift_inner: (changes @ (after - x)).mean()}
        if not problem.loss.kinked and (problem.A**2).sum(0).all():
            state[c.grad_scaled_sq] = (full**2 / axis_smoothness(problem)).sum()
        if estimate == "along one axis":
            state |= _along_axes(problem, x, full, alpha * certify(problem, "L").value)
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
            state |= _penalties(problem, x, after, parts)
            if problem.loss.third is not None:
                error = problem.hessian(x) @ offset - full
                state[in_metric.model_error_sq] = error @ error
            if c.grad_scaled_sq in state:
                state[c.d2_scaled] = (offset**2 * axis_smoothness(problem)).sum()
            other = _compared(problem, np.random.default_rng(5), x, size * scale)
            state |= other
            if estimate not in ("batch", "along one axis"):
                state[s.moment] = _moments(problem, parts, other["estimate"])[estimate]
        yield state


@functools.cache
def _loaded(name):
    return load(name, **OPTIONS.get(name, {}))


def _checked(inequality, problem):
    """Assert the slack at random points; False where the problem does not certify what it requires."""
    if problem.l1 and not inequality.requires & SUMS:
        return False
    try:
        constants, _ = _constants(problem, inequality.requires)
    except NotCertified:
        return False
    from_star = {
        s.d2,
        s.d2_next,
        s.descent,
        s.spread,
        stored_symbols.stored_sq,
        stored_symbols.stored_gap,
        c.d2_scaled,
    }
    from_star |= {in_metric.model_error_sq, *of_penalty.PENALTY_STATE}
    if problem.x_star is None and (
        inequality.estimate not in ("batch", "along one axis") or inequality.slack.free_symbols & from_star
    ):
        return False
    symbols = sorted(inequality.slack.free_symbols, key=str)
    terms = [lower(term, symbols) for term in inequality.slack.expand().as_ordered_terms()]
    rng = np.random.default_rng(7)
    for alpha in (0.1, 1.0, 1.9):
        scaled = alpha / certify(problem, "L").value
        for state in _states(problem, rng, scaled, inequality.estimate, "row_space" in inequality.requires):
            values = [state[v] if v in state else constants[v.name] for v in symbols]
            parts = np.array([float(term(*values)) for term in terms])
            assert parts.sum() >= -1e-9 * np.abs(parts).sum() - 1e-13, (inequality.name, alpha)
    return True


@pytest.mark.parametrize("inequality", INEQUALITIES, ids=lambda i: i.name)
def test_slack_is_nonnegative_wherever_its_constants_are_certified(inequality):
    if inequality.requires in _ON_A_REGION:
        # It holds along a run, not at any point: the verdicts and tests/problems/test_noise.py cover it.
        return
    problems = [_loaded(name) for name in names()]
    assert sum(_checked(inequality, problem) for problem in problems) >= 3


@pytest.mark.parametrize("inequality", BETWEEN_POINTS, ids=lambda i: i.name)
def test_inequalities_between_points_hold_anywhere(inequality):
    """Unrelated points in place of y_k = p_k, x_{k+1} = p_{k+1}, x_{k-1}; x_k is a step from y_{k-1}."""
    checked = 0
    for name in names():
        problem = _loaded(name)
        try:
            constants, _ = _constants(problem, inequality.requires)
        except NotCertified:
            continue
        if problem.x_star is None or problem.l1:
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
                # Of batches of two, as in _states.
                s.moment: ((problem.component_gradients(point) ** 2).sum(1).mean() + ahead @ ahead) / 2,
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
