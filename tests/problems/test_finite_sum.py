import copy
import pickle

import mpmath
import numpy as np
import pytest
from scipy.optimize import check_grad, minimize
from scipy.sparse import csr_array

from ratebound.problems.build import from_arrays, least_squares
from ratebound.problems.composite import penalised
from ratebound.problems.library import load, names
from ratebound.problems.losses import LOSSES


def small(loss, l2=0.2, seed=0, n=12, d=3):
    rng = np.random.default_rng(seed)
    y = rng.normal(size=n)
    if LOSSES[loss].labels == "binary":
        y = np.where(y > 0, 1.0, -1.0)
    return from_arrays(rng.normal(size=(n, d)), y, loss, l2, x0=rng.normal(size=d))


@pytest.mark.parametrize("loss", LOSSES)
def test_gradients(loss):
    problem = small(loss)
    rng = np.random.default_rng(1)
    X = rng.normal(size=(2, 5, 3))
    assert check_grad(problem.value, problem.gradient, X[0, 0]) < 1e-5
    components = np.array([[problem.component_gradients(x) for x in row] for row in X])
    np.testing.assert_allclose(components.mean(2), problem.gradient(X), atol=1e-14)
    np.testing.assert_allclose(problem.grad_norm_sq(X), (problem.gradient(X) ** 2).sum(-1))
    idx = rng.integers(0, problem.n, size=(5, 3))
    expected = np.stack([[components[a, r, idx[r]].mean(0) for r in range(5)] for a in range(2)])
    np.testing.assert_allclose(problem.batch_gradient(X, idx), expected, atol=1e-14)


@pytest.mark.parametrize(
    "name", ["diabetes", "linnerud_ridge", "breast_cancer", "wine", "iris", "rank_deficient", "sine_1d"]
)
def test_minimum_against_scipy(name):
    problem = load(name)
    found = minimize(problem.value, problem.x0, jac=problem.gradient, method="BFGS", options={"gtol": 1e-9})
    start = problem.x_star if name == "sine_1d" else found.x
    assert problem.f_star == pytest.approx(float(problem.value(start)), abs=1e-9)
    if name != "sine_1d":
        assert found.fun >= problem.f_star - 1e-14
        assert np.linalg.norm(found.x - problem.x_star) < 1e-3


def test_gap_of_logistic_near_the_minimum_in_high_precision():
    problem = small("logistic")
    for size in (1e-7, 1e-3, 0.3, 3.0):
        x = problem.x_star + size * np.array([0.5, -1.0, 0.25])
        with mpmath.workdps(60):
            values = []
            for point in (x, problem.x_star):
                f = mpmath.mpf(0)
                for row, label in zip(problem.A, problem.y, strict=True):
                    margin = sum(mpmath.mpf(a) * mpmath.mpf(b) for a, b in zip(row, point, strict=True))
                    f += mpmath.log1p(mpmath.exp(-label * margin)) / problem.n
                f += mpmath.mpf(problem.l2) / 2 * sum(mpmath.mpf(b) ** 2 for b in point)
                values.append(f)
            exact = float(values[0] - values[1])
        assert abs(float(problem.gap(x)) - exact) <= 1e-8 * exact + problem.value_floor
        assert float(problem.gap(x)) == pytest.approx(exact, rel=1e-8)


def test_gap_of_the_huber_loss_where_samples_turn_linear():
    problem = small("huber", n=400)
    direction = np.array([0.5, -1.0, 0.25])
    far = problem.x_star + np.array([0.2, 0.1, 0.05])[:, None] * direction
    linear = np.abs(far @ problem.A.T - problem.y) > 1
    assert (linear != (np.abs(problem.A @ problem.x_star - problem.y) > 1)).any(1).all()
    # Away from the minimum a difference loses few digits.
    difference = problem.value(far) - problem.value(problem.x_star)
    np.testing.assert_allclose(problem.gap(far), difference, rtol=0, atol=1e-14)


def test_gap_of_least_squares_is_free_of_cancellation():
    problem = load("diabetes")
    e = 1e-9 * np.ones(problem.d)
    assert float(problem.gap(problem.x_star + e)) == pytest.approx(float(e @ problem.H @ e) / 2, rel=1e-6)
    assert float(problem.gap(problem.x0)) == pytest.approx(float(problem.value(problem.x0)) - problem.f_star)


def test_rank_deficient_minimiser_is_the_nearest_one():
    problem = load("rank_deficient")
    # x0 - x* is orthogonal to the null space.
    null = np.linalg.svd(problem.A)[2][4:]
    np.testing.assert_allclose(null @ (problem.x0 - problem.x_star), 0, atol=1e-12)
    assert np.linalg.norm(problem.gradient(problem.x_star)) < 1e-12


@pytest.mark.parametrize("name", names())
def test_floor_and_start(name):
    problem = load(name)
    assert 0 <= problem.value_floor < 1e-13
    assert float(problem.gap(problem.x0)) > 1e-3
    assert float(problem.gap(problem.x0)) == pytest.approx(float(problem.value(problem.x0)) - problem.f_star)
    if problem.x_star is not None:
        assert abs(float(problem.gap(problem.x_star))) <= problem.value_floor + 1e-16


def test_gradient_descent_stalls_below_the_floor():
    # The floor promises an accuracy: a converged run in double precision must reach it.
    for name in ("linnerud", "iris", "quadratic_2d", "sine_1d", "sine_separable"):
        problem = load(name)
        bend = float(problem.loss.curvature[1])
        L = bend * np.linalg.eigvalsh(problem.A.T @ problem.A / problem.n)[-1] + problem.l2
        x = problem.x0
        for _ in range(4000):
            x = x - problem.gradient(x) / L
        assert float(problem.gap(x)) <= problem.value_floor


def test_divergent_points_are_silent():
    for loss in LOSSES:
        problem = small(loss)
        X = np.array([[1e300, -1e300, 1e300], [np.inf, 0.0, 0.0]])
        for function in (problem.value, problem.gap, problem.grad_norm_sq):
            function(X)
        problem.batch_gradient(X, np.zeros((2, 1), dtype=int))


def test_data_cannot_be_changed_through_views_made_before():
    A = np.eye(2)
    view = A[:]
    A.flags.writeable = False
    problem = least_squares(A, [1.0, 1.0])
    view[0, 0] = 99
    assert problem.A[0, 0] == 1


@pytest.mark.parametrize("copied", [copy.copy, copy.deepcopy, lambda p: pickle.loads(pickle.dumps(p))])
def test_copies_are_read_only_too(copied):
    sums = least_squares([[1.0, 0.0], [0.0, 2.0]], [1.0, 1.0], x0=[1.0, 1.0])
    for problem in (sums, penalised(sums, 0.1), from_arrays(csr_array(sums.A), sums.y, "logistic", 0.1)):
        other = copied(problem)
        assert type(other) is type(problem) and other.l1 == problem.l1 and other.loss == problem.loss
        for part in (other.A.data if other.sparse else other.A[0], other.y, other.x0):
            with pytest.raises(ValueError, match="read-only"):
                part[0] = 5.0
