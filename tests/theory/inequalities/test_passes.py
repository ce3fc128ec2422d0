"""The inequalities along passes, by walking all orders of tiny sums from random points."""

from dataclasses import replace
from itertools import permutations

import numpy as np
import pytest

from ratebound.problems.build import least_squares, logistic
from ratebound.problems.constants import NotCertified, certify
from ratebound.problems.lower import lower
from ratebound.theory import symbols as s
from ratebound.theory import visits
from ratebound.theory.assumptions import ASSUMPTIONS
from ratebound.theory.catalogue import THEOREMS
from ratebound.theory.certificate import Corollary
from ratebound.theory.certificates.telescope import Telescope
from ratebound.theory.errors import RateboundError
from ratebound.theory.inequalities import passes
from ratebound.theory.letters.passes import (
    aside_gap,
    aside_slope,
    aside_spread,
    pass_away,
    pass_out,
    pass_slope,
    pass_spread,
)

IN_PASSES = [t for t in THEOREMS.values() if t.in_passes]


def problems():
    rng = np.random.default_rng(4)
    A = rng.normal(size=(4, 2)) * [[1.0], [2.0], [0.3], [1.0]]
    yield least_squares(A, rng.normal(size=4) * 2, x0=np.ones(2))
    yield least_squares(A[:3], rng.normal(size=3), 0.3, x0=np.ones(2))
    yield least_squares(A[:2], rng.normal(size=2), 0.1, x0=np.ones(2))
    yield logistic(A[:3], [1.0, -1.0, 1.0], 0.2, x0=np.ones(2))


def gap_towards(problem, i, x, base):
    """The Bregman distance of one component."""
    phi = problem.loss.value_at
    z, z0 = problem.A[i] @ x, problem.A[i] @ base
    rise = phi(z, problem.y[i]) - phi(z0, problem.y[i]) + problem.l2 / 2 * (x @ x - base @ base)
    return float(rise - problem.component_gradients(base)[i] @ (x - base))


def walked(problem, order, x, alpha):
    """Every quantity of one pass, and those within it at each j."""
    star, full = problem.x_star, problem.gradient(x)
    points, slopes, aside, inside = [x], [], [star], []
    at_star = problem.component_gradients(star)
    for i in order:
        slopes.append(problem.component_gradients(points[-1])[i])
        here, base = points[-1], aside[-1]
        inside.append(
            {
                s.d2: (here - base) @ (here - base),
                aside_slope: (slopes[-1] - at_star[i]) @ (here - base),
                aside_spread: (slopes[-1] - at_star[i]) @ (slopes[-1] - at_star[i]),
                aside_gap: gap_towards(problem, i, base, star),
            }
        )
        points.append(here - alpha * slopes[-1])
        aside.append(base - alpha * at_star[i])
    end, steps = points[-1], np.array(points[:-1])
    parts = problem.component_gradients(x)
    return {
        s.d2: (x - star) @ (x - star),
        s.d2_next: (end - star) @ (end - star),
        s.delta_next: float(problem.gap(end)),
        s.grad_sq: full @ full,
        s.moment: (parts**2).sum(1).mean(),
        s.move_inner: full @ (end - x),
        s.move_sq: (end - x) @ (end - x),
        pass_slope: sum(slopes) @ (end - star),
        pass_spread: ((np.array(slopes) - at_star[list(order)]) ** 2).sum(),
        pass_out: ((steps - end) ** 2).sum(),
        pass_away: ((steps - x) ** 2).sum(),
    }, inside


def constants(problem, inequality):
    names = [c for name in inequality.requires for c in ASSUMPTIONS[name].constants]
    found = {name: certify(problem, name).value for name in names}
    return found | {"n": problem.n}


def slack(inequality, state, numbers):
    symbols = sorted(inequality.slack.free_symbols, key=str)
    terms = [lower(term, symbols) for term in inequality.slack.expand().as_ordered_terms()]
    parts = [float(t(*(state[v] if v in state else numbers[v.name] for v in symbols))) for t in terms]
    return sum(parts) + 1e-9 * sum(map(abs, parts)) + 1e-13


def averaged(states):
    return {key: np.mean([state[key] for state in states]) for key in states[0]}


@pytest.mark.parametrize("inequality", passes.ALONG_PASSES, ids=lambda i: i.name)
def test_inequality_holds_over_all_orders(inequality):
    checked, random_only = 0, visits.CYCLIC not in (inequality.visits or visits.PASSES)
    within = inequality in (passes.aside_strong, passes.aside_shuffled, passes.aside_any, passes.aside_radius)
    for problem in problems():
        try:
            numbers = constants(problem, inequality)
        except NotCertified:
            continue
        rng = np.random.default_rng(2)
        for share in (0.05, 0.5, 1.0):
            alpha = share / (certify(problem, "L_max").value * (1 if within else problem.n))
            x = problem.x_star + rng.exponential() * rng.normal(size=problem.d)
            whole, inside = zip(
                *(walked(problem, order, x, alpha) for order in permutations(range(problem.n))), strict=True
            )
            groups = list(zip(*inside, strict=True)) if within else [whole]
            for states in groups:
                states = [averaged(states)] if random_only else states
                for state in states:
                    assert slack(inequality, state, {**numbers, "alpha": alpha}) >= 0
                    checked += 1
    assert checked >= 9


def test_a_pass_over_bounded_components_falls_as_it_is_proved_to():
    """By the numbers of the source: a quarter of alpha n ||grad f||^2, and 4/9 (alpha L_max)^3 n (n + 1)."""
    for problem in problems():
        L_max, lowest = (certify(problem, name).value for name in ("L_max", "component_gap"))
        rng, n = np.random.default_rng(2), problem.n
        for share in (0.1, 0.5):
            alpha = share / (L_max * n)
            u = 4 / 9 * (alpha * L_max) ** 3 * n * (n + 1)
            for _ in range(5):
                x = problem.x_star + rng.exponential() * rng.normal(size=problem.d)
                ends = [walked(problem, order, x, alpha)[0][s.delta_next] for order in permutations(range(n))]
                gap, slope = float(problem.gap(x)), problem.gradient(x)
                after = (1 + u) * gap - alpha * n / 4 * slope @ slope + u * lowest
                assert np.mean(ends) <= after * (1 + 1e-9)


def test_the_step_back_is_an_identity():
    for problem in problems():
        alpha = 0.3 / certify(problem, "L_max").value
        state, inside = walked(problem, range(problem.n), problem.x0, alpha)
        for found, rule in ((state, passes.pass_step(IN_PASSES[0].method)), (inside[0], passes.WITHIN)):
            (expr,) = rule.values()
            symbols = sorted(expr.free_symbols, key=str)
            values = [alpha if v == s.alpha else found[v] for v in symbols]
            after = state[s.d2_next] if found is state else inside[1][s.d2]
            assert float(lower(expr, symbols)(*values)) == pytest.approx(after, rel=1e-9)


def test_sums_over_a_pass_are_those_of_their_terms():
    """For n = 1 .. 6: m distinct ones of n deviations, by all subsets in place of the formula."""
    for size in range(1, 7):
        rng = np.random.default_rng(size)
        v = rng.normal(size=(size, 2))
        v -= v.mean(0)
        means = np.zeros(size + 1)
        for m in range(1, size + 1):
            squares = [(v[list(p[:m])].sum(0) ** 2).sum() for p in permutations(range(size))]
            means[m] = np.mean(squares)
        share = (v**2).sum(1).mean()
        out, away = 2 * means[1:].sum(), 2 * means[:-1].sum()
        noise = passes.out_shuffled.slack.expand().coeff(s.alpha, 2).coeff(s.sigma_star_sq)
        noise = float(noise.subs(s.n, size))
        assert out == pytest.approx(noise * share, abs=1e-12)
        inner = passes.away_reshuffled.slack.expand().coeff(s.alpha, 2).coeff(s.moment)
        assert away == pytest.approx(float(inner.subs(s.n, size)) * share, abs=1e-12)
        assert sum(min(m, size - m) for m in range(1, size + 1)) <= passes._ANY.subs(s.n, size)


@pytest.mark.parametrize("theorem", IN_PASSES, ids=lambda t: t.id)
def test_a_proof_is_about_its_order_only(theorem):
    certificate = theorem.certificate
    while isinstance(certificate, Corollary):
        certificate = certificate.of.certificate
    about = {order for i in certificate.by for order in visits.ORDERS if i.visits and order not in i.visits}
    assert visits.INDEPENDENT in about
    for order in about:
        with pytest.raises(RateboundError, match=theorem.id):
            replace(theorem, visits=order)


def test_what_is_not_about_passes_is_refused():
    plain = THEOREMS["sgd_star_convex"]
    assert isinstance(plain.certificate, Telescope)
    with pytest.raises(RateboundError, match="does not close"):
        replace(plain, visits=visits.RESHUFFLE)
    with pytest.raises(RateboundError, match="a Memory is about independent batches"):
        replace(THEOREMS["sgdm_convex"], visits=visits.CYCLIC)
    with pytest.raises(RateboundError, match="unknown order of visits"):
        replace(THEOREMS["rr_sc"], visits="sorted")
    with pytest.raises(RateboundError, match="not measured after whole passes"):
        replace(THEOREMS["rr_nonconvex"], measure="grad_norm_sq_best")
    with pytest.raises(RateboundError, match="keeps more than x"):
        passes.pass_step(THEOREMS["sgdm_convex"].method)
    with pytest.raises(RateboundError, match="within passes"):
        replace(THEOREMS["rr_components"], visits=visits.INDEPENDENT)
