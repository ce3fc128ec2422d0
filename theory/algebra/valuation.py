"""The number of factors two in a whole number, of which schedules that repeat within themselves are made."""

from __future__ import annotations

from typing import Any

from sympy import Expr, Function, Integer, multiplicity


class twos(Function):
    """``twos(n)``: how often two divides the whole number n >= 1.

    For ``1 <= j < 2^m`` it is the same at ``j`` and at ``2^m + j``, and m at ``2^m``: the first ``2^m - 1``
    values come again behind the next one.
    """

    nargs = 1

    @classmethod
    def eval(cls, n: Expr) -> Expr | None:
        """Return the value at a positive integer and at a power of two; elsewhere stay unevaluated."""
        if n.is_Integer and n.is_positive:
            return Integer(multiplicity(2, n))
        return n.exp if n.is_Pow and n.base == 2 and n.exp.is_integer and n.exp.is_nonnegative else None

    def _eval_is_integer(self) -> bool:
        return True

    def _eval_is_nonnegative(self) -> bool:
        return True

    def _latex(self, printer: Any, exp: str | None = None) -> str:
        power = "" if exp is None else f"^{{{exp}}}"
        return rf"\nu_2{power}\left({printer.doprint(self.args[0])}\right)"
