"""``list``, ``show``, ``problems`` and ``prove``."""

import pytest
from click.testing import CliRunner
from sympy import log

from ratebound.cli import cli
from ratebound.problems.library import names
from ratebound.theory import catalogue, proved
from ratebound.theory.algebra import lemmas
from ratebound.theory.catalogue import THEOREMS
from ratebound.theory.equivalences import EQUIVALENCES
from ratebound.theory.errors import RateboundError
from ratebound.theory.exposition.lines import factored
from ratebound.theory.lower_bounds import LOWER_BOUNDS
from ratebound.theory.methods import METHODS
from ratebound.theory.nearby import NEARBY
from ratebound.theory.optimal_batch import OPTIMAL_BATCHES
from ratebound.theory.printed import printed
from ratebound.theory.refuted import REFUTED
from ratebound.theory.statement import Theorem
from ratebound.theory.stationary import COMPARISONS, STATIONARY
from ratebound.theory.symbols import k


def run(*arguments):
    return CliRunner().invoke(cli, arguments)


def test_list_shows_every_theorem():
    result = run("list")
    assert result.exit_code == 0
    assert [line.split()[0] for line in result.stdout.splitlines()] == list(THEOREMS)


@pytest.mark.parametrize(
    ("option", "value", "has"),
    [
        ("--method", "gd", lambda t: t.method.name == "gd"),
        ("--assumes", "pl", lambda t: "pl" in {a.name for a in t.assumptions}),
        ("--measure", "gap_last", lambda t: t.measure == "gap_last"),
        ("--setting", "strongly convex", lambda t: t.setting == "strongly convex"),
        ("--order", "linear", lambda t: t.order.kind == "linear"),
        ("--order", "1/k", lambda t: t.order.text == "O(1/k)"),
        ("--order", "1/k to a floor", lambda t: t.order.text == "O(1/k) to a floor"),
        ("--order", "1/k to a floor that rises like log k", lambda t: t.order.rise == 1),
        ("--order", "1/k^(2/3)", lambda t: t.order.text == "O(1/k^(2/3))"),
        ("--proof", "cited", lambda t: t.proof == "cited"),
        ("--source", "polyak 1964", lambda t: "Polyak 1964" in t.source),
    ],
)
def test_list_filters(option, value, has):
    result = run("list", option, value)
    assert result.exit_code == 0
    assert [line.split()[0] for line in result.stdout.splitlines()] == [
        t.id for t in THEOREMS.values() if has(t)
    ]


@pytest.mark.parametrize(
    ("kind", "names"),
    [
        ("lower", LOWER_BOUNDS),
        ("equivalences", EQUIVALENCES | NEARBY),
        ("stationary", STATIONARY | COMPARISONS | OPTIMAL_BATCHES),
        ("refuted", REFUTED),
    ],
)
def test_what_stands_beside_the_theorems_is_listed(kind, names):
    result = run("list", "--kind", kind)
    assert [line.split()[0] for line in result.stdout.splitlines()] == list(names)
    result = run("list", "--kind", kind, "--method", "gd")
    assert result.exit_code == 2 and "--method filters theorems" in result.stderr


def test_a_bound_that_cannot_be_improved_says_so():
    assert "attained, see the lower bound gd_distance_attained" in " ".join(
        run("show", "gd_sc_distance").stdout.split()
    )


def test_a_source_that_nobody_cites_is_refused():
    result = run("list", "--source", "nobody 1900")
    assert result.exit_code == 2 and "no theorem has 'nobody 1900' in its source" in result.stderr


def test_filters_join():
    assert "no theorem has all of these" in run("list", "--method", "gd", "--assumes", "interpolation").stdout


def test_methods_are_listed_with_the_parameters_that_they_read():
    rows = [line.split() for line in run("methods").stdout.splitlines()]
    assert [row[0] for row in rows] == list(METHODS)
    assert next(row for row in rows if row[0] == "armijo")[1:5] == ["full", "gradients", "c1,", "shrink"]


@pytest.mark.parametrize(
    "arguments", [("list", "--assumes", "ppl"), ("show", "gd_pll"), ("prove", "gd_pll"), ("lst",)]
)
def test_unknown_names_get_the_nearest(arguments):
    result = run(*arguments)
    assert result.exit_code == 2
    assert "did you mean" in result.stderr
    assert "Traceback" not in result.output


@pytest.mark.parametrize("theorem", list(THEOREMS))
def test_show_tells_the_whole_statement(theorem):
    result = run("show", theorem)
    assert result.exit_code == 0
    said = " ".join(result.stdout.split())
    found = THEOREMS[theorem]
    for part in (found.id, found.title, found.source, found.order.text, found.proof, found.note):
        assert " ".join(part.split()) in said
    assert all(assumption.title in said for assumption in found.assumptions)
    assert max(map(len, result.stdout.splitlines())) <= 120


def test_show_prints_latex():
    result = run("show", "gd_pl", "--latex")
    assert result.exit_code == 0
    assert result.stdout.startswith(r"\begin{theorem}")
    assert result.stdout == run("show", "gd_pl", "--source", "latex").stdout


@pytest.mark.parametrize(
    ("target", "words"), [("numpy", "x_next = "), ("numba", "def "), ("cuda", "__global__")]
)
def test_show_prints_the_source(target, words):
    result = run("show", "sgd_pl_constant", "--source", target, "--problem", "breast_cancer")
    assert result.exit_code == 0, result.output
    assert words in result.stdout


def test_problems_lists_what_load_knows():
    result = run("problems")
    assert [line.split()[0] for line in result.stdout.splitlines()] == list(names())


def test_prove_checks_every_theorem(monkeypatch):
    # That each closes is the next test's matter, which proves them one by one.
    checked = []
    monkeypatch.setattr(Theorem, "prove", lambda self: checked.append(self.id))
    monkeypatch.setattr(proved, "stamp", lambda: checked.append("stamp"))
    result = run("prove", "-q")
    assert result.exit_code == 0
    assert checked == [*THEOREMS, "stamp"]
    assert f"of {len(THEOREMS)} theorems certified, 0 not proved" in result.stdout


@pytest.mark.parametrize("theorem", list(THEOREMS))
def test_a_proof_names_its_inequalities(theorem, monkeypatch):
    monkeypatch.setattr(Theorem, "prove", lambda self: None)  # That every proof closes is tested elsewhere.
    result = run("prove", theorem)
    assert result.exit_code == 0
    assert "a certificate of its own kind" not in result.stdout
    for inequality, multiplier in getattr(THEOREMS[theorem].certificate, "by", {}).items():
        assert f"times {inequality.name}: {printed(inequality.slack)} >= 0" in result.stdout
        assert f"the multiplier {printed(factored(multiplier))}\n" in result.stdout


def test_prove_quietly():
    result = run("prove", "-q", "gd_pl", "gd_convex")
    assert len(result.stdout.splitlines()) == 3


def test_a_catalogue_that_cannot_be_built_is_not_proved(monkeypatch):
    def broken():
        raise RateboundError("theorem gd_pl: the certificate does not close")

    monkeypatch.setattr(catalogue, "_all", broken)
    result = run("prove")
    assert result.exit_code == 1
    assert "not proved: theorem gd_pl" in result.stderr


def test_a_certificate_that_does_not_close_exits_with_1(monkeypatch):
    certificate = THEOREMS["gd_pl"].certificate

    def fails(self, theorem):
        raise RateboundError("a multiplier may be negative")

    monkeypatch.setattr(type(certificate), "check", fails)
    result = run("prove", "gd_pl")
    assert result.exit_code == 1
    assert "gd_pl: not proved: a multiplier may be negative" in result.stdout


def test_lemmas_are_proved_though_the_catalogue_is_known_to_be(monkeypatch):
    with proved.elsewhere():
        false = lemmas.SumLemma("too good", 1 / (k + 1), log(k) / 2, "upper")
    monkeypatch.setattr(lemmas, "LEMMAS", (*lemmas.LEMMAS, false))
    result = run("prove", "gd_pl")
    assert result.exit_code == 1
    assert "not proved: lemma 'too good'" in result.stderr
