"""Less noise for nothing: the mean over the last step in place of the measure at x_k.

``E[q(x_k) | x_{k-1}]`` is a finite mean over the batches. It has the expectation of q(x_k), is nonnegative,
stays in the same range, and varies less; so an e-process may bet on it instead, and needs fewer replicas.
"""

from __future__ import annotations

import numpy as np

from ratebound.experiments.backends.numpy_ import NumpyEngine, compile_update, nan_to_inf
from ratebound.experiments.evidence.enumerate import all_batches, count_paths
from ratebound.experiments.evidence.linear import is_plain
from ratebound.experiments.grid import Grid
from ratebound.problems.point_values import measures_at
from ratebound.problems.quiet import quiet

_MOST_WORK, _MOST_STEPS = 2e7, 5000
_BATCHES = 512


def affordable(grid: Grid, replicas: int) -> bool:
    """Whether :func:`conditional_means` costs about as little as the run: last iterates, few batches."""
    trial, problem = grid.trial, grid.problem
    if grid.theorem.in_passes or trial.sizes is not None:
        return False
    batches = count_paths(problem.n, 1, trial.batch, trial.replacement)
    work = replicas * grid.k.size * batches * problem.n * problem.d
    last = grid.theorem.measure in ("gap_last", "distance_sq", "grad_norm_sq_last")
    few = batches <= _BATCHES and work <= _MOST_WORK and trial.steps <= _MOST_STEPS
    return last and few and grid.theorem.stochastic and is_plain(grid.theorem.method)


def conditional_means(grid: Grid, first: int, count: int, seed: int) -> np.ndarray:
    """Return ``E[q(x_k) | x_{k-1}]`` of each replica at each point of the grid, shape (R, N).

    Parameters
    ----------
    grid
        One for which :func:`affordable` holds.
    first, count
        Id of the first replica, and how many.
    seed
        The one seed: the runs are those of :func:`ratebound.experiments.run.simulate`.
    """
    problem, theorem = grid.problem, grid.theorem
    measure = measures_at(problem)[theorem.measure]
    update = compile_update(theorem.method)
    columns = []
    for trial, at in grid.entries:
        drawn = all_batches(problem.n, trial.batch, trial.replacement)
        engine, made = NumpyEngine(trial.plan(at, first, count, seed, theorem.measure)), 0
        with quiet:
            for k in at.tolist():
                before = max(k - 1, 0)
                engine.advance(made, before)
                made, X = before, engine.points()[0]
                if k:
                    spread = np.broadcast_to(X[:, None, :], (count, len(drawn), problem.d))
                    g = problem.batch_gradient(spread, drawn)
                    columns.append(measure(update(spread, g, np.asarray(trial.alphas[before]))).mean(1))
                else:
                    columns.append(measure(X))
    return np.stack([nan_to_inf(column) for column in columns], axis=1)
