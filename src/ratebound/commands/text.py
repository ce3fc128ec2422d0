"""Plain text for terminals and files alike: columns, coloured outcomes, durations."""

from __future__ import annotations

import os
from collections.abc import Sequence

import click

_COLOURS = {"holds": "green", "violated": "red", "undecided": "yellow", "not applicable": "cyan"}


def aligned(rows: Sequence[Sequence[str]], gap: str = "  ") -> str:
    """Return rows of text as columns that line up; the last column is not padded."""
    widths = [max(len(entry) for entry in column) for column in zip(*rows, strict=True)]
    widths[-1] = 0
    return "\n".join(
        gap.join(entry.ljust(width) for entry, width in zip(row, widths, strict=True)) for row in rows
    )


def coloured(words: str, outcome: str) -> str:
    """Return words in the colour of an outcome, which vanishes where the output is no terminal.

    It stays away where the user wants none (https://no-color.org) or the terminal knows none.
    """
    if os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb":
        return words
    return click.style(words, fg=_COLOURS[outcome])


def duration(seconds: float) -> str:
    """Return a time that people can read: ``"12 ms"``, ``"3.4 s"``, ``"2 min 05 s"``."""
    if seconds < 1:
        return f"{1000 * seconds:.0f} ms"
    if seconds < 60:
        return f"{seconds:.1f} s"
    return f"{seconds // 60:.0f} min {seconds % 60:02.0f} s"


def counted(number: int, noun: str) -> str:
    """Return ``"1 theorem"`` or ``"3 theorems"``."""
    return f"{number} {noun}" + ("" if number == 1 else "s")
