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
from ratebound.reports.regime_bars import draw_ranges, ranges

STEM = "map"
COLOURS: Mapping[str, str] = MappingProxyType(
    {
        "linear": style.BLUE,
        "sublinear": style.SKY,
        "plateau": style.ORANGE,
        "slow": "#D9D9D9",
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
        "divergent": "divergent",
    }
)
_WIDTH, _LEFT, _RIGHT, _EDGE = 7.2, 1.95, 0.62, 0.12
_ROW, _BAR, _GAP = 0.27, 0.19, 0.38
_HEAD, _AXIS, _LEGEND_ROW = 0.9, 0.46, 0.2
_COLUMNS = 3
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
    figure = draw(regimes)
    paths = [folder / f"{STEM}.{kind}" for kind in ("png", "pdf")]
    with style.context():
        for path in paths:
            figure.savefig(path, dpi=style.DPI, metadata=style.METADATA[path.suffix[1:]])
    return paths


def _drawn(regimes: Mapping[str, Any]) -> Figure:
    shown = ranges(regimes["theory"])
    entries = _legend(regimes, bool(shown))
    legend = _LEGEND_ROW * -(-len(entries) // _COLUMNS)
    bars, cells = _BAR * len(shown) + 0.06, max(_ROW * len(regimes["batch"]), 0.4)
    foot = _EDGE + legend + 0.06
    low = foot + _AXIS
    map_low = low + (bars + _GAP if shown else 0)
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
    if shown:
        axes.append(place(low, bars))
        limit = regimes["threshold" if regimes["exact"] else "first_divergent"][0]
        draw_ranges(axes[1], shown, (edges[0], edges[-1]), limit, regimes["exact"])
        about = "" if regimes["method"] == "gd" else f", for batch {regimes['batch'][0]}"
        axes[1].set_title(f"Steps that the theorems allow{about}", loc="left", fontsize=8.5, pad=4)
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


def _titles(figure: Figure, regimes: Mapping[str, Any]) -> None:
    height, name = figure.get_figheight(), {"sgd": "SGD", "gd": "gradient descent"}[regimes["method"]]
    facts = [f"$n$ = {regimes['n']}", f"$d$ = {regimes['d']}"]
    if regimes["kappa"] is not None:
        facts.append(rf"$\kappa$ = {wording.number(regimes['kappa'])}")
    source = "exact second moments" if regimes["exact"] else f"{regimes['replicas']} replicas a cell"
    error = r"$f(x_K)-f_*$" if regimes["measure"] == "gap_last" else r"$\Vert\nabla f(x_K)\Vert^2$"
    how = "" if regimes["replacement"] else ", without replacement"
    lines = (
        f"{plain(regimes['title'])}: {', '.join(facts)}",
        f"error {error} after $K$ = {regimes['iterations']} steps{how}; {source}",
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
    rows = np.arange(len(regimes["batch"]) + 1) - 0.5
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
    axes.plot(
        regimes["best_step"],
        np.arange(len(regimes["batch"])),
        linestyle="none",
        marker="*",
        markersize=8,
        color="white",
        markeredgecolor=style.BLACK,
        markeredgewidth=0.7,
    )
    labels = ["full"] if regimes["method"] == "gd" else [str(batch) for batch in regimes["batch"]]
    axes.set_yticks(np.arange(len(labels)), labels)
    axes.yaxis.set_minor_locator(NullLocator())
    axes.set_ylim(rows[0], rows[-1])
    axes.set_ylabel("batch")


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
    star: dict[str, Any] = {"marker": "*", "markersize": 8, "color": "white", "markeredgecolor": style.BLACK}
    entries.append((Line2D([], [], linestyle="none", **star), "best step of the grid"))
    if regimes["exact"]:
        entries.append((Line2D([], [], color=style.BLACK, linewidth=2), "exact stability threshold"))
    elif regimes["first_divergent"][0] is not None:
        dashed = Line2D([], [], color=style.BLACK, linewidth=2, linestyle="--")
        entries.append((dashed, "first divergent step, measured"))
    if theorems:
        entries.append((Patch(facecolor=style.GREEN), "steps that the theorem allows"))
        mark = Line2D([], [], linestyle="none", marker="D", markersize=4, color=style.BLACK)
        entries.append((mark, "step of its least bound"))
    return entries
