"""Constants that are certified on a region: no run ever leaves it, and the constant holds along the run."""

import re

import numpy as np
import pytest

from ratebound.experiments.backends.numpy_ import NumpyEngine
from ratebound.experiments.plan import Plan
from ratebound.problems import library
from ratebound.problems.certified import Setting
from ratebound.problems.constants import certify
from ratebound.problems.noise import second_moment_region
from ratebound.theory.methods import METHODS

REPLICAS = 64


def regularised_logistic():
    rng = np.random.default_rng(0)
    A, y = rng.normal(size=(20, 3)), np.repeat([-1.0, 1.0], 10)
    return library.from_arrays(A, y, "logistic", l2=0.2)


PROBLEMS = {
    "logistic": regularised_logistic,
    "breast_cancer": lambda: library.load("breast_cancer"),
    "sine_1d": lambda: library.load("sine_1d"),
    "sine_separable": lambda: library.load("sine_separable"),
    "quadratic_2d": lambda: library.load("quadratic_2d"),
}
SCHEDULES = {
    "small": lambda L, K: np.full(K, 0.25 / L),
    "edge": lambda L, K: np.full(K, 1 / L),
    "decaying": lambda L, K: 1 / (L * np.sqrt(np.arange(1, K + 1))),
}


def radius(constant):
    """Return the radius that the region of a constant states; infinite where it holds everywhere."""
    found = re.search(r"<= ([-+.\de]+|inf), which holds", constant.region)
    return float(found[1]) if found else np.inf


def length(problem, X, name):
    """Return how far points lie out, in the norm of the region."""
    if name.startswith("sine"):
        return np.abs(X).max(-1)
    return np.linalg.norm(X - (problem.x_star if name == "quadratic_2d" else 0), axis=-1)


@pytest.mark.parametrize("name", PROBLEMS)
@pytest.mark.parametrize("schedule", SCHEDULES)
@pytest.mark.parametrize(("batch", "replacement"), [(1, True), (3, False)])
def test_no_replica_leaves_the_region(name, schedule, batch, replacement):
    problem, steps = PROBLEMS[name](), 100
    alphas = SCHEDULES[schedule](certify(problem, "L_max").value, steps)
    setting = Setting(alphas, batch, replacement)
    # Least squares knows its moments along the run; the ball is what problems of many features use.
    if name == "quadratic_2d":
        constant = second_moment_region(problem, setting)
    else:
        constant = certify(problem, "second_moment", setting)
    inside = radius(constant) * (1 + 1e-5)  # the region is stated with six digits
    plan = Plan(
        problem=problem,
        method=METHODS["sgd"],
        alphas=alphas[None],
        weights=None,
        checkpoints=np.array([0]),
        replicas=np.arange(REPLICAS),
        seed=1,
        batch=batch,
        replacement=replacement,
        measures=("gap_last",),
    )
    engine, farthest, largest = NumpyEngine(plan), 0.0, 0.0
    for k in range(steps):
        X = engine.points()[0]
        farthest = max(farthest, float(length(problem, X, name).max()))
        squares = (
            [(problem.component_gradients(x) ** 2).sum(1).mean() for x in X[:4]] if batch == 1 else [0.0]
        )
        largest = max(largest, *map(float, squares))
        engine.advance(k, k + 1)
    assert farthest <= inside
    assert largest <= constant.value
    assert np.isfinite(inside) or problem.l2 == 0
