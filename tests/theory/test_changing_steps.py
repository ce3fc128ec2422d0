"""Proofs whose potential reads the step are about steps of one length; no proof takes a step back for one."""

from dataclasses import replace

import pytest

from ratebound.theory.catalogue import THEOREMS
from ratebound.theory.errors import RateboundError
from ratebound.theory.letters.coordinates import omega
from ratebound.theory.symbols import L, L_max, alpha, k

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


def with_step(name, step):
    """Return a theorem with a step of its own in the place of alpha."""
    theorem = THEOREMS[name]
    return replace(
        theorem,
        step=step,
        bound=theorem.bound.subs(alpha, step),
        where=tuple(r for r in theorem.where if r.lhs != alpha),
        defaults={symbol: value for symbol, value in theorem.defaults.items() if symbol != alpha},
    )


@pytest.mark.parametrize("name", ["armijo_gradient", "armijo_pl", "wolfe_pl", "exact_search_pl"])
def test_a_search_starts_ahead(name):
    """What it accepts is proved to be long enough for any first trial, as if that were positive."""
    assert with_step(name, 3 / L).proof == "certified"
    with pytest.raises(RateboundError, match=r"step -3/L may be negative"):
        with_step(name, -3 / L)


@pytest.mark.parametrize("cap", [-1 / L_max, omega / (3 * L_max)])
def test_a_cap_is_no_shorter_than_what_the_proof_counts_on(cap):
    assert with_step("sps_convex", omega / L_max).proof == "certified"
    with pytest.raises(RateboundError, match="narrow it"):
        with_step("sps_convex", cap)


@pytest.mark.parametrize("name", ["armijo_gradient", "wolfe_gradient"])
def test_a_search_ends(name):
    """With c1 above 1, or above c2, or trials that do not get shorter, none need be accepted."""
    theorem = THEOREMS[name]
    for lacking in range(2):
        fewer = tuple(r for place, r in enumerate(theorem.where) if place != lacking)
        with pytest.raises(RateboundError, match="is not proved within the admissible range"):
            replace(theorem, where=fewer)
