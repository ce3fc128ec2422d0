"""Noise at the minimiser, split from the rest: recursions in numbers, the best split, and what was known."""

import numpy as np
import pytest

from ratebound.problems.lower import lower
from ratebound.theory.errors import RateboundError
from ratebound.theory.families.sgd_star import sgd_star_constant, sgd_star_decaying
from ratebound.theory.families.sgd_star_more import (
    sgd_lipschitz_constant,
    sgd_lipschitz_decaying,
    sgd_star_inverse,
    sgd_star_inverse_sqrt,
    sgd_star_weighted,
)
from ratebound.theory.families.sgd_weighted import (
    sgd_importance_sc,
    sgd_importance_split,
    sgd_partial_sc,
    sgd_partial_split,
)
from ratebound.theory.inequalities.noise_splits import noise_split
from ratebound.theory.symbols import (
    D,
    L_max,
    L_mean,
    alpha,
    alpha0,
    ell,
    grad_sq,
    k,
    mu,
    s0,
    sigma_b_sq,
    sigma_p_sq,
    sigma_star_sq,
)

CURVED, SMOOTH, FAR, NOISE = 0.7, 4.0, 3.0, 1.2
SYMBOLS = (k, mu, ell, L_max, L_mean, D, sigma_b_sq, sigma_star_sq, sigma_p_sq, alpha, alpha0, s0)
C = np.linspace(0, 1, 10_001)[1:-1]
STEPS = np.arange(200)
CONSTANT = [
    (sgd_star_constant, SMOOTH, NOISE),
    (sgd_lipschitz_constant, SMOOTH**2 / CURVED, NOISE),
    (sgd_importance_split, SMOOTH, NOISE),
    (sgd_partial_split, 2 * SMOOTH, 2 * NOISE),
]


def value(expr, steps, step=None, shift=None):
    numbers = (CURVED, SMOOTH, SMOOTH, SMOOTH, FAR, NOISE, NOISE, NOISE, step, step, shift)
    return lower(expr, SYMBOLS)(steps, *numbers)


@pytest.mark.parametrize(("theorem", "smooth", "noisy"), CONSTANT)
@pytest.mark.parametrize("share", [0.001, 0.1, 0.5, 1.0, 1.9])
def test_no_split_leaves_a_lower_floor(theorem, smooth, noisy, share):
    """With the split at c: d -> (1 - a mu (2 - a L/c)) d + a^2 noise/(1 - c), which settles at the ratio."""
    step = share / smooth
    gain, noise = step * CURVED * (2 - share / C), step**2 * noisy / (1 - C)
    settled = gain > 0
    least = (noise[settled] / gain[settled]).min()
    assert value(theorem.bound, 10**9, step) == pytest.approx(least, rel=1e-4)


@pytest.mark.parametrize(("theorem", "smooth", "noisy"), CONSTANT)
@pytest.mark.parametrize("share", [0.01, 0.2, 0.5])
@pytest.mark.parametrize("steps", [0, 1, 5, 300])
def test_constant_steps_against_what_was_known(theorem, smooth, noisy, share, steps):
    step = share / smooth
    known = (1 - step * CURVED) ** steps * FAR**2 + 2 * step * noisy / CURVED
    assert value(theorem.bound, steps, step) <= known * (1 + 1e-12)


@pytest.mark.parametrize(
    ("split", "halved", "smooth"),
    [(sgd_importance_split, sgd_importance_sc, 1), (sgd_partial_split, sgd_partial_sc, 2)],
)
def test_halves_are_the_split_at_one_step_and_faster_but_noisier_below_it(split, halved, smooth):
    same, shorter = 0.5 / (smooth * SMOOTH), 0.1 / (smooth * SMOOTH)
    assert value(split.bound, STEPS, same) == pytest.approx(value(halved.bound, STEPS, same))
    early, late = (value(split.bound, j, shorter) - value(halved.bound, j, shorter) for j in (5, 10**4))
    assert late < 0 < early


SHIFTS = [
    (sgd_star_decaying, SMOOTH, 4, lambda j, s: (s**2 * FAR**2 + 8 * NOISE * j / CURVED**2) / (j + s) ** 2),
    (sgd_star_inverse, SMOOTH, 4, lambda j, s: max(8 * NOISE / CURVED**2, s * FAR**2) / (j + s)),
    (
        sgd_lipschitz_decaying,
        SMOOTH**2 / CURVED,
        4,
        lambda j, s: max(8 * NOISE / CURVED**2, s * FAR**2) / (j + s),
    ),
]


@pytest.mark.parametrize(("theorem", "smooth", "factor", "known"), SHIFTS)
@pytest.mark.parametrize("longer", [1.0, 2.0, 30.0])
def test_decaying_steps_against_their_recursion_and_what_was_known(theorem, smooth, factor, known, longer):
    """The recursion takes in each step the split that leaves the least, the bound one split for all."""
    shift, distance = longer * factor * smooth / CURVED, FAR**2
    bounds, steps = (value(each, STEPS, shift=shift) for each in (theorem.bound, theorem.step))
    for j, bound, step in zip(STEPS, bounds, steps, strict=True):
        assert distance <= bound * (1 + 1e-12)
        assert bound <= known(j, shift) * (1 + 1e-12)
        rates = 1 - step * CURVED * (2 - step * smooth / C)
        allowed = rates >= 0
        distance = (rates * distance + step**2 * NOISE / (1 - C))[allowed].min()


@pytest.mark.parametrize("share", [0.05, 0.5, 0.9])
def test_steps_of_order_inverse_sqrt_against_their_recursion(share):
    first = share / SMOOTH
    shift, distance = 1 / (CURVED * first), FAR**2
    theorem = sgd_star_inverse_sqrt
    bounds, steps = (value(each, STEPS, first, shift) for each in (theorem.bound, theorem.step))
    for j, bound, step in zip(STEPS, bounds, steps, strict=True):
        assert distance <= bound * (1 + 1e-12)
        if share <= 1 / 2:
            known = max(4 * first * NOISE / CURVED, FAR**2) / np.sqrt(1 + j / shift)
            assert bound <= known * (1 + 1e-12)
        distance = (
            (1 - step * CURVED * (2 - step * SMOOTH / C)) * distance + step**2 * NOISE / (1 - C)
        ).min()


@pytest.mark.parametrize("longer", [1.0, 3.0, 40.0])
def test_the_weighted_average_against_its_recursion_and_what_was_known(longer):
    """Each step is said to pay ``2 a (1 - r)`` of the gap: the most that its split allows, summed."""
    shift = longer * 8 * SMOOTH / CURVED
    root = np.sqrt(2 * SMOOTH / (CURVED * shift))
    distance, gaps, weights = FAR**2, 0.0, 0.0
    steps = value(sgd_star_weighted.step, STEPS, shift=shift)
    bounds = value(sgd_star_weighted.bound, STEPS[1:], shift=shift)
    for j, step in zip(STEPS, steps, strict=True):
        if j:
            bound = bounds[j - 1]
            known = CURVED * shift * (shift - 1) * FAR**2 + 8 * NOISE * j / CURVED
            # Gaps that are as large as the distances left allow, the last of which is none.
            largest = (gaps + (j + shift) * (j + shift - 1) * CURVED / 4 * distance) / ((1 - root) * weights)
            assert largest <= bound * (1 + 1e-12)
            assert bound <= known / (j * (j + 2 * shift - 1)) * (1 + 1e-12)
        weight = j + shift
        c = step * SMOOTH / root
        # Half of what the distance could lose goes into the gap.
        after = (1 - step * CURVED) * distance + step**2 * NOISE / (1 - c)
        gaps += weight * (weight + 1) * CURVED / 4 * after / 2
        weights, distance = weights + weight, after / 2


def test_a_slope_that_is_none_is_refused():
    with pytest.raises(RateboundError, match="does not bound"):
        noise_split("smooth_components", alpha * L_max, grad_sq)
