"""The ledger: the same run spends nothing, another one its share, all of them together at most delta."""

from dataclasses import replace

import pytest

from ratebound.experiments.ledger import digest, enter, share
from ratebound.experiments.suite import SuiteInterrupted, load_suite, run_suite
from ratebound.experiments.verdict import DELTA_CONFIRM
from ratebound.theory.errors import RateboundError

SUITE = """
delta = 1e-4
[defaults]
steps = 20
replicas = 8
[[cells]]
theorems = ["gd_pl", "sgd_pl_constant"]
problems = ["quadratic_2d"]
"""


@pytest.fixture
def suite(tmp_path):
    path = tmp_path / "s.toml"
    path.write_text(SUITE, encoding="utf-8")
    return load_suite(path)


def test_all_shares_add_up_to_the_budget():
    assert share(1e-6, 1) == 5e-7
    assert sum(share(1.0, j) for j in range(1, 10_001)) == pytest.approx(1, abs=2e-4)


def test_reruns_spend_once_for_each_seed_and_content(suite, tmp_path):
    ledger = tmp_path / "ledger.json"

    def spent(suite):
        budget = run_suite(suite, ledger=ledger)["budget"]
        assert budget["total"] == 1e-4 and budget["delta"] == share(1e-4, budget["run"])
        assert budget["confirm"] == share(DELTA_CONFIRM, budget["run"])
        return budget["run"]

    assert [spent(suite), spent(suite)] == [1, 1]
    before = ledger.read_bytes()
    assert spent(suite) == 1 and ledger.read_bytes() == before
    assert spent(replace(suite, seed=5)) == 2
    assert spent(suite) == 1
    assert spent(replace(suite, tasks=suite.tasks[:1])) == 3
    assert spent(replace(suite, name="other")) == 1
    assert [p.name for p in tmp_path.iterdir() if "json" in p.name] == ["ledger.json"]


def test_verdicts_are_held_to_the_share(suite, tmp_path, monkeypatch):
    seen = []

    def verify(*args, delta, confirm, **options):
        seen.append((delta, confirm))
        raise KeyboardInterrupt

    monkeypatch.setattr("ratebound.experiments.suite_cells.verify", verify)
    for seed in (1, 2):
        with pytest.raises(SuiteInterrupted):
            run_suite(replace(suite, seed=seed), ledger=tmp_path / "ledger.json")
    assert seen == [(share(1e-4, j), share(DELTA_CONFIRM, j)) for j in (1, 2)]


def test_a_budget_is_fixed_once(suite, tmp_path):
    run_suite(suite, ledger=tmp_path / "ledger.json")
    with pytest.raises(RateboundError, match=r"holds delta = 0\.0001 for the suite s"):
        run_suite(replace(suite, delta=1e-3), ledger=tmp_path / "ledger.json")


def test_so_is_that_of_confirmations(tmp_path):
    path = tmp_path / "ledger.json"
    assert enter(path, "s", 1e-6, 0, "c", 0.01) == 1
    with pytest.raises(RateboundError, match=r"holds 0\.01 for false confirmations of the suite s"):
        enter(path, "s", 1e-6, 0, "c", 0.05)


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"schema": 2, "suites": {}}', '{"schema": 1, "suites": {"s": 1}}']
)
def test_other_files_are_refused_and_kept(text, tmp_path):
    path = tmp_path / "ledger.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(RateboundError, match="is not a ledger"):
        enter(path, "s", 1e-6, 0, "c", 0.01)
    assert path.read_text(encoding="utf-8") == text


def test_a_folder_that_is_missing_is_told(tmp_path):
    with pytest.raises(RateboundError, match="cannot write the ledger"):
        enter(tmp_path / "no" / "ledger.json", "s", 1e-6, 0, "c", 0.01)
    with pytest.raises(RateboundError, match="cannot read the ledger"):
        enter(tmp_path, "s", 1e-6, 0, "c", 0.01)


def test_a_digest_tells_parts_apart():
    assert digest("ab", "c") == digest("ab", "c") != digest("a", "bc")
