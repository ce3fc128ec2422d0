"""The table of verdicts on the page, which scripts can filter and sort; and what did not apply."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from ratebound.reports import wording
from ratebound.reports.families import decays
from ratebound.reports.fragments import badge, cell_link, css_class, kind, rows, text
from ratebound.reports.glance import KIND_WORDS, KINDS, edge

_TABLE = "verdict-table"
_HEADER = (
    "verdict",
    "theorem · problem",
    "step",
    "evidence",
    "error / bound",
    "share of range",
    "fitted slope",
    "theory",
)

Named = tuple[Mapping[str, Any], str]


def verdict_list(named: Sequence[Named]) -> str:
    """Return the filter and the table of cells that were judged, each with its name in links."""
    if not named:
        return "<p>No theorem was applicable; the reasons stand below.</p>\n"
    head = "".join(f'<th scope="col">{text(name)}</th>' for name in _HEADER)
    body = "".join(_row(cell, stem, position) for position, (cell, stem) in enumerate(named))
    return (
        f"{_filter(named)}"
        f'<div class="scroll" tabindex="0" role="region" aria-label="Verdicts"><table id="{_TABLE}" '
        f'class="sortable"><thead><tr>{head}</tr></thead>\n<tbody>{body}</tbody></table></div>\n'
    )


def not_applicable_list(named: Sequence[Named], anchors: Mapping[str, str]) -> str:
    """Return the table of cells that were not judged, with reasons; `anchors` are the cards, by theorem."""
    if not named:
        return "<p>Every theorem was applicable to every problem.</p>\n"
    body = []
    for cell, _ in named:
        theorem, title = cell["theorem"], text(cell["theorem"]["title"])
        anchor = anchors.get(theorem["id"])
        body.append(
            [
                f'<a href="#{anchor}">{title}</a>' if anchor else title,
                text(cell["problem"]["title"]),
                text(cell["verdict"]["reason"]),
            ]
        )
    return rows(("theorem", "problem", "reason"), body)


def _filter(named: Sequence[Named]) -> str:
    counts = Counter(kind(cell) for cell, _ in named)
    options = "".join(
        f'<option value="{css_class(name)}">{text(KIND_WORDS.get(name, name))} ({counts[name]})</option>'
        for name in KINDS
        if counts[name]
    )
    return (
        f'<form class="filter" data-table="{_TABLE}" role="search" hidden>'
        '<label>Filter <input type="search" name="words" placeholder="sgd diabetes"></label>\n'
        f'<label>Verdict <select name="kind"><option value="">all</option>{options}</select></label>\n'
        '<output aria-live="polite"></output></form>\n'
    )


def _row(cell: Mapping[str, Any], stem: str, position: int) -> str:
    verdict, nearest = cell["verdict"], edge(cell)
    share = None if nearest is None else float(nearest["share"])
    theory = wording.theory_exponent(cell["theorem"]["order"])
    entries = (
        (badge(cell, short=True), position),
        (cell_link(cell, stem), None),
        (text(wording.step_facts(cell) + (", changes with k" if decays(cell["theorem"]) else "")), None),
        (text(verdict["evidence"]), None),
        (text(wording.number(verdict.get("tightness"))), verdict.get("tightness")),
        (text("–" if share is None else wording.percent(share)), share),
        (text(wording.fitted(cell)), verdict.get("slope")),
        (text(wording.number(theory)), theory),
    )
    inner = "".join(_entry(html, key) for html, key in entries)
    # Search words may be ids, which the titles on show do not hold.
    names = f"{cell['theorem']['id']} {cell['problem']['name']} {cell['theorem']['setting']}"
    return f'<tr data-kind="{css_class(kind(cell))}" data-words="{text(names)}">{inner}</tr>\n'


def _entry(html: str, key: float | None) -> str:
    value = "" if key is None else f' data-value="{float(key)!r}"'
    return f"<td{value}>{html}</td>"
