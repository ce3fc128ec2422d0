"""``ratebound bench`` tells the speed of every backend; no time is asserted."""

from click.testing import CliRunner

from ratebound.cli import cli
from ratebound.commands import bench


def test_every_backend_has_a_row_for_every_run(monkeypatch):
    small = {name: run._replace(replicas=min(run.replicas, 4), steps=20) for name, run in bench._RUNS.items()}
    monkeypatch.setattr(bench, "_RUNS", small)
    result = CliRunner().invoke(cli, ["bench", "--repetitions", "1"])
    assert result.exit_code == 0, result.output
    lines = result.output.splitlines()
    assert len(lines) == 1 + 4 * len(small)
    assert {line.split("  ")[0] for line in lines[1:]} >= {"gd on digits_3v8", "sgd on diabetes, batch 1"}


def test_repetitions_are_counted_from_one():
    assert CliRunner().invoke(cli, ["bench", "--repetitions", "0"]).exit_code == 2
