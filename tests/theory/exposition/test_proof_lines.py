"""How the terms of a proof are written."""

import pytest
from sympy import Integer, symbols

from ratebound.theory.catalogue import THEOREMS
from ratebound.theory.exposition.latex import said
from ratebound.theory.exposition.lines import Line, factored
from ratebound.theory.exposition.proofs import exposition
from ratebound.theory.symbols import L, alpha, k, mu

u, v = symbols("u v", positive=True)


@pytest.mark.parametrize(
    ("expression", "text"),
    [
        (u * v - 2 * u, "u*(v - 2)"),
        (2 * u - u * v, "u*(2 - v)"),
        (u / (v - 2), "u/(v - 2)"),
        (-u / (v - 2), "u/(2 - v)"),
        (u * (1 - v) / (1 + u), "u*(1 - v)/(u + 1)"),
        (-u * v, "-u*v"),
        ((1 - v) / 2, "-(v - 1)/2"),
    ],
)
def test_a_minus_sign_goes_into_a_sum(expression, text):
    assert (factored(expression) - expression).simplify() == 0
    assert str(factored(expression)) == text


def test_powers_of_minus_one_are_not_made():
    power = alpha * (1 - alpha * mu) ** (-k - 1)
    assert factored(power) == power


def test_words_after_a_formula_stand_outside_of_it():
    gd = THEOREMS["gd_convex"]
    assert said(Line("where", L * alpha, "is"), "where", gd) == r"where $L \alpha$ is"
    assert said(Line("where", L * alpha, ">= 0"), "where", gd) == r"where $L \alpha \geq 0$"
    assert said(Line("words"), "words", gd) == "words"


def test_nothing_is_added_where_there_is_no_noise():
    for name in ("heavy_ball_average", "fista_convex", "clipped_nonconvex"):
        lines = exposition(THEOREMS[name])
        assert any(line.words.endswith(("V_0.", "V_0,", "x_0.")) for line in lines)
        assert not any(line.formula == Integer(0) and line.words.endswith(("noise", "is")) for line in lines)


@pytest.mark.parametrize(
    ("name", "cut"), [("gd_sc_distance", False), ("sgd_sc_constant", False), ("sgd_sc_theta", True)]
)
def test_a_factor_is_cut_at_zero_only_where_its_sign_is_open(name, cut):
    words = [line.words for line in exposition(THEOREMS[name]) if line.words.startswith("Induction")]
    assert words and all(("or zero" in each) == cut for each in words)
