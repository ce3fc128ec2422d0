"""What a step along a drawn axis does, against sums over the axes; and what its theorems cannot be."""

from dataclasses import replace

import numpy as np
import pytest
from sympy import Integer

from ratebound.problems.axes import axis_smoothness
from ratebound.problems.library import load
from ratebound.theory import symbols as s
from ratebound.theory.catalogue import THEOREMS
from ratebound.theory.certificates.recursion import Recursion
from ratebound.theory.draws import Draws, L_i, L_j
from ratebound.theory.errors import RateboundError
from ratebound.theory.inequalities.coordinatewise import axis_step, descent_along_axis
from ratebound.theory.letters import coordinates as c
from ratebound.theory.method import Method, g, x
from ratebound.theory.methods import gd, rcd, rcd_lipschitz


@pytest.mark.parametrize(("method", "power"), [(rcd, 0), (rcd_lipschitz, 1)])
def test_expectations_are_sums_over_the_axes(method, power):
    problem, omega = load("linnerud"), 1.3
    L = axis_smoothness(problem)
    chances = L**power / (L**power).sum()
    point = problem.x0 + np.arange(problem.d)
    full, away = problem.gradient(point), point - problem.x_star
    moves = np.diag(-omega * full / L)
    measured = {
        s.move_inner: chances @ (moves @ full),
        s.move_sq: chances @ (moves**2).sum(1),
        c.move_scaled_sq: chances @ (moves**2 @ L),
        s.d2_next: chances @ ((away + moves) ** 2).sum(1),
        c.d2_scaled_next: chances @ ((away + moves) ** 2 @ L),
    }
    values = {
        s.alpha: omega, c.d: problem.d, c.L_coord_sum: L.sum(), s.descent: full @ away,
        s.grad_sq: full @ full, c.grad_scaled_sq: (full**2 / L).sum(), s.d2: away @ away,
        c.d2_scaled: away**2 @ L,
    }  # fmt: skip
    found = axis_step(method)
    assert {s.move_inner, c.move_scaled_sq} <= set(found)
    assert (c.d2_scaled_next in found, s.d2_next in found) == (power == 0, power == 1)
    for quantity, expr in found.items():
        assert float(expr.subs(values)) == pytest.approx(measured[quantity], rel=1e-9), quantity


def test_other_steps_have_no_expansion():
    squared = Method("squared", "", {"x": x - s.alpha * g**2}, "batch", draws=Draws(axis=Integer(1)))
    unknown = Method("unknown", "", {"x": x - s.alpha * g}, "batch", draws=Draws(axis=L_j**2))
    for method in (squared, unknown, gd):
        with pytest.raises(RateboundError, match="no step along one axis"):
            axis_step(method)


def test_an_axis_is_all_that_is_drawn():
    for draws in ({"weight": L_i}, {"coin": 1 / s.n}, {"table": "t"}):
        with pytest.raises(RateboundError, match="draws nothing else"):
            Draws(axis=Integer(1), **draws)


def test_the_descent_along_an_axis_proves_nothing_about_full_gradients():
    with pytest.raises(RateboundError, match="about an estimate along one axis"):
        replace(
            THEOREMS["gd_pl"],
            assumptions=THEOREMS["rcd_pl"].assumptions,
            certificate=Recursion(Integer(1), Integer(0), by={descent_along_axis: Integer(1)}),
        )


@pytest.mark.parametrize("name", ["rcd_pl", "rcd_lipschitz_pl"])
def test_the_linear_rate_is_attained(name):
    """H = 1: a step with omega = 1 puts the drawn coordinate to rest, the mean gap falls by 1 - 1/d."""
    from ratebound.experiments.verify import verify
    from ratebound.problems.build import least_squares

    problem = least_squares(np.sqrt(3) * np.eye(3), np.zeros(3), x0=np.array([1.0, -2.0, 0.5]))
    verdict = verify(name, problem, steps=30, replicas=0)
    assert verdict.holds and verdict.evidence == "exact"
    assert verdict.curves["exact"][-1] == pytest.approx(verdict.curves["bound"][-1], rel=1e-9)
