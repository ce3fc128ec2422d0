"""What a map says in words."""

import pytest
from synthetic_regimes import regimes

from ratebound.reports.regimes.words import said


@pytest.mark.parametrize(
    ("floor", "says"),
    [
        (0.002, "no constant step converges to x*"),
        (1e-18, "every stable step converges to x*"),
    ],
)
def test_the_floors(floor, says):
    found = regimes() | {"floor": [[floor] * 3] * 4 + [[None] * 3]}
    assert says in said(found)[0]


def test_floors_of_both_kinds_say_nothing():
    found = regimes() | {"floor": [[0.002, 0.0, 0.002]] * 4 + [[None] * 3], "critical_batch": None}
    assert said(found | {"best_exponent": None}) == []


def test_the_batches():
    told = "\n".join(said(regimes()))
    assert "critical batch 4" in told and "batch^0.90" in told


def test_what_is_measured_or_full_says_nothing():
    assert said(regimes() | {"exact": False}) == []
    assert said(regimes() | {"method": "gd"}) == []
