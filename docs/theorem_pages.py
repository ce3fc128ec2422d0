"""Write docs/theorems, from the statements: indices, the words in use, and one page per theorem.

python docs/theorem_pages.py
"""

from __future__ import annotations

import re
import sys
from collections.abc import Collection
from importlib import import_module
from pathlib import Path
from types import ModuleType
from unicodedata import normalize

from sympy import Basic, Symbol
from vocabulary import vocabulary

from ratebound.theory.catalogue import FAMILIES, THEOREMS
from ratebound.theory.equivalences import EQUIVALENCES
from ratebound.theory.exposition import latex
from ratebound.theory.exposition.papers import joined, papers
from ratebound.theory.exposition.proofs import Line, exposition
from ratebound.theory.exposition.rule import rule, starts
from ratebound.theory.lower_bounds import LOWER_BOUNDS, LowerBound
from ratebound.theory.measures import ONE_STEP
from ratebound.theory.method import Method
from ratebound.theory.nearby import NEARBY
from ratebound.theory.optimal_batch import OPTIMAL_BATCHES
from ratebound.theory.refuted import REFUTED
from ratebound.theory.statement import Theorem
from ratebound.theory.stationary import COMPARISONS, STATIONARY
from ratebound.theory.symbols import MEANING, k
from ratebound.theory.visits import IN_WORDS

FOLDER = Path(__file__).parent / "theorems"
_AT_START = {"x_0": "x_0", "grad f(x_0)": r"\nabla f(x_0)", "0": "0"}
_PROOFS = {"certified": "checked here", "cited": "cited"}


def pages() -> dict[str, str]:
    """Return the text of every page by file name."""
    index = [
        "# Theorems",
        "",
        f"{len(THEOREMS)} theorems by family; `ratebound show ID` and `ratebound prove ID` print them,",
        "`ratebound list` filters them. [By paper](papers.md). [The words](vocabulary.md) to state your own.",
    ]
    for name in FAMILIES:
        index += _family(import_module(f"ratebound.theory.families.{name}"))
    index += ["", "## Refuted", "", "Statements that circulate and are false; each has its counterexample in"]
    index += ["`ratebound.theory.refuted`, which the tests find violated.", ""]
    index += [f"- **{each.theorem.title}** ({each.theorem.source}). {each.why}" for each in REFUTED.values()]
    index += [
        "",
        "## Lower bounds",
        "",
        "For each k there is a function of the class on which the error is at least",
    ]
    index += ["this large; the tests run the method there (`ratebound.theory.lower_bounds`).", ""]
    index += [_lower(each) for each in LOWER_BOUNDS.values()]
    index += [
        "",
        "## Equivalences",
        "",
        "Two methods that make the same run, proved by induction over k and run side",
    ]
    index += ["by side in the tests (`ratebound.theory.equivalences`).", ""]
    index += [f"- **{each.title}** ({each.source})." for each in EQUIVALENCES.values()]
    index += [
        "",
        r"Nearly the same run, where $\mathbb{E}\lVert g_j\rVert^2\leq\sigma^2$: the root of",
        r"$\mathbb{E}\lVert x_k-y_k\rVert^2$ is at most (`ratebound.theory.nearby`)",
        "",
    ]
    index += [f"- **{each.title}** ({each.source}): ${latex.tex(each.gap)}$." for each in NEARBY.values()]
    index += [
        "",
        "## Stationary moments",
        "",
        r"What $\mathbb{E}\lVert x_k-x_*\rVert^2$ tends to on a line with additive noise, with the variance",
    ]
    index += [
        "$\\nu^2$ of a batch; how it gets there is exact at every k, too (`ratebound.theory.stationary`).",
        "",
    ]
    index += [
        f"- **{each.title}** ({each.source}): ${latex.tex(each.distance_sq)}$."
        for each in STATIONARY.values()
    ]
    index += ["", "Of two that settle, the second over the first:", ""]
    index += [
        f"- **{each.title}** ({each.source}): ${latex.tex(each.ratio)}$." for each in COMPARISONS.values()
    ]
    index += ["", "The batch with the fewest gradients to a distance (`ratebound.theory.optimal_batch`):", ""]
    index += [
        f"- **{each.title}** ({each.source}): ${latex.tex(each.size)}$." for each in OPTIMAL_BATCHES.values()
    ]
    out = {"README.md": "\n".join([*index, ""]), "papers.md": _by_paper(), "vocabulary.md": vocabulary()}
    out |= {f"{theorem.id}.md": _page(theorem) for theorem in THEOREMS.values()}
    return {name: _guarded(text) for name, text in out.items()}


def _guarded(text: str) -> str:
    """Return a page whose formulas survive Markdown.

    It drops a backslash before punctuation, and takes pairs of ``*`` or ``_`` for emphasis unless the formula
    stands between backticks too, or in a block. Products in words get a backslash.
    """
    for short, word in ((r"\\", r"\cr "), (r"\,", r"\thinspace "), (r"\:", r"\medspace ")):
        text = text.replace(short, word)
    text = re.sub(r"^\$\$(.+)\$\$$", r"```math\n\1\n```", text, flags=re.MULTILINE)
    text = re.sub(r"(?<!\$)\$([^$`\n]*[*_][^$`\n]*)\$(?!\$)", r"$`\1`$", text)
    parts = re.split(r"(```math.*?```|`[^`\n]*`|\$[^$\n]*\$)", text, flags=re.DOTALL)
    parts[::2] = [re.sub(r"(?<=[\w)])(\*+_?)(?=[\w(])", _escaped, words) for words in parts[::2]]
    return "".join(parts)


def _escaped(stars: re.Match[str]) -> str:
    return re.sub(r"[*_]", r"\\\g<0>", stars.group())


def _family(module: ModuleType) -> list[str]:
    """Return the table of one family, under the first line of its module."""
    headline = (module.__doc__ or "").partition("\n")[0].removesuffix(".")
    head = ["| theorem | class of f | rate | steps to eps | proof |", "|---|---|---|---|---|"]
    return ["", f"## {headline}", "", *head, *(_row(theorem) for theorem in module.THEOREMS)]


def _by_paper() -> str:
    """Return the page that lists, for each paper, the statements whose source names it."""
    stated = [(each.title, f"{each.id}.md", each.source) for each in THEOREMS.values()]
    stated += [(r.theorem.title, "README.md#refuted", r.theorem.source) for r in REFUTED.values()]
    for anchor, others in (
        ("lower-bounds", (LOWER_BOUNDS,)),
        ("equivalences", (EQUIVALENCES, NEARBY)),
        ("stationary-moments", (STATIONARY, COMPARISONS)),
    ):
        stated += [(e.title, f"README.md#{anchor}", e.source) for each in others for e in each.values()]
    full = joined(paper for *_, source in stated for paper in papers(source))
    named: dict[str, list[str]] = {}
    for title, link, source in stated:
        refuted = " (refuted)" if link.endswith("#refuted") else ""
        for paper in dict.fromkeys(full[each] for each in papers(source)):
            named.setdefault(paper, []).append(f"- [{title}]({link}){refuted}: {source}")
    lines = [
        "# Theorems by paper",
        "",
        "The statements whose source names the paper; the source says what differs.",
    ]
    for paper in sorted(named, key=_without_accents):
        lines += ["", f"## {paper}", "", *named[paper]]
    return "\n".join([*lines, ""])


def _without_accents(name: str) -> str:
    return normalize("NFKD", name.casefold()).encode("ascii", "ignore").decode()


def _lower(each: LowerBound) -> str:
    relation = "=" if each.attained else r"\geq"
    claim = f"${latex.measure(each)} {relation} {latex.tex(each.bound)}$"
    beside = f"[{each.theorem.id}]({each.theorem.id}.md)"
    return f"- **{each.title}** ({each.source}): {claim}, step ${latex.tex(each.step)}$. Beside {beside}."


def _row(theorem: Theorem) -> str:
    steps = latex.complexity(theorem)
    rate = "" if theorem.measure in ONE_STEP else f"${theorem.order.latex}$"
    cells = [
        f"[{theorem.title}]({theorem.id}.md)",
        theorem.setting,
        rate,
        "" if steps is None else f"${steps}$",
        _PROOFS[theorem.proof],
    ]
    return f"| {' | '.join(cells)} |"


def _page(theorem: Theorem) -> str:
    lines = [f"# {theorem.title}", "", f"`{theorem.id}`", "", f"$${latex.claim(theorem)}$$", ""]
    lines += [f"- **Method**: {theorem.method.title}, step $\\alpha_k = {latex.tex(theorem.step)}$"]
    lines += _update(theorem.method)
    if theorem.in_passes:
        lines.append(f"- **Order**: {IN_WORDS[theorem.visits]}")
    if theorem.batch is not None:
        lines.append(f"- **Batches** of $b_k = {latex.tex(theorem.batch)}$ samples, rounded up")
    lines += [f"- **Range**: ${latex.tex(each)}$" for each in theorem.where]
    if theorem.averaged_over is not None:
        lines.append(f"- **Average**: weights $w_k = {latex.tex(theorem.averaged_over)}$")
    if theorem.measure not in ONE_STEP:
        claimed = "at $k = K$" if theorem.at_horizon else f"for all $k \\geq {latex.tex(theorem.start)}$"
        lines.append(f"- **Claimed** {claimed}")
    lines += [f"- **Assumes**: {each.title}" for each in theorem.assumptions]
    read = {*theorem.step.free_symbols, *theorem.bound.free_symbols, *theorem.parameters}
    read |= {s for each in theorem.method.update.values() for s in each.free_symbols if not _written_out(s)}
    lines += _letters(read, theorem)
    lines.append(f"- **Source**: {theorem.source}")
    lines += [f"- **Note**: {theorem.note}"] if theorem.note else []
    lines += [f"- **See also**: [{theorem.sibling}]({theorem.sibling}.md)"] if theorem.sibling else []
    proof = exposition(theorem)
    shown: set[Basic] = set().union(
        *(line.formula.free_symbols for line in proof if line.formula is not None)
    )
    shown = {s for s in shown - read if not _written_out(s)}
    lines += ["", "## Proof", "", *_letters(shown, theorem)]
    lines += [*(_said(line, theorem) for line in proof), ""]
    return "\n".join(lines)


def _written_out(symbol: Basic) -> bool:
    """Whether a symbol is set as a formula, such as a norm, which says what it is."""
    return any(part in latex.tex(symbol) for part in ("x_", "_k"))


def _letters(read: Collection[Basic], theorem: Theorem) -> list[str]:
    """Return a line for each symbol that has a meaning of its own."""
    meaning = {**MEANING, k: "passes made"} if theorem.in_passes else MEANING
    return [f"- ${latex.tex(s)}$: {meaning[s]}" for s in sorted(read, key=str) if s in meaning]


def _update(method: Method) -> list[str]:
    """Return the rule of each state as a formula, and its start; the step is alpha, whatever it is."""
    found = rule(method)
    formulas = (found.point, *found.states.values(), *found.parts.values())
    read = {*found.states}.union(*(each.free_symbols for each in formulas))
    # SymPy would set a word as a product of its letters.
    words = {
        s: Symbol(rf"\mathrm{{{s}}}".replace("_sq}", "}^2"))
        for s in read
        if len(str(s)) > 1 and s not in MEANING and s not in found.parts
    }

    def tex(formula: Basic) -> str:
        return latex.tex(formula.xreplace(words))

    lines = [f"- **Update**, with the gradient g at ${tex(found.point)}$:"]
    lines += [f"  - ${tex(state)} \\gets {tex(formula)}$" for state, formula in found.states.items()]
    lines += ["- **Where**:"] if found.parts or found.reads else []
    lines += [f"  - ${tex(name)} = {tex(formula)}$" for name, formula in found.parts.items()]
    lines += [f"  - {each}" for each in found.reads]
    begun = [
        "$" + " = ".join([*(f"{tex(Symbol(name))}_0" for name in names), _AT_START[at]]) + "$"
        for at, names in starts(method).items()
    ]
    return lines + ([f"- **Start**: {', '.join(begun)}"] if begun else [])


def _said(line: Line, theorem: Theorem) -> str:
    indent = "  - " if line.words.startswith("    ") else "- "
    return f"{indent}{latex.said(line, line.words.strip(), theorem)}"


def main() -> int:
    """Write all pages; remove pages of theorems that no longer exist."""
    FOLDER.mkdir(exist_ok=True)
    found = pages()
    for old in FOLDER.glob("*.md"):
        if old.name not in found:
            old.unlink()
    for name, text in found.items():
        (FOLDER / name).write_text(text, encoding="utf-8", newline="\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
