"""Updates that read numbers of the whole vector: Polyak's step and the exact line search."""

import numpy as np
import pytest

from ratebound.experiments.run import simulate
from ratebound.problems.build import least_squares
from ratebound.problems.library import load
from ratebound.theory.errors import RateboundError
from ratebound.theory.method import Method, g, x
from ratebound.theory.symbols import alpha, grad_sq


def last(problem, method, steps, measure="gap_last", **options):
    run = simulate(problem, method, 1.0, steps=steps, measures=(measure,), **options)
    return float(run[measure].values[0, 0, -1])


@pytest.mark.parametrize("backend", ["numpy", "numba"])
def test_polyaks_step_is_the_gap_over_the_squared_gradient(backend):
    problem = load("iris")
    at = problem.x0
    for _ in range(5):
        slope = problem.gradient(at)
        at = at - problem.gap(at) / (slope @ slope) * slope
    assert last(problem, "polyak", 5, backend=backend) == pytest.approx(problem.gap(at), rel=1e-9)


@pytest.mark.parametrize("backend", ["numpy", "numba"])
def test_the_exact_line_search_is_the_best_step(backend):
    problem = load("linnerud")
    slope = problem.gradient(problem.x0)
    found = last(problem, "steepest", 1, backend=backend)
    steps = np.linspace(0, 4, 4001)[:, None] * (slope @ slope) / (slope @ problem.H @ slope)
    along = problem.gap(problem.x0 - steps * slope)
    assert found <= along.min() * (1 + 1e-12) and found == pytest.approx(along.min(), rel=1e-5)


def test_at_the_minimum_nothing_moves():
    resting = least_squares(np.eye(2), np.zeros(2), x0=np.zeros(2))
    for method in ("polyak", "steepest"):
        assert last(resting, method, 3, "distance_sq") == 0


def test_batches_know_no_numbers_of_f():
    with pytest.raises(RateboundError, match="which batches do not know"):
        Method("wrong", "Normalised SGD", {"x": x - alpha * g / grad_sq}, "batch")
