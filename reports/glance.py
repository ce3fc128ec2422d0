"""The top of the page: how many hold, the loosest and tightest bounds, the step nearest to its edge."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from ratebound.reports import wording
from ratebound.reports.fragments import cell_link, css_class, kind, text

KINDS = ("violated", "undecided", "vacuous", "holds", "not applicable")
"""Outcomes in the order in which a reader should see them, ``vacuous`` apart from ``holds``."""

KIND_WORDS = {"vacuous": "hold, vacuously", "holds": "hold"}
"""What is said of several cells of a kind, where the kind itself does not do."""

_EXTREMES = 3
Named = tuple[Mapping[str, Any], str]


def glance(record: Mapping[str, Any], stems: Sequence[str]) -> str:
    """Return the counts, the extremes and the budget of false alarms as HTML."""
    cells = record["cells"]
    counts = Counter(kind(cell) for cell in cells)
    items = "".join(_count(name, counts[name]) for name in KINDS)
    named = [pair for pair in zip(cells, stems, strict=True) if _settled(pair[0])]
    boxes = [_loosest(named), _tightest(named), _fragile(named)]
    return (
        f'{_partial(record)}<ul class="counts">{items}</ul>\n'
        f'<div class="glance">{"".join(boxes)}</div>\n<p class="soft">{_budget(record)}</p>\n'
    )


def missing(record: Mapping[str, Any]) -> int:
    """Return how many cells of the suite the record lacks: more than none where a run was interrupted."""
    return max(0, int(record["budget"].get("cells") or 0) - len(record["cells"]))


def edge(cell: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """Return the limit of the admissible range that the parameters of a cell are nearest to.

    The limits stand in ``run.range``; each has ``text``, ``value``, ``limit`` and ``share``: how much of the
    allowed range is used, 1 at its edge.
    """
    limits = [each for each in cell["run"].get("range") or () if each.get("share") is not None]
    return max(limits, key=lambda each: float(each["share"]), default=None)


def _count(name: str, count: int) -> str:
    words = text(KIND_WORDS.get(name, name))
    return f'<li class="{css_class(name)}"><b>{count}</b> <span>{words}</span></li>'


def _partial(record: Mapping[str, Any]) -> str:
    lacking = missing(record)
    if not lacking:
        return ""
    finished = len(record["cells"])
    return (
        '<p class="partial" role="status"><b>Partial.</b> The run was interrupted: '
        f"{finished} of {finished + lacking} cells were finished and stand here.</p>\n"
    )


def _budget(record: Mapping[str, Any]) -> str:
    budget = record["budget"]
    if budget.get("delta") is None:
        return ""
    return text(
        "False alarms: the chance that any verdict of this report wrongly says “violated” is at most "
        f"{wording.number(budget['delta'])}, shared by {wording.number(budget.get('cells'))} cells."
    )


def _settled(cell: Mapping[str, Any]) -> bool:
    """Tell whether a cell says how loose a bound over many steps is."""
    verdict = cell["verdict"]
    many = cell["theorem"]["order"]["kind"] != "one step"
    return many and verdict["outcome"] == "holds" and verdict.get("tightness") is not None


def _loosest(named: Sequence[Named]) -> str:
    def say(cell: Mapping[str, Any]) -> str:
        vacuous = "; vacuous" if wording.is_vacuous(cell) else ""
        return f"the bound is at least {text(wording.looseness(cell['verdict']))} × the error{vacuous}"

    found = sorted(named, key=lambda pair: pair[0]["verdict"]["tightness"])[:_EXTREMES]
    note = "Bound / error where the two come closest. Vacuous: never below the error at the start."
    return _box("Three loosest bounds", found, say, note)


def _tightest(named: Sequence[Named]) -> str:
    def say(cell: Mapping[str, Any]) -> str:
        return f"error reaches {text(wording.percent(cell['verdict']['tightness']))} of the bound"

    found = sorted(named, key=lambda pair: -pair[0]["verdict"]["tightness"])[:_EXTREMES]
    return _box("Three tightest bounds", found, say, "Error / bound where the two come closest.")


def _fragile(named: Sequence[Named]) -> str:
    """Name the cells whose step uses most of what is allowed; among equals, those with the tightest bound."""

    def say(cell: Mapping[str, Any]) -> str:
        nearest = edge(cell)
        assert nearest is not None  # only such cells are named
        value, limit = wording.number(nearest["value"]), wording.number(nearest["limit"])
        used = wording.percent(nearest["share"])
        return text(f"{used} of the range {nearest['text']} = {limit}, at {value}")

    ranked = [(pair, limit) for pair in named if (limit := edge(pair[0])) is not None]
    ranked.sort(key=lambda each: (-float(each[1]["share"]), -each[0][0]["verdict"]["tightness"]))
    equal = sum(limit["share"] == ranked[0][1]["share"] for _, limit in ranked)
    note = "Share of the allowed range that the step uses; beyond its end the theorem says nothing."
    if equal > 1:
        note += f" {equal} cells use as much as the first; of these the tightest bound leads."
    return _box("Most fragile step sizes", [pair for pair, _ in ranked[:_EXTREMES]], say, note)


def _box(title: str, found: Sequence[Named], say: Any, note: str) -> str:
    if not found:
        return ""
    items = "".join(f"<li>{cell_link(cell, stem)}<br>{say(cell)}</li>" for cell, stem in found)
    return f'<section><h3>{text(title)}</h3><ol>{items}</ol><p class="soft">{text(note)}</p></section>\n'
