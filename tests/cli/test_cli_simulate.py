"""``simulate``: what it prints."""

import pytest
from click.testing import CliRunner

from ratebound.cli import cli


def run(*arguments):
    return CliRunner().invoke(cli, list(map(str, arguments)))


def test_simulate_in_single_precision():
    options = ("--problem", "diabetes_ridge", "--method", "sgd", "--step", "1/(4*L_max)", "--steps", "50")
    outputs = [run("simulate", *options, "--dtype", d).stdout.split() for d in ("float64", "float32")]
    assert outputs[0] != outputs[1] and len(outputs[0]) == len(outputs[1])
    assert float(outputs[0][-1]) == pytest.approx(float(outputs[1][-1]), rel=1e-4)


def test_simulate_compares_on_the_same_samples():
    options = ("--problem", "quadratic_2d", "--step", "1/(4*L_max)", "--steps", "50", "--replicas", "16")
    same = run("simulate", *options, "--method", "sgd", "--against", "sgd", "--against-step", "1/(8*L_max)")
    assert same.exit_code == 0, same.output
    _, compared = same.stdout.split("\n\n")
    title, header, first, *_, last = compared.splitlines()
    assert title.startswith("sgd - sgd") and header.split()[-1] == "worth"
    assert first.split()[:3] == ["0", "0", "0"] and float(last.split()[2]) > 0
    lone = run("simulate", *options, "--method", "sgd", "--against-step", "1/L")
    assert lone.exit_code == 2 and "name it with --against" in lone.output


@pytest.mark.parametrize(("method", "said"), [("sgd", "order cyclic, 4 replicas"), ("gd", "full gradients")])
def test_simulate_says_how_samples_were_drawn(method, said):
    options = ("--problem", "quadratic_2d", "--step", "1/(4*L_max)", "--steps", "4", "--replicas", "4")
    order = ("--order", "cyclic") if method == "sgd" else ()
    assert said in run("simulate", *options, "--method", method, *order).stdout.splitlines()[0]


def test_simulate_prints_the_curve():
    result = run(
        *("simulate", "--problem", "quadratic_2d", "--method", "sgd", "--step", "1/(4*L_max)"),
        *("--steps", "50", "--replicas", "16", "--batch", "2", "--without-replacement"),
    )
    assert result.exit_code == 0, result.output
    first, header, *rows = result.stdout.splitlines()
    assert "gap_last of sgd on quadratic_2d" in first
    assert first.endswith("batch 2 without replacement, 16 replicas, seed 0")
    assert header.split()[:3] == ["k", "evaluations", "mean"]
    assert rows[-1].split()[:2] == ["50", "100"]
