"""Formulas as inline SVG, or as their escaped source."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree

import pytest
import sympy

from ratebound.reports.typeset import formula, mathtext
from ratebound.theory import symbols


def test_every_symbol_of_the_theory_can_be_set():
    for symbol in symbols.MEANING:
        latex = symbols.LATEX.get(symbol, sympy.latex(symbol))
        html = formula(latex)
        assert html.startswith("<svg"), latex
        ElementTree.fromstring(html)


@pytest.mark.parametrize(
    "latex",
    [
        r"\left\lVert x_{0}\right\rVert^{2}",
        r"\frac1n\sum_{i}\lVert a_i\rVert",
        r"\tfrac{1}{2}",
        r"\left\lceil{\frac{\ell}{\mu}}\right\rceil",
        r"$\mathcal{O}\left(\log{\left(k + 1 \right)}\right)$",
    ],
)
def test_spellings_of_latex_that_mathtext_does_not_know(latex):
    assert formula(latex).startswith("<svg")


def test_cases_become_rows():
    expression = sympy.Piecewise((1 / symbols.L, symbols.k <= 3), (1 / symbols.mu, True))
    html = formula("a_k=" + sympy.latex(expression))
    root = ElementTree.fromstring(html)
    (rows,) = (each for each in root.iter("span") if each.get("class") == "rows")
    assert len(rows) == 4
    assert len(list(root.iter("svg"))) == 5


@pytest.mark.parametrize(
    "latex", [r"\nonsense{<script>alert(1)</script>}", "</svg><b>", '"onload="x', "", "{", "%"]
)
def test_what_cannot_be_set_is_shown_as_escaped_source(latex):
    html = formula(latex)
    assert "<script" not in html and "<b>" not in html and 'onload="x' not in html
    ElementTree.fromstring(html)


def test_mathtext_returns_what_a_figure_can_draw():
    assert mathtext(r"\lVert x\rVert") == r"$\| x\|$"
    assert mathtext(r"\nonsense") is None
