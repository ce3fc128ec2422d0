"""Scripts beside the page: Plotly once, numbers that JSON can hold, and a page that does without them."""

from __future__ import annotations

import json
from importlib.util import find_spec

import pytest
from synthetic_records import cell, problem, record, shapes

from ratebound.reports import assets
from ratebound.reports.families import families
from ratebound.reports.page import page
from ratebound.reports.payload import figures
from ratebound.reports.plates import plates, stems


def _figures(cells: list[dict]) -> dict:
    return figures(cells, stems(cells), families(cells))


def test_every_figure_of_a_cell_or_family_has_its_numbers():
    cells = record()["cells"]
    drawn = {plate.stem for plate in plates(cells)} - {"rates"}
    assert set(_figures(cells)) == drawn


def test_the_numbers_are_strict_json_on_grids_of_their_length(cells):
    found = _figures([cells["diverged"], cells["stochastic-power"]])
    assert json.loads(json.dumps(found, allow_nan=False)) == found
    for figure in found.values():
        for line in figure["lines"]:
            grid = figure["grids"][line["grid"]]
            rows = [line[name] for name in ("y", "low", "high") if name in line]
            assert rows and all(len(row) == len(grid["k"]) == len(grid["passes"]) for row in rows)
    lost = next(line for line in found["sgd_pl_constant--diabetes"]["lines"] if line["role"] == "exact")
    assert None in lost["y"], "a divergent curve ends, it does not reach infinity"


def test_the_numbers_are_those_of_the_record(cells):
    (figure,) = _figures([cells["power"]]).values()
    lines = {line["role"]: line for line in figure["lines"]}
    assert lines["bound"]["y"] == pytest.approx(cells["power"]["series"]["bound"][1:], rel=1e-5)
    assert lines["exact"]["name"] == "error of the run"
    assert figure["logx"] and lines["fit"]["name"] == "fit: −1.1"


def test_without_plotly_the_page_keeps_its_pictures_and_says_how_to_enliven_them(tmp_path, monkeypatch):
    monkeypatch.setattr(assets, "find_spec", lambda name: None)
    scripts = assets.write_assets(tmp_path, _figures([cell()]))
    assert scripts == ["assets/page.js"]
    assert [path.name for path in (tmp_path / "assets").iterdir()] == ["page.js"]
    made = record([cell()])
    html = page(made, stems(made["cells"]), {"gd_convex--diabetes": (10, 10)}, scripts)
    assert "pip install plotly" in html and "figures/gd_convex--diabetes.png" in html


@pytest.mark.skipif(find_spec("plotly") is None, reason="plotly is not installed")
def test_with_plotly_its_script_stands_once_beside_the_page(tmp_path):
    evil = cell(problem=problem(title="</script><b>\u2028"))
    scripts = assets.write_assets(tmp_path, _figures([evil, *shapes().values()]))
    assert scripts == [f"assets/{name}.js" for name in ("page", "plotly.min", "curves", "plots")]
    numbers = (tmp_path / "assets" / "curves.js").read_text(encoding="utf-8")
    assert numbers.startswith("window.ratebound = {") and "\u2028" not in numbers
    assert "http" not in numbers
