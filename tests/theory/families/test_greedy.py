"""Greedy coordinate descent: runs against a loop that tries all axes, both inequalities at random points."""

import numpy as np
import pytest

from ratebound.experiments.run import simulate
from ratebound.problems.axes import axis_smoothness
from ratebound.problems.constants import certify
from ratebound.problems.library import load
from ratebound.problems.lower import lower
from ratebound.theory import symbols as s
from ratebound.theory.families.greedy import (
    best_above_mean,
    descent_along_best,
    descent_along_steepest,
    steepest_above_mean,
)
from ratebound.theory.letters.coordinates import L_coord, L_coord_sum, d
from ratebound.theory.letters.metric import step_inner


def moved(problem, at, omega):
    """Return the point after the step that looks best, by trying all axes."""
    g, L_j = problem.gradient(at), axis_smoothness(problem)
    steps = [-omega * g[j] / L_j[j] * np.eye(problem.d)[j] for j in range(problem.d)]
    promised = [g @ step + step @ (L_j * step) / 2 for step in steps]
    return at + steps[int(np.argmin(promised))]


def along_steepest(problem, at, omega):
    """Return the point after a step along the axis of the largest slope."""
    g, L_j = problem.gradient(at), axis_smoothness(problem)
    j = max(range(problem.d), key=lambda i: abs(g[i]))
    return at - omega * g[j] / L_j[j] * np.eye(problem.d)[j]


RULES = {"greedy": moved, "gauss_southwell": along_steepest}


@pytest.mark.parametrize("method", RULES)
@pytest.mark.parametrize("backend", ["numpy", "numba"])
@pytest.mark.parametrize(("name", "omega"), [("linnerud", 1.0), ("iris", 0.6), ("diabetes", 1.7)])
def test_a_run_is_that_of_a_loop(name, omega, backend, method):
    problem = load(name)
    points = [problem.x0]
    for _ in range(12):
        points.append(RULES[method](problem, points[-1], omega))
    run = simulate(
        problem, method, omega, steps=12, checkpoints=range(13), backend=backend, measures=("gap_last",)
    )
    np.testing.assert_allclose(
        run.gap_last.values[0, 0], problem.gap(np.array(points)), rtol=1e-8, atol=1e-12
    )


INEQUALITIES = (descent_along_best, best_above_mean, descent_along_steepest, steepest_above_mean)


@pytest.mark.parametrize("inequality", INEQUALITIES, ids=["descent", "best", "steep descent", "steepest"])
@pytest.mark.parametrize("name", ["quadratic_2d", "iris", "diabetes_welsch", "sine_1d"])
def test_the_inequalities_hold_at_random_points(name, inequality):
    problem, rng = load(name), np.random.default_rng(5)
    symbols = sorted(inequality.slack.free_symbols, key=str)
    slack = lower(inequality.slack, symbols)
    for omega in (0.3, 1.0, 1.9):
        for size in (0.1, 3.0):
            at = problem.x0 + size * rng.normal(size=problem.d)
            after = RULES[inequality.about.name](problem, at, omega)
            g = problem.gradient(at)
            values = {
                s.alpha: omega,
                s.delta: problem.value(at),
                s.delta_next: problem.value(after),
                s.move_inner: g @ (after - at),
                s.grad_sq: g @ g,
                step_inner: g @ (at - after) / omega,
                L_coord_sum: certify(problem, "L_coord_sum").value,
                L_coord: certify(problem, "L_coord").value,
                d: problem.d,
            }
            found = float(slack(*(values[each] for each in symbols)))
            assert found >= -1e-12 * (1 + abs(values[s.delta]) + g @ g)
