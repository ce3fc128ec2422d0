"""The variables of a sweep's data set: what each means, its type and its dimensions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import reduce
from typing import Any

import numpy as np

from ratebound.experiments.sweeps.compute import checkpoints
from ratebound.experiments.sweeps.declare import Sweep

CHECKPOINT = "checkpoint"
PENDING, DONE, FAILED = "pending", "done", "failed"
_CURVES = {
    "mean": "arithmetic mean over replicas, which bounds on expectations are about",
    "stderr": "standard error of the mean; nan for one replica, or where one diverged",
    "low": "10 % quantile of replicas",
    "median": "median of replicas",
    "high": "90 % quantile of replicas",
}
_OF_RUN = {
    "alpha": "first step size alpha_0",
    "diverged": "share of replicas that are not finite at the last checkpoint",
    "regime": "regime by the measured rules of `ratebound explore`",
}
_OF_VERDICT = {
    "outcome": "holds, violated, undecided or not applicable",
    "evidence": "what the outcome rests on",
    "reason": "why, in one line",
    "k": "worst checkpoint",
    "measured": "measure at the worst checkpoint",
    "bound": "bound there",
    "tightness": "largest measured/bound",
    "e_value": "largest e-value against the bound",
    "alpha": "value of the theorem's parameter",
}
_WORDS = frozenset({"status", "message", "regime", "outcome", "evidence", "reason"})


@dataclass(frozen=True)
class Variable:
    """A variable: its dimensions beyond the axes of the sweep, and what it is."""

    inner: tuple[str, ...]
    meaning: str
    words: bool


@dataclass(frozen=True, eq=False)
class Layout:
    """Variables and coordinates of a sweep.

    Parameters
    ----------
    axes
        Axis -> labels.
    inner
        Dimension within a cell -> labels: the list of steps, and the checkpoints.
    labels
        Coordinates along a list of cells.
    variables
        Name -> variable; ``status`` is the last, for it is written last.
    """

    axes: Mapping[str, tuple[Any, ...]]
    inner: Mapping[str, tuple[Any, ...]]
    labels: Mapping[str, tuple[Any, ...]]
    variables: Mapping[str, Variable]

    def as_dict(self) -> dict[str, Any]:
        """Return the coordinates as plain JSON values."""
        return {name: {key: list(each) for key, each in getattr(self, name).items()} for name in _PARTS}

    def empty(self, name: str) -> Any:
        """Return what a variable holds where nothing was computed."""
        if name == "status":
            return PENDING
        return "" if self.variables[name].words else np.nan


_PARTS = ("axes", "inner", "labels")


def layout(sweep: Sweep) -> Layout:
    """Return the layout of a sweep; its checkpoints are those of all cells together."""
    inner: dict[str, tuple[Any, ...]] = {}
    shared = sweep.shared
    if shared is not None:
        inner[shared[0]] = shared[1]
    along = tuple(inner)
    if sweep.judges:
        own = {name: Variable((), meaning, name in _WORDS) for name, meaning in _OF_VERDICT.items()}
    else:
        horizons = {cell.settings["steps"]: cell for cell in sweep.cells}
        at: np.ndarray = reduce(np.union1d, map(checkpoints, horizons.values()))
        inner[CHECKPOINT] = tuple(at.tolist())
        own = {name: Variable((*along, CHECKPOINT), meaning, False) for name, meaning in _CURVES.items()}
        own |= {name: Variable(along, meaning, name in _WORDS) for name, meaning in _OF_RUN.items()}
    kept = {
        "message": Variable((), "why the cell failed", True),
        "status": Variable((), f"{PENDING}, {DONE} or {FAILED}", True),
    }
    return Layout(sweep.axes, inner, sweep.labels, own | kept)


def placed(layout: Layout, name: str, value: Any, at: np.ndarray | None) -> Any:
    """Return a cell's value in the shape of the store: a run's own checkpoints among all, nan elsewhere."""
    if CHECKPOINT not in layout.variables[name].inner:
        return value
    assert at is not None
    every = np.array(layout.inner[CHECKPOINT])
    whole = np.full((*value.shape[:-1], every.size), np.nan)
    whole[..., np.searchsorted(every, at)] = value
    return whole
