"""``sweep`` from the command line: what it prints, its exit codes, Ctrl-C and a second run."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from ratebound.cli import cli

pytest.importorskip("zarr", reason="a store needs zarr, the extra `sweep`")
COMMAND = Path(sys.executable).with_name("ratebound")
RUNS = """
title = "Steps and batches"
[defaults]
problem = "linnerud_ridge"
method = "sgd"
step = "1/(4*L_max)"
steps = 20
replicas = 8
replacement = false
[axes]
seed = [0, 1]
batch = [1, 4]
"""
VERDICTS = """
[defaults]
problem = "quadratic_2d"
steps = 400
[[cells]]
theorem = "gd_pl"
[[cells]]
theorem = "sgd_star_switch"
step = "3/L"
"""


def run(folder, text, *arguments):
    path = folder / "mine.toml"
    path.write_text(text, encoding="utf-8")
    return CliRunner().invoke(cli, ["sweep", str(path), "-o", str(folder / "s.zarr"), *arguments])


def test_the_summary_and_a_second_run(tmp_path):
    first = run(tmp_path, RUNS)
    assert first.exit_code == 0, first.output
    assert "Steps and batches: seed (2), batch (2); 4 cells done, 0 failed" in first.stdout
    assert "sweep 4/4: seed 1, batch 4" in first.stderr
    second = run(tmp_path, RUNS)
    assert second.exit_code == 0 and second.stderr == "sweep 4/4: finished cells found\n"
    assert second.stdout == first.stdout


def test_failed_cells_are_listed(tmp_path):
    found = run(tmp_path, RUNS.replace("4]", "30]"))
    assert found.exit_code == 2
    assert "2 cells done, 2 failed" in found.stdout
    assert "seed 1, batch 30  batch = 30 exceeds n = 20" in found.stdout


def test_a_violated_theorem(tmp_path):
    found = run(tmp_path, VERDICTS)
    assert found.exit_code == 1
    assert "holds 1, violated 1" in found.stdout or "violated 1, holds 1" in found.stdout


@pytest.mark.parametrize(
    ("text", "arguments", "said"),
    [
        (RUNS.replace("steps", "stps"), (), "unknown key 'stps' in [defaults]; did you mean 'steps'"),
        (RUNS, ("--executor", "dusk:tcp://x"), "unknown executor 'dusk:tcp://x'; did you mean 'dask'"),
        (RUNS, ("-o", "mine.toml/x"), "cannot write -o mine.toml/x: Not a directory"),
    ],
)
def test_bad_input_is_one_line(text, arguments, said, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    found = run(tmp_path, text, *arguments)
    assert found.exit_code == 2
    assert said in found.stderr
    assert found.stderr.count("error") == 1 and "Traceback" not in found.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["mine.toml"]


def test_a_missing_file_is_told_though_zarr_is_missing(monkeypatch, tmp_path):
    monkeypatch.setattr("ratebound.experiments.sweeps.store.find_spec", lambda name: None)
    found = CliRunner().invoke(cli, ["sweep", str(tmp_path / "none.toml"), "-o", str(tmp_path / "s")])
    assert found.exit_code == 2 and "none.toml: No such file or directory" in found.stderr
    found = run(tmp_path, RUNS)
    assert found.exit_code == 2 and "pip install 'ratebound[sweep]'" in found.stderr


def test_ctrl_c_and_on(tmp_path):
    (tmp_path / "mine.toml").write_text(RUNS.replace("20", "40000").replace("1]", "1, 2, 3, 4, 5]"), "utf-8")
    command = [COMMAND, "sweep", "mine.toml"]
    with subprocess.Popen(command, cwd=tmp_path, stderr=subprocess.PIPE, text=True) as process:
        for line in process.stderr:
            if line.startswith("sweep 1/12"):
                process.send_signal(signal.SIGINT)
                break
        said = process.communicate(timeout=60)[1]
    assert process.returncode == 130
    assert "of 12 cells are in mine.zarr; run again to go on" in said and "Traceback" not in said
