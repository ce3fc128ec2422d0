"""Cells that belong on one axis: constant and decaying steps, batch sizes, full gradients and samples."""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ratebound.reports import style, wording
from ratebound.reports.series import curves

_BATCH_COLOURS = (style.SKY, style.BLUE, style.GREEN, style.ORANGE, style.VERMILION, style.PURPLE)
# Averages with and without weights are the same kind of iterate to a reader who compares methods.
_COMPARABLE = {"gap_weighted": "gap_average"}
_COMMANDS = re.compile(r"\\(?:text|mathrm|begin|end)\{[^}]*\}|\\[a-zA-Z]+")

Cell = Mapping[str, Any]


@dataclass(frozen=True)
class Line:
    """One run of a family: its cells (one run may stand under several bounds), name and colour."""

    label: str
    colour: str
    cells: tuple[Cell, ...]

    @property
    def longest(self) -> Cell:
        """The cell that follows the run furthest."""
        return max(self.cells, key=lambda cell: int(cell["run"]["steps"]))


@dataclass(frozen=True)
class Family:
    """Runs to be drawn on one axis.

    Parameters
    ----------
    kind
        ``"steps"``, ``"methods"``, ``"momentum"``, ``"batches"``, ``"passes"`` or ``"records"``.
    stem
        Its name in links and figure files.
    title
        What is compared, and on which problem.
    by_passes
        Whether the x axis counts effective passes rather than iterations.
    lines
        The runs.
    """

    kind: str
    stem: str
    title: str
    by_passes: bool
    lines: tuple[Line, ...]

    @property
    def problem(self) -> Mapping[str, Any]:
        """The problem that all runs share."""
        shared: Mapping[str, Any] = self.lines[0].cells[0]["problem"]
        return shared

    def bound_label(self, line: Line, cell: Cell) -> str:
        """Return the name of a bound: the theorem's, or the run's where several runs stand under it."""
        name = cell["theorem"]["id"]
        under = sum(any(each["theorem"]["id"] == name for each in other.cells) for other in self.lines)
        return f"bound of {name}" if under == 1 else f"bound, {line.label}"


def decays(theorem: Mapping[str, Any]) -> bool:
    """Tell whether the step changes with k."""
    return "k" in _COMMANDS.sub("", theorem.get("schedule_latex") or "")


def families(cells: Sequence[Cell]) -> list[Family]:
    """Return what can be compared on one axis, in the order of the problems."""
    whole = [cell for cell in cells if cell["theorem"]["order"]["kind"] != "one step" and curves(cell)]
    noisy = [cell for cell in whole if cell["theorem"]["stochastic"]]
    found = [
        _family("steps", group, "Constant against decaying step")
        for group in _groups(noisy, lambda c: (*_place(c), c["run"]["method"], *_batch(c)))
        if len({decays(cell["theorem"]) for cell in group}) > 1
    ]
    for group in _groups(noisy, lambda c: (*_place(c), *_batch(c))):
        methods = {cell["run"]["method"] for cell in group}
        if len(methods) > 1:
            constant = {"sgd", "sgd_momentum"} <= methods
            title = "With and without momentum" if constant else "Methods"
            found.append(_family("momentum" if constant else "methods", group, title))
    for group in _groups(noisy, lambda c: (*_place(c), c["theorem"]["id"])):
        if len({_batch(cell) for cell in group}) > 1:
            title = f"Batch sizes, {group[0]['theorem']['title']}"
            found += [_family("batches", group, title, passes) for passes in (False, True)]
    found += [
        _family("passes", group, "Full gradients against samples", by_passes=True)
        for group in _groups(whole, _place)
        if len({bool(cell["theorem"]["stochastic"]) for cell in group}) > 1
    ]
    return _named(found)


def _place(cell: Cell) -> tuple[Hashable, ...]:
    """Return what two errors must share to be comparable."""
    problem, measure = cell["problem"], cell["theorem"]["measure"]
    return problem["name"], problem["n"], problem["d"], problem["l2"], _COMPARABLE.get(measure, measure)


def _batch(cell: Cell) -> tuple[int, bool]:
    return cell["run"]["batch"], bool(cell["run"].get("replacement", True))


def _groups(cells: Sequence[Cell], key: Callable[[Cell], Hashable]) -> list[list[Cell]]:
    found: dict[Hashable, list[Cell]] = {}
    for cell in cells:
        found.setdefault(key(cell), []).append(cell)
    return list(found.values())


def _family(kind: str, group: Sequence[Cell], title: str, by_passes: bool = False) -> Family:
    runs = _groups(group, _run)
    colours = _batch_colours(runs) if kind == "batches" else _method_colours(runs)
    labels = [_batch_label(run[0]) if kind == "batches" else _method_label(run[0]) for run in runs]
    lines = tuple(Line(*each) for each in zip(labels, colours, map(tuple, runs), strict=True))
    problem = group[0]["problem"]
    stem = "--".join(
        [
            kind,
            *([group[0]["theorem"]["id"]] if kind == "batches" else []),
            problem["name"],
            group[0]["theorem"]["measure"],
            *(["passes"] if kind == "batches" and by_passes else []),
        ]
    )
    # Batch sizes are drawn twice, and the captions must not be the same.
    against = ", by passes" if kind == "batches" and by_passes else ""
    title = f"{title}: {problem['title']} ({wording.quantity(group[0]['theorem'])}{against})"
    return Family(kind, wording.file_stem(stem), title, by_passes, lines)


def _run(cell: Cell) -> Hashable:
    """Return what makes two cells the same run, perhaps cut short, under two bounds."""
    run = cell["run"]
    # The last digits of a step depend on the order of operations in the formula that it came from.
    values = tuple(sorted((name, f"{value:.9g}") for name, value in (run.get("parameters") or {}).items()))
    schedule, measure = cell["theorem"].get("schedule_latex"), cell["theorem"]["measure"]
    return run["method"], schedule, values, measure, *_batch(cell)


def _method_colours(runs: Sequence[Sequence[Cell]]) -> list[str]:
    used: dict[tuple[str, ...], int] = {}
    colours = []
    for run in runs:
        shades = style.method_colours(run[0]["run"]["method"], decays(run[0]["theorem"]))
        position = used[shades] = used.get(shades, -1) + 1
        colours.append(shades[position % len(shades)])
    return colours


def _batch_colours(runs: Sequence[Sequence[Cell]]) -> list[str]:
    return [_BATCH_COLOURS[position % len(_BATCH_COLOURS)] for position in range(len(runs))]


def _method_label(cell: Cell) -> str:
    run, theorem = cell["run"], cell["theorem"]
    kind = "decaying" if decays(theorem) else "constant"
    step = f"{kind} step ({run.get('parameters_text') or theorem['id']})"
    batch = f", batch {wording.number(run['batch'])}" if theorem["stochastic"] and run["batch"] > 1 else ""
    return f"{run['method']}, {step}{batch}"


def _batch_label(cell: Cell) -> str:
    batch, replaced = _batch(cell)
    return f"batch {wording.number(batch)}" + ("" if replaced else " without replacement")


def _named(found: Sequence[Family]) -> list[Family]:
    """Number the stems that repeat, so that each names one file."""
    stems = wording.distinct([family.stem for family in found])
    return [
        Family(family.kind, stem, family.title, family.by_passes, family.lines)
        for family, stem in zip(found, stems, strict=True)
    ]
