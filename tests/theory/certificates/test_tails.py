"""Averages of the end of a run: the certificates against recursions in numbers, and what they refuse."""

import dataclasses
import math

import numpy as np
import pytest
from sympy import Integer, Rational, ceiling, floor, log

from ratebound.problems.lower import lower, lower_mp
from ratebound.theory.algebra.lemmas import inverse_sqrt_above
from ratebound.theory.catalogue import THEOREMS
from ratebound.theory.certificates.tails import FORGOTTEN, TAIL, Restarted, Tail
from ratebound.theory.errors import RateboundError
from ratebound.theory.families.sgd_tail import THEOREMS as TAILS
from ratebound.theory.symbols import D, K, alpha, d2, dropped, ell, k, mu, second_moment, sigma_b_sq

CONSTANT, DECREASING, LEAST_SQUARES = TAILS[:3]


PARTS = [Rational(1, 2), Rational(3, 10), Rational(7, 8)]


def split(horizon, part):
    """How many points are left out, and the values that say so."""
    return int(part * horizon), {K: horizon, dropped: part}


@pytest.mark.parametrize("part", PARTS)
def test_weights_are_those_of_the_end(part):
    for horizon in range(1, 12):
        left_out, numbers = split(horizon, part)
        weights = [int(TAIL.subs({**numbers, k: j})) for j in range(horizon)]
        assert weights == [0] * left_out + [1] * (horizon - left_out)


@pytest.mark.parametrize("part", PARTS)
@pytest.mark.parametrize("horizon", [1, 2, 3, 7, 12, 39])
def test_constant_step_against_its_recursion_in_numbers(horizon, part):
    """With ``E d_{j+1} = rate d_j - w delta_j + noise`` no sum of gaps exceeds what the bound says."""
    a, m, L, noise, distance = 0.05, 0.7, 4.0, 1.3, 2.0
    (left_out, places), left = split(horizon, part), 2 - math.sqrt(2 * a * L)
    d = distance**2
    for _ in range(left_out):
        d = (1 - a * m * left) * d + 2 * a**2 * noise / left
    # From x_s on the inner product pays for all but the noise: 2 a delta_j <= d_j - d_{j+1} + ...
    gaps = d + (horizon - left_out) * a**2 * noise / (1 - a * L)
    numbers = {alpha: a, mu: m, ell: L, sigma_b_sq: noise, D: distance, **places}
    largest = gaps / (2 * a * (horizon - left_out))
    bound = float(CONSTANT.bound.subs(numbers))
    assert largest <= bound * (1 + 1e-12)
    # All that is lost is in the geometric series of the noise.
    lost = (1 - a * m * left) ** left_out * 2 * a * noise / (m * left**2)
    assert bound == pytest.approx(largest + lost / (2 * a * (horizon - left_out)))


@pytest.mark.parametrize("part", PARTS)
@pytest.mark.parametrize("horizon", [4, 5, 6, 12, 39])
def test_decreasing_step_against_its_recursion_in_numbers(horizon, part):
    """``2 a_j delta_j <= (1 - a_j mu) d_j - d_{j+1} + a_j^2 s`` with the largest d_s, summed as it stands."""
    steps = 1 / np.arange(1, horizon + 1)
    d, (left_out, places) = 1.0, split(horizon, part)
    assert horizon >= DECREASING.start.subs(places)
    for step in steps[:left_out]:
        d = max(1 - 2 * step, 0.0) * d + step**2
    gaps = left_out / 2 * d + steps[left_out:].sum() / 2
    assert gaps / (horizon - left_out) <= float(DECREASING.bound.subs({mu: 1, second_moment: 1, **places}))


def test_the_last_half_has_the_constant_that_was_published_sharpened():
    for horizon in range(2, 60):
        bound = DECREASING.bound.subs({mu: 1, second_moment: 1, K: horizon, dropped: Rational(1, 2)})
        assert bound <= (1 + log(2)) / horizon


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"weights": Integer(1)}, "TAIL"),
        ({"measure": "gap_best"}, "has no weights"),
        ({"start": Integer(0)}, "from k = 0 on"),
        ({"where": CONSTANT.where[:1]}, "the part of the run"),
        ({"assumptions": CONSTANT.assumptions[1:]}, "assumes more"),
        ({"bound": CONSTANT.bound * Integer(99) / 100}, "the bound of the restarted run"),
        ({"certificate": Restarted(CONSTANT.certificate.first, CONSTANT.certificate.first)}, "averages"),
        ({"certificate": Restarted(THEOREMS["sgd_sc_inverse"], CONSTANT.certificate.then)}, "the step"),
        ({"certificate": Restarted(CONSTANT.certificate.then, CONSTANT.certificate.then)}, "the distance"),
        (
            {"certificate": Restarted(CONSTANT.certificate.first, THEOREMS["sgd_sc_uniform_average"])},
            "other steps",
        ),
    ],
)
def test_a_restart_refuses(changes, message):
    with pytest.raises(RateboundError, match=message):
        dataclasses.replace(CONSTANT, **changes)


PROOF = DECREASING.certificate


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"bound": second_moment * (1 + log(2)) / (mu * K)}, "sum of the tail"),
        ({"bound": DECREASING.bound * Integer(99) / 100}, "sum of the tail"),
        ({"start": Integer(2)}, "first k of sgd_sc_inverse"),
        ({"bound": second_moment / (mu * K)}, "sum of the tail"),
        ({"certificate": dataclasses.replace(PROOF, weight=k)}, "equal weights"),
        ({"certificate": dataclasses.replace(PROOF, noise=alpha * second_moment / 3)}, "identity|claim"),
        ({"certificate": dataclasses.replace(PROOF, potential=mu * k / 2)}, "the claim|identity|multiple"),
        ({"certificate": dataclasses.replace(PROOF, noise_sum=inverse_sqrt_above)}, "does not bound the sum"),
        ({"certificate": dataclasses.replace(PROOF, first=THEOREMS["sgd_nws"])}, "the step"),
    ],
)
def test_a_tail_refuses(changes, message):
    with pytest.raises(RateboundError, match=message):
        dataclasses.replace(DECREASING, **changes)


def test_rounding_is_the_same_in_doubles_and_with_many_digits():
    for horizon in range(1, 9):
        for half, expected in ((floor(K / 2), horizon // 2), (ceiling(K / 2), -(-horizon // 2))):
            assert lower(half, (K,))(horizon) == lower_mp(half, (K,))(horizon) == expected
        assert lower(FORGOTTEN, (K, dropped))(horizon, 0.3) == int(3 * horizon / 10)


def test_what_rests_on_a_source_says_so():
    assert {theorem.proof for theorem in TAILS} == {"certified"}
    cited = dataclasses.replace(PROOF.first, certificate=None)
    weak = Tail(cited, mu * k / 2 * d2, PROOF.by, PROOF.weight, PROOF.noise, PROOF.noise_sum)
    assert weak.cited
    assert Restarted(
        CONSTANT.certificate.first, dataclasses.replace(CONSTANT.certificate.then, certificate=None)
    ).cited
    assert LEAST_SQUARES.order.text == "O(1/k)"
