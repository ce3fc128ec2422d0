"""Two records: noise is no change, and every real change is listed."""

from __future__ import annotations

import copy
import json

import numpy as np
import pytest
from synthetic_records import cell, problem, record, run, series, shapes, verdict

from ratebound.reports.compare import changes, pairs
from ratebound.reports.comparison import build_comparison, change_table


def _changes(first: list[dict], second: list[dict]):
    return changes(pairs(record(first), record(second)))


def _noisy(seed: int, factor: float = 1.0) -> dict:
    """A cell of 64 fresh replicas of the same law."""
    k = np.unique(np.geomspace(1, 1000, 30).round())
    draws = factor / k * np.random.default_rng(seed).gamma(4.0, 0.25, (64, k.size))
    mean, error = draws.mean(axis=0), draws.std(axis=0, ddof=1) / 8
    found = {"k": k, "bound": 3 / k, "evaluations": k, "exact": None, "mean": mean}
    found |= {"mean_low": mean - 2.58 * error, "mean_high": mean + 2.58 * error}
    listed = {name: None if values is None else values.tolist() for name, values in found.items()}
    return cell(series=series(lambda k: k, lambda k: k) | listed)


def test_a_record_does_not_differ_from_itself():
    cells = list(shapes().values())
    assert _changes(cells, copy.deepcopy(cells)) == []


def test_another_seed_is_noise_and_another_mean_is_none():
    alarms = sum(bool(_changes([_noisy(seed)], [_noisy(1000 + seed)])) for seed in range(200))
    assert alarms <= 10, "at a level of 1 % the normal approximation should raise about 2 alarms in 200"
    (change,) = _changes([_noisy(0)], [_noisy(1, factor=2.0)])
    assert change.what == "error"


def test_each_kind_of_change_is_listed_with_both_sides():
    first = cell(verdict=verdict(slope=-1.0, slope_low=-1.01, slope_high=-0.99))
    second = copy.deepcopy(first)
    second["verdict"] |= {"outcome": "violated", "slope": -0.5, "slope_low": -0.6, "slope_high": -0.4}
    second["theorem"]["bound_latex"] = "0"
    second["run"]["parameters"]["alpha"] = 0.2
    second["constants"][0]["value"] *= 1.001
    second["series"]["bound"][3] *= 1.001
    second["series"]["exact"][5] *= 0.999
    found = {change.what: change for change in _changes([first], [second])}
    assert set(found) == {"verdict", "statement", "step", "constants", "bound", "error", "slope"}
    assert (found["constants"].first, found["constants"].second) == ("L = 4.0242", "L = 4.02822")
    assert found["bound"].first.endswith("k = 3") and found["error"].second.endswith("k = 5")


def test_a_longer_run_is_named_and_its_slope_is_of_another_range():
    first = cell(verdict=verdict(slope=-1.0, slope_low=-1.1, slope_high=-0.9, slope_range=[10, 100]))
    second = copy.deepcopy(first)
    second["run"]["steps"] = 20_000
    second["verdict"] |= {"slope_low": -0.6, "slope_high": -0.4, "slope_range": [100, 1000]}
    found = _changes([first], [second])
    assert [(change.what, change.second) for change in found] == [("run", "20000 steps")]


def test_rounding_is_no_change_and_infinity_is_one():
    first = cell()
    second = copy.deepcopy(first)
    second["series"]["exact"] = [value * (1 + 1e-9) for value in first["series"]["exact"]]
    assert _changes([first], [second]) == []
    second["series"]["exact"][4] = float("inf")
    assert [change.what for change in _changes([first], [second])] == ["error"]


def test_cells_are_matched_by_name_and_batch_in_any_order():
    small, large = (cell(run=run(batch=batch)) for batch in (1, 8))
    other = cell(problem=problem(name="wine"))
    assert _changes([small, large, other], [other, large, small]) == []
    (change,) = _changes([small, large], [small])
    assert (change.what, change.first, change.second) == ("cell", "holds", "–")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    first = list(shapes().values())[:3]
    second = copy.deepcopy(first)
    second[0]["series"]["exact"] = [2 * value for value in first[0]["series"]["exact"]]
    second[0]["problem"]["title"] = first[0]["problem"]["title"] = "<b>Diabetes</b>"
    place = tmp_path_factory.mktemp("compared") / "out"
    return build_comparison(record(first), record(second), place).parent


def test_the_comparison_is_a_folder_with_page_table_figures_and_both_records(folder):
    names = {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}
    assert {"index.html", "A.json", "B.json", "tables/changes.csv", "comparison.json"} < names
    assert "figures/gd_convex--diabetes.svg" in names
    html = (folder / "index.html").read_text(encoding="utf-8")
    assert "1 of 3 cells" in html and "<b>Diabetes" not in html and "&lt;b&gt;Diabetes" in html
    summary = json.loads((folder / "comparison.json").read_text(encoding="utf-8"))
    assert [change["what"] for change in summary["changes"]] == ["error"]


def test_equal_records_make_a_page_that_says_nothing_changed(folder, tmp_path):
    made = record([cell()])
    index = build_comparison(made, made, folder)
    html = index.read_text(encoding="utf-8")
    assert "0 of 1 cells" in html and "Nothing." in html
    assert not (folder / "figures" / "gd_convex--diabetes.svg").exists(), "an earlier comparison is replaced"


def test_the_table_of_changes_has_both_sides():
    table = change_table(_changes([cell()], []))
    assert table.header[-2:] == ("A", "B") and table.rows[0][-2:] == ("holds", "–")
