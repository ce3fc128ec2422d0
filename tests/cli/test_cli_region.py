"""``verify`` on a region that runs may leave, and with a ledger."""

from click.testing import CliRunner

from ratebound.cli import cli


def run(*arguments):
    return CliRunner().invoke(cli, [str(each) for each in arguments])


def test_a_region_that_runs_leave_is_told(tmp_path):
    path = tmp_path / "noise.svm"
    path.write_text("3 1:1\n-3 1:1\n3 2:1\n-3 2:1\n", encoding="utf-8")
    call = (
        "verify",
        "sgd_sc_constant",
        "--problem",
        path,
        "--loss",
        "squared",
        "--l2",
        "0.1",
        "--steps",
        "40",
    )
    told = run(*call, "--replicas", "32", "--parameter", "alpha=0.7", "--region", "3")
    assert told.exit_code == 0, told.output
    assert "holds, on the region ||x - x*|| <= 3 only  (proof; " in told.stdout
    assert "32 of 32 replicas left the region" in told.stdout


def test_a_ledger_shares_the_budget_over_calls(tmp_path):
    call = ("verify", "gd_pl", "--problem", "quadratic_2d", "--steps", "5", "--ledger", tmp_path / "l.json")
    first, again, other = run(*call), run(*call), run(*call, "--seed", "5")
    assert "at most 5e-07 over this run, number 1 of its ledger, and 1e-06 over all" in first.stdout
    assert again.stdout == first.stdout
    assert "number 2 of its ledger" in other.stdout
    (tmp_path / "l.json").write_text("[]", encoding="utf-8")
    refused = run(*call)
    assert refused.exit_code == 2 and "is not a ledger" in refused.stderr
