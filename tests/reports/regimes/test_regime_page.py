"""The folder of a map: what is in it, what is never replaced, and what it is without Plotly."""

import json

import pytest
from synthetic_regimes import regimes

from ratebound.reports import assets
from ratebound.reports.regimes.page import build_map
from ratebound.reports.regimes.payload import allowed, payload
from ratebound.theory.errors import RateboundError


def test_a_folder_that_opens_from_disk(tmp_path):
    page = build_map([regimes()], tmp_path / "map")
    assert page == tmp_path / "map" / "index.html"
    assert {each.name for each in page.parent.iterdir()} == {
        "index.html", "map_batch.png", "map_batch.pdf", "regimes.json", "assets",
    }  # fmt: skip
    assert json.loads((page.parent / "regimes.json").read_text("utf-8")) == {"maps": [regimes()]}
    html = page.read_text("utf-8")
    assert "A problem worth $5: n = 10, d = 2; 100 steps, without replacement; exact second moments" in html
    assert "http" not in html
    build_map([regimes()], tmp_path / "map")


def test_a_foreign_folder_is_left_alone(tmp_path):
    (tmp_path / "mine.txt").write_text("mine", "utf-8")
    with pytest.raises(RateboundError, match="holds files but no"):
        build_map([regimes()], tmp_path)
    assert [each.name for each in tmp_path.iterdir()] == ["mine.txt"]


def test_without_plotly_the_figure_stays(tmp_path, monkeypatch):
    monkeypatch.setattr(assets, "find_spec", lambda name: None)
    html = build_map([regimes()], tmp_path / "map").read_text("utf-8")
    assert '<img src="map_batch.png"' in html and 'regimes.js"' not in html


def test_the_numbers_are_those_of_the_map():
    found = payload(regimes())
    assert json.loads(json.dumps(found, allow_nan=False)) == found
    assert found["curves"]["curve"][2][4] == [1.0, 50.0, None]
    assert found["numbers"]["floor"][0] == [0.002] * 4 + [None]
    assert [found["regimes"][code] for code in found["code"][0]] == [row[0] for row in regimes()["regime"]]


def test_theorems_that_allow_a_step():
    theory = regimes()["theory"]
    assert allowed(theory, 0.05) == ["within", "unlimited", "beyond"]
    assert allowed(theory, 0.2) == ["unlimited", "beyond"]
    assert "silent" not in allowed(theory, 1e-9)


def test_a_map_without_replicas_has_no_bands():
    plain = regimes()
    for name in ("mean_curve", "low_curve", "high_curve", "measured_regime"):
        del plain[name]
    found = payload(plain)
    assert list(found["curves"]) == ["curve"] and found["measured"] is None
