"""``finder`` from the command line: what it prints, what it writes, what it refuses."""

import json

import pytest
from click.testing import CliRunner

from ratebound.cli import cli

SHORT = ("finder", "--problem", "linnerud_ridge", "--steps", "60", "--replicas", "4", "--test-steps", "30")


def run(*arguments):
    return CliRunner().invoke(cli, [str(each) for each in arguments])


@pytest.mark.parametrize("kind", ["png", "pdf"])
def test_the_table_and_the_files(tmp_path, kind):
    figure, file = tmp_path / f"test.{kind}", tmp_path / "found.json"
    result = run(*SHORT, "-o", figure, "--json", file)
    assert result.exit_code == 0, result.output
    found = json.loads(file.read_text(encoding="utf-8"))
    assert f"exact threshold {found['threshold']:.4g}" in result.stdout
    assert len(found["suggestions"]) == 5
    for each in found["suggestions"]:
        assert each["rule"] in result.stdout and each["verdict"] in result.stdout
    assert figure.read_bytes().startswith({"png": b"\x89PNG", "pdf": b"%PDF"}[kind])


@pytest.mark.parametrize(
    ("more", "says"),
    [
        (("-o", "test.gif"), "written as .png or .pdf"),
        (("--json", "nowhere/found.json"), "writable folder"),
        (("--replicas", "1"), "replicas"),
        (("--problem", "linerud"), "did you mean 'linnerud'"),
    ],
)
def test_bad_input_is_one_line(more, says):
    result = run(*SHORT, *more)
    assert result.exit_code == 2
    assert says in result.stderr and len(result.stderr.strip().splitlines()) == 1
