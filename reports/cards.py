"""Theorem cards: statement, assumptions, and for every problem the verdict, its constants and its figure."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from ratebound.reports import wording
from ratebound.reports.figure import describe, slope_words
from ratebound.reports.fragments import badge, definitions, plot, rows, text
from ratebound.reports.typeset import formula

_PROOFS = {
    "certified": "certified: the certificate is checked symbolically when the theorem is loaded",
    "conditional": "conditional: the certificate is checked, but for premises that are its author's own",
    "cited": "cited: the statement rests on its source",
    "conjecture": "conjecture: no proof is claimed",
}


def theorem_card(
    group: Sequence[Mapping[str, Any]],
    stems: Sequence[str],
    sizes: Mapping[str, tuple[int, int]],
    known: Collection[str],
) -> str:
    """Return the card of one theorem.

    Parameters
    ----------
    group
        The cells of the theorem that have a verdict on a problem, in the order of display.
    stems
        For each cell, its name in links and figure files.
    sizes
        Width and height in pixels of the figures that exist, by stem.
    known
        Ids of the theorems that have a card on the page, to which a card may link.
    """
    theorem = group[0]["theorem"]
    facts = [
        ("step", formula(theorem["schedule_latex"]) if theorem.get("schedule_latex") else ""),
        ("rate", formula(theorem["order"]["latex"])),
        ("K(ε)", formula(theorem["complexity_latex"]) if theorem.get("complexity_latex") else ""),
        ("assumes", text(", ".join(theorem["assumptions"]))),
        ("proof", text(_PROOFS.get(theorem["proof"], theorem["proof"]))),
        ("source", text(theorem["source"])),
        ("worst case", _worst(theorem.get("worst"))),
        ("note", text(theorem.get("note") or "")),
        ("see also", _sibling(theorem, known)),
    ]
    cells = "".join(_cell(cell, stem, sizes.get(stem)) for cell, stem in zip(group, stems, strict=True))
    return (
        f'<article class="card" id="{theorem_anchor(theorem["id"])}">\n<h3>{text(theorem["title"])}</h3>\n'
        f'<p class="soft"><code>{text(theorem["id"])}</code></p>\n'
        f'<div class="statement scroll">{formula(theorem["measure_latex"])} ≤ '
        f"{formula(theorem['bound_latex'])}</div>\n{definitions(facts)}{_proof(theorem)}{cells}</article>\n"
    )


def _worst(worst: Mapping[str, Any] | None) -> str:
    """Return the worst ratio of error to bound that a search over instances has found."""
    if worst is None:
        return ""
    where = f"{worst['instance']}, k = {worst['k']}, {worst['evaluations']} runs searched"
    return text(f"error / bound = {wording.number(worst['ratio'], 4)}, {worst['verdict']} ({where})")


def theorem_anchor(name: str) -> str:
    """Return the link target of a theorem."""
    return f"theorem-{text(name)}"


def _proof(theorem: Mapping[str, Any]) -> str:
    """Return the proof as readable lines, folded, where the record holds them."""
    items = "".join(
        f"<li>{text(line['words'])} {formula(line['latex']) if line.get('latex') else ''} "
        f"{text(line.get('relation') or '')}</li>\n"
        for line in theorem.get("exposition") or ()
    )
    return f'<details><summary>Proof</summary>\n<ol class="scroll">{items}</ol></details>\n' if items else ""


def _sibling(theorem: Mapping[str, Any], known: Collection[str]) -> str:
    sibling = theorem.get("sibling")
    if not sibling:
        return ""
    name = f"<code>{text(sibling)}</code>"
    return f'<a href="#{theorem_anchor(sibling)}">{name}</a>' if sibling in known else name


def _cell(cell: Mapping[str, Any], stem: str, size: tuple[int, int] | None) -> str:
    problem, verdict = cell["problem"], cell["verdict"]
    facts = ", ".join(f"{name} = {value}" for name, value in wording.problem_facts(problem))
    slope = slope_words(cell)
    body = [
        f'<section class="cell" id="{text(stem)}">\n<h4>{text(problem["title"])}</h4>\n',
        f'<p class="soft">{text(facts)}. {text(wording.run_facts(cell))}</p>\n',
        f"<p>{badge(cell)}. {text(_sentence(verdict.get('reason')))} "
        f"{text(_sentence(wording.evidence(cell)))} {text(_sentence(verdict.get('step_reason')))}</p>\n",
        f"<p>{text(slope)}.</p>\n" if slope else "",
        plot(stem, describe(cell), size) if size else "",
        _constants(cell),
        "</section>\n",
    ]
    return "".join(body)


def _sentence(words: str | None) -> str:
    """Return words that end like a sentence and begin like one, unless they begin with a symbol."""
    if not words:
        return ""
    first = words.split(maxsplit=1)[0].rstrip(":,;")
    start = words[0].upper() + words[1:] if len(first) > 1 and first.isalpha() and first.islower() else words
    return start if start.endswith((".", "!", "?")) else f"{start}."


def _constants(cell: Mapping[str, Any]) -> str:
    body = [
        [
            f"{formula(each['latex'])} <span class=soft>{text(each['name'])}</span>",
            text(wording.number(each["value"], 6)),
            text(each["direction"]),
            text(each["route"]),
            text(each["region"]),
            text(wording.number(each.get("error"))),
            text(each.get("note") or ""),
        ]
        for each in cell["constants"]
    ]
    problem = cell["problem"]
    made = definitions(
        [
            ("data", text(problem["preprocessing"])),
            ("loss", text(problem["loss"])),
            ("l2", text(wording.number(problem["l2"]))),
            ("seed", text(cell["run"]["seed"])),
        ]
    )
    header = ("constant", "value", "rounded", "route", "valid on", "error", "note")
    constants = rows(header, body) if body else ""
    return f"<details><summary>Certified constants and data</summary>\n{made}{constants}</details>\n"
