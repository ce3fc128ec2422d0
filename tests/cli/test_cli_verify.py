"""``verify``: what it prints, what it writes, how it exits; bad calls of ``simulate`` too."""

import json
import os

import pytest
from click.testing import CliRunner

from ratebound.cli import cli
from ratebound.commands import verdicts
from ratebound.experiments import record as records
from ratebound.experiments import suite_cells
from ratebound.experiments.defaults import default_problems
from ratebound.experiments.verdict import HarnessError, Verdict
from ratebound.theory.catalogue import THEOREMS

SVMLIGHT = "1 1:0.5 2:-1\n-1 1:2 3:0.25\n1 2:1.5\n-1 1:-1 3:1\n"


def run(*arguments):
    return CliRunner().invoke(cli, [str(each) for each in arguments])


def outcome(word):
    """A stand-in for ``verify`` that always finds the same."""

    def judged(theorem, problem, **options):
        found = Verdict(word, theorem.id, problem.name, "for the test", parameters_text="alpha = 1/L")
        run = {"method": theorem.method.name, "batch": 1, "replacement": True, "steps": 1, "seed": 0}
        return Verdict(**{**vars(found), "run": run, "curves": {}})

    return judged


def test_a_theorem_that_holds():
    result = run("verify", "gd_pl", "--problem", "diabetes", "--steps", "100")
    assert result.exit_code == 0, result.output
    assert "holds" in result.stdout
    assert "mu_pl = " in result.stdout


def test_progress_does_not_mix_with_results():
    result = run("verify", "gd_pl", "--problem", "quadratic_2d", "--steps", "20")
    assert "verify 0/1: gd_pl on quadratic_2d" in result.stderr
    assert "verify 0/1" not in result.stdout


def test_one_line_for_each_pair():
    result = run(
        "verify", "gd_pl", "gd_convex", "--problem", "quadratic_2d", "--problem", "diabetes", "--steps", "20"
    )
    assert [tuple(line.split()[:3]) for line in result.stdout.splitlines()[:4]] == [
        (theorem, problem, "holds")
        for theorem in ("gd_pl", "gd_convex")
        for problem in ("quadratic_2d", "diabetes")
    ]
    assert result.stdout.splitlines()[4].startswith("4 holds; a true bound is called violated with")


def test_without_a_problem_those_that_suit_the_theorem_are_taken(monkeypatch):
    monkeypatch.setattr(suite_cells, "verify", outcome("holds"))
    result = run("verify", "kaczmarz", "--details")
    wanted = list(default_problems(THEOREMS["kaczmarz"]))
    assert [line.split()[1] for line in result.stdout.splitlines() if line.startswith("kaczmarz")] == wanted


def test_without_anything_all_theorems_are_judged(monkeypatch):
    monkeypatch.setattr(suite_cells, "verify", outcome("holds"))
    # Another process would know nothing of the stand-in.
    monkeypatch.setattr("ratebound.experiments.suite_cells.useful_processes", lambda tasks: 1)
    told = {line.split()[0] for line in run("verify").stdout.splitlines()}
    assert set(THEOREMS) <= told


def test_outside_the_range_it_does_not_apply_and_says_so():
    result = run("verify", "gd_pl", "--problem", "diabetes", "--parameter", "alpha=3/L")
    assert result.exit_code == 0
    assert "not applicable" in result.stdout
    assert "alpha < 2/L" in result.stdout


def test_another_step_makes_a_conjecture_that_fails():
    result = run("verify", "sgd_star_switch", "--problem", "quadratic_2d", "--step", "3/L", "--steps", "400")
    assert result.exit_code == 1
    assert "violated at k = " in result.stdout


@pytest.mark.parametrize(
    ("word", "strict", "code"),
    [
        ("holds", False, 0),
        ("not applicable", True, 0),
        ("undecided", False, 0),
        ("undecided", True, 3),
        ("violated", False, 1),
        ("violated", True, 1),
    ],
)
def test_exit_codes(monkeypatch, word, strict, code):
    monkeypatch.setattr(suite_cells, "verify", outcome(word))
    result = run("verify", "gd_pl", "--problem", "quadratic_2d", *(["--strict"] if strict else []))
    assert result.exit_code == code, result.output
    assert word in result.stdout


def test_the_one_step_inequality_is_told_in_details_and_where_it_fails(tmp_path):
    made = tmp_path / "r.json"
    told = run("verify", "gd_pl", "--problem", "quadratic_2d", "--steps", "5", "--details", "--json", made)
    assert "its one-step inequality holds at every x" in told.stdout
    record = records.load(made)
    assert "one-step" not in verdicts.lines(record, False)
    record["cells"][0]["verdict"] |= {"step_holds": False, "step_reason": "its one-step inequality fails"}
    assert "its one-step inequality fails" in verdicts.lines(record, False)


def test_violated_comes_before_undecided():
    cells = [{"verdict": {"outcome": word}} for word in ("holds", "undecided", "violated")]
    assert verdicts.exit_code({"cells": cells}, strict=True) == 1


def test_contradictory_evidence_is_nobodys_bad_input(monkeypatch):
    def contradicts(*arguments, **options):
        raise HarnessError("internal error: please report it")

    monkeypatch.setattr(suite_cells, "verify", contradicts)
    result = run("verify", "gd_pl", "--problem", "quadratic_2d")
    assert result.exit_code == 1
    assert "please report it" in result.stderr


def test_the_record_can_be_read_back(tmp_path):
    path = tmp_path / "found.json"
    result = run(
        "verify", "gd_pl", "--problem", "quadratic_2d", "--steps", "20", "--seed", "7", "--json", path
    )
    assert f"record: {path}" in result.stdout
    record = records.load(path)
    assert record["provenance"]["seed"] == 7
    assert record["provenance"]["command"].startswith("ratebound")
    assert [cell["theorem"]["id"] for cell in record["cells"]] == ["gd_pl"]
    json.loads(path.read_text(encoding="utf-8"))


def test_a_file_of_the_users_own(tmp_path):
    path = tmp_path / "mine.svm"
    path.write_text(SVMLIGHT, encoding="utf-8")
    result = run("verify", "gd_pl", "--problem", path, "--l2", "0.1", "--steps", "50")
    assert result.exit_code == 0, result.output
    assert "holds" in result.stdout
    squared = run("verify", "gd_pl", "--problem", path, "--loss", "squared", "--steps", "50", "--l2", "0.5")
    assert squared.exit_code == 0, squared.output


BAD_FILES = {
    "malformed": ("1 1:0.5 what\n", "svmlight"),
    "three labels": ("1 1:1\n2 1:2\n3 1:3\n", "label"),
    "empty": ("", "no samples"),
    "not finite": ("1 1:nan\n-1 1:2\n", "nan"),
    "zero data": ("1 1:0\n-1 1:0\n", "every entry of a is zero"),
}


@pytest.mark.parametrize("kind", BAD_FILES)
def test_bad_files_are_refused_in_one_line(tmp_path, kind):
    text, said = BAD_FILES[kind]
    path = tmp_path / "mine.svm"
    path.write_text(text, encoding="utf-8")
    result = run("verify", "gd_pl", "--problem", path, "--steps", "10")
    assert result.exit_code == 2
    assert said in result.stderr.lower()
    errors = [line for line in result.stderr.splitlines() if not line.startswith("verify ")]
    assert len(errors) == 1
    assert isinstance(result.exception, SystemExit)


BAD_CALLS = {
    "unknown theorem": (("verify", "gd_pll", "--problem", "diabetes"), "did you mean 'gd_pl'"),
    "unknown problem": (("verify", "gd_pl", "--problem", "diabetis"), "did you mean 'diabetes'"),
    "missing file": (("verify", "gd_pl", "--problem", "nowhere/mine.svm"), "cannot read"),
    "unknown parameter": (
        ("verify", "gd_pl", "--problem", "diabetes", "--parameter", "alhpa=1"),
        "did you mean 'alpha'",
    ),
    "not a parameter": (("verify", "gd_pl", "--problem", "diabetes", "--parameter", "0.5"), "NAME=VALUE"),
    "twice": (
        ("verify", "gd_pl", "--problem", "diabetes", "--parameter", "alpha=1", "--parameter", "alpha=2"),
        "twice",
    ),
    "code for a parameter": (
        ("verify", "gd_pl", "--problem", "diabetes", "--parameter", "alpha=__import__('os').getcwd()"),
        "not allowed",
    ),
    "code for a step": (
        ("simulate", "--problem", "diabetes", "--method", "gd", "--step", "open('x').read()"),
        "not allowed",
    ),
    "a step that is not real": (
        ("verify", "gd_pl", "--problem", "diabetes", "--parameter", "alpha=log(-2)"),
        "is not real",
    ),
    "negative steps": (("verify", "gd_pl", "--problem", "diabetes", "--steps", "-5"), "steps = -5"),
    "delta": (("verify", "gd_pl", "--problem", "diabetes", "--delta", "2"), "delta = 2"),
    "negative l2": (("verify", "gd_pl", "--problem", "diabetes", "--l2", "-1"), "l2"),
    "loss of a bundled problem": (
        ("verify", "gd_pl", "--problem", "diabetes", "--loss", "squared"),
        "--loss",
    ),
    "l2 without a problem": (("verify", "gd_pl", "--l2", "1"), "--problem"),
    "unknown backend": (
        ("simulate", "--problem", "diabetes", "--method", "sgd", "--step", "1/L", "--backend", "nupmy"),
        "did you mean 'numpy'",
    ),
    "unknown method": (
        ("simulate", "--problem", "diabetes", "--method", "sdg", "--step", "1/L"),
        "did you mean",
    ),
    "verdicts in single precision": (
        ("verify", "gd_pl", "--problem", "diabetes", "--dtype", "float32"),
        "verdicts are reached in float64",
    ),
    "unknown numbers": (
        ("simulate", "--problem", "diabetes", "--method", "gd", "--step", "1/L", "--dtype", "double"),
        "unknown dtype 'double'",
    ),
    "unknown order": (
        ("verify", "sgd_pl_constant", "--problem", "diabetes", "--order", "reshufle"),
        "did you mean 'reshuffle'",
    ),
    "negative seed": (("verify", "gd_pl", "--problem", "diabetes", "--seed", "-1"), "seed = -1"),
    "record nowhere": (
        ("verify", "gd_pl", "--problem", "diabetes", "--json", "nowhere/deep/x.json"),
        "choose a file in a writable folder",
    ),
    "record where no file can be made": (
        ("verify", "gd_pl", "--problem", "diabetes", "--json", "/proc/x.json"),
        "cannot write --json /proc/x.json",
    ),
    "record in place of a device": (
        ("verify", "gd_pl", "--problem", "diabetes", "--json", os.devnull),
        "it is no regular file",
    ),
}


@pytest.mark.parametrize("kind", BAD_CALLS)
def test_bad_calls_say_what_and_the_remedy(kind):
    arguments, said = BAD_CALLS[kind]
    result = run(*arguments)
    assert result.exit_code == 2, result.output
    assert said in result.stderr
    assert isinstance(result.exception, SystemExit)
    errors = [line for line in result.stderr.splitlines() if not line.startswith("verify ")]
    assert len(errors) == 1
    assert errors[0].startswith("error: ")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("verify", "--steps", "many"), "'many' is not a valid integer; see `ratebound verify --help`"),
        (("verify", "--stps", "4"), "no such option '--stps' (Did you mean"),
        (("verify", "--problem"), "option '--problem' requires an argument; see `ratebound verify --help`"),
        (("simulate",), "missing option '--problem'; see `ratebound simulate --help`"),
        (("list", "--kind", "none"), "'none' is not one of 'theorems', 'lower'"),
        (("--nonsense",), "error: no such option '--nonsense'; see `ratebound --help`"),
        (("vrify",), "error: no command 'vrify'; did you mean 'verify'?"),
    ],
)
def test_wrong_usage_is_one_line(arguments, said):
    result = run(*arguments)
    assert result.exit_code == 2
    assert result.stdout == ""
    assert result.stderr.startswith("error: ")
    assert result.stderr.count("\n") == 1
    assert said in result.stderr


def test_no_command_shows_the_help():
    assert run().output.startswith("Usage: ")


def test_not_enough_memory(monkeypatch):
    def hungry(*arguments, **options):
        raise MemoryError

    monkeypatch.setattr(suite_cells, "verify", hungry)
    result = run("verify", "gd_pl", "--problem", "quadratic_2d")
    assert result.exit_code == 2
    assert "fewer --replicas or --steps" in result.stderr


def test_an_error_of_ours_is_not_hidden(monkeypatch):
    def broken(*arguments, **options):
        raise ZeroDivisionError

    monkeypatch.setattr(suite_cells, "verify", broken)
    assert isinstance(run("verify", "gd_pl", "--problem", "quadratic_2d").exception, ZeroDivisionError)


def test_what_does_not_apply_may_come_last_each_reason_once(tmp_path):
    file = tmp_path / "found.json"
    names = ("gd_sc_distance", "gd_pl", "gd_sc_gap")
    run("verify", *names, "--problem", "rank_deficient", "--steps", "5", "--json", str(file))
    record = json.loads(file.read_text(encoding="utf-8"))
    first, second, *rest = verdicts.lines(record, details=False, grouped=True).splitlines()
    assert first.startswith("gd_pl  rank_deficient  ")
    assert second.startswith("not applicable on rank_deficient: needs mu: the smallest eigenvalue")
    assert "    gd_sc_distance, gd_sc_gap" in rest
    idle = {**record, "cells": [cell for cell in record["cells"] if cell["theorem"]["id"] != "gd_pl"]}
    assert verdicts.lines(idle, details=False, grouped=True).startswith("not applicable on rank_deficient")


def test_passes_over_the_data_are_not_what_theorems_speak_of():
    options = ("--problem", "diabetes_ridge", "--steps", "20", "--order", "reshuffle")
    result = run("verify", "sgd_pl_constant", "gd_pl", *options, "--details")
    assert result.exit_code == 0, result.output
    assert "batches drawn independently of each other; with order = 'reshuffle'" in result.stdout
    assert [word in result.stdout for word in ("not applicable", "holds")] == [True, True]
