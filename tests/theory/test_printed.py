"""Expressions as text, against what papers write, and against SymPy: it reads back the same."""

import pytest
from sympy import Symbol, sqrt, sympify

import ratebound as rb
from ratebound.theory.exposition.latex import tex
from ratebound.theory.method import x
from ratebound.theory.printed import printed
from ratebound.theory.symbols import D, K, L, alpha, b0, d2, delta, gap0, k, mu, n, second_moment


@pytest.mark.parametrize(
    ("expression", "text"),
    [
        (rb.methods["sgd"].update["x"], "x - alpha*g"),
        (rb.methods["adam"].update["v"], "decay*v + g**2*(1 - decay)"),
        (1 - alpha * mu, "1 - alpha*mu"),
        (n**2 + n, "n**2 + n"),
        (L * alpha + gap0 * (1 - alpha * mu) ** k, "gap0*(1 - alpha*mu)**k + L*alpha"),
        (alpha + D**2 / (2 * alpha * k), "alpha + D**2/(2*alpha*k)"),
        (L * alpha + 1 / sqrt(K), "1/sqrt(K) + L*alpha"),
        (delta - mu * d2 / 2, "delta - mu*d2/2"),
        (8 * alpha**2 * n * gap0 + D**2, "D**2 + 8*alpha**2*n*gap0"),
        (alpha <= 2 / (L + mu), "alpha <= 2/(L + mu)"),
        (sqrt(b0**2 + x), "sqrt(b0**2 + x)"),
    ],
)  # fmt: skip
def test_text(expression, text):
    assert printed(expression) == text


def test_latex_has_the_same_order():
    text = tex(second_moment * alpha / 2 + gap0 * (1 - alpha * mu) ** k)
    assert text.startswith(r"(f(x_0)-f_*) \left(1 - \alpha \mu\right)^{k} + ")
    assert tex(mu * d2 / 2) == r"\frac{\mu \lVert x_k-x_*\rVert^2}{2}"


def test_bounds_read_back():
    for theorem in list(rb.theorems.values())[::6]:
        names = {s.name: s for s in theorem.bound.atoms(Symbol)}
        assert sympify(printed(theorem.bound), names) == sympify(str(theorem.bound), names), theorem.id
