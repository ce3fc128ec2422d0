"""The numbers of every cell (step, batch) of a map, exact or from replicas."""

from __future__ import annotations

import numpy as np

from ratebound.experiments.regimes.classify import exact_regime, measured_regime
from ratebound.experiments.regimes.curves import exact_curves
from ratebound.experiments.regimes.exact import SecondMoment
from ratebound.problems.finite_sum import Problem

Cells = dict[str, np.ndarray]
"""Variables of a map: shape (S, B), or (B,) where they belong to a batch."""


def exact_cells(
    problem: Problem, steps: np.ndarray, factors: np.ndarray, at: np.ndarray
) -> tuple[Cells, dict[str, np.ndarray]]:
    """Return the exact cells, and the error of the first batch at the horizon for every measure, shape (S,).

    Parameters
    ----------
    problem
        Least squares of moderate rank.
    steps, factors
        Step sizes, shape (S,), and batch factors, shape (B,).
    at
        Checkpoints, shape (C,).
    """
    operator = SecondMoment(problem)
    curves = exact_curves(operator, steps, factors, at)
    floor = np.stack([operator.floor(c, steps).gap for c in factors], axis=1)
    radius = np.stack([operator.contraction(c, steps) for c in factors], axis=1)
    regime = [
        [
            exact_regime(at, curves.gap[:, i, j], floor[i, j], radius[i, j], problem.value_floor)
            for j in range(factors.size)
        ]
        for i in range(steps.size)
    ]
    cells = {
        "regime": np.array(regime),
        "error": curves.final["gap_last"],
        "floor": floor,
        "contraction": radius,
        "threshold": np.array([operator.threshold(c) for c in factors]),
        "fastest_step": np.array([operator.fastest(c) for c in factors]),
    }
    return cells, {name: value[:, 0] for name, value in curves.final.items()}


def measured_cells(samples: np.ndarray, at: np.ndarray, rounding: float) -> Cells:
    """Return the cells of replicas.

    Parameters
    ----------
    samples
        Errors, shape (S, B, R, C).
    at
        Checkpoints, shape (C,).
    rounding
        Absolute accuracy of errors.
    """
    last = samples[..., -1]
    size = last.shape[-1]
    with np.errstate(all="ignore"):
        spread = last.std(-1, ddof=1) / np.sqrt(size) if size > 1 else np.zeros(last.shape[:-1])
        cells = {"mean": last.mean(-1), "stderr": spread, "median": np.median(last, axis=-1)}
        regime = [[measured_regime(at, cell, rounding) for cell in row] for row in samples]
    return cells | {"measured_regime": np.array(regime)}


def stand_in(measured: Cells) -> Cells:
    """Return the cells of a problem without exact second moments: means for errors, nan for the rest."""
    error = measured["mean"]
    cells: Cells = {"regime": measured["measured_regime"], "error": error}
    cells |= dict.fromkeys(("floor", "contraction"), np.full_like(error, np.nan))
    return cells | dict.fromkeys(("threshold", "fastest_step"), np.full_like(error[0], np.nan))
