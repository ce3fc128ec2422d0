"""A report is written whole or not at all, the same bytes from the same record."""

from __future__ import annotations

from pathlib import Path

import pytest
from synthetic_records import cell, empty_series, problem, record, shapes, verdict

from ratebound.experiments import record as records
from ratebound.reports import folder as folders
from ratebound.reports.build import build
from ratebound.reports.drawing import Ahead
from ratebound.reports.plates import plates, stems
from ratebound.theory.errors import RateboundError


def _tree(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


def test_everything_is_there_and_progress_counts_to_its_total(small_record, tmp_path):
    told: list[tuple[int, int, str]] = []
    index = build(small_record, tmp_path / "new" / "report", progress=lambda *step: told.append(step))
    assert index == tmp_path / "new" / "report" / "index.html"
    names = set(_tree(index.parent))
    assert {
        f"tables/{t}.{e}" for t in ("verdicts", "rates", "field", "complexity") for e in ("csv", "md", "tex")
    } < names
    drawn = {"gd_convex--diabetes", "sgd_pl_decaying--diabetes", "gd_convex--diabetes-2", "rates"}
    drawn.add("passes--diabetes--gap_last")
    assert {f"figures/{stem}.{kind}" for stem in drawn for kind in ("png", "pdf", "svg")} < names
    assert [step[:2] for step in told] == [(done, 6) for done in range(1, 7)]
    assert (
        records.load(index.parent / "record.json")["cells"][0]["series"] == small_record["cells"][0]["series"]
    )
    assert [p.name for p in index.parent.parent.iterdir()] == ["report"]


def test_same_record_same_bytes_also_from_the_stored_record(cells, tmp_path):
    made = record([cells["linear-to-floor"], cells["not-applicable"]])
    first = build(made, tmp_path / "a").parent
    second = build(records.load(first / "record.json"), tmp_path / "b").parent
    assert _tree(first) == _tree(second)


def test_many_figures_are_drawn_by_processes_the_same_as_by_one(tmp_path, monkeypatch):
    made = record([shapes()["linear"]])
    monkeypatch.setattr("ratebound.reports.drawing.MANY", 1)
    told: list[str] = []
    spread = build(made, tmp_path / "spread", progress=lambda done, total, what: told.append(what)).parent
    monkeypatch.setattr("ratebound.reports.drawing.MANY", 1000)
    alone = build(made, tmp_path / "alone").parent
    assert _tree(spread) == _tree(alone)
    assert sorted(told) == sorted([*(plate.stem for plate in plates(made["cells"])), "index.html"])


def test_figures_that_were_drawn_ahead_are_the_same_and_are_drawn_once(small_record, tmp_path, monkeypatch):
    alone = build(small_record, tmp_path / "alone").parent
    told: list[str] = []
    with Ahead() as ahead:
        for each in small_record["cells"][:2]:
            ahead.take(each)
        asked: list[str] = []
        draw = ahead.drawers.draw
        monkeypatch.setattr(ahead.drawers, "draw", lambda *job: asked.append(job[1]) or draw(*job))
        build(
            small_record,
            tmp_path / "ahead",
            progress=lambda done, total, what: told.append(what),
            ahead=ahead,
        )
    assert _tree(tmp_path / "ahead") == _tree(alone)
    stems_of_all = [plate.stem for plate in plates(small_record["cells"])]
    assert sorted(told) == sorted([*stems_of_all, "index.html"])
    assert sorted(asked) == sorted(stems_of_all[2:])


def test_a_cell_that_was_never_reported_leaves_nothing_behind(tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with Ahead() as ahead:
        ahead.take(shapes()["linear"])
        ahead.take(cell(verdict=verdict("not applicable"), series=empty_series()))
    assert list(tmp_path.iterdir()) == []


def test_an_earlier_report_is_replaced_whole(tmp_path):
    folder = build(record([cell()]), tmp_path / "r").parent
    (folder / "figures" / "stale.png").write_bytes(b"")
    build(record([]), folder)
    assert "figures/stale.png" not in _tree(folder)
    assert [p.name for p in tmp_path.iterdir()] == ["r"]


@pytest.mark.parametrize("stop", [KeyboardInterrupt, RuntimeError])
@pytest.mark.parametrize("many", [False, True])
def test_an_interrupted_build_leaves_the_earlier_report_and_nothing_else(tmp_path, stop, many):
    folder = build(record([]), tmp_path / "r").parent
    before = _tree(folder)
    found = list(shapes().values())

    def interrupt(done: int, total: int, what: str) -> None:
        raise stop

    with pytest.raises(stop):
        build(record(found if many else found[:1]), folder, progress=interrupt)
    assert _tree(folder) == before
    assert [p.name for p in tmp_path.iterdir()] == ["r"]


def test_a_failed_last_step_brings_the_earlier_report_back(small_record, tmp_path, monkeypatch):
    folder = build(record([]), tmp_path / "r").parent
    before = _tree(folder)
    rename = Path.rename

    def fail(self: Path, target: Path) -> Path:
        if self.name.startswith(".r-") and Path(target) == folder:
            raise OSError(28, "No space left on device")
        return rename(self, target)

    monkeypatch.setattr(folders.Path, "rename", fail)
    with pytest.raises(RateboundError, match="No space left"):
        build(record([]), folder)
    monkeypatch.undo()
    assert _tree(folder) == before
    assert [p.name for p in tmp_path.iterdir()] == ["r"]


def test_the_folder_of_somebody_else_is_left_alone(tmp_path):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.tex").write_text("years of work")
    with pytest.raises(RateboundError, match=r"no record\.json.*-o"):
        build(record([]), tmp_path / "mine")
    (tmp_path / "file").write_text("x")
    with pytest.raises(RateboundError, match="not a folder"):
        build(record([]), tmp_path / "file")
    with pytest.raises(RateboundError, match="cannot write the report"):
        build(record([]), tmp_path / "file" / "below")
    assert (tmp_path / "mine" / "thesis.tex").read_text() == "years of work"
    (tmp_path / "empty").mkdir()
    assert build(record([]), tmp_path / "empty").is_file()


def test_a_record_of_another_layout_is_refused_before_anything_is_written(tmp_path):
    with pytest.raises(RateboundError, match="schema"):
        build({"schema": 99}, tmp_path / "r")
    assert list(tmp_path.iterdir()) == []


def test_names_of_figures_are_unique_and_fit_for_every_file_system():
    named = [cell(problem=problem(name=name)) for name in ("a/b", "a b", "../x", "A-B", "ü" * 200, "ü" * 200)]
    names = stems(named)
    assert len({name.lower() for name in names}) == len(names)
    assert all(
        set(name) <= set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_") for name in names
    )


def test_a_cell_that_cannot_be_drawn_fails_with_the_reason(tmp_path, monkeypatch):
    monkeypatch.setattr("ratebound.reports.drawing.MANY", 1)
    broken = [cell(verdict=verdict())]
    broken[0]["constants"] = broken[0]["run"] = {}
    with pytest.raises(RateboundError, match="drawing the figures failed: KeyError"):
        build(record(broken), tmp_path / "r")
    assert list(tmp_path.iterdir()) == []
