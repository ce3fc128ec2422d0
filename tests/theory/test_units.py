"""Units read off term by term, against rescaled numbers and against algebra."""

import dataclasses
import math

import numpy as np
import pytest
from sympy import Max, log, sqrt

from ratebound.problems.lower import lower
from ratebound.theory import symbols as s
from ratebound.theory import units
from ratebound.theory.catalogue import THEOREMS
from ratebound.theory.errors import RateboundError

VALUE, LENGTH = 3.0, 7.0


def scale(powers):
    F, X = (float(power) for power in powers)
    return VALUE**F * LENGTH**X


def test_what_is_read_off_a_bound_is_how_its_numbers_scale():
    read = 0
    for theorem in THEOREMS.values():
        names = sorted(theorem.bound.free_symbols, key=str)
        value = lower(theorem.bound, names)
        # Whole numbers for the counters; a ceiling of a quotient sees the same quotient in other units.
        at = np.array([2.0 + j for j in range(len(names))])
        factors = [scale(units.unit_of(name)) for name in names]
        found = units.unit_of(theorem.bound)
        if found is not None:
            read += 1
            expected = scale(found) * value(*at)
            assert float(value(*(at * factors))) == pytest.approx(float(expected), rel=1e-9, nan_ok=True)
    assert read > 0.9 * len(THEOREMS)


def test_both_routes_agree():
    measures = ("gap_last", "distance_sq", "grad_norm_sq_last")
    for bound in (
        s.gap0 / s.k,
        s.D**2 / (2 * s.alpha * s.k),
        Max(s.gap0, s.L * s.D**2),
        s.alpha * s.variance_bound,
    ):
        found = [units.unit_of(bound) == units.unit_of(units._MEASURES[measure]) for measure in measures]
        assert found == [units._scales_as(bound, measure) for measure in measures]
        assert any(found)


def test_terms_that_cancel_are_left_to_algebra():
    bound = (1 + s.gap0) ** 2 / 2 - s.gap0**2 / 2 - sqrt(s.gap0) ** 0 / 2
    assert units.unit_of(bound) is None
    units.check(bound, "gap_last")
    units.check(s.gap0 * (log(s.L) - log(s.mu)), "gap_last")
    with pytest.raises(RateboundError, match="scale"):
        units.check(s.gap0 * (log(s.L) + log(s.mu)), "gap_last")


def test_symbolic_exponents():
    assert units.unit_of(s.L ** (2 * s.k) * s.mu ** (-2 * s.k)) == (0, 0)
    assert math.isclose(scale(units.unit_of(sqrt(s.L / s.mu) * s.D)), LENGTH)


def test_a_bound_that_is_not_finite_is_refused():
    with pytest.raises(RateboundError, match=r"theorem gd_pl: the bound .* is not finite"):
        dataclasses.replace(THEOREMS["gd_pl"], bound=s.gap0 + s.gap0 / (s.k - s.k), certificate=None)
