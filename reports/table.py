"""The tables of a report, made from a record only: verdicts, rates, the rate table of the field."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ratebound.reports import wording

SETTINGS = ("pl", "strongly convex", "convex", "nonconvex", "any")
SETTING_NAMES = {
    "pl": "PL",
    "strongly convex": "strongly convex",
    "convex": "convex",
    "nonconvex": "nonconvex",
    "any": "any smooth f",
}
"""What readers call the settings."""
OUTCOMES = ("violated", "undecided", "holds", "not applicable")
"""Outcomes in the order in which a reader should see them."""


@dataclass(frozen=True)
class Formula:
    """A table entry that is mathematics, in LaTeX without dollar signs."""

    latex: str


Entry = str | int | float | Formula | None


@dataclass(frozen=True)
class Table:
    """A caption, the names of the columns, and rows of entries; numbers keep full precision until written."""

    caption: str
    header: tuple[str, ...]
    rows: tuple[tuple[Entry, ...], ...]


def by_urgency(cells: Sequence[Mapping[str, Any]]) -> list[int]:
    """Return positions of cells: violated, undecided, vacuous, holding, not applicable; else as given."""

    def rank(position: int) -> tuple[int, bool]:
        cell = cells[position]
        return OUTCOMES.index(cell["verdict"]["outcome"]), not wording.is_vacuous(cell)

    return sorted(range(len(cells)), key=rank)


def by_setting(cells: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Return cells by setting, deterministic before stochastic, else as given."""
    return sorted(
        cells,
        key=lambda c: (SETTINGS.index(c["theorem"]["setting"]), bool(c["theorem"]["stochastic"])),
    )


def verdict_table(cells: Sequence[Mapping[str, Any]]) -> Table:
    """Return one row per cell, the urgent ones first."""
    rows = []
    for position in by_urgency(cells):
        cell = cells[position]
        theorem, problem, run, verdict = (cell[part] for part in ("theorem", "problem", "run", "verdict"))
        rows.append(
            (
                wording.headline(cell),
                theorem["id"],
                problem["name"],
                problem["n"],
                problem["d"],
                problem.get("kappa"),
                run.get("parameters_text") or "",
                run.get("batch"),
                verdict.get("evidence"),
                verdict.get("tightness"),
                verdict.get("k"),
                verdict.get("slope"),
                verdict.get("slope_low"),
                verdict.get("slope_high"),
                wording.theory_exponent(theorem["order"]),
                verdict.get("reason") or "",
            )
        )
    header = (
        "verdict",
        "theorem",
        "problem",
        "n",
        "d",
        "kappa",
        "step",
        "batch",
        "evidence",
        "error / bound",
        "k",
        "slope",
        "slope low",
        "slope high",
        "theory exponent",
        "reason",
    )
    return Table("Verdicts, those that need attention first.", header, tuple(rows))


def rate_table(cells: Sequence[Mapping[str, Any]]) -> Table:
    """Return one row per theorem: rate, iteration complexity, and what was measured beside the exponent."""
    rows = []
    for theorem, group in _theorems(cells):
        slopes = [c["verdict"] for c in group if c["verdict"].get("slope") is not None]
        complexity = theorem.get("complexity_latex")
        rows.append(
            (
                SETTING_NAMES[theorem["setting"]],
                _gradient(theorem),
                theorem["title"],
                Formula(theorem["order"]["latex"]),
                Formula(complexity) if complexity else None,
                wording.theory_exponent(theorem["order"]),
                _measured(theorem, slopes),
                len({c["problem"]["name"] for c in group if c["verdict"]["outcome"] != "not applicable"}),
            )
        )
    header = (
        "setting",
        "gradient",
        "theorem",
        "rate",
        "K(eps)",
        "theory exponent",
        "measured",
        "problems",
    )
    caption = "Rates of the theorems, and the slopes measured on the problems of this report."
    return Table(caption, header, tuple(rows))


def field_table(cells: Sequence[Mapping[str, Any]]) -> Table:
    """Return the rate table of the field: iterations to reach eps, by setting and kind of gradient."""
    found: dict[str, dict[bool, list[str]]] = {}
    for theorem, _ in _theorems(cells):
        latex = theorem.get("complexity_latex")
        if latex:
            kinds = found.setdefault(theorem["setting"], {False: [], True: []})
            if latex not in kinds[bool(theorem["stochastic"])]:
                kinds[bool(theorem["stochastic"])].append(latex)
    rows = tuple(
        (SETTING_NAMES[setting], *(_joined(found[setting][kind]) for kind in (False, True)))
        for setting in SETTINGS
        if setting in found
    )
    caption = "Iterations that suffice to reach accuracy eps, derived from the theorems of this report."
    return Table(caption, ("setting", "deterministic", "stochastic"), rows)


def _theorems(
    cells: Sequence[Mapping[str, Any]],
) -> Iterable[tuple[Mapping[str, Any], list[Mapping[str, Any]]]]:
    """Yield each theorem once with its cells, in the order of `by_setting`."""
    groups: dict[str, list[Mapping[str, Any]]] = {}
    for cell in by_setting(cells):
        groups.setdefault(cell["theorem"]["id"], []).append(cell)
    for group in groups.values():
        yield group[0]["theorem"], group


def _gradient(theorem: Mapping[str, Any]) -> str:
    return "stochastic" if theorem["stochastic"] else "deterministic"


def _measured(theorem: Mapping[str, Any], verdicts: Sequence[Mapping[str, Any]]) -> str | None:
    """Return the fitted slopes of a theorem in words: one with its interval, several as a range."""
    if not verdicts:
        return None
    name = "exponent" if wording.is_power(theorem["order"]) else "d ln(error)/dk"
    if len(verdicts) == 1:
        return f"{name} {wording.interval(verdicts[0])}"
    slopes = [verdict["slope"] for verdict in verdicts]
    return f"{name} {wording.number(min(slopes))} to {wording.number(max(slopes))} ({len(slopes)} runs)"


def _joined(latex: Sequence[str]) -> Formula | None:
    return Formula(r",\ ".join(latex)) if latex else None
