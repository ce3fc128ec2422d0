"""K(eps): the steps that a run took to reach an accuracy, beside the steps that its bound asks for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ratebound.reports import wording
from ratebound.reports.series import curves
from ratebound.reports.table import Entry, Table, by_setting

LEVELS = (1e-1, 1e-2, 1e-3)
"""Accuracies of the table, as shares of the error at the first checkpoint."""


def first_reached(k: np.ndarray, values: np.ndarray, targets: np.ndarray) -> np.ndarray:
    """Return the first k at which a curve is at or below each target.

    Parameters
    ----------
    k
        Steps, shape (C,), increasing and at least 1.
    values
        The curve, shape (C,); nan where it is unknown.
    targets
        Accuracies, shape (E,).

    Returns
    -------
    numpy.ndarray
        Steps, shape (E,), nan where the target is not reached; between checkpoints the curve is taken as
        straight on log-log axes.
    """
    lowest = np.fmin.accumulate(values)
    found = np.full(len(targets), np.nan)
    for position, target in enumerate(targets):
        reached = np.flatnonzero(lowest <= target)
        if not reached.size:
            continue
        at = reached[0]
        found[position] = k[at] if at == 0 or not values[at - 1] > target else _between(k, values, at, target)
    return found


def _between(k: np.ndarray, values: np.ndarray, at: int, target: float) -> float:
    above, wanted, below = np.log([values[at - 1], target, values[at]])
    share = (above - wanted) / (above - below)
    return float(k[at - 1] * (k[at] / k[at - 1]) ** share)


def reaches(cell: Mapping[str, Any], shares: np.ndarray) -> tuple[np.ndarray, np.ndarray] | None:
    """Return K(eps) of the run and of the bound, for eps = each share of the error at the start.

    Returns
    -------
    tuple or None
        Two arrays of the shape of `shares`; None for cells without curves or of one step.
    """
    shown = curves(cell)
    if shown is None or cell["theorem"]["order"]["kind"] == "one step":
        return None
    start = _start(cell)
    if start is None:
        return None
    assert shown.error is not None
    later = shown.k >= 1
    k = shown.k[later]
    return (
        first_reached(k, shown.error[later], start * shares),
        first_reached(k, shown.bound[later], start * shares),
    )


def _start(cell: Mapping[str, Any]) -> float | None:
    """Return the error at the first checkpoint that has one, k = 0 where it was kept."""
    series = cell["series"]
    for value in series.get("exact") or series.get("mean") or ():
        if np.isfinite(value) and value > 0:
            return float(value)
    return None


def complexity_table(cells: Sequence[Mapping[str, Any]]) -> Table:
    """Return one row per run: the steps to three accuracies, measured and guaranteed."""
    rows = []
    for cell in by_setting(cells):
        found = reaches(cell, np.array(LEVELS))
        if found is None:
            continue
        pairs: list[Entry] = [_whole(side[position]) for position in range(len(LEVELS)) for side in found]
        theorem, run = cell["theorem"], cell["run"]
        rows.append(
            (
                theorem["id"],
                cell["problem"]["name"],
                run["method"],
                run["batch"] if theorem["stochastic"] else None,
                run.get("parameters_text") or "",
                *pairs,
            )
        )
    names = [f"{side} {wording.number(level)}" for level in LEVELS for side in ("measured", "bound")]
    caption = (
        "Steps K(eps) until the error, and the bound, first reach eps = 0.1, 0.01, 0.001 of the error at the "
        "start; empty where that takes more steps than were run."
    )
    return Table(caption, ("theorem", "problem", "method", "batch", "step", *names), tuple(rows))


def _whole(value: float) -> int | None:
    return None if np.isnan(value) else int(np.ceil(value - 1e-9))
