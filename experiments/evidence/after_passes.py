"""Theorems whose k counts passes over the data: their runs, and exact expectations after whole passes."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ratebound.experiments.applicability import Trial
from ratebound.experiments.evidence.pass_curves import PATHS, all_orders, over_orders, pass_curves
from ratebound.experiments.grid import Grid
from ratebound.experiments.run import simulate
from ratebound.theory.visits import CYCLIC, RESHUFFLE


def run_of(trial: Trial, at: np.ndarray) -> dict[str, Any]:
    """Return what :func:`ratebound.experiments.run.simulate` is told of a run looked at after k = `at`.

    In passes every count is n updates, and averages are those of the points at which passes start.
    """
    if not trial.theorem.in_passes:
        return {
            "step": trial.alphas,
            "steps": trial.steps,
            "average": trial.weights,
            "checkpoints": at,
            "batch": trial.batches,
            "replacement": trial.replacement,
        }
    n = trial.problem.n
    weights = np.zeros((trial.steps, n))
    weights[:, 0] = 1.0 if trial.weights is None else trial.weights
    return {
        "step": np.repeat(trial.alphas, n),
        "steps": trial.steps * n,
        "average": weights.ravel(),
        "checkpoints": np.asarray(at) * n,
        "batch": 1,
        "order": trial.theorem.visits,
    }


def exact_after_passes(trial: Trial, at: np.ndarray) -> np.ndarray | None:
    """Return the exact expectation of the measure after `at` passes; None where none is known."""
    problem, visits, measure = trial.problem, trial.theorem.visits, trial.theorem.measure
    if visits == CYCLIC:
        # The compiled engine: real data have many samples, each of which is a step.
        out = simulate(problem, trial.method, replicas=1, measures=[measure], **run_of(trial, at))
        return np.asarray(out[measure].values[0, 0])
    found = pass_curves(problem, trial.method, visits, trial.alphas[None], _weights(trial)[None], [measure])
    return None if found is None else found[measure][0, at]


def _weights(trial: Trial) -> np.ndarray:
    return np.ones(trial.steps) if trial.weights is None else trial.weights


def enumerated_after_passes(grid: Grid) -> tuple[Grid, np.ndarray] | None:
    """Return the first passes of a run whose orders can all be walked, with the expectations there."""
    trial, n = grid.trial, grid.problem.n
    if trial.theorem.visits != RESHUFFLE or grid.theorem.at_horizon or n > 8 or n < 2:
        return None
    passes = min(int(math.log(PATHS) / math.log(math.factorial(n))), trial.steps)
    if passes < max(1, trial.start):
        return None
    measure, at = trial.theorem.measure, np.arange(trial.start, passes + 1)
    alphas, weights = trial.alphas[None, :passes], _weights(trial)[None, :passes]
    found = over_orders(
        trial.problem, trial.method, all_orders(n), alphas, weights, [measure], branching=True
    )
    return Grid(((trial, at),)), found[measure][0, at]
