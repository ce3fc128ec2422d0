"""Theorems against plain loops, sums and cases worked by hand: nothing here goes through the engines."""

import numpy as np
import pytest
from scipy.optimize import minimize_scalar

from ratebound.problems.lower import lower
from ratebound.theory.catalogue import THEOREMS
from ratebound.theory.symbols import BY_NAME, K, k


def bound(name, steps, **values):
    theorem = THEOREMS[name]
    symbols = [BY_NAME[each] for each in values]
    return float(lower(theorem.bound, (k, K, *symbols))(steps, steps, *values.values()))


@pytest.mark.parametrize(("c1", "shrink"), [(0.5, 0.5), (0.3, 0.9), (0.7, 0.1), (1e-4, 0.8)])
def test_backtracking_by_a_loop_stays_below_the_bounds_from_the_distance(c1, shrink):
    rng, steps = np.random.default_rng(0), 30
    names = ["armijo_quadratic"] if c1 >= 0.25 else []
    names += ["armijo_convex"] if c1 >= 0.5 else ["armijo_convex_early"]
    for first in (0.03, 0.9, 40.0):
        H = np.diag([1e-3, 0.1, 3.0])
        x = rng.normal(size=3)
        at, D, gap0 = x.copy(), float(np.sqrt(x @ x)), float(x @ H @ x / 2)
        for j in range(1, steps + 1):
            g, t = H @ at, first
            while (at - t * g) @ H @ (at - t * g) / 2 > at @ H @ at / 2 - c1 * t * (g @ g):
                t *= shrink
            assert min(first, 2 * shrink * (1 - c1) / 3.0) * (1 - 1e-12) <= t <= first
            at = at - t * g
            for name in names:
                values = {"alpha": first, "c1": c1, "shrink": shrink, "L": 3.0, "D": D, "gap0": gap0}
                assert at @ H @ at / 2 <= bound(name, j, **values)


@pytest.mark.parametrize("damping", [0.4, 1.0, 1.7])
def test_a_relaxed_step_from_the_worst_start_keeps_what_the_bound_says(damping):
    m, M = 0.2, 5.0
    H, x = np.diag([m, M]), np.array([1 / m, 1 / M])
    g = H @ x
    exact = (g @ g) / (g @ H @ g)
    after = x - damping * exact * g
    gap0 = float(x @ H @ x / 2)
    assert after @ H @ after / 2 == pytest.approx(
        bound("steepest_relaxed", 1, mu_pl=m, L=M, gap0=gap0, damping=damping), rel=1e-12
    )
    # Wolfe's conditions with these constants say exactly that.
    c1, c2 = 1 - damping / 2, 1 - damping
    assert after @ H @ after / 2 == pytest.approx(gap0 - c1 * damping * exact * (g @ g))
    assert (H @ after) @ g == pytest.approx(c2 * (g @ g))


def test_no_constant_step_is_better_than_the_tuned_one():
    for values in ({"ell": 1.0, "D": 3.0, "sigma_b_sq": 4.0}, {"ell": 50.0, "D": 0.1, "sigma_b_sq": 1e-3}):
        for steps in (1, 40, 10**6):
            best = minimize_scalar(
                lambda u, values=values, steps=steps: bound(
                    "minibatch_convex", steps, alpha=1 / (1 + np.exp(u)) / values["ell"], **values
                ),
                bounds=(-20, 20),
                method="bounded",
            ).fun
            assert best == pytest.approx(bound("minibatch_convex_tuned", steps, **values), rel=1e-8)


def test_decaying_steps_under_affine_noise_sum_up():
    values = {"L": 2.0, "affine_noise": 3.0, "alpha0": 0.4, "gap0": 0.7}
    alphas = 0.4 / np.sqrt(np.arange(1, 2001))
    for steps in (1, 2, 10, 2000):
        used = alphas[:steps]
        summed = (2 * 0.7 + 2.0 * 3.0 * (used**2).sum()) / used.sum()
        assert summed <= bound("sgd_affine_nonconvex_decaying", steps, **values) <= 2.5 * summed


def test_a_proximal_step_contracts_as_a_gradient_step_where_signs_stay():
    """f = (c/2) (x - 10)^2 + |x| from a start far to the right: x - x* shrinks by 1 - alpha c."""
    for c, alpha in ((0.5, 0.3), (2.0, 0.3), (2.0, 0.9)):
        star = 10 - 1 / c
        x = star + 5
        for j in range(1, 6):
            x = max(x - alpha * c * (x - 10) - alpha, 0.0)
            values = {"mu": c, "L": c, "alpha": alpha, "D": 5.0}
            assert (x - star) ** 2 == pytest.approx(bound("ista_contraction", j, **values), rel=1e-12)
    # With L = mu and the step 1/L the first step ends at x*, as the bound on values says.
    assert bound("ista_strong_gap", 1, mu=2.0, alpha=0.5, gap0=3.0) == 0


def test_noise_that_knows_no_x_keeps_a_parabola_at_the_bound():
    mu, v, alpha, D = 0.7, 3.0, 0.9, 2.0
    moment = D**2
    for steps in range(40):
        # E(x - alpha (mu x + e))^2 with E e = 0 and E e^2 = v.
        values = {"mu": mu, "L": mu, "alpha": alpha, "D": D, "variance_bound": v}
        assert moment == pytest.approx(bound("sgd_sc_variance", steps, **values), rel=1e-12)
        moment = (1 - alpha * mu) ** 2 * moment + alpha**2 * v


def test_averages_of_reduced_estimates_are_below_what_is_published():
    rng = np.random.default_rng(3)
    for _ in range(200):
        D, L, gap0, n = *np.exp(rng.normal(size=3)), int(rng.integers(2, 40))
        third = {"D": D, "L_max": L, "gap0": gap0, "n": n, "alpha": 1 / (3 * L)}
        assert bound("saga_convex_long", 5, **third) <= 4 * n / 5 * (2 * L / n * D**2 + gap0)
        # Where the two ranges of steps meet the bounds agree.
        meet = {**third, "alpha": 1 / (4 * L)}
        assert bound("saga_convex", 5, **meet) == pytest.approx(bound("saga_convex_long", 5, **meet))
        step, prob = rng.random() / (6 * L), rng.random()
        potential = D**2 + 8 * step**2 * L * gap0 / prob
        published = potential / (2 * step * (1 - 6 * L * step) * 5)
        loopless = {"D": D, "L_max": L, "gap0": gap0, "prob": prob, "alpha": step}
        assert bound("lsvrg_convex", 5, **loopless) <= published
