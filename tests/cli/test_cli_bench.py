"""``ratebound bench`` tells the speed of every backend; no time is asserted."""

import json

from click.testing import CliRunner

from ratebound.cli import cli
from ratebound.commands import bench
from ratebound.experiments import cost_growth

GROWTH = cost_growth.Growth("steps", 1.0, 0.9, 1.1, (10, 1000), (1e-3, 1e-1))


def test_every_backend_has_a_row_for_every_run(monkeypatch, tmp_path):
    some = ("diabetes", "digits_3v8")
    small = {
        name: bench._RUNS[name]._replace(replicas=min(bench._RUNS[name].replicas, 4), steps=20)
        for name in some
    }
    monkeypatch.setattr(bench, "_RUNS", small)
    monkeypatch.setattr(cost_growth, "engine_growth", lambda problem: (GROWTH,))
    file = tmp_path / "bench.json"
    result = CliRunner().invoke(cli, ["bench", "--repetitions", "1", "--json", str(file)])
    assert result.exit_code == 0, result.output
    table, grown, *_ = result.output.split("\n\n")
    lines = table.splitlines()
    assert len(lines) == 1 + 4 * len(small)
    assert {line.split("  ")[0] for line in lines[1:]} >= {"gd on digits_3v8", "sgd on diabetes, batch 1"}
    assert "steps^1.000 (95 %: 0.900 .. 1.100), 10 .. 1000 steps" in grown
    numbers = json.loads(file.read_text())
    assert len(numbers["runs"]) == len(lines) - 1 and all(row["rate"] > 0 for row in numbers["runs"])
    assert numbers["growth"][0]["exponent"] == 1.0 and "cores" in numbers["machine"]


def test_repetitions_are_counted_from_one():
    assert CliRunner().invoke(cli, ["bench", "--repetitions", "0"]).exit_code == 2
