"""Small pieces of HTML; every text that comes from a record is escaped here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from ratebound.reports import wording
from ratebound.reports.table import Entry, Formula, Table
from ratebound.reports.typeset import formula

_SIGNS = {"holds": "✓", "violated": "✗", "undecided": "?", "not applicable": "–", "vacuous": "○"}


def text(value: object) -> str:
    """Return a value as escaped text."""
    return escape(str(value))


def kind(cell: Mapping[str, Any]) -> str:
    """Return the outcome of a cell, with ``vacuous`` apart from ``holds``."""
    return "vacuous" if wording.is_vacuous(cell) else str(cell["verdict"]["outcome"])


def css_class(name: str) -> str:
    """Return an outcome as the name of a CSS class."""
    return name.replace(" ", "-")


def badge(cell: Mapping[str, Any], short: bool = False) -> str:
    """Return the verdict with a sign and a colour, readable without either; `short` leaves numbers out."""
    name = kind(cell)
    words = name.replace("vacuous", "holds, vacuous") if short else wording.headline(cell)
    return f'<span class="badge {css_class(name)}">{_SIGNS[name]} {text(words)}</span>'


def cell_link(cell: Mapping[str, Any], stem: str) -> str:
    """Return a link to the place of a cell on the page."""
    return f'<a href="#{text(stem)}">{text(cell["theorem"]["title"])} · {text(cell["problem"]["title"])}</a>'


def plot(stem: str, description: str, size: tuple[int, int]) -> str:
    """Return a figure: a picture that works everywhere, and links to its formats; scripts may liven it."""
    width, height = size
    base = f"figures/{text(stem)}"
    formats = " · ".join(
        f'<a href="{base}.{ending}">{ending.upper()}</a>' for ending in ("svg", "pdf", "png")
    )
    return (
        f'<figure data-figure="{text(stem)}"><img src="{base}.png" width="{width}" height="{height}" '
        f'loading="lazy" alt="{text(description)}">\n<figcaption>{formats}</figcaption></figure>\n'
    )


def entry(value: Entry) -> str:
    """Return one table entry."""
    if isinstance(value, Formula):
        return formula(value.latex)
    return text(value if isinstance(value, str) else wording.number(value))


def table(content: Table) -> str:
    """Return a table of a record as HTML."""
    return rows(content.header, [[entry(value) for value in row] for row in content.rows], content.caption)


def rows(header: Sequence[str], body: Sequence[Sequence[str]], caption: str = "") -> str:
    """Return a table that scrolls on narrow screens; entries of `body` are HTML already."""
    head = "".join(f'<th scope="col">{text(name)}</th>' for name in header)
    lines = "".join(f"<tr>{''.join(f'<td>{value}</td>' for value in row)}</tr>\n" for row in body)
    title = f"<caption>{text(caption)}</caption>" if caption else ""
    inner = f"{title}<thead><tr>{head}</tr></thead>\n<tbody>{lines}</tbody>"
    return f'<div class="scroll"><table>{inner}</table></div>\n'


def definitions(pairs: Sequence[tuple[str, str]]) -> str:
    """Return a list of name and value; values are HTML already, empty ones are left out."""
    inner = "".join(f"<dt>{text(name)}</dt><dd>{value}</dd>" for name, value in pairs if value)
    return f"<dl>{inner}</dl>\n"
