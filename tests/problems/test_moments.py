"""The moment recursion against the enumeration of all index paths."""

import itertools

import numpy as np
import pytest

from ratebound.problems import gradient_law
from ratebound.problems.build import least_squares, logistic
from ratebound.problems.library import load
from ratebound.problems.moments import MomentRecursion
from ratebound.theory.errors import RateboundError


def batches(n, batch, replacement):
    if replacement:
        return np.array(list(itertools.product(range(n), repeat=batch)))
    return np.array(list(itertools.combinations(range(n), batch)))


def check(problem, batch, replacement, steps):
    rec = MomentRecursion(problem, batch, replacement, track_average=True)
    drawn = batches(problem.n, batch, replacement)
    X, total, weights = problem.x0[None], np.zeros((1, problem.d)), 0.0
    for k in range(steps):
        residuals = X @ problem.A.T - problem.y
        single = residuals[:, :, None] * problem.A + problem.l2 * X[:, None, :]
        G = single[:, drawn].mean(2)
        assert rec.gap == pytest.approx(problem.gap(X).mean(), rel=1e-12)
        assert rec.distance_sq == pytest.approx(problem.distance_sq(X).mean(), rel=1e-12)
        assert rec.grad_norm_sq == pytest.approx(problem.grad_norm_sq(X).mean(), rel=1e-12)
        assert rec.second_moment == pytest.approx((G**2).sum(-1).mean(), rel=1e-12)
        alpha, weight = 0.4 / (k + 1), 1.0 + k
        total = np.repeat(total + weight * X, len(drawn), axis=0)
        weights += weight
        X = (X[:, None, :] - alpha * G).reshape(-1, problem.d)
        rec.step(alpha, weight)
        assert rec.weight_sum == weights
        assert rec.gap_average == pytest.approx(problem.gap(total / weights).mean(), rel=1e-12)


@pytest.mark.parametrize("l2", [0.0, 0.3])
@pytest.mark.parametrize(
    ("batch", "replacement", "steps"), [(1, True, 6), (2, False, 5), (2, True, 3), (4, False, 5)]
)
@pytest.mark.parametrize("dense", [True, False])
def test_recursion_equals_enumeration(monkeypatch, l2, batch, replacement, steps, dense):
    monkeypatch.setattr(gradient_law, "_DENSE_LIMIT", 2500 if dense else 0)
    small = load("quadratic_2d")
    check(least_squares(small.A, small.y, l2, x0=small.x0), batch, replacement, steps)


def test_singular_problem():
    check(least_squares([[1.0, 2.0], [2.0, 4.0], [0.0, 0.0]], [1.0, -1.0, 2.0], x0=[3.0, 1.0]), 1, True, 5)


def test_one_sample():
    check(least_squares([[1.0, -1.0]], [2.0], 0.1), 1, False, 4)


def test_overflow_reads_infinite_in_silence():
    rec = MomentRecursion(load("diabetes"), track_average=True)
    for _ in range(400):
        rec.step(1e10)
    assert {rec.gap, rec.distance_sq, rec.grad_norm_sq, rec.second_moment, rec.gap_average} == {np.inf}


def test_refusals():
    with pytest.raises(RateboundError, match="not least squares"):
        MomentRecursion(logistic([[1.0]], [1.0], 0.1))
    problem = load("quadratic_2d")
    with pytest.raises(RateboundError, match="exceeds n = 4"):
        MomentRecursion(problem, 5, False)
    rec = MomentRecursion(problem, track_average=True)
    with pytest.raises(RateboundError, match="before the first step"):
        _ = rec.gap_average
    with pytest.raises(RateboundError, match="track_average"):
        _ = MomentRecursion(problem).gap_average
