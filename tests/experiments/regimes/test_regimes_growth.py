"""Replicas that are resampled find the exact threshold, and the radius, without the operator."""

import numpy as np
import pytest

from ratebound.experiments.regimes.axes import default_steps
from ratebound.experiments.regimes.exact import SecondMoment
from ratebound.experiments.regimes.growth import first_growing, measured_growth
from ratebound.problems.certified import batch_factor
from ratebound.problems.library import load
from ratebound.theory.errors import RateboundError


@pytest.mark.parametrize("name", ["linnerud_ridge", "linnerud", "diabetes"])
def test_the_measured_boundary_is_within_one_cell_of_the_threshold(name):
    problem = load(name)
    operator, steps = SecondMoment(problem), default_steps(problem, 64)
    for batch in (1, 3, 8, 16):
        exact = np.searchsorted(steps, operator.threshold(batch_factor(problem.n, batch, True)))
        assert 0 < exact < steps.size
        assert abs(first_growing(problem, steps, batch) - exact) <= 1


def test_the_search_finds_the_first_step_that_grows():
    problem = load("linnerud_ridge")
    steps, options = default_steps(problem, 24), {"iterations": 100}
    growth = measured_growth(problem, steps, **options)
    assert first_growing(problem, steps, **options) == int((growth > 0).argmax())
    assert first_growing(problem, steps[:5], **options) == 5
    assert first_growing(problem, steps[-3:], **options) == 0


def test_the_growth_is_the_radius_of_the_operator():
    problem = load("linnerud_ridge")
    operator = SecondMoment(problem)
    steps = np.array([0.02, 0.1, 0.3])
    growth = measured_growth(problem, steps, 2, replacement=False, iterations=800, replicas=1024)
    factor = batch_factor(problem.n, 2, False)
    # Within the bias of the particles and the noise of 600 steps.
    np.testing.assert_allclose(growth, np.log(operator.contraction(factor, steps)), rtol=0.05, atol=0.004)


def test_only_least_squares():
    with pytest.raises(RateboundError, match="growth is measured on least squares"):
        measured_growth(load("iris"), np.array([0.1]))
