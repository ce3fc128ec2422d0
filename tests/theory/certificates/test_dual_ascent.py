"""SDCA against its textbook, in one variable per sample, and the rise of the dual against every sample."""

from dataclasses import replace
from itertools import product

import numpy as np
import pytest
from scipy.special import expit, xlogy
from sympy import Symbol

from ratebound.experiments.applicability import prepare
from ratebound.experiments.backends.numpy_ import NumpyEngine
from ratebound.experiments.sampling import indices
from ratebound.problems.build import least_squares, logistic
from ratebound.problems.constants import certify
from ratebound.theory.catalogue import THEOREMS
from ratebound.theory.errors import RateboundError
from ratebound.theory.methods import METHODS
from ratebound.theory.symbols import L_max, mu_min, n, omega

A = np.array([[1.0, 0.5], [-0.5, 1.5], [2.0, 0.1]])
X0, L2 = np.array([1.0, -2.0]), 0.2
LABELS = np.array([1.0, -1.0, 1.0])
SIZE = len(A)


class Squares:
    """The squared loss: alpha maximises the dual in one variable in closed form."""

    problem = least_squares(A, LABELS, L2, x0=X0)

    def slope(self, z):
        return z - LABELS

    def conjugate(self, duals):
        return duals**2 / 2 - duals * LABELS

    def moved(self, duals, i, part):
        z = A[i] @ (A.T @ duals) / (L2 * SIZE)
        return part * (LABELS[i] - z - duals[i]) / (1 + A[i] @ A[i] / (L2 * SIZE))


class Logistic:
    """The logistic loss, 1/4-smooth: a share of the way to minus its slope."""

    problem = logistic(A, LABELS, L2, x0=X0)

    def slope(self, z):
        return -LABELS * expit(-LABELS * z)

    def conjugate(self, duals):
        p = duals * LABELS
        return xlogy(p, p) + xlogy(1 - p, 1 - p)

    def moved(self, duals, i, part):
        z = A @ (A.T @ duals) / (L2 * SIZE)
        share = 4 * L2 * SIZE / (A[i] @ A[i] + 4 * L2 * SIZE)
        return part * share * (-self.slope(z)[i] - duals[i])


CASES = pytest.mark.parametrize("loss", [Squares(), Logistic()], ids=["squares", "logistic"])


def primal(loss, duals):
    return A.T @ duals / (L2 * SIZE)


def dual_value(loss, duals):
    """The dual function in the variables of the textbook: b_i is minus alpha_i a_i."""
    return -loss.conjugate(duals).mean() - L2 / 2 * (primal(loss, duals) ** 2).sum()


@CASES
@pytest.mark.parametrize("part", [1.0, 0.4])
def test_the_method_is_the_textbook_in_one_variable_per_sample(loss, part):
    trial = prepare(THEOREMS["sdca_sc"], loss.problem, steps=6, parameters={"omega": part})
    plan = trial.plan(np.arange(7), 0, 3, 5, "distance_sq")
    engine = NumpyEngine(plan)
    drawn = indices(5, plan.replicas, np.arange(6), SIZE, 1, True)
    duals = np.array([-loss.slope(A @ X0)] * 3)
    for k in range(6):
        engine.advance(k, k + 1)
        for r in range(3):
            i = drawn[k, r, 0]
            duals[r, i] += loss.moved(duals[r], i, part)
        np.testing.assert_allclose(engine.points()[0], [primal(loss, each) for each in duals], rtol=1e-10)


@CASES
@pytest.mark.parametrize("part", [1.0, 0.4])
def test_the_dual_rises_as_said_at_every_state_of_short_paths(loss, part):
    problem = loss.problem
    q = part * L2 / (certify(problem, "L_max").value + (SIZE - 1) * L2)
    least = float(problem.value(problem.x_star))
    first = -loss.slope(A @ X0)
    slope = problem.grad_norm_sq(X0)
    assert least - dual_value(loss, first) <= slope / (2 * L2)
    # D is the lower bound of f that strong convexity gives at x_0.
    assert dual_value(loss, first) == pytest.approx(float(problem.value(X0)) - slope / (2 * L2), rel=1e-12)
    for path in product(range(SIZE), repeat=4):
        duals = first.copy()
        for i in path:
            moves = [loss.moved(duals, j, part) for j in range(SIZE)]
            after = [dual_value(loss, duals + m * (np.arange(SIZE) == j)) for j, m in enumerate(moves)]
            now, x = dual_value(loss, duals), primal(loss, duals)
            assert np.mean(after) - now >= q * (float(problem.value(x)) - now) - 1e-12
            assert L2 / 2 * problem.distance_sq(x) <= least - now + 1e-12
            duals[i] += moves[i]


def test_the_closed_form_maximises_the_dual_in_one_variable():
    loss, duals = Squares(), np.array([0.3, -0.2, 0.9])
    for i in range(SIZE):
        along = np.arange(SIZE) == i
        best = loss.moved(duals, i, 1.0)
        at, near, far = (dual_value(loss, duals + (best + e) * along) for e in (0.0, 1e-4, -1e-4))
        assert at > near and at > far and near == pytest.approx(far, abs=1e-12)


def test_what_does_not_follow_is_refused():
    theorem, gap = THEOREMS["sdca_sc"], THEOREMS["sdca_gap"]
    v, w = (Symbol(name, real=True) for name in "vw")
    for other in (
        METHODS["saga"],
        METHODS["sdca_dual_free"],
        replace(theorem.method, point=w - v / (2 * mu_min)),
        replace(theorem.method, draws=replace(theorem.method.draws, first="zeros")),
    ):
        with pytest.raises(RateboundError, match="does not move the dual vector of a sample"):
            replace(theorem, method=other, where=(omega <= 1,))
    for statement, change, reason in (
        (theorem, {"where": (omega <= 2,)}, "is not proved to be >= 0; narrow the range"),
        (theorem, {"bound": theorem.bound / 2}, "the bound at the start"),
        (theorem, {"bound": theorem.bound.subs(L_max, L_max / 2)}, "no multiple of the power"),
        (theorem, {"assumptions": theorem.assumptions[:1]}, "strongly_convex_components"),
        (gap, {"start": 0 * n}, "start at k = 1"),
    ):
        with pytest.raises(RateboundError, match=reason):
            replace(statement, **change)
