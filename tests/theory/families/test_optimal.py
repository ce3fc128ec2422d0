"""OGM with a last step and the information exact method: certificates, published recursions, worst cases."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from ratebound.experiments.run import simulate
from ratebound.problems.build import least_squares
from ratebound.problems.library import load
from ratebound.problems.lower import lower
from ratebound.theory.catalogue import THEOREMS
from ratebound.theory.errors import RateboundError
from ratebound.theory.methods import METHODS
from ratebound.theory.symbols import D, L, k, mu

LAST, ITEM = THEOREMS["ogm_last_convex"], THEOREMS["item_distance"]


def curve(problem, method, measure, steps):
    top = np.linalg.eigvalsh(problem.H)[-1]
    run = simulate(problem, method, 1 / top, steps=steps, measures=(measure,), checkpoints=range(steps + 1))
    return run[measure].values[0, 0]


def weights(q, steps):
    """The published recursion of A_k (Taylor and Drori 2023), from A_0 = 0."""
    A = [0.0]
    for _ in range(steps):
        A.append(((1 + q) * A[-1] + 2 * (1 + np.sqrt((1 + A[-1]) * (1 + q * A[-1])))) / (1 - q) ** 2)
    return A


def test_the_information_exact_method_is_the_published_recursion():
    problem, steps = load("ridge_plane"), 8
    low, high = np.linalg.eigvalsh(problem.H)[[0, -1]]
    q, x, z = low / high, problem.x0, problem.x0
    A, expected = weights(low / high, steps), [problem.distance_sq(problem.x0)]
    for now, after in pairwise(A):
        beta = now / ((1 - q) * after)
        delta = ((1 - q) ** 2 * after - (1 + q) * now) / (2 * (1 + q + q * now))
        y = (1 - beta) * z + beta * x
        slope = problem.gradient(y)
        x, z = y - slope / high, (1 - q * delta) * z + q * delta * y - delta / high * slope
        expected.append(problem.distance_sq(z))
    np.testing.assert_allclose(curve(problem, "item", "distance_sq", steps), expected, rtol=1e-6)


@pytest.mark.parametrize("q", [0.01, 0.3])
def test_its_worst_case_is_met_on_a_parabola_and_below_the_closed_form(q):
    """The parabola of curvature mu, of a class that goes up to L."""
    problem = least_squares(np.diag([np.sqrt(2 * q), np.sqrt(2.0)]), np.zeros(2), x0=np.array([1.0, 0.0]))
    found = curve(problem, "item", "distance_sq", 9)
    bound = lower(ITEM.bound, (k, D, L, mu))
    for j, A in enumerate(weights(q, 9)):
        assert found[j] == pytest.approx(1 / (1 + q * A), rel=1e-6)
        assert j == 0 or found[j] <= float(bound(j, 1.0, 1.0, q)) * (1 + 1e-9)


def test_one_step_of_a_last_step_by_hand():
    line = least_squares(np.ones((1, 1)), np.zeros(1), x0=np.ones(1))
    found = curve(line, "ogm_last", "gap_last", 1)
    # x_1 = x_0 - (1 + 1/theta) grad f(x_0)/L; after one step the theta of Kim and Fessler is 2, ours 1.914.
    assert found[1] == pytest.approx((1 / (np.sqrt(2) + 0.5)) ** 2 / 2)


@pytest.mark.parametrize(
    ("theorem", "change", "says"),
    [
        (ITEM, {"bound": ITEM.bound / 2}, "the bound against the potential"),
        (ITEM, {"step": 1 / (2 * L)}, "the step is 1/L"),
        (ITEM, {"method": METHODS["triple_momentum"]}, "states x, w and share"),
        (ITEM, {"assumptions": ITEM.assumptions[:1]}, "assume both"),
        (
            ITEM,
            {"method": replace(ITEM.method, update={**ITEM.method.update, "x": ITEM.method.point})},
            "does not close",
        ),
        (LAST, {"bound": LAST.bound * 99 / 100}, "the bound against the potential"),
        (LAST, {"method": METHODS["ogm"]}, "are not x and z of ogm"),
        (LAST, {"step": 1 / (2 * L)}, "another step"),
        (
            LAST,
            {"certificate": replace(LAST.certificate, theta=LAST.certificate.theta + 1)},
            "is not w",
        ),
        (LAST, {"certificate": replace(LAST.certificate, of=THEOREMS["nesterov_convex"])}, "another step"),
    ],
)
def test_what_is_not_shown_is_refused(theorem, change, says):
    with pytest.raises(RateboundError, match=says):
        replace(theorem, **change)


def test_a_longer_last_step_than_the_potential_pays_for_is_refused():
    proof = LAST.certificate
    longer = replace(proof, theta=proof.theta + 1)
    ahead = METHODS["ogm_last"].update
    moved = ahead["w"] + (ahead["z"] - ahead["w"]) / longer.theta.subs(k, k + 1)
    method = replace(METHODS["ogm_last"], update={**ahead, "x": moved})
    with pytest.raises(RateboundError, match="multiplier"):
        replace(LAST, method=method, certificate=longer, bound=LAST.bound / 2)
