"""The rate table as a figure: K(eps) of the runs beside K(eps) of their bounds, by setting and gradient."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from ratebound.reports import style
from ratebound.reports.complexity import reaches
from ratebound.reports.figure import plain
from ratebound.reports.table import SETTING_NAMES, SETTINGS
from ratebound.reports.typeset import mathtext

STEM = "rates"
TITLE = "Iterations K(ε) to reach an accuracy, measured and guaranteed"
_SHARES = np.geomspace(1.0, 1e-8, 65)
_COLOURS = (style.BLUE, style.VERMILION, style.GREEN)
_WIDTH, _ROW = 6.4, 2.25
_HEAD, _FOOT = 0.62, 0.2
_GRADIENTS = {False: "deterministic", True: "stochastic"}


def rate_panels(cells: Sequence[Mapping[str, Any]]) -> dict[tuple[str, bool], list[Mapping[str, Any]]]:
    """Return the cells of each setting and kind of gradient, those that get furthest first.

    One problem stands for each theorem. Constant steps with a floor of noise are left out: their K(eps)
    takes another step for each eps, and one run has one step.
    """
    best: dict[str, tuple[float, Mapping[str, Any]]] = {}
    for cell in cells:
        order, theorem = cell["theorem"]["order"], cell["theorem"]
        found = None if order["kind"] == "floor" else reaches(cell, _SHARES)
        if found is None:
            continue
        depth = float(np.isfinite(found[0]).sum() + 2 * np.isfinite(found[1]).sum())
        if theorem["id"] not in best or depth > best[theorem["id"]][0]:
            best[theorem["id"]] = (depth, cell)
    panels: dict[tuple[str, bool], list[Mapping[str, Any]]] = {}
    for _, cell in sorted(best.values(), key=lambda pair: -pair[0]):
        place = cell["theorem"]["setting"], bool(cell["theorem"]["stochastic"])
        panels.setdefault(place, []).append(cell)
    return panels


def draw_rates(cells: Sequence[Mapping[str, Any]]) -> Figure:
    """Draw one panel for each setting and kind of gradient; some cell must have a K(eps)."""
    found = rate_panels(cells)
    settings = [setting for setting in SETTINGS if any((setting, kind) in found for kind in (False, True))]
    with style.context():
        height = _HEAD + _ROW * len(settings) + _FOOT
        figure = Figure(figsize=(_WIDTH, height))
        FigureCanvasAgg(figure)
        grid = figure.add_gridspec(
            len(settings),
            2,
            left=0.085,
            right=0.985,
            top=1 - (_HEAD + 0.3) / height,
            bottom=(_FOOT + 0.33) / height,
            hspace=0.55,
            wspace=0.2,
        )
        for row, setting in enumerate(settings):
            for column, kind in enumerate((False, True)):
                axes = figure.add_subplot(grid[row, column])
                _panel(axes, setting, kind, found.get((setting, kind), [])[: len(_COLOURS)])
        _head(figure, height)
    return figure


def _head(figure: Figure, height: float) -> None:
    figure.text(0.019, 1 - 0.12 / height, TITLE, va="top", fontsize=10.5, fontweight="bold")
    figure.legend(
        [Line2D([], [], color=style.BLACK), Line2D([], [], color=style.BLACK, linestyle=(0, (5, 2)))],
        ["measured: first k with error ≤ ε", "theory: first k with bound ≤ ε"],
        loc="upper left",
        bbox_to_anchor=(0.012, 1 - 0.32 / height),
        ncols=2,
        borderaxespad=0,
    )


def _panel(axes: Axes, setting: str, stochastic: bool, cells: Sequence[Mapping[str, Any]]) -> None:
    axes.set_title(_title(setting, stochastic, cells), fontsize=8, loc="left")
    if not cells:
        axes.text(0.5, 0.5, "no curve in this record", ha="center", va="center", color=style.GREY)
        axes.set_axis_off()
        return
    axes.set_xscale("log")
    axes.set_yscale("log")
    for cell, colour in zip(cells, _COLOURS, strict=False):
        found = reaches(cell, _SHARES)
        assert found is not None
        label = f"{cell['theorem']['id']}, {plain(cell['problem']['name'])}"
        axes.plot(1 / _SHARES, found[0], color=colour, label=label)
        axes.plot(1 / _SHARES, found[1], color=colour, linestyle=(0, (5, 2)), linewidth=1.1)
    axes.set_xlabel("error at the start / ε", fontsize=8, labelpad=1)
    axes.set_ylabel("K(ε)", fontsize=8, labelpad=1)
    axes.tick_params(labelsize=7)
    axes.spines["top"].set_visible(False)
    low, high = axes.get_ylim()
    # Room for the legend above the curves.
    axes.set_ylim(low, high * (high / low) ** (0.13 * len(cells)))
    axes.legend(loc="upper left", fontsize=6.5, borderaxespad=0.1, labelspacing=0.2, handlelength=1.4)


def _title(setting: str, stochastic: bool, cells: Sequence[Mapping[str, Any]]) -> str:
    known = dict.fromkeys(cell["theorem"].get("complexity_latex") for cell in cells)
    typeset = [text for text in (mathtext(latex) for latex in known if latex) if text]
    rates = f":  K(ε) = {', '.join(typeset)}" if typeset else ""
    return f"{SETTING_NAMES[setting]}, {_GRADIENTS[stochastic]}{rates}"
