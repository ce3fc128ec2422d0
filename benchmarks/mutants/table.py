"""The study as JSON and as a page of tables."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

Row = Mapping[str, Any]


def as_json(settings: Mapping[str, Any], rows: Sequence[Row]) -> str:
    """One mutant a line."""
    lines = ",\n".join(json.dumps(dict(row)) for row in rows)
    return f'{{"settings": {json.dumps(dict(settings))}, "mutants": [\n{lines}\n]}}\n'


def rates(rows: Sequence[Row], by: str) -> list[tuple[str, int, int, int, int]]:
    """For each value of a column: labelled false, and how many fell statically, to the library, at all."""
    found = []
    for value in dict.fromkeys(row[by] for row in rows):
        false = [row for row in rows if row[by] == value and row["label"] == "false"]
        static = sum(row["killed"] == "static" for row in false)
        library = sum(row["killed"] == "library" for row in false)
        found.append((value, len(false), static, library, sum(bool(row["killed"]) for row in false)))
    return found


def _share(part: int, whole: int) -> str:
    return f"{part}/{whole}" + (f" ({100 * part / whole:.1f} %)" if whole else "")


def _rates(rows: Sequence[Row], by: str) -> list[str]:
    lines = [f"| {by} | false | static | library | all |", "|---|---|---|---|---|"]
    for value, false, static, library, every in rates(rows, by):
        lines.append(f"| {value} | {false} | {static} | {static + library} | {_share(every, false)} |")
    return lines


def _list(rows: Sequence[Row]) -> list[str]:
    lines = ["| theorem | change | label | why | worst ratio |", "|---|---|---|---|---|"]
    return lines + [
        f"| {r['theorem']} | `{r['change']}` | {r['label']} | {r['reason']} | {r['ratio']} |" for r in rows
    ]


def as_markdown(settings: Mapping[str, Any], rows: Sequence[Row]) -> str:
    """The tables a reader wants."""
    false = [row for row in rows if row["label"] == "false"]
    fixed = [row for row in false if row["killed"] in ("static", "library")]
    opened = [row for row in rows if row["label"] == "open"]
    cpu = sum(row["cpu"] for row in rows)
    lines = [
        f"# Mutation study, {settings['date']}",
        "",
        f"{len(rows)} mutants: {len(false)} labelled false (no proof of equivalence), "
        f"{sum(row['label'] == 'equivalent' for row in rows)} equivalent, {len(opened)} open. A kill is an "
        "exact ratio above 1 + 1e-6, or a refusal by the constructor (static: units).",
        "",
        f"- by the constructor and the fixed library of {settings['instances']} instances: "
        f"{_share(len(fixed), len(false))}, {cpu:.0f} s of processor time for all mutants;",
        f"- with the full search ({settings['evaluations']} evaluations per survivor): "
        f"{_share(sum(bool(row['killed']) for row in false), len(false))};",
        f"- of the open ones, {sum(bool(row['killed']) for row in opened)} were found to be false.",
        "",
        *_rates(rows, "kind"),
        "",
        *_rates(rows, "theorem"),
        "",
        "Labelled false, and alive:",
        "",
        *_list([row for row in false if not row["killed"]]),
        "",
        "Equivalent:",
        "",
        *_list([row for row in rows if row["label"] == "equivalent"]),
        "",
        "Open:",
        "",
        *_list(opened),
    ]
    return "\n".join(lines) + "\n"
