"""What is drawn and on which range: divergence, zeros, bounds far away."""

from __future__ import annotations

import math

import numpy as np
from synthetic_records import cell, series, theorem

from ratebound.reports.series import curves, panels


def _curves(error, bound, kind="power", **changes):
    return curves(cell(theorem=theorem(kind=kind), series=series(error, bound, **changes)))


def test_k_zero_is_dropped_on_log_log_axes_only():
    power, linear = (
        _curves(lambda k: 1 / (k + 1), lambda k: 2 / (k + 1), kind) for kind in ("power", "linear")
    )
    assert power.k[0] == 1 and linear.k[0] == 0
    assert power.exact.shape == power.k.shape == power.bound.shape


def test_a_divergent_curve_ends_at_its_last_finite_point():
    shown = _curves(lambda k: np.where((k < 50) | (k > 500), 1.0 + k, np.inf), lambda k: 1 / (k + 1))
    lost = shown.k[np.isnan(shown.exact)]
    assert shown.diverged_at == lost[0] >= 50
    assert lost[-1] == shown.k[-1], "values after a divergence are no curve"
    assert (
        _curves(lambda k: np.where(k < 50, 1.0, np.nan), lambda k: 1.0 + k).diverged_at == shown.diverged_at
    )
    assert _curves(lambda k: 1.0 + k, lambda k: 1.0 + k).diverged_at is None


def test_zeros_and_negatives_are_not_drawn_on_a_log_axis_and_set_no_range():
    shown = _curves(lambda k: np.where(k > 100, -1e-18, 1 / (k + 1)), lambda k: 2 / (k + 1))
    assert np.isnan(shown.exact[shown.k > 100]).all()
    ((low, high),) = panels(shown)
    assert 1e-6 < low < 1e-3 and 1 < high < 10


def test_a_bound_far_above_every_error_gets_a_panel_and_a_near_one_does_not():
    far = panels(_curves(lambda k: 1 / (k + 1), lambda k: 1e40 / (k + 1)))
    assert len(far) == 2
    assert far[0][0] > 1e35 and far[1][1] < 10
    assert len(panels(_curves(lambda k: 1 / (k + 1), lambda k: 100 / (k + 1)))) == 1


def test_a_bound_far_below_the_numbers_of_a_run_does_not_squeeze_them():
    ((low, high),) = panels(
        _curves(lambda k: np.maximum(0.5**k, 1e-16), lambda k: 0.6**k, "linear", steps=400)
    )
    assert low > 1e-24
    assert high < 100


def test_nothing_to_draw(cells):
    assert curves(cells["not-applicable"]) is None
    assert curves(cell(series=series(lambda k: k, lambda k: k) | {"exact": None})) is None
    only_start = {"k": [0.0], "bound": [1.0], "exact": [1.0], "evaluations": [0.0]}
    assert curves(cell(series=series(lambda k: k, lambda k: k) | only_start)) is None


def test_all_infinite_still_has_a_range():
    shown = _curves(lambda k: np.full(k.shape, np.inf), lambda k: np.full(k.shape, np.inf))
    ((low, high),) = panels(shown)
    assert 0 < low < high < math.inf


def test_an_error_that_falls_to_the_least_doubles_takes_no_more_than_twenty_decades():
    shown = _curves(lambda k: np.where(k > 100, 1e-300, 1 / (k + 1)), lambda k: 2 / (k + 1))
    ((low, high),) = panels(shown)
    assert 1e-23 < low < 1e-20 and 1 < high < 30
