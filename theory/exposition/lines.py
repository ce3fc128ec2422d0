"""The lines of a written proof, and how a claim about one step is written."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from sympy import Expr, Mul, Pow, factor

from ratebound.theory.assumptions import Inequality
from ratebound.theory.certificate import Multipliers, Nonnegatives
from ratebound.theory.onestep import E, G, H
from ratebound.theory.statement import Theorem


class Line(NamedTuple):
    """One line of a proof: words, and a formula where there is one (``relation`` stands after it)."""

    words: str
    formula: Expr | None = None
    relation: str = ""


Writer = Callable[[Theorem, Any], Iterator[Line]]
"""Yields the lines of the proof of a theorem by a certificate of one kind, which is the second argument."""


def claim_lines(claim: Expr, by: Multipliers, plus: Nonnegatives) -> Iterator[Line]:
    """Yield the lines that write a claim about one step as a sum of nonnegative terms."""
    yield Line("One step. The claim", claim, ">= 0")
    yield Line("is the sum of these terms, each >= 0 over the admissible range:")
    for inequality, multiplier in by.items():
        yield from term_lines(inequality, multiplier)
    if any(isinstance(quantity, Pow) and quantity.has(G, H) for quantity in plus):
        yield Line("  (X is x_k - x*, G is grad f(x_k) and H is grad f(x_{k+1}))")
    if any(isinstance(quantity, Pow) and quantity.has(E) for quantity in plus):
        yield Line("  (E is what is taken for the gradient, less grad f(x_k))")
    for quantity, coefficient in plus.items():
        yield Line("  the coefficient", factored(coefficient))
        square = isinstance(quantity, Pow)
        what = "times the square of the vector" if square else "times the quantity"
        yield Line(f"    {what}", quantity.base if square else quantity, "" if square else ">= 0")


def term_lines(inequality: Inequality, multiplier: Expr) -> Iterator[Line]:
    """Yield the lines of one term: a multiplier times an inequality."""
    yield Line("  the multiplier", factored(multiplier))
    yield Line(f"    times {inequality.name}:", inequality.slack, ">= 0")


def factored(expr: Expr) -> Expr:
    """Return an expression in factors, with a minus sign within a sum: ``a (2 - b)``, not ``-a (b - 2)``."""
    found = factor(expr)
    if any(power.base == -1 for power in found.atoms(Pow)):
        return expr  # (1 - b)^k became (-1)^k (b - 1)^k.
    for part in found.args if found.is_Mul and found.could_extract_minus_sign() else ():
        base, exponent = part.as_base_exp()
        rest = Mul(*(other for other in found.args if other is not part))
        negative = base.is_Add and any(term.could_extract_minus_sign() for term in base.args)
        # A number would be multiplied into the sum.
        if negative and exponent.is_odd and not (exponent == 1 and rest.is_number):
            return Mul(-rest, (-base) ** exponent)
    return found
