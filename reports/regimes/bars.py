"""Admissible ranges of theorems as bars on a step axis."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from matplotlib.axes import Axes
from matplotlib.ticker import NullLocator
from matplotlib.transforms import blended_transform_factory

from ratebound.reports import style, wording


def ranges(theory: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Return the theorems that apply, the widest range first; those without a range come before all."""
    shown = [line for line in theory if line["largest"] is not None or line["bound_step"] is not None]
    return sorted(shown, key=lambda line: (-(line["largest"] or float("inf")), line["id"]))


def draw_ranges(
    axes: Axes,
    shown: Sequence[Mapping[str, Any]],
    limits: tuple[float, float],
    threshold: float | None,
    exact: bool,
) -> None:
    """Draw a bar for each theorem, its conservatism at the right, and the step of its least bound.

    Parameters
    ----------
    axes
        Where to draw.
    shown
        See :func:`ranges`.
    limits
        The ends of the step axis; a bar that goes on beyond an end has an arrow there.
    threshold
        The stability threshold of the first batch, None if it is not known.
    exact
        Whether it is exact; a measured one is dashed.
    """
    low, high = limits
    margin = blended_transform_factory(axes.transAxes, axes.transData)
    for row, line in enumerate(shown):
        largest, start = line["largest"], max(line["least"] or 0.0, low)
        end = high if largest is None else min(largest, high)
        if end > start:
            axes.barh(row, end - start, left=start, height=0.62, color=style.GREEN, alpha=0.75)
        if largest is None or largest > high:
            axes.plot([1], [row], transform=margin, marker=">", color=style.GREEN, clip_on=False, ms=5)
        elif largest < low:
            axes.plot([0], [row], transform=margin, marker="<", color=style.GREEN, clip_on=False, ms=5)
        if line["bound_step"] is not None:
            axes.plot([line["bound_step"]], [row], marker="D", markersize=4, color=style.BLACK)
        axes.text(1.02, row, _conservatism(line), transform=margin, ha="left", va="center", fontsize=7.5)
    if threshold is not None:
        axes.axvline(threshold, color=style.BLACK, linewidth=2, linestyle="-" if exact else "--")
        axes.text(1.02, 1, "threshold\n/ limit", transform=axes.transAxes, va="bottom", fontsize=7.5)
    axes.set_yticks(range(len(shown)), [line["id"] for line in shown], fontsize=7.5)
    axes.yaxis.set_minor_locator(NullLocator())
    axes.tick_params(axis="y", length=0)
    axes.set_ylim(len(shown) - 0.4, -0.6)


def _conservatism(line: Mapping[str, Any]) -> str:
    if line["largest"] is None:
        return "no limit"
    ratio = line["conservatism"]
    if ratio is None:
        return ""
    return f"{ratio:.0f}" if ratio >= 100 else wording.number(ratio, 2)
