"""``explore`` from the command line: what it prints, what it writes, what it refuses."""

import json
from contextlib import contextmanager

import pytest
from click.testing import CliRunner

from ratebound.cli import cli
from ratebound.theory import proved
from ratebound.theory.statement import Theorem

SHORT = ("explore", "--problem", "linnerud_ridge", "--steps", "60", "--replicas", "0", "--grid", "8")


def run(*arguments):
    return CliRunner().invoke(cli, [str(each) for each in arguments])


def test_the_tables_and_the_files(tmp_path):
    folder, file = tmp_path / "new" / "map", tmp_path / "found.json"
    result = run(*SHORT, "--axis", "batch=1,4", "-o", folder, "--json", file)
    assert result.exit_code == 0, result.output
    assert "sgd on linnerud_ridge (n = 20, d = 3, kappa = " in result.stdout
    assert "sgd_nws" in result.stdout
    assert "divergent" in result.stdout
    assert "explore 0/2" in result.stderr
    assert {path.name for path in folder.iterdir()} >= {
        "index.html",
        "map_batch.pdf",
        "map_batch.png",
        "regimes.json",
    }
    (found,) = json.loads(file.read_text(encoding="utf-8"))["maps"]
    assert found["values"] == [1, 4]
    assert f"{found['threshold'][0]:.4g}" in result.stdout


def test_several_axes(tmp_path):
    result = run(*SHORT, "--axis", "momentum=0,0.9", "--axis", "noise=0,1", "-o", tmp_path / "map")
    assert result.exit_code == 0, result.output
    assert "constant steps by momentum" in result.stdout and "constant steps by noise" in result.stdout
    assert {path.name for path in (tmp_path / "map").iterdir()} >= {"map_momentum.pdf", "map_noise.pdf"}


def test_theorems_without_a_number_give_the_reason():
    result = run("explore", "--problem", "rank_deficient", *SHORT[3:], "--axis", "batch=1")
    (line,) = (
        line for line in result.stdout.splitlines() if line.startswith("no number: the smallest eigen")
    )
    assert ", sgd_nws" in line and "sgd_lipschitz_constant" in line


def test_a_measured_problem():
    result = run(
        "explore", "--problem", "iris", "--steps", 50, "--replicas", 4, "--grid", 4, "--axis", "batch=2"
    )
    assert result.exit_code == 0, result.output
    assert "mean over replicas; 4 replicas, seed 0" in result.stdout


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--axis", "batch=1,x"), "--axis 'batch=1,x' is no list of numbers; write batch=1,2,4"),
        (("--axis", "bach"), "unknown axis 'bach'; did you mean 'batch'"),
        (("--axis", "batch", "--axis", "batch=1"), "--axis batch stands twice"),
        (("--axis", "batch", "--axis", "noise", "--store", "s.zarr"), "--store keeps one map"),
        (("--axis", "momentum=0,1"), "momentum = 1; it must be in [0, 1)"),
        (("--axis", "noise=-1"), "noise = -1; it must be in [0, inf)"),
        (("--axis", "steps=2"), "steps = 2"),
        (("--axis", "momentum", "--batch", "0"), "batch = 0"),
        (("--problem", "iris", "--replicas", "2", "--axis", "noise"), "iris has no axis noise"),
        (("--axis", "batch=4,1"), "pass increasing numbers"),
        (("--grid", "1"), "grid = 1"),
        (("--grid", "99999999"), "grid = 99999999; it must be in 2 .. 4096"),
        (("--axis", "batch="), "--axis 'batch=' is no list of numbers"),
        (("--steps", "2"), "steps = 2"),
        (("--method", "sdg"), "did you mean 'sgd'"),
        (("--seed", "-1", "--replicas", "2"), "seed = -1"),
        (
            ("--json", "nowhere/found.json"),
            "cannot write --json nowhere/found.json: No such file or directory",
        ),
    ],
)
def test_bad_input_is_one_line(arguments, said):
    result = run(*SHORT, *arguments)
    assert result.exit_code == 2
    assert said in result.stderr
    assert len([line for line in result.stderr.splitlines() if line.startswith("error")]) == 1


def test_a_folder_that_cannot_be_made(tmp_path):
    (tmp_path / "file").write_text("", encoding="utf-8")
    result = run(*SHORT, "-o", tmp_path / "file" / "map")
    assert result.exit_code == 2
    assert "cannot write" in result.stderr


@pytest.mark.parametrize("known", [True, False])
def test_without_a_stamp_the_theorems_of_the_map_are_proved(monkeypatch, known):
    checked = []

    @contextmanager
    def remembered():
        yield known

    monkeypatch.setattr(proved, "remembered", remembered)
    monkeypatch.setattr(Theorem, "prove", lambda self: checked.append(self.id))
    result = run(*SHORT, "--axis", "batch=1")
    assert result.exit_code == 0, result.output
    assert bool(checked) is not known
    assert known or all(name in result.stdout for name in checked)
