"""Runs in two phases: the schedule and the bound against the recursion in numbers, and what is refused."""

import dataclasses

import numpy as np
import pytest
from sympy import Integer, Piecewise

from ratebound.problems.lower import lower
from ratebound.theory.certificates.phases import TwoPhases
from ratebound.theory.errors import RateboundError
from ratebound.theory.families.sgd_star import sgd_star_constant, sgd_star_decaying
from ratebound.theory.families.sgd_tail import (
    sgd_star_two_phases,
    sgd_star_two_phases_average,
    sgd_tail_constant,
)
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


@pytest.mark.parametrize("steps", [*range(2, 12), 100, 1001])
def test_average_of_the_second_phase_against_its_recursion_in_numbers(steps):
    theorem, shift = sgd_star_two_phases_average, 8 * SMOOTH / CURVED
    at = np.arange(steps)
    alphas, weights = (numbers(each, at, steps) for each in (theorem.step, theorem.weights))
    middle = (steps + 1) // 2
    late = at[: steps - middle] + shift
    assert weights.tolist() == pytest.approx([0] * middle + late.tolist())
    assert alphas[middle:] == pytest.approx(2 / (CURVED * (late + 1)))
    distance = FAR**2
    for step in alphas[:middle]:
        distance = (1 - step * CURVED) * distance + 2 * step**2 * NOISE
    # Steps of length a pay a of the gap: V_{j+1} + w_j gap/2 <= V_j + noise, V_j = mu w_j (w_j - 1)/4 d.
    start = CURVED * shift * (shift - 1) / 4 * distance
    noises = late / (CURVED * (late + 1)) * NOISE / (1 - 2 * SMOOTH * alphas[middle:])
    largest = (start + noises.sum()) / (late / 2).sum()
    bound = numbers(theorem.bound, steps, steps)
    assert largest <= bound * (1 + 1e-12)
    assert bound < 2 * largest
    published = 128 * SMOOTH * FAR**2 * np.exp(-CURVED * steps / (8 * SMOOTH)) + 72 * NOISE / (CURVED * steps)
    assert steps < 4 * SMOOTH / CURVED or bound < published


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


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"weights": Integer(1)}, "are not those of sgd_star_weighted"),
        ({"start": Integer(1)}, "must hold from its start on"),
        ({"bound": sgd_star_two_phases_average.bound * Integer(99) / 100}, "of the two phases"),
    ],
)
def test_what_the_average_needs_is_asked_for(changes, message):
    with pytest.raises(RateboundError, match=message):
        dataclasses.replace(sgd_star_two_phases_average, **changes)
