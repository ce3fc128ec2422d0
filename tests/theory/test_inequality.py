"""Inequalities that hold for positive factors only are refused with others; few hold of everything."""

from collections.abc import Mapping
from dataclasses import fields, is_dataclass, replace

import pytest
from sympy import Integer

from ratebound.theory.catalogue import THEOREMS
from ratebound.theory.certificates.away import young_estimate, young_gradient
from ratebound.theory.errors import RateboundError
from ratebound.theory.inequalities.stored import reduced_moment
from ratebound.theory.inequality import Inequality
from ratebound.theory.method import Method
from ratebound.theory.statement import Theorem
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


OF_EVERYTHING = (
    "the square of x_k - x* + c v_k",
    "the square of a mean and the mean of squares",
    "Young's inequality for grad f(x_k) and x_k - p_i",
    "Young's inequality for v_k and x_k - p_i",
)
"""Beginnings of the names of those that neither an assumption nor a method stands behind: algebra alone."""


def inside(thing):
    """Yield the inequalities of a certificate, wherever they stand."""
    if isinstance(thing, Inequality):
        yield thing
    elif isinstance(thing, Mapping):
        yield from (each for pair in thing.items() for part in pair for each in inside(part))
    elif isinstance(thing, tuple):
        yield from (each for part in thing for each in inside(part))
    elif is_dataclass(thing) and not isinstance(thing, (Theorem, Method)):
        yield from (each for field in fields(thing) for each in inside(getattr(thing, field.name)))


def test_what_needs_no_assumption_is_algebra_or_a_rule_of_its_method():
    """An inequality that asks for nothing might prove anything; a new one belongs into the list."""
    free = {
        each.name
        for theorem in THEOREMS.values()
        for each in inside(theorem.certificate)
        if not each.requires and each.about is None
    }
    assert {next((begin for begin in OF_EVERYTHING if name.startswith(begin)), name) for name in free} == set(
        OF_EVERYTHING
    )
