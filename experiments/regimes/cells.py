"""The numbers of every cell (step, batch) of a map, exact or from replicas."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ratebound.experiments.regimes.classify import exact_regime
from ratebound.experiments.regimes.curves import exact_curves
from ratebound.experiments.regimes.exact import SecondMoment
from ratebound.experiments.sweeps.compute import Values
from ratebound.problems.finite_sum import Problem

KEPT = ("mean", "stderr", "median", "low", "high", "regime")
"""What a map keeps of the replicas of a batch."""
Cells = dict[str, np.ndarray]
"""Variables of a map: shape (S, B), (S, B, C) along the run, or (B,) where they belong to a batch."""


def exact_cells(
    problem: Problem, steps: np.ndarray, factors: np.ndarray, at: np.ndarray, kept: np.ndarray
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
    kept
        Those of them whose errors are kept as ``curve``.
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
        "curve": np.moveaxis(curves.gap[np.searchsorted(at, kept)], 0, -1),
        "floor": floor,
        "contraction": radius,
        "threshold": np.array([operator.threshold(c) for c in factors]),
        "fastest_step": np.array([operator.fastest(c) for c in factors]),
    }
    return cells, {name: value[:, 0] for name, value in curves.final.items()}


def measured_cells(found: Sequence[Values]) -> Cells:
    """Return the cells of replicas from what a sweep keeps of each batch, whose steps are one cell."""
    kept = {name: np.stack([np.asarray(each[name]) for each in found], axis=1) for name in KEPT}
    cells = {name: kept[name][..., -1] for name in ("mean", "stderr", "median")}
    cells |= {f"{name}_curve": kept[name] for name in ("mean", "low", "high")}
    return cells | {"measured_regime": kept["regime"].astype(object).astype(str)}


def stand_in(measured: Cells) -> Cells:
    """Return the cells of a problem without exact second moments: means for errors, nan for the rest."""
    error = measured["mean"]
    cells: Cells = {"regime": measured["measured_regime"], "error": error, "curve": measured["mean_curve"]}
    cells |= dict.fromkeys(("floor", "contraction"), np.full_like(error, np.nan))
    return cells | dict.fromkeys(("threshold", "fastest_step"), np.full_like(error[0], np.nan))
