"""Errors of gradients that do harm, floors that are met, and proofs that are refused."""

from dataclasses import replace

import numpy as np
import pytest
from sympy import Integer

from ratebound.experiments.verify import verify
from ratebound.problems.build import least_squares
from ratebound.problems.constants import certify
from ratebound.problems.library import load
from ratebound.problems.lower import lower
from ratebound.theory import symbols as s
from ratebound.theory.catalogue import THEOREMS
from ratebound.theory.errors import RateboundError
from ratebound.theory.letters.inexact import error, fall, relative_error
from ratebound.theory.methods import METHODS
from ratebound.theory.methods.rounded import gd_finer, gd_quantised, gd_rounded

STEPS, ERROR, SHARE, FALL = 60, 0.03, 0.4, 0.999


def against(slope, offset, rng):
    """Units that do harm: against the gradient, away from x*, askew to both, and any."""
    skew = slope - slope @ offset / (offset @ offset) * offset
    for way in (-slope, slope, -offset, offset, skew, rng.normal(size=slope.size)):
        length = np.linalg.norm(way)
        yield way / length if length else way


@pytest.mark.parametrize(
    ("name", "factor"), [("linnerud", 1), ("linnerud", 0.4), ("rank_deficient", 1), ("iris", 0.4)]
)
@pytest.mark.parametrize("which", range(7))
def test_errors_that_do_harm_keep_to_the_bounds(name, factor, which):
    """The proofs do not know of rounding: errors of full length in every way, and each time another one."""
    f, rng = load(name), np.random.default_rng(3)
    certified = {c: certify(f, c).value for c in ("L", "mu_pl", "D", "gap0")}
    alpha = factor / certified["L"]
    lengths = {
        gd_rounded: lambda slope, k: ERROR,
        gd_quantised: lambda slope, k: SHARE * np.linalg.norm(slope),
        gd_finer: lambda slope, k: ERROR * FALL ** (k / 2),
    }
    for method, length in lengths.items():
        x, points = f.x0, []
        for k in range(STEPS):
            points.append(x)
            slope = f.gradient(x)
            units = list(against(slope, x - f.x_star, rng))
            unit = units[which] if which < len(units) else units[k % len(units)]
            x = x - alpha * (slope + length(slope, k) * unit)
        gaps = np.array([f.gap(point) for point in points])
        squares = np.array([f.grad_norm_sq(point) for point in points])
        means = [f.gap(np.mean(points[:j], 0)) for j in range(1, STEPS)]
        measured = {
            "gap_last": gaps,
            "gap_average": np.append(np.inf, means),
            "gap_best": np.append(np.inf, np.minimum.accumulate(gaps)[:-1]),
            "grad_norm_sq_mean": np.append(np.inf, np.cumsum(squares)[:-1] / np.arange(1, STEPS)),
            "distance_sq": np.array([(point - f.x_star) @ (point - f.x_star) for point in points]),
        }
        for theorem in (t for t in THEOREMS.values() if t.method == method):
            needed = {a.name for a in theorem.assumptions}
            if "strongly_convex" in needed and name == "rank_deficient":
                continue
            known = {s.BY_NAME[c]: v for c, v in certified.items()}
            known |= {s.alpha: alpha, error: ERROR, relative_error: SHARE, fall: FALL}
            known |= {s.mu: certify(f, "mu").value} if "strongly_convex" in needed else {}
            at = np.arange(int(theorem.start), STEPS)
            bound = lower(theorem.bound, (s.k, *known))(at, *known.values())
            assert (measured[theorem.measure][at] <= bound * (1 + 1e-9) + 1e-13).all(), theorem.id


def test_the_floors_are_met_where_rounding_stops_the_iterate():
    problem = least_squares([[2.0]], [0.0], x0=[0.0249999])
    chosen = {"alpha": "1/L", "error": "1/10"}
    met = {"gd_error_pl": 0.1**2 / 8, "gd_error_nonconvex": 0.1**2, "gd_error_sc": 0.025**2}
    for name, floor in met.items():
        verdict = verify(name, problem, steps=2000, parameters=chosen)
        assert verdict.holds
        np.testing.assert_allclose(verdict.curves["exact"], floor, rtol=1e-4)
        assert verdict.tightness == pytest.approx(1, abs=2e-3), name


def test_errors_that_fall_are_the_sum_of_what_each_adds():
    theorem, k = THEOREMS["gd_error_geometric"], 7
    rate, values = 0.8, {s.alpha: 0.4, s.mu_pl: 0.5, s.L: 2.0, s.gap0: 3.0, error: 0.6, fall: 0.9, s.k: k}
    added = sum(rate ** (k - 1 - j) * 0.4 * 0.6**2 * 0.9**j / 2 for j in range(k))
    assert float(theorem.bound.subs(values)) == pytest.approx(rate**k * 3.0 + added)


@pytest.mark.parametrize("steps", [40, 400])
def test_summable_errors_away_from_the_minimum_come_near_the_bound(steps):
    """On |x| with a rounded kink, L = 1: early errors move x_0 away, then steps have one length."""
    step, start, first, factor = 0.5, 1.0, 2.0, 0.01
    moved = start + step * first / (1 - np.sqrt(factor))
    kink = moved / (step * steps)
    x, total = start, 0.0
    for j in range(steps):
        total += x
        x -= step * (np.clip(x, -kink, kink) - first * factor ** (j / 2))
    mean = total / steps
    gap = kink * mean - kink**2 / 2 if mean > kink else mean**2 / 2
    values = {s.alpha: step, s.D: start, error: first, fall: factor, s.k: steps}
    bound = float(THEOREMS["gd_error_summable"].bound.subs(values))
    assert 0.9 * bound < gap <= bound


def test_a_grid_finer_than_numbers_rounds_nothing():
    problem = least_squares([[2.0]], [0.0], x0=[1.0])
    verdict = verify("gd_error_geometric", problem, steps=5000)
    assert verdict.holds and verdict.tightness > 0.99


def test_relative_errors_do_what_a_shorter_step_does():
    theorem, plain = THEOREMS["gd_relative_pl"], THEOREMS["gd_pl"]
    shorter = plain.bound.subs(s.alpha, s.alpha * (1 - relative_error))
    assert (theorem.bound / s.gap0 - shorter / s.gap0).equals(0)


def test_false_proofs_are_refused():
    contraction, best = THEOREMS["gd_error_sc"], THEOREMS["gd_error_convex"]
    summable = THEOREMS["gd_error_summable"]
    fast = replace(contraction.certificate, factor=1 - 2 * s.alpha * s.mu)
    half = ((1 - s.alpha * s.mu) ** s.k * s.D + error / (2 * s.mu)) ** 2
    cases = (
        (contraction, {"certificate": fast}, "differs"),
        (contraction, {"bound": half}, "induction step"),
        (contraction, {"bound": contraction.bound.base**2 + s.D**2}, "square of one"),
        (contraction, {"method": METHODS["gd"]}, "gd_rounded"),
        (best, {"bound": s.D**2 / (2 * s.alpha * s.k) + error * s.D}, "from k = 2 on"),
        (best, {"start": Integer(1)}, "from k = 2 on"),
        (best, {"method": METHODS["gd"]}, "gd_rounded"),
        (summable, {"bound": summable.bound - s.D**2 / (99 * s.alpha * s.k)}, "the sum of the steps"),
        (summable, {"where": summable.where[:1]}, "the sum of the errors"),
        (summable, {"method": METHODS["gd_rounded"]}, "gd_finer"),
        (summable, {"weights": s.k + 1}, "even average"),
        (THEOREMS["gd_error_pl"], {"method": METHODS["gd"]}, "another method"),
        (THEOREMS["gd_error_geometric"], {"method": METHODS["gd_rounded"]}, "another method"),
    )
    for theorem, changes, message in cases:
        with pytest.raises(RateboundError, match=message):
            replace(theorem, **changes)
