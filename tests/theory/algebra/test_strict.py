"""Strict inequalities over ranges with open and closed ends, and theorems that must not reach an open one."""

import dataclasses

import pytest
from sympy import Integer, Max, Rational, sqrt

from ratebound.theory.algebra.strict import less
from ratebound.theory.catalogue import THEOREMS
from ratebound.theory.certificate import Corollary
from ratebound.theory.errors import RateboundError
from ratebound.theory.letters.search import c1, c2
from ratebound.theory.symbols import K, L, alpha, mu, omega

ZERO, HALF = Integer(0), Rational(1, 2)


@pytest.mark.parametrize(
    ("small", "large", "conditions", "proved"),
    [
        (alpha, 2 / L, (alpha < 2 / L,), True),
        (alpha, 2 / L, (alpha <= 2 / L,), False),
        (alpha, 2 / L, (alpha <= 1 / L,), True),
        (1 / L, alpha, (alpha > 1 / L,), True),
        (1 / L, alpha, (alpha >= 1 / L,), False),
        (ZERO, 2 - omega, (omega >= 1, omega < 2), True),
        (ZERO, omega - 1, (omega >= 1, omega < 2), False),
        (ZERO, omega - 1, (omega > 1, omega <= 2), True),
        (ZERO, omega - 1, (omega > 1, omega < 2), True),
        (ZERO, 2 - omega, (omega > 1, omega <= 2), False),
        (ZERO, 2 - omega, (omega >= 1, omega <= 2), False),
        (ZERO, omega - 1, (omega >= 1, omega <= 2), False),
        (ZERO, omega, (omega >= 1, omega <= 2), True),
        (mu, L, (mu < L,), True),
        (mu, L, (mu <= L,), False),
        (1 / sqrt(K), Integer(1), (), False),
        (1 / sqrt(K + 1), Integer(2), (), True),
        (ZERO, 1 - Max(c1, c2), (c1 < 1, c2 < 1), True),
        (ZERO, 1 - Max(c1, c2), (c1 <= 1, c2 < 1), False),
    ],
)
def test_an_end_counts_where_it_is_closed(small, large, conditions, proved):
    assert less(small, large, conditions) == proved


@pytest.mark.parametrize(("step", "refused"), [(2 / L, True), (Rational(199, 100) / L, False)])
def test_what_follows_from_a_theorem_stays_off_the_end_that_it_leaves_out(step, refused):
    parent = THEOREMS["gd_sc_distance"]

    def child():
        bound = parent.bound.subs(alpha, step)
        return dataclasses.replace(
            parent,
            id="at_edge",
            step=step,
            bound=bound,
            where=(),
            certificate=Corollary(parent, {alpha: step}),
        )

    if refused:
        with pytest.raises(RateboundError, match="the range of gd_sc_distance: alpha < 2/L at"):
            child()
    else:
        assert child().proof == "certified"


@pytest.mark.parametrize(
    ("name", "where"),
    [
        ("wolfe_pl", (c2 < 1, c1 <= c2)),
        ("wolfe_gradient", (c2 <= 1, c1 < c2)),
        ("armijo_pl", (THEOREMS["armijo_pl"].where[0], c1 <= 1)),
    ],
)
def test_searches_whose_trials_need_not_end_are_refused(name, where):
    with pytest.raises(RateboundError, match="> 0, which is not proved"):
        dataclasses.replace(THEOREMS[name], where=where)
