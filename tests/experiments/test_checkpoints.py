"""The grid of checkpoints."""

import numpy as np
import pytest

from ratebound.experiments.checkpoints import checkpoints
from ratebound.theory.errors import RateboundError


@pytest.mark.parametrize("steps", [1, 2, 5, 6, 7, 10, 100, 1000, 12345, 10**6])
def test_grid(steps):
    grid = checkpoints(steps)
    assert grid.dtype == np.int64
    assert grid[0] == 0 and grid[-1] == steps
    assert (np.diff(grid) > 0).all()
    assert set(range(min(5, steps) + 1)) <= set(grid.tolist())


def test_density():
    grid = checkpoints(10**6)
    for low in (10**2, 10**3, 10**4):
        assert 11 <= ((grid >= low) & (grid < 10 * low)).sum() <= 13


@pytest.mark.parametrize("steps", [0, -3, 2.5, "10"])
def test_refusals(steps):
    with pytest.raises(RateboundError, match="steps"):
        checkpoints(steps)
