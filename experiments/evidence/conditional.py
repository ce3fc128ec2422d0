"""Statements about one step, checked exactly: in a finite sum the conditional expectation is a finite mean.

The bound is an expression in the state at x_k. The second moment in it is read as that of x_k itself, which
is what one step sees; a bound along the whole run holds for its expectation only.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from sympy import Symbol

from ratebound.experiments.applicability import NotApplicable, Trial
from ratebound.experiments.backends.numpy_ import compile_update
from ratebound.experiments.checkpoints import checkpoints
from ratebound.experiments.evidence.enumerate import all_batches, count_paths
from ratebound.experiments.finding import CERTAIN, Finding, ratios
from ratebound.experiments.grid import EPS, floor_of
from ratebound.experiments.precise import step as precise_step
from ratebound.experiments.sampling import indices
from ratebound.experiments.verdict import Outcome
from ratebound.problems.lower import lower
from ratebound.problems.quiet import quiet
from ratebound.theory import symbols as s

_REPLICAS = 2
_CHECKPOINTS = 16
_BATCHES = 4096
_VALUES = 2**21
_LARGEST = 1e60
"""Points beyond this size belong to a run that diverged: squares would overflow."""

State = Mapping[Symbol, float]


def visited(trial: Trial, seed: int, most: int | None = None) -> list[tuple[int, np.ndarray]]:
    """Return (k, x_k) of a few replicas at some steps (below `most`), as long as they are finite."""
    problem, theorem = trial.problem, trial.theorem
    update = compile_update(theorem.method)
    grid = checkpoints(trial.steps if most is None else min(trial.steps, most))[:-1]
    wanted = set(grid[:: -(-grid.size // _CHECKPOINTS)].tolist())
    replicas = np.arange(_REPLICAS if theorem.stochastic else 1)
    X = np.broadcast_to(problem.x0, (replicas.size, problem.d))
    points: list[tuple[int, np.ndarray]] = []
    with quiet:
        for k in range(max(wanted) + 1):
            if k in wanted:
                fit = np.abs(X).max(1) < _LARGEST
                points += [(k, x) for x in X[fit]]
            if theorem.stochastic:
                drawn = indices(seed, replicas, np.array([k]), problem.n, trial.batch, trial.replacement)[0]
                g = problem.batch_gradient(X, drawn)
            else:
                g = problem.gradient(X)
            X = update(X, g, np.asarray(trial.alphas[k]))
    return points


def state_at(trial: Trial, k: int, x: np.ndarray) -> dict[Symbol, float] | None:
    """Return the state at a point: what the bound may read, and what it bounds, by symbol.

    None where the batches are too many to be walked and the step is not quadratic.
    """
    problem = trial.problem
    G = problem.component_gradients(x)
    g = G.mean(0)
    grad_sq, single = float(g @ g), float((G * G).sum(1).mean())
    state = {
        s.delta: float(problem.gap(x)),
        s.grad_sq: grad_sq,
        s.variance: float(((G - g) ** 2).sum(1).mean()),
    }
    if problem.x_star is not None:
        state[s.d2] = float(problem.distance_sq(x))
    alpha = float(trial.alphas[k])
    if not trial.theorem.stochastic:
        moved = _moved(trial, x, g, alpha)
        errors, after = 0.0, float(problem.gap(moved))
        state[s.grad_next_sq] = float(problem.grad_norm_sq(moved))
    elif count_paths(problem.n, 1, trial.batch, trial.replacement) <= _BATCHES:
        estimates = G[all_batches(problem.n, trial.batch, trial.replacement)].mean(1)
        errors = float(((estimates - g) ** 2).sum(1).mean())
        after = _mean_gap(trial, _moved(trial, x, estimates, alpha))
    else:
        second = _second_moments(trial, G, g)
        errors = float(np.trace(second)) - grad_sq
        if problem.kind == "quadratic":
            curved = float((problem.H * second).sum())
            after = state[s.delta] - alpha * grad_sq + alpha**2 / 2 * curved
        elif trial.theorem.measure == "batch_variance":
            after = np.nan
        else:
            return None
    if s.d2 in state:
        # E ||x - x* - a g||^2 needs no more than the moments of g.
        inner = float(g @ (x - problem.x_star))
        state[s.d2_next] = state[s.d2] - 2 * alpha * inner + alpha**2 * (grad_sq + errors)
    state |= {s.error_sq: errors, s.batch_variance: errors, s.delta_next: after}
    state |= {s.moment: grad_sq + errors, s.second_moment: grad_sq + errors}
    if trial.batch == 1 and trial.theorem.stochastic:
        state |= {s.moment: single, s.second_moment: single}
    return state


def _moved(trial: Trial, x: np.ndarray, g: np.ndarray, alpha: float) -> np.ndarray:
    return compile_update(trial.theorem.method)(x, g, np.asarray(alpha))


def _mean_gap(trial: Trial, X: np.ndarray) -> float:
    block = max(1, _VALUES // trial.problem.n)
    total = sum(float(trial.problem.gap(X[i : i + block]).sum()) for i in range(0, len(X), block))
    return total / len(X)


def _second_moments(trial: Trial, G: np.ndarray, g: np.ndarray) -> np.ndarray:
    """Return E g_B g_B^T, shape (d, d), from the moments of one draw and of a pair of draws."""
    n, b = trial.problem.n, trial.batch
    single, pair = G.T @ G / n, np.outer(g, g)
    if not trial.replacement:
        pair = (n * pair - single) / (n - 1)
    return single / b + (1 - 1 / b) * pair


def check_step(trial: Trial, seed: int) -> tuple[Finding, dict[str, np.ndarray]]:
    """Check a statement about one step at visited points.

    Returns
    -------
    Finding
        The exact comparison at the worst point; undecided where no expectation is known.
    dict
        Curves over the points of the first replica: ``k``, ``exact``, ``bound``.
    """
    theorem = trial.theorem
    target = {"gap_next": s.delta_next, "batch_variance": s.batch_variance}[theorem.measure]
    points = visited(trial, seed)
    states = [(k, state) for k, x in points if (state := state_at(trial, k, x)) is not None]
    if not states:
        return Finding("undecided", "none", "too many batches to take the mean over: take a smaller one"), {}
    at = np.array([k for k, _ in states])
    measured = np.array([state[target] for _, state in states])
    bound = np.array([_bound(trial, k, state) for k, state in states])
    scale = np.array([state[s.delta if target is s.delta_next else s.grad_sq] for _, state in states])
    accuracy = floor_of(trial.problem, theorem.measure, theorem.method, 1)
    floor = accuracy + 1e-12 * scale
    found = ratios(measured, bound, accuracy)
    excess = measured - bound
    if theorem.equality:
        excess = np.abs(excess)
        with quiet:
            found = np.where(found > 0, np.maximum(found, 1 / found), found)
    broken = ~(excess <= EPS * np.abs(bound) + floor)  # nan is no success
    worst = int(np.argmax(np.where(broken, excess, -np.inf))) if broken.any() else int(np.argmax(found))
    relation = "equals the bound" if theorem.equality else "lies below the bound"
    reason = f"the exact conditional expectation {relation} at all {len(states)} visited points"
    outcome: Outcome = "holds"
    if broken.any():
        outcome = "violated"
        reason = (
            f"the exact conditional expectation breaks the bound at {broken.sum()} of {len(states)} points"
        )
        if not (excess > CERTAIN * np.abs(bound) + floor).any():
            # Within reach of rounding: as many digits as it takes, at the worst point.
            known = len(states) == len(points) and precise_step.feasible(trial)
            if not known or not precise_step.broken(trial, *points[worst]):
                outcome = "undecided"
                reason = (
                    f"at k = {at[worst]} both sides agree to within rounding: neither is certainly larger"
                )
    finding = Finding(
        outcome,
        "exact",
        reason,
        int(at[worst]),
        float(measured[worst]),
        float(bound[worst]),
        float(found[worst]),
    )
    first = np.unique(at, return_index=True)[1]
    return finding, {"k": at[first], "exact": measured[first], "bound": bound[first]}


def _bound(trial: Trial, k: int, state: State) -> float:
    known = {**trial.values, **state}
    symbols = sorted(known, key=str)
    numbers = [known[symbol] for symbol in symbols]
    try:
        value = float(lower(trial.theorem.bound, (s.k, s.K, *symbols))(k, trial.steps, *numbers))
    except ZeroDivisionError:
        value = np.nan
    if not np.isfinite(value):
        raise NotApplicable(f"the bound {trial.theorem.bound} of {trial.theorem.id} is no number there")
    return value
