"""Each field of each kind of certificate, set to something false: refused, and in one line."""

from collections.abc import Mapping
from dataclasses import fields, replace

import pytest
from sympy import Expr, Symbol

from ratebound.theory.algebra.lemmas import LEMMAS, SumLemma
from ratebound.theory.catalogue import THEOREMS
from ratebound.theory.errors import RateboundError
from ratebound.theory.inequality import Inequality
from ratebound.theory.statement import Theorem
from ratebound.theory.symbols import descent, moment

TRUE = {
    ("OneStep", "pathwise"): "what holds in expectation holds of a full gradient, which has no error",
}
"""Fields of which another value is true too, and why."""


def one_of_each():
    found = {}
    for theorem in THEOREMS.values():
        if theorem.proof == "certified":
            found.setdefault(type(theorem.certificate).__name__, theorem)
    return found.values()


def false(value):
    """Return a false value in the place of one that a proof rests on; None where it rests on none."""
    if isinstance(value, Theorem):
        return replace(value, bound=value.bound / 1000, certificate=None)
    if isinstance(value, Inequality):
        return replace(value, slack=value.slack + moment)
    if isinstance(value, SumLemma):
        return next(each for each in LEMMAS if each.direction != value.direction)
    if isinstance(value, bool):
        return not value
    if isinstance(value, Symbol):
        return descent
    if isinstance(value, Expr):
        return -value - 1
    if isinstance(value, Mapping):
        return {key: -each - 1 for key, each in value.items()} or None
    if isinstance(value, tuple) and value and isinstance(value[0], Theorem):
        return (false(value[0]), *value[1:])
    if isinstance(value, tuple) and value and isinstance(value[0], Expr):
        return tuple(-each - 1 for each in value)
    return value[1:] if isinstance(value, tuple) and value else None


@pytest.mark.parametrize("theorem", one_of_each(), ids=lambda t: type(t.certificate).__name__)
def test_no_field_may_be_false(theorem):
    proof = theorem.certificate
    for each in fields(proof):
        wrong = false(getattr(proof, each.name)) if each.init else None
        if wrong is None:
            continue
        if (type(proof).__name__, each.name) in TRUE:
            assert replace(theorem, certificate=replace(proof, **{each.name: wrong})).proof == "certified"
            continue
        with pytest.raises(RateboundError) as said:
            replace(theorem, certificate=replace(proof, **{each.name: wrong}))
            raise AssertionError(f"{each.name} = {wrong} is accepted")
        assert "\n" not in str(said.value)
