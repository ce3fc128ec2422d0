"""Proximal SVRG: what its proof says of a step, and what all paths of tiny sums say of whole epochs."""

from itertools import product

import numpy as np
import pytest
from sympy import Rational

from ratebound.experiments.applicability import prepare
from ratebound.experiments.run import simulate
from ratebound.experiments.sampling import indices
from ratebound.problems.build import least_squares, logistic
from ratebound.problems.composite import penalised
from ratebound.problems.constants import certify
from ratebound.problems.lower import lower
from ratebound.theory import symbols as s
from ratebound.theory.catalogue import THEOREMS
from ratebound.theory.inequalities import proximity
from ratebound.theory.letters import penalty as h
from ratebound.theory.letters.stored import stored_sq
from ratebound.theory.methods.proximal import prox_svrg

A = np.array([[1.0, 0.5], [-0.5, 1.5], [2.0, 0.1]])
SPLITS = [proximity.reduced_apart(Rational(t)) for t in ("1/5", "1", "7")]
SAID = [
    proximity.towards_star(prox_svrg),
    proximity.cocoercive_gap_apart,
    proximity.spread_below_gap,
    proximity.sum_growth,
    *SPLITS,
]


def problems():
    x0 = np.array([1.0, -2.0])
    squares = least_squares(A, [1.0, -1.0, 0.5], 0.3, x0=x0)
    return [penalised(squares, 0.4), penalised(logistic(A, [1.0, -1.0, 1.0], 0.1, x0=x0), 0.05)]


def soft(v, t):
    return np.sign(v) * np.maximum(np.abs(v) - t, 0)


@pytest.mark.parametrize("problem", problems(), ids=["squares", "logistic"])
@pytest.mark.parametrize("inequality", SAID, ids=lambda i: i.name)
def test_what_a_step_does(inequality, problem):
    rng, star, l1, zeros = np.random.default_rng(3), problem.x_star, problem.l1, 0
    parts_at_star = problem.component_gradients(star)
    at_star = parts_at_star.mean(0)

    def excess(points):
        return l1 * (np.abs(points).sum(-1) - np.abs(star).sum()) + (points - star) @ at_star

    for alpha in (0.1, 0.6, 3.0):
        for _ in range(20):
            here, there = star + rng.normal(size=(2, 2))
            parts, stored = problem.component_gradients(here), problem.component_gradients(there)
            estimates = parts - stored + stored.mean(0)
            after = soft(here - alpha * estimates, alpha * l1)
            zeros += (after == 0).any()
            state = {
                s.alpha: alpha,
                s.d2: problem.distance_sq(here),
                s.d2_next: problem.distance_sq(after).mean(),
                s.delta: problem.gap(here),
                s.spread: ((parts - parts_at_star) ** 2).sum(1).mean(),
                stored_sq: ((stored - parts_at_star) ** 2).sum(1).mean(),
                h.descent_apart: (parts.mean(0) - at_star) @ (here - star),
                h.moment_apart: ((estimates - at_star) ** 2).sum(1).mean(),
                h.penalty_gap: excess(here),
                h.penalty_gap_next: excess(after).mean(),
                s.L_max: certify(problem, "L_max").value,
                s.mu: certify(problem, "mu").value,
            }
            symbols = sorted(inequality.slack.free_symbols, key=str)
            assert lower(inequality.slack, symbols)(*(state[v] for v in symbols)) >= -1e-12
    assert zeros > 5


def points_of(problem, x, step, path):
    """Return the points of an epoch, in a loop by hand."""
    old, points = problem.component_gradients(x), [x]
    for i in path:
        v = problem.component_gradients(points[-1])[i] - old[i] + old.mean(0)
        points.append(soft(points[-1] - step * v, step * problem.l1))
    return points


@pytest.mark.parametrize("problem", problems(), ids=["squares", "logistic"])
@pytest.mark.parametrize("share", [0.2, 0.45, 0.9])
def test_mean_gaps_of_epochs_over_all_paths(problem, share):
    """One epoch, then a second one from its average; the last sample of an epoch has no part in it."""
    steps, one, many = 4, THEOREMS["prox_svrg_sc"], THEOREMS["prox_svrg_epochs_sc"]
    given = {"alpha": f"{share}/L_max"}
    trial = prepare(one, problem, steps=steps, parameters=given)
    paths = list(product(range(problem.n), repeat=steps - 1))
    walks = [points_of(problem, problem.x0, trial.alphas[0], path) for path in paths]
    gaps = np.mean([[problem.gap(x) for x in walk] for walk in walks], axis=0)
    means = np.cumsum(gaps) / np.arange(1, steps + 1)
    assert (means <= trial.bound(np.arange(1, steps + 1))).all()
    epochs = prepare(many, problem, steps=2 * steps, parameters={**given, "epoch": steps})
    starts = [np.mean(walk, axis=0) for walk in walks]
    ends = [
        np.mean(points_of(problem, x, trial.alphas[0], p), axis=0) for x in starts[::3] for p in paths[::3]
    ]
    bound = epochs.bound(np.array([steps, 2 * steps]))
    assert np.mean([problem.gap(x) for x in starts]) <= min(means[-1] * (1 + 1e-12), bound[0])
    assert np.mean([problem.gap(x) for x in ends]) <= bound[1]


def test_the_published_factor_is_larger():
    """Xiao and Zhang: 1/(mu a (1 - 4 L a) m) + 4 L a (m + 1)/((1 - 4 L a) m)."""
    bound = THEOREMS["prox_svrg_sc"].bound
    for a in (0.01, 0.1, 0.24):
        for m in (1, 10, 1000):
            for mu in (1.0, 0.1, 1e-3):
                given = {s.alpha: a, s.k: m, s.mu: mu, s.L_max: 1, s.gap0: 1}
                published = (1 / (mu * a * m) + 4 * a * (m + 1) / m) / (1 - 4 * a)
                assert float(bound.subs(given)) <= published


def test_a_run_is_a_loop():
    problem, steps, length = problems()[1], 12, 4
    run = simulate(
        problem, "prox_svrg_epochs", 0.7, steps=steps, replicas=3, seed=5, parameters={"epoch": length},
        checkpoints=range(steps + 1), backend="numpy",
    )  # fmt: skip
    drawn = indices(5, np.arange(3), np.arange(steps), problem.n)[:, :, 0]
    for r in range(3):
        x = problem.x0
        for each in range(steps // length):
            assert run.gap_last.values[0, r, length * each] == pytest.approx(problem.gap(x), rel=1e-9)
            path = drawn[length * each : length * (each + 1) - 1, r]
            x = np.mean(points_of(problem, x, 0.7, path), axis=0)
        assert run.gap_last.values[0, r, steps] == pytest.approx(problem.gap(x), rel=1e-9)
