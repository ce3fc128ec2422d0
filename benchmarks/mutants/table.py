"""The study as JSON and as a page of tables."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

Row = Mapping[str, Any]
ROUTES = {
    "units": "its units: the constructor refuses it",
    "record": "the worst run on record of the theorem itself",
    "certificate": "a certificate that the prover checks",
    "implied": "a theorem with a smaller bound, compared by the prover",
    "derived": "a derivation by hand",
    "pep": "semidefinite programs (PEP) for a few k, by hand",
    "counterexample": "the run that kills it, and nothing else",
    "none": "nothing",
}
"""How a label was reached, in words."""


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


def _labels(rows: Sequence[Row]) -> list[str]:
    counts = Counter((row["label"], row["route"]) for row in rows)
    lines = ["| label | reached by | mutants |", "|---|---|---|"]
    return lines + [
        f"| {word} | {ROUTES[route]} | {count} |" for (word, route), count in sorted(counts.items())
    ]


def _list(rows: Sequence[Row]) -> list[str]:
    lines = ["| theorem | change | why | worst ratio |", "|---|---|---|---|"]
    return lines + [f"| {r['theorem']} | `{r['change']}` | {r['reason']} | {r['ratio']} |" for r in rows]


def as_markdown(settings: Mapping[str, Any], rows: Sequence[Row]) -> str:
    """The tables a reader wants."""
    false = [row for row in rows if row["label"] == "false"]
    fixed = [row for row in false if row["killed"] in ("static", "library")]
    beforehand = [row for row in false if row["route"] != "counterexample"]
    opened = [row for row in rows if row["label"] == "open"]
    late = [row for row in false if row["killed"] in ("chain", "search")]
    lines = [
        f"# Mutation study, {settings['date']}",
        "",
        f"{len(rows)} mutants of {len({row['theorem'] for row in rows})} theorems: {len(false)} false, "
        f"{sum(row['label'] == 'equivalent' for row in rows)} equivalent (true all the same), {len(opened)} "
        "open. A kill is an exact ratio above 1 + 1e-6, or a refusal by the constructor (static: units).",
        "",
        f"- false and killed by the constructor and the fixed library of {settings['instances']} instances: "
        f"{_share(len(fixed), len(false))}; to make every mutant and to run it and every theorem takes "
        f"{settings['processor_seconds']:.0f} s of processor time, {settings['seconds']:.0f} s with "
        f"{settings['workers']} processes;",
        f"- with the long chains and the full search ({settings['evaluations']} evaluations per survivor): "
        f"{_share(sum(bool(row['killed']) for row in false), len(false))};",
        f"- of those known to be false before any run: "
        f"{_share(sum(bool(row['killed']) for row in beforehand), len(beforehand))}.",
        "",
        "The instances were chosen on mutants of this catalogue, so that the rate of the library is a fit;",
        "`benchmarks.mutants.split` measures the rate on theorems that a choice of instances has not seen.",
        "",
        "How each label was reached. Where a counterexample is all that is known, false means killed: there "
        "the share that is killed in the end is 100 % by definition, and what counts is how few are open.",
        "",
        *_labels(rows),
        "",
        *_rates(rows, "kind"),
        "",
        *_rates(rows, "theorem"),
        "",
        "Open: neither a proof nor a counterexample is known.",
        "",
        *_list(opened),
        "",
        "False, and missed by the fixed library:",
        "",
        *_list(late),
        "",
        "False, and alive:",
        "",
        *_list([row for row in false if not row["killed"]]),
        "",
        "Equivalent:",
        "",
        *_list([row for row in rows if row["label"] == "equivalent"]),
    ]
    return "\n".join(lines) + "\n"
