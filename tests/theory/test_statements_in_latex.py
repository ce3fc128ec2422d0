"""LaTeX: the letters of the theory, set by the page's own typesetter."""

import pytest
from sympy import sqrt

from ratebound.reports.typeset import mathtext
from ratebound.theory.catalogue import THEOREMS
from ratebound.theory.exposition import latex
from ratebound.theory.symbols import D, K, alpha, mu, second_moment


@pytest.mark.parametrize(
    ("expr", "expected"),
    [
        (1 - 2 * alpha * mu, r"1 - 2 \alpha \mu"),
        (alpha * mu - 1, r"\alpha \mu - 1"),
        (second_moment, r"\sigma^{2}"),
        (D / sqrt(second_moment * K), r"\frac{\lVert x_0-x_*\rVert}{\sqrt{K} \sigma}"),
    ],
)
def test_expressions(expr, expected):
    assert latex.tex(expr) == expected


def test_names():
    assert latex.name("L_max") == r"L_{\max}"
    assert latex.name("second_moment") == r"\sigma^{2}"
    assert latex.name("components_convex") == r"\mathrm{components\ convex}"


@pytest.mark.parametrize("theorem", THEOREMS.values(), ids=lambda t: t.id)
def test_every_theorem_can_be_typeset(theorem):
    assert mathtext(latex.measure(theorem)) and mathtext(latex.tex(theorem.bound))
    complexity = latex.complexity(theorem)
    assert complexity is None or mathtext(complexity)
    text = latex.statement(theorem)
    assert text.startswith(r"\begin{theorem}[") and text.endswith(r"\end{proof}")
    assert latex.tex(theorem.bound) in text
    assert text.count("$") % 2 == 0 and text.count("{") == text.count("}")
    # Expectations are written where there is chance, and only there.
    assert (r"\mathbb{E}" in text) == theorem.stochastic
