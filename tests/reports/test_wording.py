"""Numbers and verdicts in words."""

from __future__ import annotations

import math

import pytest
from synthetic_records import cell, run, theorem, verdict

from ratebound.reports import wording


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "–"),
        (0.0, "0"),
        (442, "442"),
        (-1.0, "−1"),
        (0.03125, "0.0312"),
        (-0.5, "−0.5"),
        (3.14e40, "3.14×10⁴⁰"),
        (1e-6, "10⁻⁶"),
        (-2e-7, "−2×10⁻⁷"),
        (10**6, "10⁶"),
        (math.inf, "∞"),
        (-math.inf, "−∞"),
        (math.nan, "not a number"),
    ],
)
def test_numbers(value, text):
    assert wording.number(value) == text


def test_a_vacuous_verdict_says_how_loose_the_bound_is():
    found = cell(verdict=verdict(vacuous=True, tightness=1 / 3.2e40))
    assert wording.headline(found) == "holds, vacuous: bound / error ≥ 3.2×10⁴⁰"
    assert wording.headline(cell(verdict=verdict(vacuous=True, tightness=0.0))).endswith("∞")
    violated = cell(verdict=verdict("violated", k=37, measured=2.0, bound=1.0, vacuous=True))
    assert wording.headline(violated) == "violated at k = 37"
    assert "error 2 > bound 1" in wording.evidence(violated)


def test_exponents_are_read_as_powers_of_k_whichever_sign_they_are_stored_with():
    assert wording.theory_exponent(theorem(exponent=0.5)["order"]) == -0.5
    assert wording.theory_exponent(theorem(exponent=-0.5)["order"]) == -0.5
    assert wording.theory_exponent(theorem(kind="linear", exponent=None)["order"]) is None
    assert not wording.is_power(theorem(kind="floor", exponent=None)["order"])
    assert wording.is_power(theorem(kind="floor", exponent=-1.0)["order"])


@pytest.mark.parametrize(
    ("tightness", "said"), [(0.000944, "1000"), (0.001, "1000"), (1 / 78.7, "78"), (1.0, "1"), (0.3, "3.3")]
)
def test_looseness_is_rounded_down(tightness, said):
    assert wording.looseness({"tightness": tightness}) == said


def test_a_run_in_passes_names_its_order_and_no_batches():
    shuffled = cell(theorem=theorem(stochastic=True), run=run(method="sgd", order="reshuffle"))
    passes = wording.number(10_000)
    assert wording.run_facts(shuffled) == f"sgd, alpha = 1/L, order reshuffle, 256 replicas, {passes} passes"
    batches = cell(theorem=theorem(stochastic=True), run=run(method="sgd"))
    assert "batch 1 with replacement" in wording.run_facts(batches)


@pytest.mark.parametrize(
    ("order", "of_the_run", "said"),
    [
        ({"kind": "power", "exponent": 1.0}, {}, "power −1 [−1.2, −0.9]"),
        ({"kind": "linear", "exponent": None}, {}, "−1 [−1.2, −0.9] per step"),
        ({"kind": "linear", "exponent": None}, {"order": "reshuffle"}, "−1 [−1.2, −0.9] per pass"),
    ],
)
def test_a_fitted_slope_says_what_it_is_the_slope_of(order, of_the_run, said):
    found = verdict(slope=-1.0, slope_low=-1.2, slope_high=-0.9)
    assert wording.fitted(cell(theorem=theorem(**order), run=run(**of_the_run), verdict=found)) == said
    assert wording.fitted(cell(verdict=verdict(slope=None))) == "–"
