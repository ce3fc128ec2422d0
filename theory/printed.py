"""Expressions as the literature writes them: ``x - alpha*g``, ``mu*d2/2``, a rate before its floor."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from sympy import Add, Expr, Pow, Symbol
from sympy.core.relational import Relational
from sympy.printing.printer import Printer
from sympy.printing.str import StrPrinter

from ratebound.theory.symbols import BY_NAME, MEANING, D, K, gap0, k

_MEASURED = (*(letter for letter in MEANING if letter not in BY_NAME.values()), D, gap0)
AFTER: Mapping[Symbol, Symbol] = MappingProxyType(
    {letter: Symbol(f"~{letter.name}", **letter.assumptions0) for letter in _MEASURED}
)
"""What is measured stands behind its coefficients: SymPy sorts factors by their names, these after all."""


class Ordered(Printer):
    """A printer of SymPy that puts powers of letters first, then what falls with k, differences last."""

    def doprint(self, expr: Any) -> str:
        """Return an expression as this printer writes it."""
        return str(super().doprint(expr.xreplace(AFTER)))

    def _as_ordered_terms(self, expr: Add, order: str | None = None) -> list[Any]:
        terms = super()._as_ordered_terms(expr, order=order)
        return sorted(terms, key=_rank)


class _Text(Ordered, StrPrinter):
    def _print_Symbol(self, expr: Symbol) -> str:
        return expr.name.removeprefix("~")


def printed(expr: Expr | Relational) -> str:
    """Return an expression as text."""
    return _Text().doprint(expr)


def _rank(term: Expr) -> tuple[bool, ...]:
    falls = any(
        power.exp.has(k, K) or (power.exp.is_negative and power.base.has(k, K)) for power in term.atoms(Pow)
    )
    return term.could_extract_minus_sign(), not term.as_base_exp()[0].is_Symbol, not falls
