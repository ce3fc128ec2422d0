"""The figures of a report: which there are, what their files are called, how they are written."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from matplotlib.figure import Figure

from ratebound.reports import style, wording
from ratebound.reports.families import families
from ratebound.reports.figure import draw, drawable
from ratebound.reports.overlay import draw_family
from ratebound.reports.rate_figure import STEM, draw_rates, rate_panels


@dataclass(frozen=True)
class Plate:
    """A figure to be drawn: the name of its files, how to draw it, and the cell where it shows one alone."""

    stem: str
    draw: Callable[[], Figure]
    cell: Mapping[str, Any] | None = None


def stems(cells: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return a name for each cell, fit for files and links: theorem and problem, numbered if repeated."""
    return wording.distinct(
        [wording.file_stem(f"{cell['theorem']['id']}--{cell['problem']['name']}") for cell in cells]
    )


def plates(cells: Sequence[Mapping[str, Any]]) -> list[Plate]:
    """Return the figures of a report: one per cell with curves, one per family, and the rates."""
    found = [
        Plate(stem, partial(draw, cell), cell)
        for cell, stem in zip(cells, stems(cells), strict=True)
        if drawable(cell)
    ]
    found += [Plate(family.stem, partial(draw_family, family)) for family in families(cells)]
    if rate_panels(cells):
        found.append(Plate(STEM, partial(draw_rates, cells)))
    return found


def save(plate: Plate, folder: Path) -> list[Path]:
    """Draw a figure and write it as PNG, PDF and SVG, the same bytes for the same record.

    Returns
    -------
    list of Path
        The files written in `folder`.
    """
    figure = plate.draw()
    paths = []
    with style.context():
        for kind, metadata in style.METADATA.items():
            path = folder / f"{plate.stem}.{kind}"
            # More effort would make the picture 1 % smaller and take twice as long.
            effort: dict[str, Any] = {"pil_kwargs": {"compress_level": 3}} if kind == "png" else {}
            figure.savefig(path, dpi=style.DPI, metadata=metadata, **effort)
            paths.append(path)
    return paths
