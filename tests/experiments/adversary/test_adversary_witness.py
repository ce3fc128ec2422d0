"""Witnesses: written, read, replayed to the last digit; the record on disk."""

import dataclasses
import json
from dataclasses import replace

import pytest
from click.testing import CliRunner

from ratebound.cli import cli
from ratebound.experiments.adversary.case import case
from ratebound.experiments.adversary.families import FAMILIES
from ratebound.experiments.adversary.search import attack
from ratebound.experiments.adversary.tightness import as_text, known_tightness, tightness_of
from ratebound.experiments.adversary.witness import CERTAIN, Witness, read, replay, statement_text, witness_of
from ratebound.theory.catalogue import THEOREMS
from ratebound.theory.errors import RateboundError


@pytest.fixture
def witness():
    problem = FAMILIES["huber_1d"].problem({"start": 7.0})
    return witness_of(case(THEOREMS["gd_convex_tight"], problem, 3), {"alpha": 1.0}, 0)


def write(witness, path):
    path.write_text(json.dumps(witness.as_json()), "utf-8")
    return path


def test_a_witness_replays_exactly_from_its_file(witness, tmp_path):
    path = write(witness, tmp_path / "w.json")
    assert read(path) == witness
    assert replay(path) == witness.ratio == pytest.approx(1, abs=1e-12)
    assert witness.ratio_50 is not None
    assert witness.k == 3


def test_rounding_alone_never_refutes(witness):
    assert dataclasses.replace(witness, ratio=1 + 1e-9, ratio_50=1 - 1e-12).status == "tight"
    assert dataclasses.replace(witness, ratio=1 + 1e-9, ratio_50=1 + 1e-9).status == "refuted"
    assert dataclasses.replace(witness, ratio=1 + 1e-9, ratio_50=None).status == "tight"
    assert dataclasses.replace(witness, ratio=1.1, ratio_50=None).status == "refuted"
    assert dataclasses.replace(witness, ratio=0.5, ratio_50=None).status == "loose"


def test_a_witness_of_a_conjecture_replays_with_its_statement():
    true = THEOREMS["gd_pl"]
    false = replace(true, bound=true.bound / 2, certificate=None)
    found = attack(false, evaluations=100, families={"ridge_plane": FAMILIES["ridge_plane"]}).witness
    assert found.status == "refuted"
    assert replay(found, false) == found.ratio
    with pytest.raises(RateboundError, match="now says"):
        replay(found)


def test_a_penalty_is_part_of_a_witness(tmp_path):
    found = attack("ista_strong", evaluations=100, families={"lasso_line": FAMILIES["lasso_line"]}).witness
    assert found.instance["l1"] > 0
    assert replay(write(found, tmp_path / "w.json")) == found.ratio > 0.99
    without = {name: value for name, value in found.instance.items() if name != "l1"}
    assert replay(dataclasses.replace(found, instance=without)) != found.ratio


@pytest.mark.parametrize("text", ["{", "[]", '{"theorem": "gd_pl"}', "null"])
def test_a_damaged_file_is_one_clear_error(text, tmp_path):
    path = tmp_path / "w.json"
    path.write_text(text, "utf-8")
    with pytest.raises(RateboundError, match="is no witness"):
        read(path)


def test_a_missing_file_and_a_damaged_instance_are_clear_errors(witness, tmp_path):
    with pytest.raises(RateboundError, match="cannot read"):
        replay(tmp_path / "none.json")
    broken = dataclasses.replace(witness, instance={"A": [[1.0]]})
    with pytest.raises(RateboundError, match="damaged"):
        replay(broken)


def test_every_theorem_has_its_worst_ratio_on_record():
    missing = [name for name in THEOREMS if known_tightness(name) is None]
    assert not missing, (
        f"no worst ratio on record for {', '.join(missing)}: run `python -m ratebound.experiments.adversary "
        "experiments/adversary/witnesses.json --missing --evaluations 1000`"
    )


SAMPLED = list(THEOREMS)[::8]
RECORDED = [pytest.param(name, marks=[] if name in SAMPLED else pytest.mark.full) for name in THEOREMS]


@pytest.mark.parametrize("name", RECORDED)
def test_the_record_replays_and_refutes_nothing(name):
    known = known_tightness(name)
    assert known is not None
    assert known.verdict in ("tight", "loose")
    assert isinstance(known.witness, Witness)
    assert known.witness.bound_text == statement_text(THEOREMS[name])
    # Another BLAS rounds otherwise: by how much 50 digits tell, where they were asked.
    exact = known.witness.ratio if known.witness.ratio_50 is None else known.witness.ratio_50
    rounding = 2 * abs(known.witness.ratio - exact)
    assert replay(known.witness) == pytest.approx(exact, rel=CERTAIN, abs=rounding)


def test_unknown_theorems_have_no_record():
    assert known_tightness("no_such_theorem") is None


def test_the_record_is_one_theorem_a_line(witness):
    text = as_text({"gd_convex_tight": tightness_of(witness, 10)})
    assert len(text.splitlines()) == 3
    assert json.loads(text)["gd_convex_tight"]["evaluations"] == 10


def test_attack_writes_a_witness_and_replays_it(tmp_path):
    path = tmp_path / "w.json"
    run = CliRunner().invoke(cli, ["attack", "gd_pl", "--evaluations", "100", "--json", str(path)])
    assert run.exit_code == 0, run.output
    assert "worst ratio" in run.output
    again = CliRunner().invoke(cli, ["attack", "--replay", str(path)])
    assert again.exit_code == 0, again.output
    assert "replayed:" in again.output


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "pass the id of a theorem, or --replay FILE"),
        (["gd_pl", "--replay", "x.json"], "and not both"),
        (["gd_lp"], "unknown theorem 'gd_lp'"),
        (["gd_pl", "--evaluations", "0"], "evaluations = 0"),
        (["--replay", "no-such-file.json"], "cannot read"),
        (["gd_pl", "--json", "no-such-folder/w.json"], "cannot write"),
    ],
)
def test_attack_refuses_bad_input(arguments, message):
    run = CliRunner().invoke(cli, ["attack", *arguments])
    assert run.exit_code == 2
    assert message in run.stderr
