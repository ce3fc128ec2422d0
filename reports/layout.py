"""Where things stand in a figure, in inches, so that neither title nor legend ever covers data or is cut."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.patches import FancyBboxPatch

from ratebound.reports.style import BLACK, GREY

WIDTH = 6.4
_LEFT, _RIGHT, _EDGE = 0.82, 0.18, 0.12
_AXES_HEIGHT, _BREAK = 3.0, 0.10
_TITLE_LINE, _TEXT_LINE = 0.195, 0.158
_TOP_AXIS, _BOTTOM_AXIS = 0.48, 0.46
# Characters that fit a line of the figure in the title's and the text's size, for the widest common letters.
_TITLE_CHARACTERS, _TEXT_CHARACTERS = 72, 94
_FORMULA = re.compile(r"(?<!\\)\$.+?(?<!\\)\$")
_COMMAND, _MARKUP = re.compile(r"\\[A-Za-z]+"), re.compile(r"[{}_^$]")
# A private letter stands in for a formula while its line is broken.
_STAND_IN = "\ue000"


@dataclass(frozen=True)
class Frame:
    """An empty figure: its axes from top to bottom, and the height in inches where the legend hangs."""

    figure: Figure
    axes: tuple[Axes, ...]
    legend_top: float


def frame(
    title: str,
    subtitles: Sequence[str],
    notes: Sequence[str],
    accent: str,
    split: bool,
    legend_rows: int,
    top_axis: bool = True,
) -> Frame:
    """Lay out title, subtitles, axes, legend space and a box of notes.

    Parameters
    ----------
    title, subtitles
        Text, wrapped; every line is shown. Subtitles may hold mathematics between dollar signs.
    notes
        Lines of the box at the foot, the first one bold; wrapped.
    accent
        Colour of the box's edge.
    split
        Whether a panel stands above the main one, for a bound far above the errors.
    legend_rows
        Rows of the legend between axes and box.
    top_axis
        Whether to leave room for a second x axis above.
    """
    heads = _wrapped([title], _TITLE_CHARACTERS)
    subs = [line for text in subtitles for line in _wrapped_with_formulas(text, _TEXT_CHARACTERS)]
    box = [_wrapped([note], _TEXT_CHARACTERS - 4) for note in notes]
    box_height = _TEXT_LINE * sum(map(len, box)) + 0.16
    foot = _EDGE + box_height + 0.08
    legend_top = foot + 0.19 * legend_rows + 0.04
    axes_low = legend_top + _BOTTOM_AXIS
    axes_high = axes_low + _AXES_HEIGHT
    height = (
        axes_high
        + (_TOP_AXIS if top_axis else _EDGE)
        + _TEXT_LINE * len(subs)
        + _TITLE_LINE * len(heads)
        + _EDGE
    )

    figure = Figure(figsize=(WIDTH, height))
    FigureCanvasAgg(figure)
    at = height - _EDGE
    for line in heads:
        _line(figure, at, line, fontsize=10.5, fontweight="bold", color=BLACK, parse_math=False)
        at -= _TITLE_LINE
    for line in subs:
        _line(figure, at, line, fontsize=8.2, color="#444444")
        at -= _TEXT_LINE
    _notes(figure, box, box_height, accent)

    def place(low: float, high: float) -> Axes:
        return figure.add_axes(
            (_LEFT / WIDTH, low / height, (WIDTH - _LEFT - _RIGHT) / WIDTH, (high - low) / height)
        )

    if not split:
        return Frame(figure, (place(axes_low, axes_high),), legend_top)
    cut = axes_low + 0.66 * _AXES_HEIGHT
    upper, lower = place(cut + _BREAK / 2, axes_high), place(axes_low, cut - _BREAK / 2)
    _mark_break(upper, lower)
    return Frame(figure, (upper, lower), legend_top)


def label_y(frame: Frame, text: str) -> None:
    """Name the y axis, once for all panels."""
    low = frame.axes[-1].get_position().y0
    high = frame.axes[0].get_position().y1
    frame.figure.text(0.2 / WIDTH, (low + high) / 2, text, rotation=90, ha="center", va="center", fontsize=9)


def legend(frame: Frame, entries: Sequence[tuple[Any, str]], columns: int) -> None:
    """Hang the legend, handles and texts, in the space that was left for it."""
    figure = frame.figure
    figure.legend(
        [handle for handle, _ in entries],
        [text for _, text in entries],
        loc="upper left",
        bbox_to_anchor=(
            frame.axes[-1].get_position().x0 - 0.1,
            frame.legend_top / figure.get_figheight(),
        ),
        ncols=columns,
        borderaxespad=0,
        columnspacing=1.4,
        handlelength=2.2,
        labelspacing=0.35,
    )


def _wrapped(texts: Sequence[str], characters: int) -> list[str]:
    return [line for text in texts for line in textwrap.wrap(text, characters)]


def _wrapped_with_formulas(text: str, characters: int) -> list[str]:
    """Wrap a text whose formulas are as wide as the letters that they show, and are never cut."""
    formulas = iter(_FORMULA.findall(text))
    measured = _FORMULA.sub(lambda found: _STAND_IN * _letters(found[0]), text)
    wrapped = textwrap.wrap(measured, characters)
    return [re.sub(f"{_STAND_IN}+", lambda _: next(formulas), line) for line in wrapped]


def _letters(formula: str) -> int:
    """Count the letters that a formula shows, a command being one."""
    return len(_MARKUP.sub("", _COMMAND.sub("x", formula)))


def _line(figure: Figure, at: float, text: str, **style: Any) -> None:
    height = figure.get_figheight()
    figure.text(_EDGE / WIDTH, at / height, text, ha="left", va="top", **style)


def _notes(figure: Figure, box: list[list[str]], box_height: float, accent: str) -> None:
    height = figure.get_figheight()
    figure.add_artist(
        FancyBboxPatch(
            (_EDGE / WIDTH, _EDGE / height),
            1 - 2 * _EDGE / WIDTH,
            box_height / height,
            boxstyle="square,pad=0",
            transform=figure.transFigure,
            facecolor="#F6F6F6",
            edgecolor="none",
        )
    )
    figure.add_artist(
        FancyBboxPatch(
            (_EDGE / WIDTH, _EDGE / height),
            0.05 / WIDTH,
            box_height / height,
            boxstyle="square,pad=0",
            transform=figure.transFigure,
            facecolor=accent,
            edgecolor="none",
        )
    )
    at = _EDGE + box_height - 0.08
    for position, lines in enumerate(box):
        for line in lines:
            figure.text(
                (_EDGE + 0.13) / WIDTH,
                at / height,
                line,
                ha="left",
                va="top",
                fontsize=8.2,
                fontweight="bold" if position == 0 else "normal",
                parse_math=False,
            )
            at -= _TEXT_LINE


def _mark_break(upper: Axes, lower: Axes) -> None:
    """Cut the y axis between two panels, with the usual pair of slanted strokes."""
    upper.spines["bottom"].set_visible(False)
    upper.tick_params(bottom=False, which="both", labelbottom=False)
    lower.spines["top"].set_visible(False)
    stroke: dict[str, Any] = {
        "marker": [(-1, -0.6), (1, 0.6)],
        "markersize": 7,
        "linestyle": "none",
        "color": GREY,
        "clip_on": False,
    }
    upper.plot([0], [0], transform=upper.transAxes, **stroke)
    lower.plot([0], [1], transform=lower.transAxes, **stroke)
