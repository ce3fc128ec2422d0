"""Lines over a map of regimes: equal errors, and how the threshold would scale with the batch."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.transforms import blended_transform_factory

from ratebound.reports import style

LEAST_ROWS, _MOST = 6, 6
"""The least number of rows that show contours, and the most contours."""
CONTOUR: Mapping[str, Any] = MappingProxyType({"color": "#333333", "linewidth": 0.7, "linestyle": "-"})
SCALING: Mapping[float, Any] = MappingProxyType({1.0: ":", 0.5: "-."})
"""Power of the batch -> the line that shows it."""


def draw_contours(axes: Axes, regimes: Mapping[str, Any]) -> None:
    """Draw where the error at the horizon is a power of ten, among the steps that do not diverge."""
    error = np.array(regimes["error"], dtype=float).T
    if len(error) < LEAST_ROWS or len(regimes["step"]) < LEAST_ROWS:
        return
    stable = np.array(regimes["regime"]).T != "divergent"
    with np.errstate(all="ignore"):
        logs = np.where(stable & (error > 0), np.log10(error), np.nan)
    if not np.isfinite(logs).any():
        return
    levels = np.arange(np.ceil(np.nanmin(logs)), np.nanmax(logs))[-_MOST:]
    if not levels.size:
        return
    rows = np.arange(len(error))
    line = {f"{name}s": value for name, value in CONTOUR.items()}
    found = axes.contour(regimes["step"], rows, logs, levels=levels, **line)
    axes.clabel(found, fmt=lambda level: f"1e{level:.0f}", fontsize=7)


def draw_scaling(axes: Axes, regimes: Mapping[str, Any], highest: float) -> None:
    """Draw how the threshold of the first batch would grow linearly, and like the square root."""
    batches, rows = np.array(regimes["values"], dtype=float), np.arange(len(regimes["values"]))
    for power, line in SCALING.items():
        scaled = regimes["threshold"][0] * (batches / batches[0]) ** power
        inside = scaled <= highest
        axes.plot(scaled[inside], rows[inside], color=style.BLACK, linewidth=0.9, linestyle=line)
    critical = regimes["critical_batch"]
    if batches[0] <= critical <= batches[-1]:
        row = np.interp(np.log(critical), np.log(batches), rows)
        margin = blended_transform_factory(axes.transAxes, axes.transData)
        axes.plot([1, 1.02], [row, row], transform=margin, color=style.BLACK, clip_on=False, linewidth=1.2)
        axes.text(1.03, row, "critical\nbatch", transform=margin, va="center", fontsize=7.5)
