"""The index page: one HTML file beside its figures and scripts, readable from disk without any network."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ratebound.reports.cards import theorem_anchor, theorem_card
from ratebound.reports.complexity import complexity_table
from ratebound.reports.families import Family, families
from ratebound.reports.fragments import plot, table, text
from ratebound.reports.glance import glance
from ratebound.reports.overlay import describe_family
from ratebound.reports.provenance import provenance
from ratebound.reports.rate_figure import STEM, TITLE
from ratebound.reports.shell import document
from ratebound.reports.table import by_urgency, field_table, rate_table
from ratebound.reports.verdict_list import not_applicable_list, verdict_list

_TABLES = {
    "verdicts": "verdicts",
    "rates": "rates",
    "field": "rate table of the field",
    "complexity": "K(eps), measured and guaranteed",
}

Sizes = Mapping[str, tuple[int, int]]


def page(
    record: Mapping[str, Any],
    stems: Sequence[str],
    sizes: Sizes,
    scripts: Sequence[str] = (),
    digest: str = "",
) -> str:
    """Return the HTML of the index page.

    Parameters
    ----------
    record
        The record.
    stems
        For each cell, its name in links and figure files.
    sizes
        Width and height in pixels of the figures that exist, by stem.
    scripts
        Addresses of the scripts beside the page.
    digest
        SHA-256 of the stored record.
    """
    cells = record["cells"]
    ordered = [(cells[position], stems[position]) for position in by_urgency(cells)]
    judged = [pair for pair in ordered if pair[0]["verdict"]["outcome"] != "not applicable"]
    left = [pair for pair in ordered if pair[0]["verdict"]["outcome"] == "not applicable"]
    groups: dict[str, list[tuple[Mapping[str, Any], str]]] = {}
    for pair in judged:
        groups.setdefault(pair[0]["theorem"]["id"], []).append(pair)
    cards = "".join(
        theorem_card([cell for cell, _ in group], [stem for _, stem in group], sizes, groups)
        for group in groups.values()
    )
    compared = _compared(families(cells), sizes)
    links = [("glance", "At a glance"), ("verdicts", "Verdicts")]
    links += [("compared", "Compared")] if compared else []
    links += [
        ("rates", "Rates"),
        ("theorems", "Theorems"),
        ("not-applicable", "Not applicable"),
        ("provenance", "Reproduce"),
    ]
    main = f"""<h2 id="glance">At a glance</h2>
{glance(record, stems)}
<h2 id="verdicts">Verdicts</h2>
{verdict_list(judged)}
{compared}<h2 id="rates">Rates</h2>
{table(field_table(cells))}{_rates(sizes)}{table(rate_table(cells))}
<p class="soft">A fitted slope is the median of the slopes between all pairs of points of the stated
range. Its interval tells how straight the curve is there; it is not a confidence interval. Tables:
{_downloads()}.</p>
<details><summary>K(ε) of every run</summary>
{table(complexity_table(cells))}</details>
<h2 id="theorems">Theorems</h2>
{cards}
<h2 id="not-applicable">Not applicable</h2>
{not_applicable_list(left, {name: theorem_anchor(name) for name in groups})}"""
    footer = f'<h2 id="provenance">Reproduce</h2>\n{provenance(record, digest)}{_still(scripts)}'
    suite = record["suite"]
    return document(suite["title"], suite["description"], links, main, footer, scripts)


def _still(scripts: Sequence[str]) -> str:
    """Say how the plots can be brought to life, where they are not."""
    if any(address.endswith("plots.js") for address in scripts):
        return ""
    return (
        '<p class="soft">The plots are still images here. With Plotly installed (<code>pip install '
        "plotly</code>) the same command makes them interactive.</p>\n"
    )


def _compared(found: Sequence[Family], sizes: Sizes) -> str:
    """Return the families, each folded: one axis, several runs."""
    body = "".join(
        f'<details id="{text(family.stem)}"><summary>{text(family.title)}</summary>\n'
        f"{plot(family.stem, describe_family(family), sizes[family.stem])}</details>\n"
        for family in found
        if family.stem in sizes
    )
    return f'<h2 id="compared">Compared on one axis</h2>\n{body}' if body else ""


def _rates(sizes: Sizes) -> str:
    return plot(STEM, f"{TITLE}, by setting and kind of gradient", sizes[STEM]) if STEM in sizes else ""


def _downloads() -> str:
    return "; ".join(
        f"{text(label)} "
        + ", ".join(
            f'<a href="tables/{name}.{ending}">{ending.upper()}</a>' for ending in ("csv", "md", "tex")
        )
        for name, label in _TABLES.items()
    )
