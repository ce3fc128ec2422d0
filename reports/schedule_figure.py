"""Step schedules as a figure: their errors along the run, and the error over the time to switch."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import cycle
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from ratebound.reports import style
from ratebound.reports.figure import plain

_COLOURS = (style.BLUE, style.VERMILION, style.GREEN, style.PURPLE, style.ORANGE, style.SKY)
_LINES = ("-", (0, (6, 1.5)), (0, (2, 1.2)))
"""One over the other is seen where curves coincide."""
_MOST = 6
_ROOM = 10.0


def draw(found: Mapping[str, Any]) -> Figure:
    """Draw a comparison of schedules.

    Parameters
    ----------
    found
        Plain values, as :meth:`ratebound.experiments.regimes.schedules.Schedules.as_dict` returns them.
    """
    with style.context():
        return _drawn(found)


def save(found: Mapping[str, Any], path: Path) -> None:
    """Write the figure, as PNG or PDF by the name of the file."""
    style.write(draw(found), path)


def _drawn(found: Mapping[str, Any]) -> Figure:
    switching = bool(found["times"])
    figure = Figure(figsize=(9.6, 5.4) if switching else (6.4, 4.6), layout="constrained")
    FigureCanvasAgg(figure)
    axes = np.atleast_1d(figure.subplots(1, 1 + switching))
    _curves(axes[0], found)
    if switching:
        _times(axes[1], found)
    how = "exact expectations" if found["exact"] else f"means over {found['replicas']} replicas"
    figure.suptitle(
        f"Constant against decaying steps: SGD on {plain(found['problem'])}, batch {found['batch']}; {how}",
        x=0.01,
        ha="left",
        fontsize=10,
        fontweight="bold",
    )
    # Below the axes, for curves run wherever there is room within them.
    columns = 1 if switching else 2
    figure.legend(*axes[0].get_legend_handles_labels(), loc="outside lower left", ncols=columns)
    if switching:
        figure.legend(*axes[1].get_legend_handles_labels(), loc="outside lower right")
    return figure


def _curves(axes: Axes, found: Mapping[str, Any]) -> None:
    k = np.array(found["k"])
    start = found["entries"][0]["curve"][0]
    shown = sorted(found["entries"], key=lambda each: each["ratio"] or np.inf)[:_MOST]
    colours, lines = cycle(_COLOURS), cycle(_LINES)
    for each in found["entries"]:
        constant = each["name"] == "constant"
        if each not in shown and not constant:
            continue
        times = "inf" if each["ratio"] is None else f"{each['ratio']:.3g}"
        label = f"best constant step {each['step']}" if constant else each["name"]
        axes.plot(
            k[1:],
            np.array(each["curve"][1:], dtype=float),
            color=style.BLACK if constant else next(colours),
            linewidth=2.2 if constant else 1.3,
            linestyle="-" if constant else next(lines),
            label=f"{label}: {times} × the least error",
        )
    low = min(value for each in shown for value in each["curve"] if value)
    axes.set(xscale="log", yscale="log", xlabel="updates $k$", ylim=(low / 2, _ROOM * start))
    axes.set_ylabel(r"$\mathbb{E} f(x_k) - f_*$, last iterate")
    axes.set_title(f"the {len(shown)} best schedules, and the best constant step", loc="left", fontsize=8.5)


def _times(axes: Axes, found: Mapping[str, Any]) -> None:
    errors = np.array(found["errors"], dtype=float)
    axes.plot(found["times"], errors, color=style.BLUE, marker="o", markersize=3.5)
    marks = (
        ("theorem_time", style.VERMILION, "--", "time of the theorem"),
        ("best_time", style.GREEN, "-", "best time"),
        ("settled", style.GREY, ":", "the constant step is within twice its last error"),
    )
    for name, colour, line, label in marks:
        axes.axvline(found[name], color=colour, linestyle=line, label=f"{label}, k = {found[name]}")
    first, last = found["near"]
    axes.axvspan(first, last, color=style.GREEN, alpha=0.12, linewidth=0, label="within 10 % of the best")
    least = np.nanmin(errors)
    axes.set(xscale="log", yscale="log", xlabel="time to switch", ylim=(least / 2, 100 * least))
    axes.set_ylabel(f"error at K = {found['steps']}")
    axes.set_title("from a constant step to a decaying one, switched at k", loc="left", fontsize=8.5)
