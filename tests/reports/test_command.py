"""``ratebound report``: one cell of a suite, two records side by side, what Ctrl-C leaves."""

from __future__ import annotations

import pytest
from click.testing import CliRunner
from synthetic_records import cell, record

from ratebound.cli import cli
from ratebound.experiments import record as records
from ratebound.experiments import suite_cells

SUITE = """
title = "Two small ones"

[defaults]
steps = 20

[[cells]]
theorems = ["gd_pl"]
problems = ["quadratic_2d", "linnerud"]
"""


def _run(*arguments):
    return CliRunner().invoke(cli, ["report", *(str(each) for each in arguments)])


@pytest.fixture
def suite(tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text(SUITE, encoding="utf-8")
    return path


def test_only_one_cell(suite, tmp_path):
    result = _run(suite, "--only", "*--linn*", "-o", tmp_path / "out")
    assert result.exit_code == 0, result.output
    (found,) = records.load(tmp_path / "out" / "record.json")["cells"]
    assert found["problem"]["name"] == "linnerud"


def test_only_without_a_match_names_a_cell(suite, tmp_path):
    result = _run(suite, "--only", "nothing", "-o", tmp_path / "out")
    assert result.exit_code == 2
    assert "matches no cell" in result.stderr and "gd_pl--quadratic_2d" in result.stderr


def test_ctrl_c_leaves_a_whole_report_of_what_was_finished(suite, tmp_path, monkeypatch):
    verify, asked = suite_cells.verify, []

    def stopped(theorem, problem, **options):
        asked.append(problem.name)
        if len(asked) == 2:
            raise KeyboardInterrupt
        return verify(theorem, problem, **options)

    monkeypatch.setattr(suite_cells, "verify", stopped)
    result = _run(suite, "-o", tmp_path / "out")
    assert result.exit_code == 130, result.output
    assert "1 of 2 cells were finished" in result.stderr
    assert "<b>Partial.</b>" in (tmp_path / "out" / "index.html").read_text(encoding="utf-8")

    asked[:] = ["already one"]
    result = _run(suite, "-o", tmp_path / "other")
    assert result.exit_code == 130 and not (tmp_path / "other").exists()


def test_two_records_side_by_side_from_files_and_folders(tmp_path):
    records.save(record([cell()]), tmp_path / "a.json")
    (tmp_path / "b").mkdir()
    records.save(record([]), tmp_path / "b" / "record.json")
    result = _run(tmp_path / "a.json", tmp_path / "b", "-o", tmp_path / "out")
    assert result.exit_code == 0, result.output
    assert f"comparison: {tmp_path / 'out' / 'index.html'}" in result.stdout


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("lecture", "a", "b"), "a suite, or two records to compare; 3 names"),
        (("a", "b", "--from", "c"), "two records are compared as they are"),
        (("a", "b", "--seed", "1"), "two records are compared as they are"),
    ],
)
def test_a_comparison_runs_nothing(arguments, says, tmp_path):
    result = _run(*arguments, "-o", tmp_path / "out")
    assert result.exit_code == 2 and says in result.stderr
