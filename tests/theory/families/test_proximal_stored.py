"""Proximal loopless SVRG and proximal SAGA: what a step does, all paths of tiny sums, and loops by hand."""

from itertools import product

import numpy as np
import pytest

from ratebound.experiments.applicability import prepare
from ratebound.experiments.run import simulate
from ratebound.experiments.sampling import indices
from ratebound.problems.build import least_squares, logistic
from ratebound.problems.composite import penalised
from ratebound.problems.constants import certify
from ratebound.problems.lower import lower
from ratebound.theory import symbols as s
from ratebound.theory.catalogue import THEOREMS
from ratebound.theory.certificates.reduced import renewal
from ratebound.theory.inequalities import proximity
from ratebound.theory.letters import penalty as h
from ratebound.theory.letters.stored import stored_gap, stored_gap_next, stored_sq, stored_sq_next
from ratebound.theory.methods.proximal import prox_lsvrg, prox_saga

A = np.array([[1.0, 0.5], [-0.5, 1.5], [2.0, 0.1]])
PROB = 0.4


def problems():
    x0 = np.array([1.0, -2.0])
    squares = least_squares(A, [1.0, -1.0, 0.5], 0.3, x0=x0)
    return [penalised(squares, 0.4), penalised(logistic(A, [1.0, -1.0, 1.0], 0.1, x0=x0), 0.05)]


def soft(v, t):
    return np.sign(v) * np.maximum(np.abs(v) - t, 0)


def step(problem, x, stored, alpha, i):
    """Return x_{k+1} of both methods."""
    v = problem.component_gradients(x)[i] - stored[i] + stored.mean(0)
    return soft(x - alpha * v, alpha * problem.l1)


@pytest.mark.parametrize("problem", problems(), ids=["squares", "logistic"])
@pytest.mark.parametrize("method", [prox_lsvrg, prox_saga], ids=lambda m: m.name)
def test_what_a_step_does(method, problem):
    """From stored points that differ, over all draws; what is stored becomes what is said."""
    rng, star, l1, n = np.random.default_rng(3), problem.x_star, problem.l1, problem.n
    at_star = problem.component_gradients(star)
    said = [
        proximity.towards_star(method),
        proximity.no_further(method),
        proximity.cocoercive_spread,
        proximity.monotone_apart,
        proximity.cocoercive_gap_apart,
        proximity.spread_below_gap,
    ]

    def excess(points):
        return l1 * (np.abs(points).sum(-1) - np.abs(star).sum()) + (points - star) @ at_star.mean(0)

    def squares(grads):
        return ((grads - at_star) ** 2).sum(-1).mean()

    def rises(points):
        """Return the mean of ``f_i(p_i) - f_i(x*) - <grad f_i(x*), p_i - x*>``, p_i in the rows."""
        rows = zip(points, problem.A, problem.y, at_star, strict=True)
        values = [
            problem.loss.value_at(a @ p, y) - problem.loss.value_at(a @ star, y)
            + problem.l2 / 2 * (p @ p - star @ star) - g @ (p - star)
            for p, a, y, g in rows
        ]  # fmt: skip
        return np.mean(values)

    for alpha in (0.1, 0.6, 3.0):
        for _ in range(10):
            x, points = star + rng.normal(size=2), star + rng.normal(size=(n, 2))
            if method is prox_lsvrg:
                points = np.repeat(points[:1], n, axis=0)
            parts = problem.component_gradients(x)
            stored = np.array([problem.component_gradients(p)[i] for i, p in enumerate(points)])
            after = np.array([step(problem, x, stored, alpha, i) for i in range(n)])
            here = np.repeat(x[None], n, axis=0)
            if method is prox_lsvrg:
                renewed = [(PROB, here), (1 - PROB, points)]
            else:
                renewed = [(1 / n, np.where(np.arange(n)[:, None] == i, here, points)) for i in range(n)]
            grads = [
                (w, np.array([problem.component_gradients(p)[i] for i, p in enumerate(new)]))
                for w, new in renewed
            ]
            state = {
                s.alpha: alpha, s.n: n, s.prob: PROB,
                s.d2: problem.distance_sq(x), s.d2_next: problem.distance_sq(after).mean(),
                s.delta: problem.gap(x), s.spread: squares(parts),
                stored_sq: squares(stored), stored_sq_next: sum(w * squares(new) for w, new in grads),
                stored_gap: rises(points), stored_gap_next: sum(w * rises(new) for w, new in renewed),
                h.descent_apart: (parts.mean(0) - at_star.mean(0)) @ (x - star),
                h.moment_apart: ((parts - stored + stored.mean(0) - at_star.mean(0)) ** 2).sum(1).mean(),
                h.penalty_gap: excess(x), h.penalty_gap_next: excess(after).mean(),
                s.L_max: certify(problem, "L_max").value, s.mu: certify(problem, "mu").value,
            }  # fmt: skip

            def number(expr, state=state):
                symbols = sorted(expr.free_symbols, key=str)
                return float(lower(expr, symbols)(*(state[v] for v in symbols)))

            assert all(number(each.slack) >= -1e-12 for each in said)
            for becomes, rule in renewal(method).items():
                assert number(rule) == pytest.approx(state[becomes], rel=1e-10)


def walk(method, problem, alpha, draws, coins):
    """Return x_0, x_1, ... of a path, in a loop by hand."""
    x, points = problem.x0, [problem.x0]
    stored = problem.component_gradients(x)
    for i, falls in zip(draws, coins, strict=True):
        new = problem.component_gradients(x)
        x = step(problem, x, stored, alpha, i)
        if method == "prox_lsvrg":
            stored = new if falls else stored
        else:
            stored = np.where(np.arange(problem.n)[:, None] == i, new, stored)
        points.append(x)
    return np.array(points)


@pytest.mark.parametrize("problem", problems(), ids=["squares", "logistic"])
@pytest.mark.parametrize("share", [0.05, 1 / 6, 0.24])
@pytest.mark.parametrize("name", ["prox_lsvrg", "prox_saga"])
def test_bounds_hold_over_all_paths(name, problem, share):
    steps, coined = 4, name == "prox_lsvrg"
    given = {"alpha": f"{share}/L_max", **({"prob": str(PROB)} if coined else {})}
    near, mean = (
        prepare(THEOREMS[f"{name}_{kind}"], problem, steps=steps, parameters=given)
        for kind in ("sc", "convex")
    )
    coins = list(product((0, 1), repeat=steps)) if coined else [(0,) * steps]
    weights = [np.prod([PROB if c else 1 - PROB for c in each]) if coined else 1.0 for each in coins]
    distances, gaps = 0.0, 0.0
    for falls, weight in zip(coins, weights, strict=True):
        for draws in product(range(problem.n), repeat=steps):
            points = walk(name, problem, near.alphas[0], draws, falls)
            distances = distances + weight * problem.distance_sq(points) / problem.n**steps
            gaps = gaps + weight * problem.gap(points) / problem.n**steps
    assert (distances <= near.bound(np.arange(steps + 1))).all()
    means = np.cumsum(gaps)[:steps] / np.arange(1, steps + 1)
    assert (means <= mean.bound(np.arange(1, steps + 1))).all()


def test_a_run_is_a_loop():
    problem, steps = problems()[1], 12
    run = simulate(
        problem,
        "prox_saga",
        0.7,
        steps=steps,
        replicas=3,
        seed=5,
        checkpoints=range(steps + 1),
        backend="numpy",
    )
    drawn = indices(5, np.arange(3), np.arange(steps), problem.n)[:, :, 0]
    for r in range(3):
        points = walk("prox_saga", problem, 0.7, drawn[:, r], np.zeros(steps))
        np.testing.assert_allclose(run.gap_last.values[0, r], problem.gap(points), rtol=1e-9)
    always = simulate(
        problem, "prox_lsvrg", 0.7, steps=steps, replicas=3, seed=5, checkpoints=range(steps + 1),
        backend="numpy", parameters={"prob": 1},
    )  # fmt: skip
    for r in range(3):
        points = walk("prox_lsvrg", problem, 0.7, drawn[:, r], np.ones(steps))
        np.testing.assert_allclose(always.gap_last.values[0, r], problem.gap(points), rtol=1e-9)
