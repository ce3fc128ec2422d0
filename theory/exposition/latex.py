"""LaTeX of statements, printed from the same expressions that are proved and run."""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType

from sympy import Expr, Symbol
from sympy.core.relational import Relational
from sympy.printing.latex import LatexPrinter

from ratebound.theory.exposition.proofs import Line, exposition
from ratebound.theory.exposition.sure import sure
from ratebound.theory.lower_bounds import LowerBound
from ratebound.theory.measures import MEASURES, ONE_STEP
from ratebound.theory.printed import AFTER, Ordered
from ratebound.theory.probability import InProbability
from ratebound.theory.statement import Theorem
from ratebound.theory.symbols import BY_NAME, LATEX, second_moment, sigma_b_sq, sigma_star_sq
from ratebound.theory.visits import IN_WORDS

# Second moments are squares: written as such, SymPy simplifies their roots.
_ROOTS: Mapping[Symbol, Symbol] = MappingProxyType(
    {
        second_moment: Symbol("sigma", positive=True),
        sigma_star_sq: Symbol("sigma_star", positive=True),
        sigma_b_sq: Symbol("sigma_b", positive=True),
    }
)
_NAMES: Mapping[Symbol, str] = MappingProxyType(
    {
        **{AFTER.get(letter, letter): latex for letter, latex in LATEX.items()},
        _ROOTS[second_moment]: r"\sigma",
        _ROOTS[sigma_star_sq]: r"\sigma_{*}",
        _ROOTS[sigma_b_sq]: r"\sigma_{*,b}",
    }
)
_SPECIAL: Mapping[str, str] = MappingProxyType(
    {"\\": r"\textbackslash{}", "^": r"\textasciicircum{}", "~": r"\textasciitilde{}"}
    | {letter: rf"\{letter}" for letter in "_%&#{}$"}
)
_SIGNS: Mapping[str, str] = MappingProxyType({"<=": r"\leq", ">=": r"\geq", "<": "<", ">": ">"})
_ORDER = re.compile("[<>]=?")
_RELATIONS: Mapping[str, str] = MappingProxyType({">= 0": r"\geq 0", "<=": r"\leq", ">=": r"\geq"})


class _Printer(Ordered, LatexPrinter):
    pass


def tex(expr: Expr | Relational) -> str:
    """Return an expression as LaTeX without dollar signs, in the letters of the theory."""
    squared = expr.xreplace({square: root**2 for square, root in _ROOTS.items()})
    return str(_Printer({"symbol_names": dict(_NAMES)}).doprint(squared))


def name(constant: str) -> str:
    """Return the LaTeX of a constant or property by its name."""
    symbol = BY_NAME.get(constant)
    return tex(symbol) if symbol is not None else rf"\mathrm{{{constant.replace('_', chr(92) + ' ')}}}"


def measure(theorem: Theorem | LowerBound) -> str:
    """Return what a theorem bounds as LaTeX."""
    upper = theorem.theorem if isinstance(theorem, LowerBound) else theorem
    latex = MEASURES[theorem.measure]
    return latex if upper.stochastic else sure(latex)


def said(line: Line, words: str, theorem: Theorem) -> str:
    """Return a line of a proof: words, and between dollar signs the formula with the relation after it."""
    if line.formula is None:
        return words
    related = _RELATIONS.get(line.relation)
    latex = f"{tex(line.formula)} {related or ''}".strip()
    after = "" if related else line.relation
    return f"{words} ${latex if theorem.stochastic else sure(latex)}$ {after}".strip()


def complexity(theorem: Theorem) -> str | None:
    """Return the iteration complexity K(eps) as LaTeX, None where there is none."""
    found = theorem.complexity
    return None if found is None else rf"\mathcal{{O}}\left({tex(found)}\right)"


def claim(theorem: Theorem) -> str:
    """Return the inequality that a theorem claims as LaTeX."""
    relation = "=" if theorem.equality else r"\leq"
    return f"{measure(theorem)} {relation} {tex(theorem.bound)}"


def in_probability(claim: InProbability) -> str:
    """Return what is exceeded rarely as LaTeX."""
    measured = sure(MEASURES[claim.theorem.measure])
    return rf"\mathbb{{P}}\left({measured} > {tex(claim.limit)}\right) \leq {tex(claim.risk)}"


def statement(theorem: Theorem) -> str:
    """Return a theorem and its proof as LaTeX environments, to paste into a document."""
    visits = f" Here {IN_WORDS[theorem.visits]}." if theorem.in_passes else ""
    assumed = ", ".join(_text(each.title) for each in theorem.assumptions) or "nothing"
    method = _text(theorem.method.title)
    step = rf"\alpha_k = {tex(theorem.step)}"
    if theorem.batch is not None:
        step += rf"$ and batches of $b_k = {tex(theorem.batch)}"
    ranges = "".join(f", ${tex(relation)}$" for relation in theorem.where)
    when = "" if theorem.measure in ONE_STEP else rf" for all $k \geq {tex(theorem.start)}$"
    if theorem.at_horizon:
        when = " for $k = K$"
    return "\n".join(
        [
            rf"\begin{{theorem}}[{_text(theorem.title)}]",
            rf"Assume: {assumed}. {method} with the step ${step}${ranges} satisfies{when}",
            rf"\[ {claim(theorem)}. \]{visits}",
            r"\end{theorem}",
            r"\begin{proof}",
            *(_line(line, theorem) for line in exposition(theorem)),
            r"\end{proof}",
        ]
    )


def _line(line: Line, theorem: Theorem) -> str:
    return said(line, _text(line.words), theorem)


def _text(words: str) -> str:
    escaped = "".join(_SPECIAL.get(letter, letter) for letter in words.strip())
    # In text a sign of order is another letter, in some encodings.
    return _ORDER.sub(lambda sign: f"${_SIGNS[sign[0]]}$", escaped)
