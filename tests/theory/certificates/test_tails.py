"""Averages of the last half: the certificates against recursions in numbers, and what they refuse."""

import dataclasses
import math

import numpy as np
import pytest
from sympy import Integer, ceiling, floor, log

from ratebound.problems.lower import lower, lower_mp
from ratebound.theory.algebra.lemmas import inverse_sqrt_above
from ratebound.theory.catalogue import THEOREMS
from ratebound.theory.certificates.tails import LAST_HALF, Restarted, Tail
from ratebound.theory.errors import RateboundError
from ratebound.theory.families.sgd_tail import THEOREMS as TAILS
from ratebound.theory.symbols import D, K, alpha, d2, ell, k, mu, second_moment, sigma_b_sq

CONSTANT, DECREASING, LEAST_SQUARES = TAILS[:3]


def test_weights_are_those_of_the_last_half():
    for horizon in range(1, 8):
        weights = [int(LAST_HALF.subs({K: horizon, k: j})) for j in range(horizon)]
        assert weights == [0] * (horizon // 2) + [1] * (horizon - horizon // 2)


@pytest.mark.parametrize("horizon", range(2, 40))
def test_constant_step_against_its_recursion_in_numbers(horizon):
    """With ``E d_{j+1} = rate d_j - w delta_j + noise`` no sum of gaps exceeds what the bound says."""
    a, m, L, noise, distance = 0.05, 0.7, 4.0, 1.3, 2.0
    d, half, left = distance**2, horizon // 2, 2 - math.sqrt(2 * a * L)
    for _ in range(half):
        d = (1 - a * m * left) * d + 2 * a**2 * noise / left
    # From the middle on the inner product pays for all but the noise: 2 a delta_j <= d_j - d_{j+1} + ...
    gaps = d + (horizon - half) * a**2 * noise / (1 - a * L)
    numbers = {alpha: a, mu: m, ell: L, sigma_b_sq: noise, D: distance, K: horizon}
    largest = gaps / (2 * a * (horizon - half))
    bound = float(CONSTANT.bound.subs(numbers))
    assert largest <= bound * (1 + 1e-12)
    # All that is lost is in the geometric series of the noise.
    lost = (1 - a * m * left) ** half * 2 * a * noise / (m * left**2)
    assert bound == pytest.approx(largest + lost / (2 * a * (horizon - half)))


@pytest.mark.parametrize("horizon", range(2, 40))
def test_decreasing_step_against_its_recursion_in_numbers(horizon):
    """``2 a_j delta_j <= (1 - a_j mu) d_j - d_{j+1} + a_j^2 s`` with the largest d_s, summed as it stands."""
    steps = 1 / np.arange(1, horizon + 1)
    d, half = 1.0, horizon // 2
    for step in steps[:half]:
        d = max(1 - 2 * step, 0.0) * d + step**2
    gaps = half / 2 * d + steps[half:].sum() / 2
    assert gaps / (horizon - half) <= float(DECREASING.bound.subs({mu: 1, second_moment: 1, K: horizon}))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"weights": Integer(1)}, "LAST_HALF"),
        ({"measure": "gap_best"}, "LAST_HALF"),
        ({"start": Integer(1)}, "from k = 2 on"),
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
        ({"bound": (1 + log(2)) * second_moment / (mu * (K + 1))}, "sum of the tail"),
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


def test_halves_are_the_same_in_doubles_and_with_many_digits():
    for horizon in range(1, 9):
        for half, expected in ((floor(K / 2), horizon // 2), (ceiling(K / 2), -(-horizon // 2))):
            assert lower(half, (K,))(horizon) == lower_mp(half, (K,))(horizon) == expected


def test_what_rests_on_a_source_says_so():
    assert {theorem.proof for theorem in TAILS} == {"certified"}
    cited = dataclasses.replace(PROOF.first, certificate=None)
    weak = Tail(cited, mu * k / 2 * d2, PROOF.by, PROOF.weight, PROOF.noise, PROOF.noise_sum)
    assert weak.cited
    assert Restarted(
        CONSTANT.certificate.first, dataclasses.replace(CONSTANT.certificate.then, certificate=None)
    ).cited
    assert LEAST_SQUARES.order.text == "O(1/k)"
