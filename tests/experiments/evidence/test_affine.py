"""Exact moments of methods with draws against every index and coin of textbook loops, written out by hand."""

from itertools import product

import numpy as np
import pytest
from sympy import Integer, Rational

from ratebound.experiments.evidence.affine import available
from ratebound.experiments.evidence.enumerate import enumerate_paths
from ratebound.experiments.evidence.exact import exact_curves
from ratebound.experiments.verify import verify
from ratebound.problems.build import least_squares
from ratebound.problems.constants import certify
from ratebound.problems.library import load
from ratebound.theory.methods import METHODS
from ratebound.theory.symbols import beta, epoch, prob, radius

STEPS, EPOCH, PROB, RADIUS, KEPT = 3, 2, 0.2, 0.1, 0.75
ALPHAS = 0.3 / np.arange(1, STEPS + 1)
WEIGHTS = np.array([1.0, 2.0, 0.5])
DRAWN = [
    name
    for name, method in METHODS.items()
    if method.draws is not None and not method.draws.values and not method.draws.length
]
VALUES = {epoch: Integer(EPOCH), prob: Rational(1, 5), radius: Rational(1, 10), beta: Rational(3, 4)}
METHODS_AT = {name: METHODS[name].at(VALUES) for name in DRAWN}
LINEAR = [name for name in DRAWN if not name.startswith("prox_")]
COINED = ("lsvrg", "page", "katyusha")
WALKED = [name for name in DRAWN if METHODS[name].draws.evenly]


def problem(l2=0.3):
    A = np.array([[1.0, 0.5], [-0.5, 1.5], [2.0, 0.1]])
    return least_squares(A, [1.0, -1.0, 0.5], l2, x0=np.array([1.0, -2.0]))


class _Loop:
    """Gradients of components, one by one, and textbook steps: each takes a state, an index and a coin."""

    def __init__(self, given):
        self.p = given
        smooth = (given.A**2).sum(1) + given.l2
        self.chances = {
            "sgd_importance": smooth / smooth.sum(),
            "sgd_partial": (smooth + smooth.mean()) / (2 * smooth.sum()),
        }
        self.steepest = smooth.max()
        self.flattest = np.linalg.eigvalsh(given.A.T @ given.A / given.n)[0] + given.l2
        self.axes = (given.A**2).mean(0) + given.l2
        self.of_axes = {"rcd": np.full(given.d, 1 / given.d), "rcd_lipschitz": self.axes / self.axes.sum()}

    def g(self, i, x):
        return (self.p.A[i] @ x - self.p.y[i]) * self.p.A[i] + self.p.l2 * x

    def full(self, x):
        return sum(self.g(i, x) for i in range(self.p.n)) / self.p.n

    def start(self, name):
        x = self.p.x0
        if name == "saga":
            return x, tuple(self.g(i, x) for i in range(self.p.n))
        if name in ("sag", "sdca_dual_free"):
            return x, (0 * x,) * self.p.n
        if name == "sag_centred":
            return x, tuple(self.g(i, x) - self.full(x) for i in range(self.p.n))
        if name in ("svrg_epochs", "svrg_drawn"):
            return x, (x,)
        if name == "sarah_drawn":
            return x, ((x,), self.full(x))
        if name in ("svrg_last", "sarah_last"):
            return x, (x if name == "svrg_last" else self.full(x), EPOCH)
        if name == "sdca":
            return x, tuple(self.p.y - self.p.A @ x)
        if name == "katyusha":
            return x, (x, x)
        return x, (x if name in ("lsvrg", "svrg") else self.full(x))

    def step(self, name, state, i, coin, alpha):
        x, other = state
        if name in self.of_axes:
            moved = x.copy()
            moved[i] -= alpha * self.full(x)[i] / self.axes[i]
            return moved, other
        if name in ("newton_model", "newton_doubling"):
            return x - alpha * self.g(i, x), other  # The model is f itself.
        if name == "sam_sgd":
            return x - alpha * self.g(i, x + RADIUS * self.g(i, x)), other
        if name in self.chances:
            return x - alpha * self.g(i, x) / (self.p.n * self.chances[name][i]), other
        if name in ("saga", "sag", "sag_centred"):
            fresh = self.g(i, x)
            mean = sum(other) / self.p.n
            change = fresh - other[i]
            table = tuple(fresh if j == i else old for j, old in enumerate(other))
            return x - alpha * (mean + change * (1 if name == "saga" else 1 / self.p.n)), table
        if name == "sdca_dual_free":
            # Pseudo-duals a_i with the mean lam x, here moved by lam x_0, which is where they start.
            lam = self.p.l2
            duals = [lam * self.p.x0 - t for t in other]
            away = (self.p.A[i] @ x - self.p.y[i]) * self.p.A[i] + duals[i]
            duals[i] = duals[i] - alpha * lam * self.p.n * away
            np.testing.assert_allclose(sum(duals) / self.p.n, lam * (x - alpha * away))
            return x - alpha * away, tuple(lam * self.p.x0 - a for a in duals)
        if name in ("lsvrg", "svrg"):
            v = self.g(i, x) - self.g(i, other) + self.full(other)
            return x - alpha * v, (x if coin else other)
        if name == "sdca":
            # The closed form for the squared loss: one variable per sample, shortened by the step.
            scale, duals = self.p.l2 * self.p.n, np.array(other)
            away = self.p.y[i] - self.p.A[i] @ (self.p.A.T @ duals) / scale - duals[i]
            duals[i] += alpha * away / (1 + self.p.A[i] @ self.p.A[i] / scale)
            return self.p.A.T @ duals / scale, tuple(duals)
        if name in ("svrg_epochs", "svrg_drawn"):
            # The points of the present epoch; x is their mean, or one of them, once there are EPOCH.
            if len(other) == EPOCH:
                x = other[coin] if name == "svrg_drawn" else sum(other) / EPOCH
                return x, (x,)
            v = self.g(i, other[-1]) - self.g(i, x) + self.full(x)
            return x, (*other, other[-1] - alpha * v)
        if name in ("svrg_last", "sarah_last"):
            # What an epoch keeps, and the steps that are left of it.
            kept, left = other
            v = self.g(i, x) - self.g(i, kept) + self.full(kept) if name == "svrg_last" else kept
            after = x - alpha * v
            if left == 1:
                return after, (after if name == "svrg_last" else self.full(after), EPOCH)
            return after, (kept if name == "svrg_last" else v + self.g(i, after) - self.g(i, x), left - 1)
        if name == "sarah_drawn":
            points, v = other
            if len(points) == EPOCH:
                x = points[coin]
                return x, ((x,), self.full(x))
            after = points[-1] - alpha * v
            return x, ((*points, after), v + self.g(i, after) - self.g(i, points[-1]))
        if name == "katyusha":
            z, w = other
            theta = min(0.5, 1 / (3 * self.steepest * alpha))
            y = theta * z + w / 2 + (0.5 - theta) * x
            v = self.g(i, y) - self.g(i, w) + self.full(w)
            ahead = (alpha * self.flattest * y + z - alpha * v) / (1 + alpha * self.flattest)
            return y + theta * (ahead - z), (ahead, x if coin else w)
        after = x - alpha * other
        if name == "storm":
            return after, self.g(i, after) + KEPT * (other - self.g(i, x))
        if coin and name == "page":
            return after, self.full(after)
        return after, other + self.g(i, after) - self.g(i, x)

    def expectations(self, name):
        n = self.p.n
        coins = {
            **dict.fromkeys(COINED, (0, 1)),
            # The number of the point of an epoch at which the next one starts; only its end reads it.
            **dict.fromkeys(("svrg_drawn", "sarah_drawn"), range(EPOCH)),
        }.get(name, (0,))
        fall = {0: 1 - PROB, 1: PROB} if name in COINED else dict.fromkeys(coins, 1 / len(coins))
        chances = (self.chances | self.of_axes).get(name, np.full(n, 1 / n))
        last, average, gradients = (np.zeros(STEPS + 1) for _ in range(3))
        for path in product(product(range(len(chances)), coins), repeat=STEPS):
            weight = np.prod([chances[i] * fall[c] for i, c in path])
            state, total = self.start(name), np.zeros(self.p.d)
            for k in range(STEPS + 1):
                last[k] += weight * float(self.p.value(state[0]) - self.p.value(self.p.x_star))
                gradients[k] += weight * float(self.full(state[0]) @ self.full(state[0]))
                if k:
                    mean = total / WEIGHTS[:k].sum()
                    average[k] += weight * float(self.p.value(mean) - self.p.value(self.p.x_star))
                if k < STEPS:
                    total = total + WEIGHTS[k] * state[0]
                    state = self.step(name, state, *path[k], ALPHAS[k])
        return {"gap_last": last, "gap_average": average, "grad_norm_sq_last": gradients}


@pytest.mark.parametrize("name", [name for name in LINEAR if name != "newton_doubling"])
def test_moments_are_those_of_all_indices_and_coins(name):
    measures = ("gap_last", "gap_average", "grad_norm_sq_last")
    found = exact_curves(problem(), METHODS_AT[name], ALPHAS, weights=WEIGHTS, measures=measures)
    walked = _Loop(problem()).expectations(name)
    for measure in measures:
        first = 1 if measure == "gap_average" else 0
        np.testing.assert_allclose(found[measure][first:], walked[measure][first:], rtol=1e-11, err_msg=name)


@pytest.mark.parametrize("name", WALKED)
def test_paths_of_batches_coins_and_tables_are_walked(name):
    measures = ("gap_last", "gap_average", "grad_norm_sq_last")
    found = enumerate_paths(problem(), METHODS_AT[name], ALPHAS, weights=WEIGHTS, measures=measures)
    # Without a penalty a proximal step ends where the step does.
    walked = _Loop(problem()).expectations(name.removeprefix("prox_"))
    for measure in measures:
        np.testing.assert_allclose(found[measure][1:], walked[measure][1:], rtol=1e-11, err_msg=name)


@pytest.mark.parametrize(("batch", "replacement"), [(2, True), (2, False)])
@pytest.mark.parametrize("name", ["lsvrg", "page"])
def test_the_first_step_of_a_batch_has_the_variance_of_its_mean(name, batch, replacement):
    """Nothing is random before the second step, whose noise is that of one draw times a known factor."""
    given = problem()
    found = exact_curves(
        given, METHODS_AT[name], ALPHAS, batch=batch, replacement=replacement, measures=("distance_sq",)
    )["distance_sq"]
    first = given.x0 - ALPHAS[0] * given.gradient(given.x0) - given.x_star
    np.testing.assert_allclose(found[1], first @ first, rtol=1e-12)
    single = exact_curves(given, METHODS_AT[name], ALPHAS, measures=("distance_sq",))["distance_sq"]
    full = exact_curves(
        given, METHODS_AT[name], ALPHAS, batch=3, replacement=False, measures=("distance_sq",)
    )["distance_sq"]
    factor = 1 / batch if replacement else (given.n - batch) / (batch * (given.n - 1))
    np.testing.assert_allclose(found[2] - full[2], factor * (single[2] - full[2]), rtol=1e-9)


def test_a_state_that_is_too_large_is_left_to_other_evidence():
    assert available(load("linnerud"), METHODS["saga"])
    assert not available(load("diabetes"), METHODS["saga"])
    assert not available(load("iris"), METHODS["saga"])
    # Whether a block ends depends on a state.
    assert available(problem(), METHODS["newton_model"]) and not available(
        problem(), METHODS["newton_doubling"]
    )
    assert not available(load("linnerud"), METHODS["sgd"])


def test_weights_are_those_of_the_smoothness_constants():
    """The step 1/L_mean of importance sampling projects onto the drawn row: Kaczmarz."""
    given = least_squares([[3.0, 4.0], [1.0, 0.0]], [5.0, 2.0], x0=np.array([1.0, 1.0]))
    step = np.full(1, 1 / certify(given, "L_mean").value)
    found = exact_curves(given, METHODS["sgd_importance"], step, measures=("distance_sq",))["distance_sq"]
    x, away = given.x0, 0.0
    for i, row in enumerate(given.A):
        size = row @ row
        projected = x - (row @ x - given.y[i]) / size * row
        away += size / 26 * ((projected - given.x_star) ** 2).sum()
    np.testing.assert_allclose(found[1], away, rtol=1e-12)


def test_the_rounding_of_what_f_does_not_see_is_no_violation():
    # Steps along axes keep a part of x - x* in the null space; without its floor this was an internal error.
    for theorem in ("rcd_pl", "rcd_lipschitz_pl"):
        assert verify(theorem, load("rank_deficient"), steps=1000, replicas=0).outcome == "holds"


def test_the_rounding_of_replicas_is_no_tightness():
    # After 1000 steps their error is 3e-33 above a bound of 2e-33: both are zero in double precision.
    verdict = verify("rcd_pl", load("iris"), steps=1000, replicas=8)
    assert verdict.evidence == "proof" and verdict.tightness <= 1


def test_rounding_that_tables_keep_grows_with_the_steps_and_is_no_violation():
    line = least_squares([[1.0], [1.0]], [1e-3, -1e-3], x0=[1.0])
    assert verify("sdca_components", line, steps=400, replicas=0).holds
