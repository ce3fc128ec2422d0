"""Leading terms against limits, which SymPy takes by another algorithm."""

import pytest
from sympy import Max, Rational, Symbol, exp, limit, log, oo, sqrt

from ratebound.theory.algebra.leading import leading

t, a, b = (Symbol(name, positive=True) for name in "tab")


@pytest.mark.parametrize(
    "expr",
    [
        a + b,
        a / (t + b) ** Rational(1, 3),
        (a * t + log(t)) / (t**2 + b * t),
        sqrt(t * log(t) ** 2 + a) * b / t,
        log(a * t**2 + t) / sqrt(t + 1),
        log(a + b / t) + 1 / t,
        (1 + log(t)) / (sqrt(t) - a),
        a * t - b * t,
    ],
    ids=str,
)
def test_the_ratio_to_the_leading_term_tends_to_one(expr):
    term = leading(expr, t)
    assert limit(expr / (term.c * t**term.p * log(t) ** term.q), t, oo).simplify() == 1


@pytest.mark.parametrize(
    "expr", [sqrt(t + 1) - sqrt(t), exp(-t), log(log(t)), Max(a, t), log(1 + 1 / t)], ids=str
)
def test_what_the_rules_do_not_know_is_left_to_others(expr):
    assert leading(expr, t) is None
