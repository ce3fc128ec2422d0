"""Runs in two phases: the schedule and the bound against the recursion in numbers, and what is refused."""

import dataclasses

import numpy as np
import pytest
from sympy import Piecewise

from ratebound.problems.lower import lower
from ratebound.theory.certificates.phases import TwoPhases
from ratebound.theory.errors import RateboundError
from ratebound.theory.families.sgd_star import sgd_star_constant, sgd_star_decaying
from ratebound.theory.families.sgd_tail import sgd_star_two_phases, sgd_tail_constant
from ratebound.theory.symbols import D, K, alpha, ell, k, mu, s0, sigma_b_sq

CURVED, SMOOTH, FAR, NOISE = 0.7, 4.0, 3.0, 0.2


def numbers(expr, at, steps):
    return lower(expr, (k, K, mu, ell, D, sigma_b_sq))(at, steps, CURVED, SMOOTH, FAR, NOISE)


@pytest.mark.parametrize("steps", [*range(1, 12), 100, 1001])
def test_schedule_and_bound_against_the_recursion_in_numbers(steps):
    alphas = numbers(sgd_star_two_phases.step, np.arange(steps), steps)
    middle = (steps + 1) // 2
    late = 2 * np.arange(steps - middle) + 8 * SMOOTH / CURVED + 1
    assert alphas[:middle] == pytest.approx(1 / (2 * SMOOTH))
    assert alphas[middle:] == pytest.approx(4 * late / (CURVED * (late + 1) ** 2))
    distance = FAR**2
    for step in alphas:
        distance = (1 - step * CURVED) * distance + step**2 * NOISE / (1 - step * SMOOTH)
    bound, implied = (
        numbers(e, steps, steps) for e in (sgd_star_two_phases.bound, sgd_star_two_phases.certificate.implied)
    )
    assert distance <= implied * (1 + 1e-12)
    assert implied <= bound * (1 + 1e-12)
    assert steps < 1000 or bound < 4 * distance


_LATE = (sgd_star_decaying, {s0: 4 * ell / mu})


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"bound": sgd_star_two_phases.bound - 9 * sigma_b_sq / (mu**2 * K)}, "of the two phases"),
        ({"measure": "gap_last", "bound": mu * sgd_star_two_phases.bound}, "at the horizon"),
        ({"step": Piecewise((1 / (2 * ell), 3 * k < K), (1 / ell, True))}, "not that of the two phases"),
        ({"assumptions": sgd_star_two_phases.assumptions[:1]}, "assumes more"),
        (
            {"certificate": TwoPhases((sgd_star_constant, {alpha: 3 / ell}), _LATE)},
            "range of sgd_star_constant",
        ),
        ({"certificate": TwoPhases((sgd_tail_constant, {alpha: 1 / (4 * ell)}), _LATE)}, "does not bound"),
    ],
)
def test_what_the_proof_needs_is_asked_for(changes, message):
    with pytest.raises(RateboundError, match=message):
        dataclasses.replace(sgd_star_two_phases, **changes)
