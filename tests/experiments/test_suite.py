"""Suites: what a file may declare, and the record that running one makes."""

import json
import os
import warnings
from dataclasses import replace

import pytest

from ratebound.experiments import record as records
from ratebound.experiments import suite_cells
from ratebound.experiments.suite import SuiteInterrupted, load_suite, names, run_suite
from ratebound.theory.errors import RateboundError

SMALL = """
title = "Small"
description = "For tests."
seed = 3
delta = 1e-4

[defaults]
steps = 40
replicas = 16

[[cells]]
theorems = ["gd_pl", "sgd_pl_constant"]
problems = ["quadratic_2d", { name = "huber_worst", horizon = 7 }]

[[cells]]
theorems = ["batch_variance_*"]
problems = ["quadratic_2d"]
batch = 2
parameters = { alpha = "1/(8*L_max)" }
"""


@pytest.fixture
def small(tmp_path):
    path = tmp_path / "small.toml"
    path.write_text(SMALL, encoding="utf-8")
    return path


def test_the_bundled_suites_load():
    assert set(names()) >= {"lecture", "constant_vs_decaying", "batch_sizes", "gd_vs_sgd", "catalogue"}
    for name in names():
        suite = load_suite(name)
        assert suite.title and suite.description and suite.tasks


def test_a_file_becomes_tasks(small):
    suite = load_suite(small)
    assert suite.name == "small" and suite.seed == 3 and suite.delta == 1e-4
    assert [(t.theorem.id, t.problem.name) for t in suite.tasks] == [
        ("gd_pl", "quadratic_2d"),
        ("gd_pl", "huber_worst"),
        ("sgd_pl_constant", "quadratic_2d"),
        ("sgd_pl_constant", "huber_worst"),
        ("batch_variance_with", "quadratic_2d"),
        ("batch_variance_without", "quadratic_2d"),
    ]
    assert suite.tasks[0].problem is suite.tasks[2].problem
    assert suite.tasks[1].problem.loss.kink == 1 / 15
    assert suite.tasks[4].options == {
        "steps": 40,
        "replicas": 16,
        "batch": 2,
        "parameters": {"alpha": "1/(8*L_max)"},
    }


def test_the_record_has_every_cell_and_shares_the_budget(small, tmp_path):
    seen = []
    record = run_suite(small, command="test", progress=lambda *step: seen.append(step))
    stored = records.load(records.save(record, tmp_path / "record.json"))
    assert stored["budget"] == {"delta": 1e-4, "confirm": 0.01, "cells": 6, "seed": 3}
    assert stored["provenance"]["seed"] == 3 and stored["provenance"]["command"] == "test"
    assert [c["verdict"]["outcome"] for c in stored["cells"]] == [
        "holds",
        "not applicable",
        "holds",
        "not applicable",
        "holds",
        "holds",
    ]
    assert seen[0] == (0, 6, "gd_pl on quadratic_2d") and seen[-1] == (6, 6, "done")
    exact = stored["cells"][2]
    assert len(exact["series"]["mean"]) == len(exact["series"]["k"]) == len(exact["series"]["bound"])
    assert exact["problem"]["kappa"] == pytest.approx(1.0663 / 0.5550, rel=1e-2)
    assert exact["run"]["parameters_text"] == "alpha = 1/(4*L_max)" and exact["run"]["replicas"] == 16
    assert {c["name"] for c in exact["constants"]} >= {"L", "mu_pl", "second_moment"}
    assert stored["cells"][1]["series"]["k"] == []


def test_the_same_suite_gives_the_same_cells(small):
    first, again = (json.dumps(run_suite(small)["cells"], sort_keys=True) for _ in range(2))
    assert first == again


def test_weighted_averages_are_named(tmp_path):
    path = tmp_path / "weighted.toml"
    path.write_text(
        '[[cells]]\ntheorems = ["sgd_convex_decaying"]\nproblems = ["quadratic_2d"]\n'
        "steps = 30\nreplicas = 0\n",
        encoding="utf-8",
    )
    cell = run_suite(path)["cells"][0]
    assert cell["theorem"]["measure"] == "gap_weighted"
    assert cell["theorem"]["order"]["exponent"] == -0.5 and cell["theorem"]["order"]["log_power"] == 1
    assert cell["series"]["mean"] is None and cell["series"]["band"] is None


def test_several_processes_make_the_same_cells_in_the_same_order(small):
    seen = []
    serial, parallel = (
        run_suite(small, progress=lambda *step: seen.append(step), processes=processes)["cells"]
        for processes in (1, 2)
    )
    assert json.dumps(parallel) == json.dumps(serial)
    assert seen[: len(seen) // 2] == seen[len(seen) // 2 :]


def test_processes_are_started_for_many_registered_theorems_only(small):
    tasks = load_suite(small).tasks
    assert suite_cells.useful_processes(tasks) == 1
    assert suite_cells.useful_processes(tasks * 100) == os.cpu_count()
    stranger = replace(tasks[0], theorem=replace(tasks[0].theorem, note="another"))
    assert suite_cells.useful_processes([*tasks * 100, stranger]) == 1


def test_ctrl_c_keeps_the_finished_cells(small, monkeypatch):
    verify = suite_cells.verify
    calls = []

    def interrupted(*args, **options):
        calls.append(args)
        if len(calls) == 3:
            raise KeyboardInterrupt
        return verify(*args, **options)

    monkeypatch.setattr(suite_cells, "verify", interrupted)
    with pytest.raises(SuiteInterrupted) as stopped:
        run_suite(small)
    assert isinstance(stopped.value, KeyboardInterrupt)
    assert len(records.check(stopped.value.record)["cells"]) == 2


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("steps = 40", "stpes = 40", "unknown key 'stpes' in .defaults.; did you mean 'steps'"),
        ("seed = 3", "sed = 3", "unknown key 'sed' in the suite; did you mean 'seed'"),
        ("batch = 2", "bach = 2", "unknown key 'bach' in ..cells.. number 2; did you mean 'batch'"),
        ("steps = 40", "steps = 4.5", "steps = 4.5 in .defaults. has the wrong type"),
        ("steps = 40", "steps = true", "steps = True in .defaults. has the wrong type"),
        ('"gd_pl"', '"gd_pll"', "unknown theorem 'gd_pll'; did you mean 'gd_pl'"),
        ('"batch_variance_*"', '"muon_*"', "no theorem matches 'muon_"),
        ('"quadratic_2d"]', '"quadratic"]', "unknown problem 'quadratic'; did you mean 'quadratic_2d'"),
        ("horizon = 7", "horizn = 7", "huber_worst has no option 'horizn'; did you mean 'horizon'"),
        ('name = "huber_worst", ', "", "neither a name nor a table with a name"),
        ('theorems = ["batch_variance_*"]', "theorems = []", "names no theorems"),
        ('problems = ["quadratic_2d"]', 'problems = "defaults"', 'list names, or say "default"'),
        ("[defaults]", "[defaults", "is not TOML"),
    ],
)
def test_mistakes_are_told_with_the_nearest_name(small, old, new, message):
    assert old in SMALL
    small.write_text(SMALL.replace(old, new), encoding="utf-8")
    with pytest.raises(RateboundError, match=message) as caught:
        load_suite(small)
    assert "small.toml" in str(caught.value)


def test_unknown_and_unreadable_suites(tmp_path):
    with pytest.raises(RateboundError, match="unknown suite 'lectur'; did you mean 'lecture'"):
        load_suite("lectur")
    with pytest.raises(RateboundError, match=r"cannot read the suite .*missing.toml: No such file"):
        load_suite(tmp_path / "missing.toml")
    (tmp_path / "empty.toml").write_text("", encoding="utf-8")
    with pytest.raises(RateboundError, match=r"has no ..cells"):
        load_suite(tmp_path / "empty.toml")


def test_a_suite_becomes_a_report(small, tmp_path):
    from ratebound.reports.build import build

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        page = build(run_suite(small), tmp_path / "report").read_text(encoding="utf-8")
    assert "gd_pl" in page and "batch_variance_without" in page
