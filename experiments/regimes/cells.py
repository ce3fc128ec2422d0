"""The numbers of every cell of a map, row by row, exact or from replicas."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ratebound.experiments.checkpoints import checkpoints
from ratebound.experiments.regimes.axes import Row
from ratebound.experiments.regimes.classify import exact_regime
from ratebound.experiments.regimes.curves import exact_curves
from ratebound.experiments.regimes.edge import beyond_stability
from ratebound.experiments.regimes.exact import SecondMoment
from ratebound.experiments.regimes.heavy_ball import HeavyBall
from ratebound.experiments.sweeps.compute import Values
from ratebound.problems.finite_sum import Problem

KEPT = ("mean", "stderr", "median", "low", "high", "regime")
"""What a map keeps of the replicas of a row."""
Cells = dict[str, np.ndarray]
"""Variables of a row: (S,), (S, C) along the run, or () for the row; of a map with one more axis, rows."""

Errors = dict[str, np.ndarray]
"""Measure -> error of every step, shape (S,)."""


class Exact:
    """Exact rows; the second-moment operator of a problem is built once.

    Parameters
    ----------
    steps
        Step sizes, shape (S,).
    """

    def __init__(self, steps: np.ndarray) -> None:
        self._steps = steps
        self._operators: dict[int, SecondMoment] = {}

    def row(self, row: Row, kept: np.ndarray) -> tuple[Cells, Errors, Errors]:
        """Return the exact cells of a row, its errors at the horizon, and their limits where they are known.

        Parameters
        ----------
        row
            Runs on least squares of moderate rank.
        kept
            Checkpoints whose errors are kept as ``curve``, up to the horizon.
        """
        steps, c, problem = self._steps, row.factor, row.problem
        plain = self._operator(problem)
        operator = HeavyBall(plain, row.momentum) if row.momentum else plain
        at = np.union1d(checkpoints(row.steps), kept)
        curves = exact_curves(plain, steps, c, at, row.momentum)
        limits, radius = operator.floor(c, steps), operator.contraction(c, steps)
        regime = [
            exact_regime(at, *each, problem.value_floor)
            for each in zip(curves.gap, limits.gap, radius, strict=True)
        ]
        cells = {
            "regime": np.array(regime, dtype=object),
            "error": curves.final["gap_last"],
            "curve": curves.gap[:, np.searchsorted(at, kept)],
            "floor": limits.gap,
            "contraction": radius,
            "threshold": np.array(operator.threshold(c)),
            "fastest_step": np.array(operator.fastest(c)),
        }
        return cells, curves.final, {"gap_last": limits.gap, "distance_sq": limits.distance_sq}

    def full_threshold(self, problem: Problem) -> float:
        """Return the stability threshold of full gradients, 2/L."""
        return self._operator(problem).threshold(0.0)

    def _operator(self, problem: Problem) -> SecondMoment:
        if id(problem) not in self._operators:
            self._operators[id(problem)] = SecondMoment(problem)
        return self._operators[id(problem)]


def stacked(rows: Sequence[Cells], horizons: Sequence[np.ndarray], kept: np.ndarray) -> Cells:
    """Return the cells of all rows; those along the run are nan where a row has no checkpoint.

    Parameters
    ----------
    rows
        Variable -> shape (), (S,) or (S, C of the row).
    horizons
        Checkpoints of each row.
    kept
        Checkpoints of the map, shape (C,).
    """

    def full(values: np.ndarray, at: np.ndarray) -> np.ndarray:
        if values.ndim < 2:
            return values
        found = np.full((values.shape[0], kept.size), np.nan)
        found[:, np.searchsorted(kept, at)] = values
        return found

    return {
        name: np.stack(
            [full(row[name], at) for row, at in zip(rows, horizons, strict=True)],
            axis=min(rows[0][name].ndim, 1),
        )
        for name in rows[0]
    }


def measured_row(found: Values) -> Cells:
    """Return the cells of replicas from what a sweep keeps of a row, whose steps are one cell."""
    kept = {name: np.asarray(found[name]) for name in KEPT}
    cells = {name: kept[name][..., -1] for name in ("mean", "stderr", "median")}
    cells |= {f"{name}_curve": kept[name] for name in ("mean", "low", "high")}
    return cells | {"measured_regime": kept["regime"].astype(object)}


def stand_in(row: Row, steps: np.ndarray, measured: Cells) -> Cells:
    """Return the row of a problem without exact second moments: means for errors, nan for the rest.

    Gradient descent is looked at once more, step by step, for what goes on beyond its stability.
    """
    error, regime = measured["mean"], measured["measured_regime"]
    if row.method.sampling == "full" and not row.momentum:
        beyond = beyond_stability(row.problem, steps, row.steps)
        regime = np.where(beyond == "", regime, beyond)
    cells: Cells = {"regime": regime, "error": error, "curve": measured["mean_curve"]}
    cells |= dict.fromkeys(("floor", "contraction"), np.full_like(error, np.nan))
    return cells | dict.fromkeys(("threshold", "fastest_step"), np.array(np.nan))
