"""Runs that stay near each other: over all index paths, where the bound is met, and what is refused."""

from dataclasses import replace
from itertools import product

import numpy as np
import pytest
from sympy import Integer

from ratebound.problems.build import least_squares
from ratebound.problems.certified import Setting
from ratebound.problems.constants import certify
from ratebound.problems.library import load
from ratebound.problems.lower import lower
from ratebound.theory.errors import RateboundError
from ratebound.theory.methods import gd, sgd
from ratebound.theory.nearby import NEARBY, frozen
from ratebound.theory.symbols import L_max, alpha, k, second_moment

RULE = NEARBY["linear_scaling"]


def distances(problem, step, steps):
    """Root mean squares over all index paths: of x_k - x_0, and of x_k less the point of one large step."""
    apart, away = [], []
    at_start = problem.component_gradients(problem.x0)
    for path in product(range(problem.n), repeat=steps):
        x = problem.x0
        for i in path:
            x = x - step * problem.component_gradients(x)[i]
        large = problem.x0 - steps * step * at_start[list(path)].mean(0)
        apart.append(((x - large) ** 2).sum())
        away.append(((x - problem.x0) ** 2).sum())
    return np.sqrt(np.mean(away)), np.sqrt(np.mean(apart))


def bounds(problem, step, steps):
    noise = certify(problem, "second_moment", Setting(np.full(steps, step))).value
    values = {alpha: step, L_max: certify(problem, "L_max").value, second_moment: noise, k: steps}
    return [float(lower(bound, tuple(values))(*values.values())) for bound in (RULE.reach, RULE.gap)]


@pytest.mark.parametrize("name", ["quadratic_2d", "ridge_plane", "logistic_plane", "sine_1d"])
@pytest.mark.parametrize(("share", "steps"), [(0.05, 3), (0.8, 3), (3.0, 2)])
def test_all_paths_stay_as_near_as_the_bound_says(name, share, steps):
    problem = load(name)
    step = share / certify(problem, "L_max").value
    for measured, bound in zip(distances(problem, step, steps), bounds(problem, step, steps), strict=True):
        assert 0 < measured <= bound


def test_short_steps_on_a_line_meet_the_bound():
    problem = least_squares([[2.0]], [0.0], x0=[1.0])
    reached, apart = (
        measured / bound
        for measured, bound in zip(distances(problem, 1e-5, 6), bounds(problem, 1e-5, 6), strict=True)
    )
    assert 0.999 < reached <= 1 and 0.999 < apart <= 1


def test_one_step_is_the_same_step():
    assert RULE.gap.subs(k, 1) == 0
    # The gap is a small part of what the large step moves, as long as alpha L_max (k - 1)/2 is.
    assert (RULE.gap / RULE.reach - alpha * L_max * (k - 1) / 2).simplify() == 0


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"gap": RULE.gap / 2}, "a step adds .* to the gap"),
        ({"reach": RULE.reach / 2, "gap": RULE.gap / 2}, "a step adds .* to the reach"),
        ({"gap": RULE.gap + alpha}, "starts at alpha"),
        ({"step": alpha / (k + 1)}, "to the reach"),
        ({"second": sgd}, "at x_0"),
        ({"first": gd}, "the other those of batches"),
        ({"step": -alpha, "reach": -RULE.reach}, "may be negative"),
        ({"first": frozen}, "where it is"),
        ({"first": replace(sgd, update={"x": Integer(0) * k})}, "does not step along"),
    ],
)
def test_what_does_not_follow_is_refused(change, message):
    with pytest.raises(RateboundError, match=f"linear_scaling: .*{message}"):
        replace(RULE, **change)
