"""``--l1``: a penalty beside the finite sum."""

from click.testing import CliRunner

from ratebound.cli import cli


def run(*arguments):
    return CliRunner().invoke(cli, arguments)


def test_a_penalty_is_given_by_its_weight():
    result = run("verify", "ista_convex", "--problem", "diabetes", "--l1", "0.1", "--steps", "20")
    assert "holds" in result.stdout
    assert "l1 = 0.1" in result.stdout
    stronger = run("verify", "ista_convex", "--problem", "lasso", "--l1", "0.4", "--steps", "20")
    assert "l1 = 0.4" in stronger.stdout
    step = ("--step", "1/L", "--steps", "5")
    assert (
        run("simulate", "--problem", "diabetes", "--l1", "0.1", "--method", "prox_gd", *step).exit_code == 0
    )
    for asked, reason in ((("diabetes", "--l1", "0"), "positive"), (("median", "--l1", "1"), "squared")):
        refused = run("verify", "ista_convex", "--problem", *asked)
        assert refused.exit_code == 2
        assert reason in refused.stderr
    assert run("verify", "ista_convex", "--l1", "0.1").exit_code == 2
