"""The index page: one HTML file beside its figures, readable from disk without any network."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from importlib.resources import files
from typing import Any

from ratebound.reports import wording
from ratebound.reports.cards import theorem_anchor, theorem_card
from ratebound.reports.fragments import badge, css_class, definitions, kind, rows, table, text
from ratebound.reports.table import by_urgency, field_table, rate_table

_KINDS = ("violated", "undecided", "vacuous", "holds", "not applicable")
_EXTREMES = 3


def page(record: Mapping[str, Any], stems: Sequence[str], sizes: Mapping[str, tuple[int, int]]) -> str:
    """Return the HTML of the index page.

    Parameters
    ----------
    record
        The record.
    stems
        For each cell, its name in links and figure files.
    sizes
        Width and height in pixels of the figures that exist, by stem.
    """
    cells = record["cells"]
    suite = record["suite"]
    css = (files("ratebound.reports") / "page.css").read_text(encoding="utf-8")
    judged = [p for p in by_urgency(cells) if cells[p]["verdict"]["outcome"] != "not applicable"]
    left = [p for p in by_urgency(cells) if cells[p]["verdict"]["outcome"] == "not applicable"]
    groups: dict[str, list[int]] = {}
    for position in judged:
        groups.setdefault(cells[position]["theorem"]["id"], []).append(position)
    cards = "".join(
        theorem_card([cells[p] for p in group], [stems[p] for p in group], sizes, groups)
        for group in groups.values()
    )
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{text(suite["title"])}</title>
<link rel="icon" href="data:,">
<style>
{css}</style>
</head>
<body>
<header>
<h1>{text(suite["title"])}</h1>
<p class="soft">{text(suite["description"])}</p>
<nav aria-label="Sections"><a href="#verdicts">Verdicts</a><a href="#rates">Rates</a>
<a href="#theorems">Theorems</a><a href="#not-applicable">Not applicable</a>
<a href="#provenance">Reproduce</a></nav>
</header>
<main>
{_summary(record, stems, judged)}
<h2 id="verdicts">Verdicts</h2>
{_verdicts(cells, stems, judged)}
<h2 id="rates">Rates</h2>
{table(field_table(cells))}{table(rate_table(cells))}
<p class="soft">A fitted slope is the median of the slopes between all pairs of points of the stated
range. Its interval tells how straight the curve is there; it is not a confidence interval. Tables:
{_downloads()}.</p>
<h2 id="theorems">Theorems</h2>
{cards}
<h2 id="not-applicable">Not applicable</h2>
{_not_applicable(cells, left, groups)}
</main>
<footer>
<h2 id="provenance">Reproduce</h2>
{_provenance(record)}
</footer>
</body>
</html>
"""


def _summary(record: Mapping[str, Any], stems: Sequence[str], judged: Sequence[int]) -> str:
    cells = record["cells"]
    counts = Counter(kind(cell) for cell in cells)
    words = {"vacuous": "hold, vacuously", "holds": "hold"}
    items = "".join(
        f'<li class="{css_class(name)}"><b>{counts[name]}</b> <span>{text(words.get(name, name))}</span></li>'
        for name in _KINDS
    )
    budget = record["budget"]
    delta = wording.number(budget.get("delta"))
    text_budget = (
        f"False alarms: the chance that any verdict of this report wrongly says “violated” is at most "
        f"{delta}, shared by {wording.number(budget.get('cells'))} cells."
        if budget.get("delta") is not None
        else ""
    )
    return f'<ul class="counts">{items}</ul>\n<p>{text(text_budget)}</p>\n{_extremes(cells, stems, judged)}'


def _extremes(cells: Sequence[Mapping[str, Any]], stems: Sequence[str], judged: Sequence[int]) -> str:
    """Name the bounds with the most and the least room above the error."""
    known = [p for p in judged if cells[p]["verdict"]["outcome"] == "holds"]
    known = [p for p in known if cells[p]["verdict"].get("tightness") is not None]
    if len(known) < 2:
        return ""
    known.sort(key=lambda p: cells[p]["verdict"]["tightness"])

    def named(positions: Sequence[int]) -> str:
        return "; ".join(
            f"{_link(cells[p], stems[p])} ({text(wording.number(cells[p]['verdict']['tightness'], 2))})"
            for p in positions
        )

    several = min(_EXTREMES, len(known) // 2)
    return definitions(
        [
            ("Tightest bounds (largest error / bound)", named(known[-several:][::-1])),
            ("Loosest bounds", named(known[:several])),
        ]
    )


def _link(cell: Mapping[str, Any], stem: str) -> str:
    return f'<a href="#{text(stem)}">{text(cell["theorem"]["title"])} · {text(cell["problem"]["title"])}</a>'


def _verdicts(cells: Sequence[Mapping[str, Any]], stems: Sequence[str], judged: Sequence[int]) -> str:
    if not judged:
        return "<p>No theorem was applicable; the reasons stand below.</p>\n"
    body = []
    for position in judged:
        cell = cells[position]
        verdict = cell["verdict"]
        theory = wording.theory_exponent(cell["theorem"]["order"])
        body.append(
            [
                badge(cell),
                _link(cell, stems[position]),
                text(wording.run_facts(cell)),
                text(verdict["evidence"]),
                text(wording.number(verdict.get("tightness"))),
                text(wording.interval(verdict)),
                text(wording.number(theory)),
            ]
        )
    header = ("verdict", "theorem · problem", "run", "evidence", "error / bound", "fitted slope", "theory")
    return rows(header, body)


def _not_applicable(
    cells: Sequence[Mapping[str, Any]], left: Sequence[int], groups: Mapping[str, Sequence[int]]
) -> str:
    if not left:
        return "<p>Every theorem was applicable to every problem.</p>\n"
    body = []
    for position in left:
        theorem = cells[position]["theorem"]
        title = text(theorem["title"])
        body.append(
            [
                f'<a href="#{theorem_anchor(theorem["id"])}">{title}</a>'
                if theorem["id"] in groups
                else title,
                text(cells[position]["problem"]["title"]),
                text(cells[position]["verdict"]["reason"]),
            ]
        )
    return rows(("theorem", "problem", "reason"), body)


def _downloads() -> str:
    names = (("verdicts", "verdicts"), ("rates", "rates"), ("field", "rate table of the field"))
    return "; ".join(
        f"{text(label)} "
        + ", ".join(
            f'<a href="tables/{name}.{ending}">{ending.upper()}</a>' for ending in ("csv", "md", "tex")
        )
        for name, label in names
    )


def _provenance(record: Mapping[str, Any]) -> str:
    made = record["provenance"]
    versions = ", ".join(f"{name} {number}" for name, number in (made.get("versions") or {}).items())
    facts = [
        ("versions", text(versions)),
        ("Python", text(made.get("python", ""))),
        ("machine", text(made.get("machine", ""))),
        ("seed", text(made.get("seed", ""))),
        ("started", text(made.get("started", ""))),
        ("took", text(f"{wording.number(made.get('seconds'))} s")),
        ("record", '<a href="record.json">record.json</a>: every number of this page'),
    ]
    return f"<pre>{text(made.get('command', ''))}</pre>\n{definitions(facts)}"
