"""``report``: a folder that is whole or not there, from a run or from a record."""

import pytest
from click.testing import CliRunner

from ratebound.cli import cli
from ratebound.experiments import record as records

SUITE = """
title = "Two small ones"
seed = 3

[defaults]
steps = 40
replicas = 16

[[cells]]
theorems = ["gd_pl"]
problems = ["quadratic_2d", "diabetes"]
"""


def run(*arguments):
    return CliRunner().invoke(cli, [str(each) for each in arguments])


@pytest.fixture
def suite(tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text(SUITE, encoding="utf-8")
    return path


def test_a_suite_of_the_users_own(suite, tmp_path):
    folder = tmp_path / "out" / "report"
    result = run("report", suite, "-o", folder, "--seed", "5")
    assert result.exit_code == 0, result.output
    assert f"report: {folder / 'index.html'}" in result.stdout
    assert "2 holds" in result.stdout
    record = records.load(folder / "record.json")
    assert record["provenance"]["seed"] == 5
    assert (folder / "figures" / "gd_pl--diabetes.png").is_file()

    again = run("report", "--from", folder / "record.json", "-o", tmp_path / "again")
    assert again.exit_code == 0, again.output
    for path in (path for path in folder.rglob("*") if path.is_file()):
        assert (tmp_path / "again" / path.relative_to(folder)).read_bytes() == path.read_bytes()


def test_the_folder_is_looked_at_before_the_run(suite, tmp_path):
    (tmp_path / "file").write_text("mine", encoding="utf-8")
    for place in (tmp_path / "file", tmp_path / "file" / "below"):
        result = run("report", suite, "-o", place)
        assert result.exit_code == 2
        assert "choose a place in a writable folder" in result.stderr
        assert "verify 0/" not in result.stderr
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file", "mine.toml"]


def test_somebody_elses_folder_is_left_alone(suite, tmp_path):
    place = tmp_path / "photos"
    place.mkdir()
    (place / "cat.png").write_text("meow", encoding="utf-8")
    result = run("report", suite, "-o", place)
    assert result.exit_code == 2
    assert "no report of ratebound" in result.stderr
    assert len(result.stderr.splitlines()) == 1  # before the run, not after it
    assert [path.name for path in place.iterdir()] == ["cat.png"]


BAD_CALLS = {
    "unknown suite": (("report", "lectur"), "did you mean 'lecture'"),
    "missing suite": (("report", "nowhere.toml"), "cannot read the suite"),
    "missing record": (("report", "--from", "nowhere.json"), "cannot read the record"),
    "both": (("report", "lecture", "--from", "x.json"), "neither a suite nor --seed"),
}


@pytest.mark.parametrize("kind", BAD_CALLS)
def test_bad_calls(kind, tmp_path):
    arguments, said = BAD_CALLS[kind]
    result = run(*arguments, "-o", tmp_path / "out")
    assert result.exit_code == 2
    assert said in result.stderr
    assert len(result.stderr.splitlines()) == 1
    assert not list(tmp_path.iterdir())


def test_an_unknown_key_of_a_suite_gets_the_nearest(tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text(SUITE.replace("replicas", "replicsa"), encoding="utf-8")
    result = run("report", path, "-o", tmp_path / "out")
    assert result.exit_code == 2
    assert "did you mean 'replicas'" in result.stderr
