"""The critical batch, and how the best step grows with the batch."""

import numpy as np
import pytest

from ratebound.experiments.regimes.exact import SecondMoment
from ratebound.experiments.regimes.explore import explore
from ratebound.problems.library import least_squares, load

BATCHES = (1, 2, 4, 8, 16)


@pytest.fixture(scope="module", params=["linnerud", "diabetes", "quadratic_2d"])
def batches(request):
    return explore(load(request.param), values=BATCHES, steps=100, replicas=0)


def test_beyond_the_critical_batch_linear_scaling_diverges(batches):
    thresholds, critical = batches.data["threshold"].values, batches.data.attrs["critical_batch"]
    linear = thresholds[0] * np.array(BATCHES)
    assert (thresholds <= linear * (1 + 1e-9)).all()
    full = SecondMoment(load(batches.data.attrs["problem"])).threshold(0.0)
    assert ((linear > full) == (np.array(BATCHES) > critical)).all()


def test_one_repeated_row_gains_nothing_from_a_batch():
    problem = least_squares(np.ones((4, 1)), np.arange(4.0))
    found = explore(problem, values=(1, 2, 4), steps=50, replicas=0)
    assert found.data.attrs["critical_batch"] == pytest.approx(1.0)


def test_the_exponent_is_the_slope_of_the_best_steps(batches):
    best, exponent = batches.data["best_step"].values, batches.data.attrs["best_exponent"]
    grid = batches.data["step"].values
    inside = (best > grid[0]) & (best < grid[-1])
    if inside.sum() < 3:
        assert exponent is None
    else:
        x = np.log(np.array(BATCHES)[inside])
        assert exponent == pytest.approx(np.cov(x, np.log(best[inside]))[0, 1] / np.var(x, ddof=1))


def test_other_maps_say_nothing_of_batches():
    found = explore(load("linnerud"), axis="momentum", values=(0.0, 0.5), steps=50, replicas=0)
    assert found.data.attrs["critical_batch"] is None
