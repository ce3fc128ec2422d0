"""``schedules`` from the command line: what it prints, what it writes, what it refuses."""

import json

import pytest
from click.testing import CliRunner

from ratebound.cli import cli

SHORT = ("schedules", "--problem", "linnerud_ridge", "--steps", "300")


def run(*arguments):
    return CliRunner().invoke(cli, [str(each) for each in arguments])


@pytest.mark.parametrize("kind", ["png", "pdf"])
def test_the_table_and_the_files(tmp_path, kind):
    figure, file = tmp_path / f"test.{kind}", tmp_path / "found.json"
    result = run(*SHORT, "-o", figure, "--json", file)
    assert result.exit_code == 0, result.output
    found = json.loads(file.read_text(encoding="utf-8"))
    for each in found["entries"]:
        assert each["name"] in result.stdout
    assert f"the theorem at k = {found['theorem_time']}, best k = {found['best_time']}" in result.stdout
    assert figure.read_bytes().startswith({"png": b"\x89PNG", "pdf": b"%PDF"}[kind])


def test_a_problem_without_the_switch(tmp_path):
    figure = tmp_path / "test.png"
    result = run("schedules", "--problem", "wine", "--steps", "30", "--replicas", "2", "-o", figure)
    assert result.exit_code == 0, result.output
    assert "switching" not in result.stdout and figure.stat().st_size > 0


@pytest.mark.parametrize(
    ("more", "says"),
    [
        (("-o", "test.gif"), "written as .png or .pdf"),
        (("--json", "nowhere/found.json"), "writable folder"),
        (("--steps", "3"), "steps"),
        (("--problem", "linerud"), "did you mean 'linnerud'"),
    ],
)
def test_bad_input_is_one_line(more, says):
    result = run(*SHORT, *more)
    assert result.exit_code == 2
    assert says in result.stderr and len(result.stderr.strip().splitlines()) == 1
