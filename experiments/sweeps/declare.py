"""From a TOML file, or the same layout as a mapping, to the cells of a sweep."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np

from ratebound.experiments.sweeps.settings import DEFAULTS, SHARED, Cell, check, check_key
from ratebound.problems.finite_sum import Problem
from ratebound.theory.errors import RateboundError, nearest

_TOP: Mapping[str, type | tuple[type, ...]] = {
    "name": str,
    "title": str,
    "delta": float,
    "defaults": dict,
    "axes": dict,
    "cells": list,
}
LISTED = "cell"
"""The one axis of a sweep whose cells are listed."""


@dataclass(frozen=True, eq=False)
class Sweep:
    """A sweep.

    Parameters
    ----------
    name, title
        A store belongs to the sweep of one name; the title is for readers.
    axes
        Axis -> the label of each of its values, in order; numbers or words.
    cells
        The cells in the order of the product of the axes.
    labels
        Coordinates along :data:`LISTED`: key -> label of each cell. Empty for a product of axes.
    """

    name: str
    title: str
    axes: Mapping[str, tuple[Any, ...]]
    cells: tuple[Cell, ...]
    labels: Mapping[str, tuple[Any, ...]]

    @property
    def shape(self) -> tuple[int, ...]:
        """Number of values on each axis."""
        return tuple(map(len, self.axes.values()))

    @property
    def judges(self) -> bool:
        """Whether the cells are verdicts."""
        return self.cells[0].judges

    @property
    def shared(self) -> tuple[str, tuple[float, ...]] | None:
        """The key that is a list within each cell, and its values; None if there is none."""
        for key in SHARED:
            value = self.cells[0].settings[key]
            if isinstance(value, tuple):
                return key, value
        return None


def declare(declared: Sweep | Mapping[str, Any] | str | Path) -> Sweep:
    """Return the sweep that a TOML file, or a mapping of the same layout, declares.

    Raises
    ------
    RateboundError
        If the file cannot be read, or it declares something unknown, empty or out of range.
    """
    if isinstance(declared, Sweep):
        return declared
    if isinstance(declared, Mapping):
        return _sweep(declared, "sweep")
    path = Path(declared)
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
        return _sweep(table, path.stem)
    except tomllib.TOMLDecodeError as error:
        raise RateboundError(f"sweep {path} is not TOML: {error}") from None
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or error
        raise RateboundError(f"cannot read the sweep {path}: {reason}; check the path") from None
    except RateboundError as error:
        raise RateboundError(f"sweep {path}: {error}") from None


def _sweep(table: Mapping[str, Any], name: str) -> Sweep:
    for key, value in table.items():
        if key not in _TOP:
            raise RateboundError(
                f"unknown key {key!r} in the sweep{nearest(key, [*_TOP, *DEFAULTS])} "
                f"(known: {', '.join(_TOP)}; what a cell may be told stands under [defaults] or [axes])"
            )
        kind = (Mapping if _TOP[key] is dict else (list, tuple)) if _TOP[key] in (dict, list) else _TOP[key]
        if not isinstance(value, kind):
            raise RateboundError(f"{key} = {value!r} in the sweep has the wrong type")
    defaults = table.get("defaults", {})
    for key in defaults:
        check_key(key, "[defaults]")
    delta = float(table.get("delta", 1e-6))
    if not 0 < delta < 1:
        raise RateboundError(f"delta = {delta}; a probability of false alarms lies between 0 and 1")
    if ("axes" in table) == ("cells" in table):
        raise RateboundError("declare either [axes], whose product are the cells, or a list of [[cells]]")
    if "axes" in table:
        axes, settings = _product(table["axes"], defaults)
        labels: dict[str, tuple[Any, ...]] = {}
    else:
        settings = _listed(table["cells"], defaults)
        axes = {LISTED: tuple(range(len(settings)))}
        told = dict.fromkeys(key for each in table["cells"] for key in each)
        labels = {key: _labels([each[key] for each in settings]) for key in told}
    family = len(settings)
    sweep = Sweep(
        str(table.get("name", name)),
        str(table.get("title", name)),
        axes,
        tuple(Cell(each, family, delta) for each in settings),
        labels,
    )
    _check_family(sweep)
    return sweep


def _product(
    axes: Mapping[str, Any], defaults: Mapping[str, Any]
) -> tuple[dict[str, tuple[Any, ...]], list[dict[str, Any]]]:
    if not axes:
        raise RateboundError("[axes] is empty; give at least one, such as batch = [1, 4, 16]")
    values: dict[str, list[Any]] = {}
    for key, given in axes.items():
        check_key(key, "[axes]")
        if key in defaults:
            raise RateboundError(f"{key} stands under [defaults] and under [axes]; leave one of them out")
        if isinstance(given, (str, Mapping)) or not hasattr(given, "__iter__"):
            raise RateboundError(f"{key} = {given!r} in [axes] is not a list")
        values[key] = [each.item() if isinstance(each, np.generic) else each for each in given]
        if not values[key]:
            raise RateboundError(f"{key} in [axes] is an empty list; give at least one value")
        if any(isinstance(each, (list, tuple)) for each in values[key]):
            raise RateboundError(f"{key} in [axes] holds a list within the list; give single values")
    labels = {key: _labels(given) for key, given in values.items()}
    for key, names in labels.items():
        twice = [each for each in names if names.count(each) > 1]
        if twice:
            raise RateboundError(f"{key} in [axes] holds {twice[0]!r} twice; give each value once")
    cells = [
        check({**defaults, **dict(zip(values, each, strict=True))}, "a cell of [axes]")
        for each in product(*values.values())
    ]
    return labels, cells


def _listed(cells: Any, defaults: Mapping[str, Any]) -> list[dict[str, Any]]:
    if not cells:
        raise RateboundError("[[cells]] is empty; list at least one")
    for number, each in enumerate(cells, 1):
        if not isinstance(each, Mapping):
            raise RateboundError(f"[[cells]] number {number} is not a table")
    return [check({**defaults, **each}, f"[[cells]] number {n}") for n, each in enumerate(cells, 1)]


def _labels(values: list[Any]) -> tuple[Any, ...]:
    """Return values as coordinates: numbers where all are numbers of one kind, else words."""
    plain = [_label(each) for each in values]
    for kind in (bool, int, (int, float)):
        if all(isinstance(each, kind) and (kind is bool or type(each) is not bool) for each in plain):
            return tuple(float(each) for each in plain) if kind == (int, float) else tuple(plain)
    return tuple(map(str, plain))


def _label(value: Any) -> Any:
    if isinstance(value, (bool, int, float, str)):
        return value
    if isinstance(value, Problem):
        return value.name
    if isinstance(value, Mapping):
        options = ", ".join(f"{key}={each}" for key, each in value.items() if key != "name")
        return f"{value['name']}({options})" if "name" in value else f"({options})"
    if isinstance(value, tuple):
        return ", ".join(map(str, value))
    return str(getattr(value, "id", None) or getattr(value, "name", None) or value)


def _check_family(sweep: Sweep) -> None:
    """Refuse cells whose results do not have the same variables."""
    if len({cell.judges for cell in sweep.cells}) > 1:
        raise RateboundError("some cells run a method and some judge a theorem; declare two sweeps")
    for key in SHARED:
        values = {cell.settings[key] for cell in sweep.cells}
        if any(isinstance(each, tuple) for each in values) and len(values) > 1:
            raise RateboundError(f"{key} is a list in one cell and not the same in all; put it in [defaults]")
