"""What a run keeps does not grow with its steps."""

import pytest

from ratebound.experiments.plan import check_batch, check_weights
from ratebound.experiments.schedule import resolve
from ratebound.problems.library import load
from ratebound.theory.errors import RateboundError


def test_a_constant_step_takes_no_memory_for_the_steps_of_a_run():
    # Of 10^12 steps none is stored; an array of them would not fit.
    schedule = resolve("1/(8*L_max)", load("linnerud"), 10**12)
    assert schedule.alphas.shape == (1, 10**12)
    assert schedule.alphas.strides[1] == 0
    assert schedule.alphas[0, -1] == schedule.alphas[0, 0] > 0
    weights = check_weights(None, schedule.alphas.shape)
    assert (check_batch(4, 10**12)[-1], weights[0, -1]) == (4, 1.0)
    with pytest.raises(RateboundError, match="positive"):
        resolve("0*L_max", load("linnerud"), 10**12)
