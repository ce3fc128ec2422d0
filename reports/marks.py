"""The marks of a figure: lines, bands, the cross of a divergence, the slope triangle, both x axes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import LogLocator, NullLocator
from numpy.typing import ArrayLike

from ratebound.reports import style
from ratebound.reports.series import Curves, fitted_line
from ratebound.reports.wording import number, theory_exponent

_MARKERS = 20
_BOUND: dict[str, Any] = {"color": style.VERMILION, "linestyle": (0, (5, 2)), "linewidth": 1.6}
_EXACT: dict[str, Any] = {"color": style.BLACK, "linewidth": 1.5}
_MEAN: dict[str, Any] = {"color": style.BLUE, "linewidth": 1.3, "marker": "o", "markersize": 2.6}
_BAND: dict[str, Any] = {"color": style.BLUE, "alpha": 0.30, "linewidth": 0}
_QUANTILES: dict[str, Any] = {"color": style.SKY, "alpha": 0.22, "linewidth": 0}
_REPLICA: dict[str, Any] = {"color": style.SKY, "linewidth": 0.6, "alpha": 0.8}
_FLOOR: dict[str, Any] = {"color": style.PURPLE, "linestyle": (0, (1, 1.5)), "linewidth": 1.5}
_FIT: dict[str, Any] = {"color": style.ORANGE, "linewidth": 5.0, "alpha": 0.5, "solid_capstyle": "butt"}
_PLACE: dict[str, Any] = {
    "color": style.VERMILION,
    "marker": "o",
    "markersize": 9,
    "linestyle": "none",
    "markerfacecolor": "none",
    "markeredgewidth": 1.6,
}
_CROSS: dict[str, Any] = {
    "color": style.VERMILION,
    "marker": "X",
    "markersize": 8,
    "linestyle": "none",
    "markeredgecolor": "white",
}
_TRIANGLE: dict[str, Any] = {"color": style.GREY, "linewidth": 0.9}


def draw_curves(axes: Axes, shown: Curves, bottom: float) -> None:
    """Draw what the series hold; `bottom` is the lower end of the y axis, where bands that reach zero end."""
    k = shown.k
    if shown.power:
        axes.set_xscale("log")
    for pair, look in ((shown.quantiles, _QUANTILES), (shown.mean_band, _BAND)):
        if pair is not None:
            low, high = (np.where(np.isnan(side), bottom, side) for side in pair)
            axes.fill_between(k, np.maximum(low, bottom), np.clip(high, bottom, np.finfo(float).max), **look)
    if shown.replicas is not None:
        axes.plot(k, shown.replicas.T, **_REPLICA)
    every = max(1, k.size // _MARKERS)
    if shown.mean is not None:
        axes.plot(k, shown.mean, markevery=every, **_MEAN)
    if shown.exact is not None:
        axes.plot(k, shown.exact, **_EXACT, marker="o" if k.size == 1 else None)
    axes.plot(k, shown.bound, **_BOUND, marker="_" if k.size == 1 else None)
    if shown.floor is not None:
        axes.axhline(shown.floor, **_FLOOR)
    if shown.diverged_at is not None and shown.error is not None:
        last = np.flatnonzero(np.isfinite(shown.error))
        if last.size:
            axes.plot(k[last[-1]], shown.error[last[-1]], **_CROSS, zorder=5)


def draw_violation(axes: Axes, cell: Mapping[str, Any], shown: Curves) -> None:
    """Ring the error at the step where the bound is violated, if it is on the axes."""
    place = _violation(cell, shown)
    if place is not None:
        axes.plot(*place, **_PLACE, zorder=6)


def _violation(cell: Mapping[str, Any], shown: Curves) -> tuple[float, float] | None:
    k = cell["verdict"].get("k")
    if cell["verdict"]["outcome"] != "violated" or k is None or shown.error is None:
        return None
    at = np.flatnonzero((shown.k == k) & np.isfinite(shown.error))
    return (float(k), float(shown.error[at[0]])) if at.size else None


def draw_slope(axes: Axes, cell: Mapping[str, Any], shown: Curves) -> None:
    """Draw the fitted line on its range and, for a power of k, a triangle with the theorem's exponent."""
    line = fitted_line(cell, shown)
    if line is None:
        return
    ends = np.flatnonzero(np.isfinite(line))[[0, -1]]
    axes.plot(shown.k[ends], line[ends], **_FIT, zorder=1.5)
    exponent = theory_exponent(cell["theorem"]["order"])
    if exponent is not None:
        _triangle(axes, shown, exponent, float(shown.k[ends[-1]]))


def _triangle(axes: Axes, shown: Curves, exponent: float, last: float) -> None:
    """Draw a slope triangle under the last decade of the data, making room for it below."""
    first = last / min(6.0, max(last / float(shown.k[0]), 1.5) ** 0.5)
    beside = (shown.k >= first * 0.8) & (shown.k <= last)
    sides = [shown.exact, shown.mean]
    sides += [pair[0] for pair in (shown.quantiles, shown.mean_band) if pair is not None]
    below = [row[beside][row[beside] > 0] for row in sides if row is not None]
    if shown.replicas is not None:
        below += [row[beside][row[beside] > 0] for row in shown.replicas]
    lowest = min((float(row.min()) for row in below if row.size), default=np.nan)
    low, high = axes.get_ylim()
    lowest = max(lowest, low * 1.2)
    decades = np.log10(high / low)
    if not np.isfinite(lowest) or decades <= 0:
        return
    start = lowest * 10 ** (-0.05 * decades)
    end = start * (last / first) ** exponent
    axes.plot([first, last, first, first], [start, end, end, start], **_TRIANGLE)
    axes.annotate(
        number(exponent),
        (first, np.sqrt(start * end)),
        xytext=(-3, 0),
        textcoords="offset points",
        ha="right",
        va="center",
        fontsize=7.5,
        color=style.GREY,
    )
    axes.set_ylim(min(low, end * 10 ** (-0.05 * decades)), high)


def legend_entries(cell: Mapping[str, Any], shown: Curves) -> list[tuple[Any, str]]:
    """Return handle and text of everything that is drawn."""
    stochastic = cell["theorem"]["stochastic"]
    entries: list[tuple[Any, str]] = []
    off = "" if np.isfinite(shown.bound).any() else " (off the scale)"
    entries.append((Line2D([], [], **_BOUND), f"bound of the theorem{off}"))
    if shown.exact is not None:
        entries.append((Line2D([], [], **_EXACT), "exact expectation" if stochastic else "error of the run"))
    if shown.mean is not None:
        handle: Any = Line2D([], [], **_MEAN)
        text = "arithmetic mean"
        if shown.mean_band is not None:
            handle, text = (Patch(**_BAND), handle), "mean, confidence band"
        entries.append((handle, text))
    if shown.quantiles is not None:
        entries.append((Patch(**_QUANTILES), "10–90 % of replicas"))
    if shown.replicas is not None:
        several = f"{len(shown.replicas)} replicas" if len(shown.replicas) > 1 else "one replica"
        entries.append((Line2D([], [], **_REPLICA), several))
    if shown.floor is not None:
        entries.append((Line2D([], [], **_FLOOR), f"floor of the bound {number(shown.floor)}"))
    if cell["verdict"].get("slope") is not None and cell["verdict"].get("slope_range"):
        entries.append(
            (
                Line2D([], [], **_FIT),
                f"fit: {'slope' if shown.power else 'rate'} {number(cell['verdict']['slope'])}",
            )
        )
    if _violation(cell, shown) is not None:
        entries.append((Line2D([], [], **_PLACE), f"violated at k = {number(cell['verdict']['k'])}"))
    if shown.diverged_at is not None:
        entries.append((Line2D([], [], **_CROSS), f"off the scale from k = {number(shown.diverged_at)}"))
    return entries


def frame_axes(panels: Sequence[Axes], shown: Curves, n: int) -> None:
    """Set ranges, ticks and names of the x axes: iterations below, effective passes above."""
    first, last = float(shown.k[0]), float(shown.k[-1])
    if shown.power:
        wide = max((last / first) ** 0.03, 1.05)
        limits = (first / wide, last * wide)
    else:
        limits = (first - 0.03 * max(last - first, 1), last + 0.03 * max(last - first, 1))
    for axes in panels:
        axes.set_xlim(*limits)
        low, high = axes.get_ylim()
        if np.log10(high / low) > 4:
            axes.yaxis.set_major_locator(LogLocator(numticks=5 if len(panels) > 1 else 8))
            axes.yaxis.set_minor_locator(NullLocator())
        if len(panels) == 1:
            axes.spines["top"].set_visible(False)
    panels[0].spines["top"].set_visible(False)
    panels[-1].set_xlabel("iterations k")
    _passes_axis(panels[0], shown, n)


def _passes_axis(axes: Axes, shown: Curves, n: int) -> None:
    """Add effective passes, component-gradient evaluations / n, where they grow with k."""
    passes = shown.evaluations / n
    usable = np.isfinite(passes) & (shown.k > 0) & (passes > 0)
    k, passes = shown.k[usable], passes[usable]
    if k.size == 0 or np.any(np.diff(passes) <= 0):
        return
    # The axis reaches beyond the data; there it goes on at the ratio of the nearest point.
    reach = 100.0
    k = np.concatenate([[0.0, k[0] / reach], k, [k[-1] * reach]])
    passes = np.concatenate([[0.0, passes[0] / reach], passes, [passes[-1] * reach]])

    def forward(x: ArrayLike) -> np.ndarray:
        at = np.asarray(x, dtype=float)
        return np.where(at < 0, at * passes[1] / k[1], np.interp(at, k, passes))

    def backward(y: ArrayLike) -> np.ndarray:
        at = np.asarray(y, dtype=float)
        return np.where(at < 0, at * k[1] / passes[1], np.interp(at, passes, k))

    top = axes.secondary_xaxis("top", functions=(forward, backward))
    top.set_xlabel("effective passes (component-gradient evaluations / n)", fontsize=8)
    top.tick_params(labelsize=7.5)
    top.spines["top"].set_linewidth(0.7)
    if axes.get_xscale() == "log":
        # Few powers of ten fit an axis of one or two decades; the labels of all their multiples collide.
        top.xaxis.set_minor_locator(LogLocator(subs=(2, 5)))
