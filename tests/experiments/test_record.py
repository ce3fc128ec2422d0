"""Records survive the disk unchanged, are strict JSON, and are refused with a reason when they are not."""

from __future__ import annotations

import json
import math
from datetime import UTC, datetime

import numpy as np
import pytest

from ratebound.experiments import record as records
from ratebound.theory.errors import RateboundError


def _record(**series: object) -> dict:
    cell = {
        "theorem": {"id": "gd"},
        "problem": {"name": "wine"},
        "run": {},
        "constants": [],
        "verdict": {"outcome": "holds"},
        "series": series,
    }
    return {"schema": 1, "provenance": {}, "suite": {"title": "µ <b>"}, "budget": {}, "cells": [cell]}


def test_round_trip_restores_non_finite_floats_and_every_bit(tmp_path):
    values = [0.1, 1e-320, math.pi * 1e300, math.inf, -math.inf, math.nan, None, True, 3]
    path = records.save(_record(mean=values), tmp_path / "record.json")
    back = records.load(path)["cells"][0]["series"]["mean"]
    assert back[:5] == values[:5]
    assert math.isnan(back[5])
    assert back[6:] == [None, True, 3] and back[7] is True


def test_the_file_is_strict_json_with_strings_for_non_finite(tmp_path):
    path = records.save(_record(mean=[math.inf, math.nan]), tmp_path / "r.json")

    def refuse(name: str) -> float:
        raise AssertionError(name)

    raw = json.loads(path.read_text(encoding="utf-8"), parse_constant=refuse)
    assert raw["cells"][0]["series"]["mean"] == ["inf", "nan"]


def test_numpy_numbers_and_arrays_are_stored_as_plain_numbers(tmp_path):
    grid = np.array([[1.5, np.inf], [2.0, np.nan]])
    path = records.save(
        _record(mean=grid, k=np.int64(7), ok=np.bool_(True), x=np.float64(-np.inf)), tmp_path / "r.json"
    )
    series = records.load(path)["cells"][0]["series"]
    assert series["mean"][0] == [1.5, math.inf] and math.isnan(series["mean"][1][1])
    assert series["k"] == 7 and series["ok"] is True and series["x"] == -math.inf


def test_same_record_gives_the_same_bytes(tmp_path):
    first = records.save(_record(mean=[0.25]), tmp_path / "a.json")
    second = records.save(records.load(first), tmp_path / "b.json")
    assert first.read_bytes() == second.read_bytes()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"schema": 2}, "schema 2"),
        ({"schema": None}, "schema None"),
        ({"cells": {}}, "'cells'"),
        ({"cells": [{"theorem": {}}]}, "cell 0 .*'problem'"),
        ({"provenance": None}, "'provenance'"),
    ],
)
def test_a_record_of_another_layout_is_refused_on_both_ways(tmp_path, change, words):
    broken = _record() | change
    with pytest.raises(RateboundError, match=words):
        records.save(broken, tmp_path / "r.json")
    assert list(tmp_path.iterdir()) == []
    path = tmp_path / "r.json"
    path.write_text(json.dumps(broken), encoding="utf-8")
    with pytest.raises(RateboundError, match=words):
        records.load(path)


def test_an_unknown_outcome_is_refused(tmp_path):
    broken = _record()
    broken["cells"][0]["verdict"]["outcome"] = "probably"
    with pytest.raises(RateboundError, match="'probably'"):
        records.save(broken, tmp_path / "r.json")


@pytest.mark.parametrize("text", ["", "{", "[NaN]", '{"schema": 1, "x": Infinity}', "[1]"])
def test_a_file_that_is_no_record_is_refused(tmp_path, text):
    path = tmp_path / "r.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(RateboundError, match=r"r\.json"):
        records.load(path)


def test_missing_file_bytes_that_are_no_text_and_unwritable_place(tmp_path):
    with pytest.raises(RateboundError, match="cannot read"):
        records.load(tmp_path / "none.json")
    (tmp_path / "binary.json").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(RateboundError, match="not a record"):
        records.load(tmp_path / "binary.json")
    with pytest.raises(RateboundError, match="cannot write"):
        records.save(_record(), tmp_path / "no" / "such" / "r.json")


def test_a_failed_write_leaves_the_old_record_and_nothing_beside_it(tmp_path):
    path = records.save(_record(mean=[1.0]), tmp_path / "r.json")
    before = path.read_bytes()
    with pytest.raises(RateboundError, match=r"record\.cells\[0\]\.series\.mean is a object"):
        records.save(_record(mean=object()), path)
    assert path.read_bytes() == before
    assert [p.name for p in tmp_path.iterdir()] == ["r.json"]


def test_provenance_names_versions_and_survives_json(tmp_path):
    started = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
    found = records.provenance(7, "ratebound report", started, 1.23456)
    assert found["versions"]["numpy"] == np.__version__
    assert set(found["versions"]) == {"numpy", "scipy", "sympy", "ratebound"}
    assert found["started"] == "2026-01-02T03:04:05+00:00"
    assert (found["seed"], found["seconds"]) == (7, 1.235)
    path = records.save(_record() | {"provenance": found}, tmp_path / "r.json")
    assert records.load(path)["provenance"] == found
