"""Constant steps under function noise: the bound against the worst that its recursion allows."""

import dataclasses

import numpy as np
import pytest

from ratebound.problems.lower import lower
from ratebound.theory.errors import RateboundError
from ratebound.theory.families.sgd_batched import sgd_batched_nonconvex, sgd_batched_nonconvex_constant
from ratebound.theory.families.shuffled_nonconvex import rr_nonconvex_components
from ratebound.theory.symbols import K, L, L_batch, L_max, alpha, component_gap, gap0, k, n

SYMBOLS = (k, K, L, L_batch, L_max, alpha, n, component_gap, gap0)


@pytest.mark.parametrize("theorem", [sgd_batched_nonconvex_constant, rr_nonconvex_components])
@pytest.mark.parametrize("step", [1e-3, 0.03, 0.4])
def test_no_equal_gradients_exceed_the_bound_and_some_come_close(step, theorem):
    """The least of squared gradients is largest where all are equal; f - f* >= 0 then bounds them."""
    values = (0, 1, 2.0, 3.0, 5.0, step, 4.0, 0.7, 1.3)
    growth, taken, noise = (
        float(lower(getattr(theorem.certificate, name), SYMBOLS)(*values))
        for name in ("growth", "decrease", "noise")
    )
    close = 0.0
    for steps in (1, 2, 10, 100, 1000):
        weights = growth ** -np.arange(1.0, steps + 1)
        largest = (values[-1] + noise * weights.sum()) / (taken * weights.sum())
        bound = lower(theorem.bound, SYMBOLS)(steps, *values[1:])
        assert largest <= bound * (1 + 1e-12)
        close = max(close, largest / bound)
    assert close > 0.9


@pytest.mark.parametrize("steps", [1, 7, 400])
def test_a_line_is_below_the_power_that_was_published(steps):
    values = (steps, steps, 2.0, 3.0, 5.0, 0.02, 4.0, 0.7, 1.3)
    factor = (1 + L * L_batch * alpha**2) ** k
    published = 2 * factor * gap0 / (alpha * k) + 2 * alpha * L * L_batch * component_gap
    sharper, power = (lower(e, SYMBOLS)(*values) for e in (sgd_batched_nonconvex_constant.bound, published))
    assert sharper <= power * (1 + 1e-12)


def test_what_the_proof_needs_is_asked_for():
    theorem = sgd_batched_nonconvex_constant
    with pytest.raises(RateboundError, match="step that does not change"):
        dataclasses.replace(theorem, step=1 / (L * (k + 1)), bound=theorem.bound.subs(alpha, 1 / L), where=())
    with pytest.raises(RateboundError, match="against the weighted sum"):
        dataclasses.replace(theorem, bound=theorem.bound - 2 * alpha * L * L_batch * gap0)
    with pytest.raises(RateboundError, match="must shrink by"):
        dataclasses.replace(theorem, measure="grad_norm_sq_mean")
    assert sgd_batched_nonconvex.proof == "certified"
