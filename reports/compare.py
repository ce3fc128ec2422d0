"""Two records side by side: what changed beyond noise."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from statistics import NormalDist
from typing import Any

import numpy as np

from ratebound.reports import wording

_ROUNDING = 1e-6
# Half-widths of the stored bands are this many standard errors.
_BAND = 2.58
_LEVEL = 0.01

Cell = Mapping[str, Any]


@dataclass(frozen=True)
class Change:
    """One difference between two records.

    Parameters
    ----------
    theorem, problem
        Ids of the cell.
    what
        ``"verdict"``, ``"statement"``, ``"step"``, ``"run"``, ``"constants"``, ``"bound"``, ``"error"``,
        ``"slope"``, or ``"cell"`` where only one record has it.
    first, second
        The two sides in words.
    position
        Of the pair, in the order of :func:`pairs`.
    """

    theorem: str
    problem: str
    what: str
    first: str
    second: str
    position: int


@dataclass(frozen=True)
class Pair:
    """The same cell in two records; a side is None where a record lacks it."""

    first: Cell | None
    second: Cell | None

    @property
    def either(self) -> Cell:
        """The side that exists, for names."""
        known = self.first if self.first is not None else self.second
        assert known is not None  # a pair is made from at least one cell
        return known


def pairs(first: Mapping[str, Any], second: Mapping[str, Any]) -> list[Pair]:
    """Match the cells of two records by theorem, problem and batch, repeated ones in their order."""
    left, right = _keyed(first["cells"]), _keyed(second["cells"])
    return [Pair(left.get(key), right.get(key)) for key in dict.fromkeys([*left, *right])]


def changes(matched: Sequence[Pair]) -> list[Change]:
    """Return what differs, verdicts first.

    Notes
    -----
    Exact curves, bounds and constants differ when they do so by more than rounding (a relative 1e-6).
    Means over replicas differ when some checkpoint lies apart by more standard errors than 1 % of all pairs
    of equal records would show anywhere, by the normal approximation; for heavy tails that is a hint and
    no test. Slopes fitted on the same range differ when their intervals do not meet.
    """
    compared = sum(_checkpoints(pair) for pair in matched)
    threshold = NormalDist().inv_cdf(1 - _LEVEL / 2 / max(compared, 1))
    found = [
        Change(pair.either["theorem"]["id"], pair.either["problem"]["name"], *said, position)
        for position, pair in enumerate(matched)
        for said in _differences(pair, threshold)
    ]
    return sorted(found, key=lambda change: change.what not in ("cell", "verdict"))


def _keyed(cells: Sequence[Cell]) -> dict[tuple[Any, ...], Cell]:
    found: dict[tuple[Any, ...], Cell] = {}
    for cell in cells:
        run = cell["run"]
        key = (cell["theorem"]["id"], cell["problem"]["name"], run["batch"], run.get("replacement", True))
        count = 0
        while (*key, count) in found:
            count += 1
        found[(*key, count)] = cell
    return found


def _differences(pair: Pair, threshold: float) -> Iterator[tuple[str, str, str]]:
    first, second = pair.first, pair.second
    if first is None or second is None:
        left, right = ("–" if side is None else wording.headline(side) for side in (first, second))
        yield "cell", left, right
        return
    if first["verdict"]["outcome"] != second["verdict"]["outcome"]:
        yield "verdict", wording.headline(first), wording.headline(second)
    if first["theorem"]["bound_latex"] != second["theorem"]["bound_latex"]:
        yield "statement", first["theorem"]["bound_latex"], second["theorem"]["bound_latex"]
    if not _same_values(first["run"].get("parameters") or {}, second["run"].get("parameters") or {}):
        yield "step", wording.step_facts(first), wording.step_facts(second)
    steps, others = first["run"]["steps"], second["run"]["steps"]
    if steps != others:
        yield "run", f"{wording.number(steps)} steps", f"{wording.number(others)} steps"
    yield from _constants(first, second)
    for what, apart in (("bound", _bound_apart), ("error", _error_apart)):
        said = apart(first, second, threshold)
        if said is not None:
            yield what, *said
    if _slopes_apart(first["verdict"], second["verdict"]):
        yield "slope", wording.interval(first["verdict"]), wording.interval(second["verdict"])


def _same_values(first: Mapping[str, float], second: Mapping[str, float]) -> bool:
    return first.keys() == second.keys() and all(
        math.isclose(first[name], second[name], rel_tol=_ROUNDING) for name in first
    )


def _constants(first: Cell, second: Cell) -> Iterator[tuple[str, str, str]]:
    sides = [{each["name"]: each["value"] for each in cell["constants"]} for cell in (first, second)]
    apart = [
        name
        for name in sides[0].keys() & sides[1].keys()
        if not math.isclose(sides[0][name], sides[1][name], rel_tol=_ROUNDING)
    ]
    if apart:
        left, right = (
            ", ".join(f"{name} = {wording.number(side[name], 6)}" for name in sorted(apart)) for side in sides
        )
        yield "constants", left, right


def _bound_apart(first: Cell, second: Cell, threshold: float) -> tuple[str, str] | None:
    common = _common(first, second)
    left, right = (_row(cell, "bound", at) for cell, at in zip((first, second), common, strict=True))
    return _where(first, common[0], left, right, _relative(left, right) / _ROUNDING)


def _error_apart(first: Cell, second: Cell, threshold: float) -> tuple[str, str] | None:
    common = _common(first, second)
    one, other = (_error(cell, at) for cell, at in zip((first, second), common, strict=True))
    if one is None or other is None:
        return None
    (left, left_spread), (right, right_spread) = one, other
    spread = np.hypot(left_spread, right_spread)
    apart = _relative(left, right) / _ROUNDING
    noisy = spread > 0
    with np.errstate(invalid="ignore"):
        beyond = np.abs(left - right)[noisy] / (threshold * spread[noisy])
    apart[noisy] = np.minimum(apart[noisy], np.nan_to_num(beyond))
    return _where(first, common[0], left, right, apart)


def _where(
    cell: Cell, at: np.ndarray, left: np.ndarray, right: np.ndarray, apart: np.ndarray
) -> tuple[str, str] | None:
    """Return the two values at the checkpoint that lies furthest apart, None where none does."""
    if not apart.size or apart.max() <= 1:
        return None
    worst = int(apart.argmax())
    k = wording.number(cell["series"]["k"][at[worst]])
    return f"{wording.number(left[worst])} at k = {k}", f"{wording.number(right[worst])} at k = {k}"


def _relative(left: np.ndarray, right: np.ndarray) -> np.ndarray:
    """Return the relative differences; 0 between equal values, also infinite or missing ones."""
    with np.errstate(invalid="ignore", divide="ignore"):
        apart = np.abs(left - right) / np.fmax(np.abs(left), np.abs(right))
    same = (left == right) | (np.isnan(left) & np.isnan(right))
    return np.where(same, 0.0, np.where(np.isnan(apart), np.inf, apart))


def _common(first: Cell, second: Cell) -> tuple[np.ndarray, np.ndarray]:
    """Return where the checkpoints that both series have stand in each."""
    one, other = (np.asarray(cell["series"].get("k") or [], dtype=float) for cell in (first, second))
    _, left, right = np.intersect1d(one, other, return_indices=True)
    return left, right


def _row(cell: Cell, name: str, at: np.ndarray) -> np.ndarray:
    return np.asarray(cell["series"].get(name) or [], dtype=float)[at]


def _error(cell: Cell, at: np.ndarray) -> tuple[np.ndarray, np.ndarray] | None:
    """Return the error and its standard error, 0 where it is exact."""
    series = cell["series"]
    if series.get("exact"):
        return _row(cell, "exact", at), np.zeros(at.size)
    if not series.get("mean"):
        return None
    if not series.get("mean_low"):
        return _row(cell, "mean", at), np.zeros(at.size)
    spread = (_row(cell, "mean_high", at) - _row(cell, "mean_low", at)) / (2 * _BAND)
    return _row(cell, "mean", at), np.nan_to_num(spread, nan=np.inf)


def _checkpoints(pair: Pair) -> int:
    if pair.first is None or pair.second is None:
        return 0
    return int(_common(pair.first, pair.second)[0].size)


def _slopes_apart(first: Mapping[str, Any], second: Mapping[str, Any]) -> bool:
    if first.get("slope_range") != second.get("slope_range"):
        return False
    ends = [(verdict.get("slope_low"), verdict.get("slope_high")) for verdict in (first, second)]
    (low, high), (other_low, other_high) = ends
    if low is None or high is None or other_low is None or other_high is None:
        return False
    return bool(high < other_low or other_high < low)
