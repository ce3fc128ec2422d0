"""Inequalities that hold for positive factors only are refused with others."""

from dataclasses import replace

import pytest
from sympy import Integer

from ratebound.theory.catalogue import THEOREMS
from ratebound.theory.certificates.away import young_estimate, young_gradient
from ratebound.theory.errors import RateboundError
from ratebound.theory.inequalities.stored import reduced_moment
from ratebound.theory.symbols import L_max, alpha


@pytest.mark.parametrize(
    ("name", "inequality"),
    [
        ("svrg_nonconvex", young_gradient(Integer(-1))),
        ("saga_nonconvex", young_estimate(alpha - 1 / alpha)),
        ("saga_components", reduced_moment(1 / (alpha * L_max) - 4)),
    ],
    ids=["gradient", "estimate", "moment"],
)
def test_a_factor_that_may_be_negative_is_refused(name, inequality):
    theorem = THEOREMS[name]
    by = {**theorem.certificate.by, inequality: Integer(1)}
    with pytest.raises(RateboundError, match="is not proved within the admissible range"):
        replace(theorem, certificate=replace(theorem.certificate, by=by))
