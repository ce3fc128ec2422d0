"""Lion's box and the steps of Adam: runs against loops, bounds against their worst cases, and refusals."""

from dataclasses import replace

import numpy as np
import pytest
from sympy import Rational, sqrt

from ratebound.experiments.run import simulate
from ratebound.problems.library import load
from ratebound.theory.catalogue import THEOREMS
from ratebound.theory.certificates.signed import kept, ratio_at
from ratebound.theory.errors import RateboundError
from ratebound.theory.letters.box import decay, weight_decay, x0_inf
from ratebound.theory.methods import METHODS
from ratebound.theory.symbols import alpha, beta, gamma, k

LION, ADAM = THEOREMS["lion_box"], THEOREMS["adam_step"]
GIVEN = {"beta": 0.8, "decay": 0.9}


def walked(name, problem, steps, length, more):
    """Return what the measures read, k = 0 .. steps, of runs whose batches are all of the data."""
    x, m, v, found = problem.x0, 0.0, 0.0, []
    moved = 0 * x
    for t in range(1, steps + 2):
        found.append(np.abs(x if name == "lion" else moved).max())
        g, (b1, b2) = problem.gradient(x), GIVEN.values()
        if name == "lion":
            moved = -length * (np.sign(b1 * m + (1 - b1) * g) + more * x)
            m = b2 * m + (1 - b2) * g
        else:
            m, v = b1 * m + (1 - b1) * g, b2 * v + (1 - b2) * g**2
            moved = -length * (m / (1 - b1**t)) / np.sqrt(more**2 + v / (1 - b2**t))
        x = x + moved
    return np.array(found)


@pytest.mark.parametrize(
    ("name", "measure", "parameter"),
    [("lion", "largest_coordinate", "weight_decay"), ("adam", "last_move", "b0")],
    ids=["lion", "adam"],
)
def test_a_run_is_that_of_the_paper(name, measure, parameter):
    problem = load("ridge_plane")
    run = simulate(
        problem, name, 0.05, steps=30, replicas=1, batch=problem.n, replacement=False, measures=[measure],
        parameters={**GIVEN, parameter: 0.3}, checkpoints=range(31),
    )  # fmt: skip
    np.testing.assert_allclose(run[measure].values[0, 0], walked(name, problem, 30, 0.05, 0.3), rtol=1e-9)


def test_no_sequence_of_gradients_makes_a_longer_step_and_one_attains_it():
    rng = np.random.default_rng(1)
    for b1, b2 in ((0.9, 0.999), (0.5, 0.3), (0.2, 0.9)):
        for count in (1, 2, 7, 40):
            limit = float(ADAM.bound.subs({gamma: 1, beta: b1, decay: b2, k: count}))
            ages = np.arange(count)[::-1]
            first = (1 - b1) * b1**ages / (1 - b1**count)
            second = (1 - b2) * b2**ages / (1 - b2**count)

            def length(g, first=first, second=second):
                return np.abs(g @ first) / np.sqrt(g**2 @ second)

            assert length(first / second) == pytest.approx(limit, rel=1e-12)
            assert all(length(rng.standard_cauchy(count)) <= limit * (1 + 1e-12) for _ in range(50))
            assert limit == pytest.approx(1, rel=1e-12) or count > 1


def test_one_gradient_after_zeros_makes_no_longest_step():
    b1, b2, count = 0.9, 0.999, 1000
    limit = float(ADAM.bound.subs({gamma: 1, beta: b1, decay: b2, k: count}))
    alone = (1 - b1) / np.sqrt(1 - b2) * np.sqrt(1 - b2**count) / (1 - b1**count)
    ages = np.arange(count)[::-1]
    g = (b1 / b2) ** ages
    first, second = (1 - b1) * b1**ages @ g / (1 - b1**count), (1 - b2) * b2**ages @ g**2 / (1 - b2**count)
    assert first / np.sqrt(second) == pytest.approx(limit, rel=1e-12)
    assert limit > 2 * alone


def test_the_box_is_filled_by_gradients_of_one_sign():
    x, length, pull = 3.0, 0.05, 0.7
    for j in range(20):
        bound = LION.bound.subs({gamma: length, weight_decay: pull, x0_inf: 3, k: j})
        assert x == pytest.approx(float(bound), rel=1e-12)
        x = (1 - length * pull) * x + length


def test_what_a_step_keeps_of_x():
    assert kept(METHODS["lion"]) == 1 - alpha * weight_decay
    assert kept(METHODS["sign_sgd"]) == 1
    for name in ("sgd", "sign_steepest", "adam"):
        with pytest.raises(RateboundError, match="does not step along signs"):
            kept(METHODS[name])


def test_what_does_not_follow_is_refused():
    for theorem, changes, message in (
        (LION, {"where": (gamma <= 2 / weight_decay,)}, "the factor of x"),
        (LION, {"bound": LION.bound / 2}, "the bound at the start"),
        (LION, {"bound": LION.bound.subs(k, 2 * k)}, "the induction step"),
        (ADAM, {"where": (decay < 1,)}, "the factor of the ratio"),
        (ADAM, {"where": (beta < sqrt(decay),)}, "from the new one"),
        (ADAM, {"bound": gamma * Rational(1, 2) * sqrt(ratio_at(k))}, "is no multiple of"),
        (ADAM, {"bound": ADAM.bound / 2}, "is no multiple of"),
        (ADAM, {"start": 0}, "no step is made"),
        *(
            (each, {"step": -gamma, "bound": each.bound.subs(gamma, -gamma)}, "the step")
            for each in (LION, ADAM)
        ),
    ):
        with pytest.raises(RateboundError, match=message):
            replace(theorem, **changes)
