"""A learning-rate range test as a figure: its losses over the growing step, and the steps read off it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from ratebound.reports import style
from ratebound.reports.figure import plain

_COLOURS = (style.VERMILION, style.ORANGE, style.GREEN, style.PURPLE, style.SKY)


def draw(found: Mapping[str, Any]) -> Figure:
    """Draw a range test.

    Parameters
    ----------
    found
        Plain values, as :meth:`ratebound.experiments.regimes.finder.Finder.as_dict` returns them.
    """
    with style.context():
        return _drawn(found)


def save(found: Mapping[str, Any], path: Path) -> None:
    """Write the figure, as PNG or PDF by the name of the file."""
    style.write(draw(found), path)


def _drawn(found: Mapping[str, Any]) -> Figure:
    figure = Figure(figsize=(7.2, 4.6), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    # A test that has stopped has no loss: None reads nan.
    steps, low, middle, high = (
        np.array(found[name], dtype=float) for name in ("tried", "low", "median", "high")
    )
    axes.fill_between(steps, low, high, color=style.BLUE, alpha=0.2, linewidth=0, label="10–90 % of tests")
    axes.plot(steps, middle, color=style.BLUE, label="median test, smoothed")
    if found["threshold"] is not None:
        kind = "exact stability threshold" if found["exact"] else "first step of the grid that diverges"
        line = "-" if found["exact"] else "--"
        axes.axvline(found["threshold"], color=style.BLACK, linewidth=2, linestyle=line, label=kind)
    for colour, each in zip(_COLOURS, found["suggestions"], strict=False):
        held = "diverges" if each["verdict"] == "diverges" else f"{each['price']:.3g} times the least error"
        axes.axvline(each["step"], color=colour, linestyle="--", label=f"{each['rule']}: {held}")
        if each["low"] < each["high"]:
            axes.axvspan(each["low"], each["high"], color=colour, alpha=0.12, linewidth=0)
    axes.axvline(found["best_step"], color=style.BLACK, linewidth=1, linestyle=":", label="best step")
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.set_xlabel(r"step $\alpha$")
    axes.set_ylabel(r"$f(x) - f_*$ along the test")
    axes.set_title(
        f"A range test on {plain(found['problem'])}, batch {found['batch']}; each step then held for "
        f"{found['steps']} updates",
        loc="left",
        fontsize=9.5,
        fontweight="bold",
    )
    figure.legend(loc="outside lower left", ncols=2)
    return figure
