"""The figure of a family: several runs, each with its mean, its band and its bounds, on one axis."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from ratebound.reports import layout, style, wording
from ratebound.reports.families import Family, Line
from ratebound.reports.figure import error_name, plain, problem_line
from ratebound.reports.series import Curves, curves, padded

# Two columns of a legend have room for texts of this length.
_HALF_LINE = 45
_DASHES: tuple[Any, ...] = ((0, (5, 2)), (0, (1, 1.2)), (0, (6, 1.5, 1, 1.5)))
_LOST: dict[str, Any] = {"marker": "X", "markersize": 8, "linestyle": "none", "markeredgecolor": "white"}
# A curve that climbs this many times above the start would squeeze all others; it leaves at the top, this
# far above the start.
_FAR, _HEADROOM = 1e3, 30.0
# Full gradients go on to rounding errors long after sampling has stopped; the figure stops before.
_LONGER, _DEEPER = 3.0, 1e-4
_NOTES = {
    "steps": "A constant step is fast, down to its floor of noise; a decaying step goes on.",
    "methods": "The same problem and samples under different methods.",
    "momentum": "A factor β acts as the step α/(1-β): momentum does not improve the stochastic rate.",
    "batches": "A larger batch costs more gradients per step and lowers the floor.",
    "records": "The same theorem on the same problem in two records.",
    "passes": "A full gradient is one pass over the data, a sample 1/n of a pass.",
}


def draw_family(family: Family) -> Figure:
    """Draw the runs of a family on one log-log axis.

    Returns
    -------
    Figure
        Free of pyplot: nothing global is touched.
    """
    with style.context():
        return _drawn(family)


def describe_family(family: Family) -> str:
    """Return the figure in one sentence, for readers who cannot see it."""
    ends = [(line.label, _last(line, family)) for line in family.lines]
    runs = "; ".join(f"{label} ends at {wording.number(end)}" for label, end in ends if end)
    return f"log-log figure of several runs on one axis. {family.title}. {runs}."


def _drawn(family: Family) -> Figure:
    entries = [entry for line in family.lines for entry in _entries(family, line)]
    columns = 1 if max(len(text) for _, text in entries) > _HALF_LINE else 2
    framed = layout.frame(
        title=family.title,
        subtitles=[problem_line(family.problem), plain(_runs(family))],
        notes=[_NOTES[family.kind], *_results(family), *filter(None, map(_climb, family.lines))],
        accent=style.GREY,
        split=False,
        top_axis=False,
        legend_rows=-(-len(entries) // columns),
    )
    (axes,) = framed.axes
    axes.set_xscale("log")
    axes.set_yscale("log")
    end = _end(family)
    axes.set_ylim(*_limits(family, end))
    for line in family.lines:
        _draw_line(axes, line, family)
    axes.set_xlim(right=end * 1.15)
    axes.spines["top"].set_visible(False)
    axes.set_xlabel(
        "effective passes (component-gradient evaluations / n)" if family.by_passes else "iterations k"
    )
    # An expectation where there is one: the error of a run without chance is its own.
    theorems = [line.longest["theorem"] for line in family.lines]
    layout.label_y(framed, error_name(max(theorems, key=lambda theorem: bool(theorem["stochastic"]))))
    layout.legend(framed, entries, columns)
    return framed.figure


def _curves(cell: Mapping[str, Any]) -> Curves:
    shown = curves(cell)
    assert shown is not None  # families hold drawable cells only
    return shown


def _x(shown: Curves, family: Family) -> np.ndarray:
    x = shown.evaluations / family.problem["n"] if family.by_passes else shown.k
    return np.where(x > 0, x, np.nan)


def _draw_line(axes: Axes, line: Line, family: Family) -> None:
    shown = _curves(line.longest)
    x, error = _x(shown, family), shown.error
    assert error is not None
    if shown.mean_band is not None and shown.exact is None:
        low, high = shown.mean_band
        bottom = axes.get_ylim()[0]
        axes.fill_between(x, np.maximum(low, bottom), high, color=line.colour, alpha=0.18, linewidth=0)
    axes.plot(x, error, color=line.colour, linewidth=1.6)
    for position, cell in enumerate(line.cells):
        bound = _curves(cell)
        axes.plot(_x(bound, family), bound.bound, color=line.colour, linewidth=1.1, linestyle=_dash(position))
    outside = np.flatnonzero(error > axes.get_ylim()[1])
    if outside.size:
        axes.plot(x[outside[0]], axes.get_ylim()[1], color=line.colour, **_LOST, clip_on=False, zorder=5)
    alive = np.flatnonzero(np.isfinite(error))
    if shown.diverged_at is not None and alive.size:
        axes.plot(x[alive[-1]], error[alive[-1]], color=line.colour, **_LOST, zorder=5)


def _entries(family: Family, line: Line) -> list[tuple[Any, str]]:
    lost = ", diverges ×" if _curves(line.longest).diverged_at is not None else ""
    entries: list[tuple[Any, str]] = [(Line2D([], [], color=line.colour), f"{plain(line.label)}{lost}")]
    entries += [
        (
            Line2D([], [], color=line.colour, linewidth=1.1, linestyle=_dash(position)),
            plain(family.bound_label(line, cell)),
        )
        for position, cell in enumerate(line.cells)
    ]
    return entries


def _climb(line: Line) -> str:
    """Say how far a run climbs above its start, where it leaves the figure."""
    shown = _curves(line.longest)
    error = _finite(shown.error, np.ones(shown.k.size, dtype=bool))
    if not error.size or error.max() <= _FAR * error[0]:
        return ""
    return f"{line.label} climbs to {wording.number(float(error.max()), 2)} and leaves the figure at ×"


def _dash(position: int) -> Any:
    return _DASHES[position % len(_DASHES)]


def _end(family: Family) -> float:
    """Return where the x axis ends."""
    ends = _ends(family)
    each = zip(ends, family.lines, strict=True)
    sampled = [end for end, line in each if line.longest["theorem"]["stochastic"]]
    longest = max(ends)
    return min(longest, _LONGER * max(sampled)) if family.kind == "passes" else longest


def _limits(family: Family, end: float) -> tuple[float, float]:
    """Return the y range: errors and bounds up to the end of the x axis, without what climbs far above."""
    starts, rows, sampled = [], [], []
    for line in family.lines:
        for cell in line.cells:
            shown = _curves(cell)
            inside = _x(shown, family) <= end
            error = _finite(shown.error, inside)
            rows += [error, _finite(shown.bound, inside)]
            starts.append(error[:1])
            sampled.append(error if cell["theorem"]["stochastic"] else error[:0])
    values, start, deepest = (np.concatenate(each) for each in (rows, starts, sampled))
    if not start.size:
        return 0.1, 10.0
    first = float(start.min())
    tops = [float(row.max()) for row in rows if row.size]
    high = max(top if top <= _FAR * first else _HEADROOM * first for top in tops)
    low = float(values.min())
    if family.kind == "passes" and deepest.size:
        low = max(low, _DEEPER * float(deepest.min()))
    return padded(low, high)


def _finite(values: np.ndarray | None, inside: np.ndarray) -> np.ndarray:
    assert values is not None
    return values[inside & np.isfinite(values)]


def _runs(family: Family) -> str:
    cells = [line.longest for line in family.lines]
    steps = sorted({int(cell["run"]["steps"]) for cell in cells})
    replicas = sorted({int(cell["run"]["replicas"]) for cell in cells if cell["run"]["replicas"]})
    words = [f"{_range(steps)} steps"]
    return ", ".join([*words, f"{_range(replicas)} replicas"] if replicas else words)


def _range(values: list[int]) -> str:
    ends = dict.fromkeys((wording.number(values[0]), wording.number(values[-1])))
    return " to ".join(ends)


def _results(family: Family) -> list[str]:
    """Rank the runs where all of them can be compared: at the end of the shortest."""
    ends = _ends(family)
    shortest, longest = min(ends), max(ends)
    errors = [(_last(line, family, shortest), line.label) for line in family.lines]
    known = sorted((error, label) for error, label in errors if error is not None)
    at = "at the end"
    if longest > shortest * (1 + 1e-9):
        counted = wording.number(shortest)
        at = f"after {counted} passes" if family.by_passes else f"at k = {counted}"
    return [f"Error {at}, best first: " + "; ".join(f"{label} {wording.number(x)}" for x, label in known)]


def _ends(family: Family) -> list[float]:
    """Return where the run of each line ends."""
    return [float(np.nanmax(_x(_curves(line.longest), family))) for line in family.lines]


def _last(line: Line, family: Family, end: float = np.inf) -> float | None:
    """Return the last finite error up to some place on the x axis; the start is nowhere on it."""
    shown = _curves(line.longest)
    error = _finite(shown.error, ~(_x(shown, family) > end * (1 + 1e-9)))
    return float(error[-1]) if error.size else None
