"""Silver steps: the certificate in numbers, schedules as published, worst cases that meet the bounds."""

from dataclasses import replace

import numpy as np
import pytest
from sympy import Integer, Rational, Symbol, lambdify

from ratebound.experiments.run import simulate
from ratebound.problems.build import least_squares
from ratebound.problems.lower import lower, lower_mp
from ratebound.theory.algebra.valuation import twos
from ratebound.theory.assumptions import smooth
from ratebound.theory.catalogue import THEOREMS
from ratebound.theory.certificates import doubling
from ratebound.theory.certificates.doubling import A, Doubling, Point, above_all, held
from ratebound.theory.errors import RateboundError
from ratebound.theory.methods import METHODS
from ratebound.theory.parse import parse
from ratebound.theory.symbols import D, L, gap0, k

GAP, GRADIENT = THEOREMS["silver_convex"], THEOREMS["silver_gradient"]
FROM_GAP = THEOREMS["silver_gradient_gap"]
R = 1 + np.sqrt(2)
PUBLISHED = [np.sqrt(2), 2, np.sqrt(2), 1 + R, np.sqrt(2), 2, np.sqrt(2)]


def test_the_number_of_twos():
    counted = [0, 1, 0, 2, 0, 1, 0, 3, 0, 1]
    assert [twos(Integer(j)) for j in range(1, 11)] == counted
    assert lower(twos(k), (k,))(np.arange(1, 11)).tolist() == counted
    assert [int(lower_mp(twos(k), (k,))(j)) for j in range(1, 11)] == counted
    large = 3 * 2**40
    assert lower(twos(k), (k,))(large) == lower_mp(twos(k), (k,))(large) == 40
    m = Symbol("m", integer=True, nonnegative=True)
    assert twos(2**m) == m and parse("twos(k+1)/L") == twos(k + 1) / L


def test_the_schedule_is_the_published_one_and_its_sums_grow_by_one_factor():
    steps = lower(GAP.step, (k, L))(np.arange(1023), 1.0)
    np.testing.assert_allclose(steps[:7], PUBLISHED, rtol=1e-14)
    for m in range(11):
        assert 1 + steps[: 2**m - 1].sum() == pytest.approx(R**m)
    # The longest step yet follows each of these points, as the note says.
    assert "0.4 (j + 1)^1.27/L" in GAP.note
    assert steps[511] == pytest.approx(0.4 * 512**1.27, rel=0.05)


def test_sums_over_points_are_those_of_single_inequalities():
    """F and V stand for the points before the last: against a sum over them, with vectors at random."""
    rng = np.random.default_rng(3)
    h, f, g = np.array(PUBLISHED), rng.normal(size=8), rng.normal(size=(8, 3))
    x = np.concatenate([np.zeros((1, 3)), -np.cumsum(h[:, None] * g[:-1], axis=0)])
    value, slope, place = rng.normal(), rng.normal(size=3), rng.normal(size=3)
    wanted = sum(
        h[i] * (value - f[i] - g[i] @ (place - x[i]) - (slope - g[i]) @ (slope - g[i]) / 2) for i in range(7)
    )
    squares = (g[:-1] ** 2).sum(1)
    F, V = h @ f[:-1] - (h * (h - 1) / 2) @ squares, h @ g[:-1]
    names = [Symbol(name) for name in ("f", "g", "at", "F", "V")]
    # The form is quadratic in three vectors: by the squares along each axis, and what is no vector once.
    form = lambdify([A, *names], above_all(Point(*names[:3]), *names[3:]), "numpy")
    weight = 1 + h.sum()
    along = form(weight, 0.0, slope, place - x[-1], 0.0, V)
    assert along.sum() + form(weight, value, 0.0, 0.0, F, 0.0) == pytest.approx(wanted)
    last = Point(f[-1], Symbol("g"), Integer(0))
    found = held(weight, F, last).subs(Symbol("g") ** 2, g[-1] @ g[-1])
    wanted = h @ (f[:-1] - f[-1]) - (h * (h - 1) / 2) @ squares - weight * (weight - 1) / 2 * g[-1] @ g[-1]
    assert float(found) == pytest.approx(wanted)


@pytest.mark.parametrize("m", [1, 2, 3, 6])
def test_worst_cases_are_met(m):
    """Far out on a Huber function the gap, on a parabola and there the gradient."""
    n, weight = 2**m - 1, R**m
    steps = lower(GAP.step, (k, L))(np.arange(n), 1.0)
    # Huber's function of curvature and slope one, from a distance of 2 A - 1 for the gap and of A.
    for start, gap, slope in ((2 * weight - 1, weight - 0.5, 1.0), (weight, 0.5, 1.0)):
        x = start
        for h in steps:
            x -= h * min(x, 1.0)
        assert abs(x) - 0.5 == pytest.approx(gap) and min(x, 1.0) == pytest.approx(slope)
    # The second start again, where f is A - 1/2, about the gradient from a gap.
    from_gap = lower(FROM_GAP.bound, (k, L, gap0))
    assert from_gap(2 * n + 1, 1.0, weight - 0.5) == pytest.approx(1.0)
    assert (2 * weight - 1) ** 2 / (4 * weight - 2) == pytest.approx(weight - 0.5)
    line = least_squares(np.ones((1, 1)), np.zeros(1), x0=np.ones(1))
    run = simulate(line, "gd", GAP.step, steps=n, measures=("grad_norm_sq_last",), checkpoints=[n])
    assert float(run.grad_norm_sq_last.squeeze()) == pytest.approx(weight**-2)


@pytest.mark.parametrize("theorem", [GAP, GRADIENT, FROM_GAP], ids=lambda t: t.id)
def test_the_bound_is_that_of_the_latest_point_that_counts(theorem):
    bound = lower(theorem.bound, (k, L, gap0 if theorem is FROM_GAP else D))
    for at in range(1, 300):
        weight = R ** (at.bit_length() - 1)
        known = {GAP.id: 1 / (4 * weight - 2), GRADIENT.id: weight**-2, FROM_GAP.id: 2 / (2 * weight - 1)}[
            theorem.id
        ]
        assert known <= bound(at, 1.0, 1.0) * (1 + 1e-12)
        assert bound(at, 1.0, 1.0) == pytest.approx(known) or at & (at + 1)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"step": 1 / L}, "not the silver one"),
        ({"step": (1 + R ** (twos(k + 1) - 1) + k) / L}, "not the silver one"),
        ({"step": GAP.step / 2}, "not the silver one"),
        ({"measure": "gap_last"}, "the best point"),
        ({"method": METHODS["polyak"]}, "the best point"),
        ({"assumptions": (smooth,)}, "assume both"),
        ({"bound": GAP.bound * 99 / 100}, "the bound against what the steps hold"),
    ],
)
def test_what_is_not_shown_is_refused(change, says):
    with pytest.raises(RateboundError, match=says):
        replace(GAP, **change)


def test_a_smaller_gradient_from_a_gap_is_refused():
    for change, says in (
        ({"bound": FROM_GAP.bound * 99 / 100}, "the bound against what comes down"),
        ({"measure": "gap_best", "bound": GAP.bound}, "bounds the least gradient"),
        ({"step": 1 / L}, "not the silver one"),
    ):
        with pytest.raises(RateboundError, match=says):
            replace(FROM_GAP, **change)


def test_a_longer_step_in_the_middle_does_not_hold(monkeypatch):
    monkeypatch.setattr(doubling, "middle", doubling.middle + A / 100)
    with pytest.raises(RateboundError, match="joining is not the sum"):
        longer = 1 / doubling.silver + Rational(1, 100)
        replace(GAP, step=(1 + longer * doubling.silver ** twos(k + 1)) / L, certificate=Doubling())
