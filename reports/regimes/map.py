"""The map of step-size regimes, with the admissible ranges of the theorems below on the same axis."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import ListedColormap
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import NullLocator

from ratebound.reports import style, wording
from ratebound.reports.figure import plain
from ratebound.reports.regimes.bars import draw_ranges, ranges
from ratebound.reports.regimes.eigenvalues import draw_contraction
from ratebound.reports.regimes.lines import CONTOUR, LEAST_ROWS, SCALING, draw_contours, draw_scaling
from ratebound.reports.regimes.words import named_row

AXES: Mapping[str, str] = MappingProxyType(
    {
        "batch": "batch",
        "momentum": "momentum",
        "steps": "horizon K",
        "noise": "noise, times that of the data",
    }
)
"""Axis -> what it is called."""
COLOURS: Mapping[str, str] = MappingProxyType(
    {
        "linear": style.BLUE,
        "sublinear": style.SKY,
        "plateau": style.ORANGE,
        "slow": "#D9D9D9",
        "edge": style.YELLOW,
        "chaotic": style.PURPLE,
        "divergent": style.VERMILION,
    }
)
"""Regime -> its colour."""
_MEANING = MappingProxyType(
    {
        "linear": "linear",
        "sublinear": "sublinear",
        "plateau": "plateau at the noise floor",
        "slow": "slow: less than one digit gained",
        "edge": "edge of stability",
        "chaotic": "chaotic",
        "divergent": "divergent",
    }
)
_WIDTH, _LEFT, _RIGHT, _EDGE = 7.2, 1.95, 0.62, 0.12
_ROW, _BAR, _GAP, _PICTURE = 0.27, 0.19, 0.38, 1.3
_HEAD, _AXIS, _LEGEND_ROW = 0.9, 0.46, 0.2
_COLUMNS = 3
_TALLEST, _MOST_LABELS = 5.5, 24
_MARK: dict[str, Any] = {"linestyle": "none", "color": "white", "markeredgecolor": style.BLACK, "mew": 0.7}
_BEST: dict[str, Any] = {**_MARK, "marker": "*", "markersize": 8}
_TRUSTED: dict[str, Any] = {**_MARK, "marker": "D", "markersize": 4}
_LEAST = 0.055
"""Least distance of two reference labels, as a share of the axis."""


def draw(regimes: Mapping[str, Any]) -> Figure:
    """Draw a map.

    Parameters
    ----------
    regimes
        Plain values, as :meth:`ratebound.experiments.regimes.explore.Regimes.as_dict` returns them.

    Returns
    -------
    Figure
        Free of pyplot: nothing global is touched.
    """
    with style.context():
        return _drawn(regimes)


def save(regimes: Mapping[str, Any], folder: Path) -> list[Path]:
    """Draw a map and write it as PNG and PDF, the same bytes for the same values."""
    paths = [folder / f"map_{regimes['axis']}.{kind}" for kind in ("png", "pdf")]
    style.write(draw(regimes), *paths)
    return paths


def _drawn(regimes: Mapping[str, Any]) -> Figure:
    about, theory = of_one_row(regimes)
    shown = ranges(theory)
    entries = _legend(regimes, bool(shown))
    legend = _LEGEND_ROW * -(-len(entries) // _COLUMNS)
    bars, cells = (
        _BAR * len(shown) + 0.06,
        max(min(_ROW, _TALLEST / len(regimes["values"])) * len(regimes["values"]), 0.4),
    )
    foot = _EDGE + legend + 0.06
    low = foot + _AXIS
    picture = _PICTURE if _full(regimes) and regimes["exact"] else 0.0
    picture_low = low + (bars + _GAP if shown else 0)
    map_low = picture_low + (picture + 0.5 * _GAP if picture else 0)
    height = map_low + cells + _HEAD

    figure = Figure(figsize=(_WIDTH, height))
    FigureCanvasAgg(figure)
    _titles(figure, regimes)

    def place(bottom: float, tall: float) -> Axes:
        return figure.add_axes(
            (_LEFT / _WIDTH, bottom / height, (_WIDTH - _LEFT - _RIGHT) / _WIDTH, tall / height)
        )

    edges = _edges(np.array(regimes["step"]))
    axes = [place(map_low, cells)]
    _draw_map(axes[0], regimes, edges)
    if picture:
        axes.append(place(picture_low, picture))
        draw_contraction(axes[-1], regimes, (edges[0], edges[-1]))
    if shown:
        axes.append(place(low, bars))
        limit = regimes["threshold" if regimes["exact"] else "first_divergent"][about]
        draw_ranges(axes[-1], shown, (edges[0], edges[-1]), limit, regimes["exact"])
        at = "" if _full(regimes) else f", for {named_row(regimes, regimes['values'][about])}"
        axes[-1].set_title(f"Steps that the theorems allow{at}", loc="left", fontsize=8.5, pad=4)
    for each in axes:
        each.set_xscale("log")
        each.set_xlim(edges[0], edges[-1])
        each.grid(False)
    for each in axes[:-1]:
        each.tick_params(axis="x", which="both", labelbottom=False)
    axes[-1].set_xlabel(r"step $\alpha$")
    _references(axes[0], regimes, edges)
    figure.legend(
        [handle for handle, _ in entries],
        [text for _, text in entries],
        loc="lower left",
        bbox_to_anchor=(_EDGE / _WIDTH, _EDGE / height),
        ncols=_COLUMNS,
        borderaxespad=0,
        columnspacing=1.4,
    )
    return figure


def of_one_row(regimes: Mapping[str, Any]) -> tuple[int, list[Mapping[str, Any]]]:
    """Return the row whose theorems are shown, and these: the first batch and momentum, else the last row."""
    at = 0 if regimes["axis"] in ("batch", "momentum") else len(regimes["values"]) - 1
    return at, [line for line in regimes["theory"] if line["at"] == regimes["values"][at]]


def _full(regimes: Mapping[str, Any]) -> bool:
    """Whether the rows are one row of full gradients."""
    return bool(regimes["method"] == "gd" and regimes["axis"] == "batch")


def _titles(figure: Figure, regimes: Mapping[str, Any]) -> None:
    height, name = figure.get_figheight(), {"sgd": "SGD", "gd": "gradient descent"}[regimes["method"]]
    facts = [f"$n$ = {regimes['n']}", f"$d$ = {regimes['d']}"]
    if regimes["kappa"] is not None:
        facts.append(rf"$\kappa$ = {wording.number(regimes['kappa'])}")
    source = "exact second moments" if regimes["exact"] else f"{regimes['replicas']} replicas a cell"
    error = r"$f(x_K)-f_*$" if regimes["measure"] == "gap_last" else r"$\Vert\nabla f(x_K)\Vert^2$"
    how = "" if regimes["replacement"] else ", without replacement"
    how += f", batch {regimes['batch']}" if "batch" in regimes and regimes["method"] == "sgd" else ""
    horizon = f" = {regimes['steps']}" if "steps" in regimes else ""
    lines = (
        f"{plain(regimes['title'])}: {', '.join(facts)}",
        f"error {error} after $K${horizon} steps{how}; {source}",
    )
    left, at = _EDGE / _WIDTH, height - _EDGE
    title = f"What a constant step of {name} does"
    figure.text(left, at / height, title, ha="left", va="top", fontsize=10.5, fontweight="bold")
    for row, line in enumerate(lines):
        figure.text(
            left,
            (at - 0.2 - 0.165 * row) / height,
            line,
            ha="left",
            va="top",
            fontsize=8.2,
            color="#444444",
        )


def _edges(steps: np.ndarray) -> np.ndarray:
    """Return the borders of cells around steps, at geometric midpoints."""
    logs = np.log(steps)
    half = np.diff(logs) / 2 if steps.size > 1 else np.array([np.log(2) / 2])
    middle: np.ndarray = np.exp(
        np.concatenate([[logs[0] - half[0]], logs[:-1] + np.diff(logs) / 2, [logs[-1] + half[-1]]])
    )
    return middle


def _draw_map(axes: Axes, regimes: Mapping[str, Any], edges: np.ndarray) -> None:
    names = list(COLOURS)
    codes = np.array([[names.index(name) for name in row] for row in regimes["regime"]]).T
    rows = np.arange(len(regimes["values"]) + 1) - 0.5
    axes.pcolormesh(
        edges,
        rows,
        codes,
        cmap=ListedColormap(list(COLOURS.values())),
        vmin=-0.5,
        vmax=len(names) - 0.5,
        edgecolors="white",
        linewidth=0.4,
    )
    for row, limit in enumerate(regimes["threshold"]):
        if limit is not None:
            axes.plot([limit, limit], [row - 0.5, row + 0.5], color=style.BLACK, linewidth=2)
    axes.plot(regimes["best_step"], np.arange(rows.size - 1), **_BEST)
    trusted = [(step, row) for row, step in enumerate(regimes["trusted_step"]) if step is not None]
    axes.plot([step for step, _ in trusted], [row for _, row in trusted], **_TRUSTED)
    draw_contours(axes, regimes)
    if regimes["axis"] == "batch" and regimes["exact"] and not _full(regimes):
        draw_scaling(axes, regimes, edges[-1])
    labels = ["full"] if _full(regimes) else [f"{value:g}" for value in regimes["values"]]
    every = -(-len(labels) // _MOST_LABELS)
    axes.set_yticks(np.arange(len(labels))[::every], labels[::every])
    axes.yaxis.set_minor_locator(NullLocator())
    axes.set_ylim(rows[0], rows[-1])
    axes.set_ylabel(AXES[regimes["axis"]])


def _references(axes: Axes, regimes: Mapping[str, Any], edges: np.ndarray) -> None:
    """Name 2/L, 1/L and 1/L_max above the map, where there is room for them."""
    span = np.log(edges[-1] / edges[0])
    taken: list[float] = []
    for numerator, name, text in ((2, "L", "$2/L$"), (1, "L", "$1/L$"), (1, "L_max", r"$1/L_{\max}$")):
        if regimes[name] is None:
            continue
        at = numerator / regimes[name]
        place = np.log(at / edges[0]) / span
        if not 0 <= place <= 1 or any(abs(place - other) < _LEAST for other in taken):
            continue
        taken.append(place)
        axes.annotate(
            text,
            (place, 1),
            (0, 5),
            xycoords="axes fraction",
            textcoords="offset points",
            ha="center",
            va="bottom",
            fontsize=8,
            arrowprops={"arrowstyle": "-", "linewidth": 0.8, "shrinkA": 0, "shrinkB": 0},
        )


def _legend(regimes: Mapping[str, Any], theorems: bool) -> Sequence[tuple[Any, str]]:
    present = {name for row in regimes["regime"] for name in row}
    entries: list[tuple[Any, str]] = [
        (Patch(facecolor=colour), _MEANING[name]) for name, colour in COLOURS.items() if name in present
    ]
    if len(regimes["values"]) >= LEAST_ROWS:
        entries.append((Line2D([], [], **CONTOUR), "error at K: powers of ten"))
    entries.append((Line2D([], [], **_BEST), "best step of the grid"))
    if any(step is not None for step in regimes["trusted_step"]):
        entries.append((Line2D([], [], **_TRUSTED), "step of the least bound"))
    if regimes["exact"]:
        entries.append((Line2D([], [], color=style.BLACK, linewidth=2), "exact stability threshold"))
        if regimes["axis"] == "batch" and not _full(regimes):
            for power, line in SCALING.items():
                what = "linear" if power == 1 else "square-root"
                thin = Line2D([], [], color=style.BLACK, linewidth=0.9, linestyle=line)
                entries.append((thin, f"threshold of batch {regimes['values'][0]}, {what} scaling"))
    elif regimes["first_divergent"][0] is not None:
        dashed = Line2D([], [], color=style.BLACK, linewidth=2, linestyle="--")
        entries.append((dashed, "first divergent step, measured"))
    if theorems:
        entries.append((Patch(facecolor=style.GREEN), "steps that the theorem allows"))
        mark = Line2D([], [], linestyle="none", marker="D", markersize=4, color=style.BLACK)
        entries.append((mark, "step of its least bound, below"))
    return entries
