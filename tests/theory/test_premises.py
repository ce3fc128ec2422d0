"""What an author states and this library does not know is told, and held against data."""

from dataclasses import dataclass, replace

import pytest
from sympy import Integer, Rational, Symbol

from ratebound.experiments.verify import verify
from ratebound.theory.assumptions import descent_lemma, pl_inequality, smooth
from ratebound.theory.catalogue import THEOREMS
from ratebound.theory.certificates.recursion import Recursion
from ratebound.theory.errors import RateboundError
from ratebound.theory.exposition.proofs import exposition
from ratebound.theory.inequality import Assumption, Inequality, needs
from ratebound.theory.symbols import L, alpha, delta, delta_next, gap0, k, mu_pl

FREE = Inequality("free lunch", delta / 2 - delta_next, needs())
BELOW = Inequality("the error does not rise", delta - delta_next, needs("smooth"))
PL = THEOREMS["gd_pl"]


def _by(axiom, rate):
    return replace(PL, id="mine", bound=gap0 * rate**k, certificate=Recursion(rate, Integer(0), {axiom: 1}))


@dataclass(frozen=True)
class Trusted:
    """A certificate that checks nothing."""

    cited: bool = False

    def check(self, theorem):
        """Nothing."""


def test_the_catalogue_rests_on_nothing_but_this_library():
    assert [theorem.id for theorem in THEOREMS.values() if theorem.premises] == []
    assert descent_lemma.known
    assert smooth.known


def test_a_false_axiom_is_refuted_and_no_error_of_the_library():
    theorem = _by(FREE, Rational(1, 2))
    assert theorem.proof == "conditional"
    assert "'free lunch'" in exposition(theorem)[0].words
    verdict = verify(theorem, "diabetes_ridge", steps=50, replicas=0)
    assert verdict.violated
    assert verdict.step_holds is False
    assert "the inequality 'free lunch', which its author states" in verdict.explain()
    assert "PREMISE REFUTED" in verdict.explain()


def test_a_true_axiom_is_told_to_prove_nothing():
    verdict = verify(_by(BELOW, Integer(1)), "diabetes_ridge", steps=50, replicas=0)
    assert verdict.holds
    assert "points where it was looked at, which proves nothing" in verdict.step_reason


def test_without_exact_expectations_such_a_proof_decides_nothing():
    axiom = Inequality("descent lemma, restated", descent_lemma.slack, needs("smooth"))
    known = THEOREMS["sgd_pl_constant"]
    by = {axiom if each == descent_lemma else each: m for each, m in known.certificate.by.items()}
    stated = replace(known, id="mine", certificate=replace(known.certificate, by=by))
    assert verify(stated, "iris", steps=20, replicas=8).outcome == "undecided"


def test_what_follows_from_it_rests_on_it_too():
    stated = replace(pl_inequality, name="my own")
    assert not stated.known
    with pytest.raises(RateboundError, match="does not close"):
        _by(stated, Rational(1, 2))
    trusted = replace(PL, id="mine", certificate=Trusted())
    assert trusted.proof == "conditional"
    assert "the certificate Trusted" in exposition(replace(trusted, certificate=Trusted()))[0].words
    assumed = replace(PL, id="mine", assumptions=(*PL.assumptions, Assumption("calm", "f is calm", ())))
    assert assumed.proof == "conditional"
    assert "the assumption 'calm'" in exposition(assumed)[0].words


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("method", "gd", r'ratebound.methods\["gd"\]'),
        ("bound", "gap0", "no SymPy expression"),
        ("step", 0.1, "no SymPy expression"),
        ("where", alpha <= 1 / L, r"write \(one,\)"),
        ("assumptions", smooth, r"write \(one,\)"),
        ("defaults", {alpha: 0.1}, "the default alpha: 0.1"),
        ("defaults", {"alpha": 1 / L}, "the default 'alpha'"),
        ("bound", (1 - alpha * Symbol("mu_pl")) ** k * gap0, "import it from there"),
        ("measure", "gap_lst", "did you mean 'gap_last'"),
    ],
)
def test_a_slip_of_the_pen_is_told_in_one_line(field, value, words):
    with pytest.raises(RateboundError, match=words) as told:
        replace(PL, id="mine", certificate=None, **{field: value})
    assert "\n" not in str(told.value)
    assert mu_pl in PL.bound.free_symbols
