"""Proofs whose potential reads the step are about steps of one length; no proof takes a step back for one."""

from dataclasses import replace

import pytest

from ratebound.theory.catalogue import THEOREMS
from ratebound.theory.errors import RateboundError
from ratebound.theory.symbols import alpha, k

CONSTANT = (
    "svrg_convex",
    "lsvrg_convex",
    "lsvrg_convex_long",
    "saga_convex",
    "saga_convex_long",
    "saga_sc",
    "sag_average",
    "sam_quadratic",
    "page_pl",
)


@pytest.mark.parametrize("name", CONSTANT)
def test_steps_that_grow_are_refused(name):
    """The share of what is stored would be that of the step before, and too small."""
    theorem = THEOREMS[name]
    longest = next(r.rhs for r in theorem.where if r.lhs == alpha and r.rel_op.startswith("<"))
    grows = longest * (k + 1) / (k + 2)
    others = tuple(r for r in theorem.where if r.lhs != alpha)
    with pytest.raises(RateboundError, match="steps of one length"):
        replace(theorem, step=grows, where=others, bound=theorem.bound.subs(alpha, grows))


def test_a_step_back_is_no_length():
    theorem = THEOREMS["schedule_free_constant"]
    with pytest.raises(RateboundError, match="the step"):
        replace(theorem, step=-alpha, bound=theorem.bound.subs(alpha, -alpha))
