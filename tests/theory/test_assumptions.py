"""Every inequality that proofs may use, measured on every problem that certifies its constants."""

import functools

import numpy as np
import pytest
from one_step import constants_of, states
from sympy import Poly, Rational

from ratebound.problems.constants import NotCertified, certify
from ratebound.problems.library import load, names
from ratebound.problems.lower import lower
from ratebound.theory import symbols as s
from ratebound.theory.assumptions import ASSUMPTIONS, FACTS, JOINT
from ratebound.theory.inequalities.noise_splits import SAMPLED, SLOPES, lipschitz_split, noise_split
from ratebound.theory.inequalities.points import (
    BETWEEN_POINTS,
    GP,
    GY,
    PN,
    XN,
    M,
    P,
    W,
    Y,
    reduced_at_point,
)
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


@functools.cache
def _loaded(name):
    return load(name, **OPTIONS.get(name, {}))


def _checked(inequality, problem):
    """Assert the slack at random points; False where the problem does not certify what it requires."""
    if problem.l1 and not inequality.requires & SUMS:
        return False
    try:
        constants, _ = constants_of(problem, inequality.requires)
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
        for state in states(problem, rng, scaled, inequality.estimate, "row_space" in inequality.requires):
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
            constants, _ = constants_of(problem, inequality.requires)
        except NotCertified:
            continue
        if problem.x_star is None or problem.l1:
            continue
        checked += 1
        rng = np.random.default_rng(11)
        for size in (0.01, 0.3, 3.0):
            spread = size * (1 + np.linalg.norm(problem.x0))
            point, after, before, earlier, snapshot = problem.x_star + spread * rng.normal(
                size=(5, problem.d)
            )
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
                W: snapshot - problem.x_star,
            }
            # Of batches of two, as in _states, or one sample seen from a snapshot.
            estimates, share = problem.component_gradients(point), 2
            if inequality is reduced_at_point:
                estimates = estimates - problem.component_gradients(snapshot) + problem.gradient(snapshot)
                share = 1
            gaps = {
                s.delta: problem.gap(here),
                s.delta_next: problem.gap(after),
                s.gap_at_point: problem.gap(point),
                s.gap_aside: problem.gap(point),
                s.gap_aside_next: problem.gap(after),
                s.gap_before: problem.gap(before),
                s.gap_model: problem.gap(earlier) - behind @ behind / (2 * L),
                s.gap_model_next: problem.gap(point) - ahead @ ahead / (2 * L),
                stored_symbols.stored_gap: problem.gap(snapshot),
                s.moment: ((estimates**2).sum(1).mean() + (share - 1) * ahead @ ahead) / share,
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
def test_facts_hold_between_certifiedconstants_of(name):
    problem = load(name)
    for required, fact in FACTS:
        try:
            constants, _ = constants_of(problem, required)
        except NotCertified:
            continue
        values = {BY_NAME[key]: value for key, value in constants.items() if key in BY_NAME}
        low, high = (float(side.subs(values)) for side in (fact.lts, fact.gts))
        assert low <= high * (1 + 1e-12)  # Both are rounded up by themselves.
