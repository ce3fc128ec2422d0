"""K(eps): the first step at an accuracy, of the run and of its bound."""

from __future__ import annotations

import numpy as np
import pytest
from synthetic_records import cell, record, series, theorem

from ratebound.reports.complexity import complexity_table, first_reached, reaches
from ratebound.reports.rate_figure import draw_rates, rate_panels


def test_a_power_is_read_exactly_between_checkpoints():
    k = np.geomspace(1, 1e4, 9)
    found = first_reached(k, 5 / k, np.array([5.0, 1.0, 0.02, 5e-4, 4e-4]))
    assert found[:4] == pytest.approx([1, 5, 250, 1e4])
    assert np.isnan(found[4])


def test_the_first_time_counts_and_gaps_are_no_values():
    k = np.arange(1.0, 7)
    values = np.array([9.0, 1.0, 9.0, np.nan, 0.5, 9.0])
    assert first_reached(k, values, np.array([1.0, 0.5])).tolist() == [2.0, 5.0]


def test_run_and_bound_are_read_against_the_error_at_the_start():
    found = cell(series=series(lambda k: 8.0 / (k + 1), lambda k: 80.0 / (k + 1)))
    measured, guaranteed = reaches(found, np.array([0.1, 0.01, 1e-5]))
    assert measured[:2] == pytest.approx([9, 99], rel=0.02)
    assert guaranteed[:2] == pytest.approx([99, 999], rel=0.02)
    assert np.isnan(measured[2]) and np.isnan(guaranteed[2])
    row = complexity_table([found]).rows[0]
    assert row[0] == "gd_convex" and row[5] in (9, 10) and row[-1] in (9998, 9999, 10000, None)


def test_one_step_claims_and_undrawable_cells_have_none(cells):
    one_step = cell(theorem=theorem(kind="one step", exponent=None))
    assert reaches(one_step, np.array([0.1])) is None
    assert complexity_table([one_step, cells["not-applicable"]]).rows == ()


def test_the_figure_of_rates_has_a_panel_for_each_setting_and_gradient(cells, tmp_path):
    made = record()["cells"]
    figure = draw_rates(made)
    figure.savefig(tmp_path / "x.png", dpi=40)
    assert len(figure.axes) == 2 * len({setting for setting, _ in rate_panels(made)})
    found = rate_panels([cell(theorem=theorem(kind="floor", exponent=None))])
    assert found == {}, "a constant step with a floor has no K(eps) of one run"
