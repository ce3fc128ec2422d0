"""The numbers of the interactive plots, as plain JSON: lines with a role, a colour and a grid of x values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ratebound.reports import style, wording
from ratebound.reports.families import Family
from ratebound.reports.series import Curves, curves, fitted_line

_DIGITS = 6
ROLES: Mapping[str, tuple[str, str]] = {
    "quantiles": ("10–90 % of replicas", style.SKY),
    "band": ("confidence band", style.BLUE),
    "replica": ("replicas", style.SKY),
    "mean": ("arithmetic mean", style.BLUE),
    "exact": ("exact expectation", ""),
    "bound": ("bound", style.VERMILION),
    "fit": ("fit", style.ORANGE),
}
"""Role of a line -> its name and colour; no colour stands for the ink of the page."""


def figures(
    cells: Sequence[Mapping[str, Any]], stems: Sequence[str], families: Sequence[Family]
) -> dict[str, Any]:
    """Return the plots of a page by stem.

    Each plot has ``title``, ``y`` (name of its y axis), ``logx``, ``bypasses``, ``grids`` (pairs of k and
    effective passes) and ``lines``; a line has ``role``, ``name``, ``colour``, ``grid``, and ``y``, or
    ``low`` and ``high``.
    """
    found: dict[str, Any] = {}
    for cell, stem in zip(cells, stems, strict=True):
        shown = curves(cell)
        if shown is not None:
            found[stem] = _cell(cell, shown)
    for family in families:
        found[family.stem] = _family(family)
    return found


def _cell(cell: Mapping[str, Any], shown: Curves) -> dict[str, Any]:
    lines: list[dict[str, Any]] = []
    for role, pair in (("quantiles", shown.quantiles), ("band", shown.mean_band)):
        if pair is not None:
            lines.append(_line(role, low=_above_zero(pair[0], shown), high=_plain(pair[1])))
    for each in () if shown.replicas is None else shown.replicas:
        lines.append(_line("replica", y=_plain(each)))
    for role, values in (("mean", shown.mean), ("exact", shown.exact), ("bound", shown.bound)):
        if values is not None:
            lines.append(_line(role, y=_plain(values)))
    if not cell["theorem"]["stochastic"]:
        lines = [line | {"name": "error of the run"} if line["role"] == "exact" else line for line in lines]
    fit = fitted_line(cell, shown)
    if fit is not None:
        lines.append(_line("fit", f"fit: {wording.number(cell['verdict']['slope'])}", y=_plain(fit)))
    return {
        "title": f"{cell['theorem']['title']} · {cell['problem']['title']}",
        "y": wording.measure(cell["theorem"]),
        "logx": shown.power,
        "bypasses": False,
        "grids": [_grid(shown, cell["problem"]["n"])],
        "lines": lines,
    }


def _family(family: Family) -> dict[str, Any]:
    grids, lines = [], []
    for line in family.lines:
        for position, cell in enumerate([line.longest, *line.cells]):
            shown = curves(cell)
            assert shown is not None and shown.error is not None  # families hold drawable cells only
            grids.append(_grid(shown, family.problem["n"]))
            role, values = ("bound", shown.bound) if position else ("exact", shown.error)
            name = family.bound_label(line, cell) if position else line.label
            lines.append(
                _line(role, name, y=_plain(values)) | {"colour": line.colour, "grid": len(grids) - 1}
            )
    return {
        "title": family.title,
        "y": wording.measure(family.lines[0].longest["theorem"]),
        "logx": True,
        "bypasses": family.by_passes,
        "grids": grids,
        "lines": lines,
    }


def _line(role: str, name: str = "", **values: Any) -> dict[str, Any]:
    default, colour = ROLES[role]
    return {"role": role, "name": name or default, "colour": colour, "grid": 0, **values}


def _grid(shown: Curves, n: int) -> dict[str, Any]:
    return {"k": _plain(shown.k), "passes": _plain(shown.evaluations / n)}


def _above_zero(low: np.ndarray, shown: Curves) -> list[float | None]:
    """Return lower limits that a log axis can show; those at or below zero end well under the curve."""
    assert shown.error is not None
    return _plain(np.fmax(low, shown.error * 1e-3))


def _plain(values: np.ndarray) -> list[float | None]:
    return [float(f"{x:.{_DIGITS}g}") if np.isfinite(x) else None for x in values]
