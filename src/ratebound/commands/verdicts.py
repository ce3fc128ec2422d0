"""The verdicts of a record as text, and the exit code that they ask for."""

from __future__ import annotations

import textwrap
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from ratebound.commands.text import coloured
from ratebound.reports import wording

VIOLATED, UNDECIDED = 1, 3
_WIDTH = 110


def lines(record: Mapping[str, Any], details: bool, grouped: bool = False) -> str:
    """Return one line per verdict, with the reason where it is needed, and a last line that counts them.

    Whether the one-step inequality of the proof holds is told in the details, and where it does not.

    Parameters
    ----------
    record
        The record.
    details
        Whether to give reason, run and certified constants of every verdict.
    grouped
        Whether theorems that do not apply come last, each reason once.
    """
    idle = [cell for cell in record["cells"] if grouped and cell["verdict"]["outcome"] == "not applicable"]
    cells = [cell for cell in record["cells"] if cell not in idle]
    named = [(cell["theorem"]["id"], cell["problem"]["name"]) for cell in cells]
    columns = [max(map(len, column)) for column in zip(*named, strict=True)]
    text = []
    for cell, names in zip(cells, named, strict=True):
        verdict = cell["verdict"]
        padded = (name.ljust(width) for name, width in zip(names, columns, strict=True))
        said = coloured(wording.headline(cell), verdict["outcome"])
        found = wording.evidence(cell)
        text.append("  ".join((*padded, said)) + (f"  ({found})" if found else ""))
        if details or verdict["outcome"] != "holds":
            text += _indented(verdict["reason"])
        if verdict.get("step_reason") and (details or not verdict["step_holds"]):
            text += _indented(verdict["step_reason"])
        if details:
            text += _details(cell)
    return "\n".join([*text, *_reasons(idle), summary(record)])


def _reasons(idle: Iterable[Mapping[str, Any]]) -> list[str]:
    found: dict[str, list[str]] = {}
    for cell in idle:
        name = cell["theorem"]["id"]
        reason = cell["verdict"]["reason"].removeprefix(f"{name} ")
        found.setdefault(f"not applicable on {cell['problem']['name']}: {reason}", []).append(name)
    return [
        line
        for reason, names in sorted(found.items(), key=lambda each: -len(each[1]))
        for line in (*textwrap.wrap(reason, _WIDTH), *_indented(", ".join(names)))
    ]


def _indented(words: str) -> list[str]:
    return textwrap.wrap(words, _WIDTH, initial_indent="    ", subsequent_indent="    ")


def _details(cell: Mapping[str, Any]) -> list[str]:
    constants = (
        f"{c['name']} = {wording.number(c['value'], 6)} ({c['direction']}, {c['region']}; {c['route']})"
        for c in cell["constants"]
    )
    return [line for words in (wording.run_facts(cell), *constants) for line in _indented(words)]


def summary(record: Mapping[str, Any]) -> str:
    """Return how many verdicts there are of each kind, and the budget of false alarms that they share."""
    counts = Counter(cell["verdict"]["outcome"] for cell in record["cells"])
    found = ", ".join(f"{number} {coloured(word, word)}" for word, number in sorted(counts.items()))
    budget = record["budget"]
    words = (
        f"{found}; a true bound is called violated with probability at most {budget['delta']:g} over this run"
    )
    if any(cell["verdict"].get("confirm_value") is not None for cell in record["cells"]):
        words += f", a false one confirmed with at most {budget['confirm']:g}"
    if "run" not in budget:
        return words
    return f"{words}, number {budget['run']} of its ledger, and {budget['total']:g} over all runs there"


def exit_code(record: Mapping[str, Any], strict: bool) -> int:
    """Return 1 if something is violated, 3 if something is undecided and that matters, else 0."""
    outcomes = {cell["verdict"]["outcome"] for cell in record["cells"]}
    if "violated" in outcomes:
        return VIOLATED
    return UNDECIDED if strict and "undecided" in outcomes else 0
