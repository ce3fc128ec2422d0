"""One table, three printings: CSV for machines, Markdown for README files, LaTeX (booktabs) for papers."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Mapping
from types import MappingProxyType

from ratebound.reports.table import Entry, Formula, Table
from ratebound.reports.wording import number

_LATEX = {
    "\\": r"\textbackslash{}",
    "{": r"\{",
    "}": r"\}",
    "$": r"\$",
    "&": r"\&",
    "%": r"\%",
    "#": r"\#",
    "_": r"\_",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
    "[": "{[}",  # a row that began with a bracket or a star would be an argument of the row end before it
    "*": "{*}",
    "−": r"\ensuremath{-}",
    "–": "--",
    "…": r"\ldots{}",
    "×": r"\ensuremath{\times}",
    "≤": r"\ensuremath{\leq}",
    "≥": r"\ensuremath{\geq}",
    "∞": r"\ensuremath{\infty}",
    "\n": " ",
    "\r": " ",
}
_GREEK = {"κ": r"\kappa", "α": r"\alpha", "μ": r"\mu", "σ": r"\sigma", "ε": r"\varepsilon", "δ": r"\delta"}
_SUPERSCRIPTS = re.compile("[⁻⁰¹²³⁴⁵⁶⁷⁸⁹]+")
_DIGITS = str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789")
_MARKDOWN = re.compile(r"([\\`*_{}\[\]<>|$#~])")


def to_csv(table: Table) -> str:
    """Return comma-separated values with a header; numbers in full precision, mathematics as LaTeX source."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(table.header)
    writer.writerows([_raw(entry) for entry in row] for row in table.rows)
    return out.getvalue()


def to_markdown(table: Table) -> str:
    """Return a pipe table; text that Markdown would read as markup is escaped."""
    lines = [
        _pipes([escape_markdown(name) for name in table.header]),
        _pipes(["---"] * len(table.header)),
        *(_pipes([_markdown(entry) for entry in row]) for row in table.rows),
    ]
    return "\n".join([*lines, "", escape_markdown(table.caption), ""])


def to_latex(table: Table) -> str:
    """Return a table environment that needs booktabs and graphicx, with every special character escaped.

    The table is scaled down where it is wider than the line.
    """
    columns = "".join("r" if _numeric(table, position) else "l" for position in range(len(table.header)))
    body = [" & ".join(_latex(entry) for entry in row) + r" \\" for row in table.rows]
    return "\n".join(
        [
            "% needs \\usepackage{booktabs,graphicx,amsmath,amssymb}",
            r"\begin{table}",
            r"\centering",
            rf"\caption{{{escape_latex(table.caption)}}}",
            r"\resizebox{\ifdim\width>\linewidth\linewidth\else\width\fi}{!}{%",
            rf"\begin{{tabular}}{{{columns}}}",
            r"\toprule",
            " & ".join(escape_latex(name) for name in table.header) + r" \\",
            r"\midrule",
            *body,
            r"\bottomrule",
            r"\end{tabular}}",
            r"\end{table}",
            "",
        ]
    )


WRITERS: Mapping[str, Callable[[Table], str]] = MappingProxyType(
    {"csv": to_csv, "md": to_markdown, "tex": to_latex}
)
"""The printings by file ending."""


def escape_latex(text: str) -> str:
    """Return text that LaTeX prints as it stands."""
    pieces, at = [], 0
    for match in _SUPERSCRIPTS.finditer(text):
        pieces.append(_escaped(text[at : match.start()]))
        pieces.append(rf"\ensuremath{{^{{{match.group().translate(_DIGITS)}}}}}")
        at = match.end()
    return "".join([*pieces, _escaped(text[at:])])


def escape_markdown(text: str) -> str:
    """Return text that Markdown prints as it stands, on one line."""
    return _MARKDOWN.sub(r"\\\1", " ".join(text.split()))


def _escaped(text: str) -> str:
    return "".join(
        rf"\ensuremath{{{_GREEK[letter]}}}" if letter in _GREEK else _LATEX.get(letter, letter)
        for letter in text
    )


def _raw(entry: Entry) -> str:
    if entry is None:
        return ""
    return entry.latex if isinstance(entry, Formula) else str(entry)


def _words(entry: str | int | float | None) -> str:
    return entry if isinstance(entry, str) else number(entry)


def _markdown(entry: Entry) -> str:
    if isinstance(entry, Formula):
        # A bar would end the table cell, also inside mathematics.
        return "$" + entry.latex.replace(r"\|", r"\Vert ").replace("|", r"\vert ") + "$"
    return escape_markdown(_words(entry))


def _latex(entry: Entry) -> str:
    return f"${entry.latex}$" if isinstance(entry, Formula) else escape_latex(_words(entry))


def _pipes(entries: list[str]) -> str:
    return f"| {' | '.join(entries)} |"


def _numeric(table: Table, position: int) -> bool:
    entries = [row[position] for row in table.rows if row[position] is not None]
    return bool(entries) and all(isinstance(entry, int | float) for entry in entries)
