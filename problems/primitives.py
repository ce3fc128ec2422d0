"""Symbolic functions that SymPy lacks and that overflow when they are spelled out naively.

``log(1 + exp(z))`` overflows for z > 709 and its derivative becomes ``nan``; as one symbolic primitive each
of them has a stable printing for every target (see :mod:`ratebound.problems.lower`).
"""

from __future__ import annotations

from typing import Any

from sympy import Expr, Function, Rational, log
from sympy.core.function import ArgumentIndexError


class softplus(Function):
    """``softplus(z) = log(1 + exp(z))``; its derivative is :class:`expit`."""

    nargs = 1

    @classmethod
    def eval(cls, z: Expr) -> Expr | None:
        """Return the closed form at z = 0; elsewhere stay unevaluated."""
        return log(2) if z.is_zero else None

    def fdiff(self, argindex: int = 1) -> Expr:
        """Return the derivative in the argument."""
        if argindex != 1:
            raise ArgumentIndexError(self, argindex)
        return expit(self.args[0])

    def _eval_is_real(self) -> bool | None:
        return self.args[0].is_real

    def _latex(self, printer: Any, exp: str | None = None) -> str:
        body = rf"\log\left(1 + e^{{{printer.doprint(self.args[0])}}}\right)"
        return body if exp is None else rf"\left({body}\right)^{{{exp}}}"


class expit(Function):
    """``expit(z) = 1/(1 + exp(-z))``, the logistic sigmoid."""

    nargs = 1

    @classmethod
    def eval(cls, z: Expr) -> Expr | None:
        """Return the closed form at z = 0; elsewhere stay unevaluated."""
        return Rational(1, 2) if z.is_zero else None

    def fdiff(self, argindex: int = 1) -> Expr:
        """Return the derivative; ``expit(-z)`` and not ``1 - expit(z)``, which cancels for large z."""
        if argindex != 1:
            raise ArgumentIndexError(self, argindex)
        z = self.args[0]
        return expit(z) * expit(-z)

    def _eval_is_real(self) -> bool | None:
        return self.args[0].is_real

    def _latex(self, printer: Any, exp: str | None = None) -> str:
        power = "" if exp is None else f"^{{{exp}}}"
        return rf"\operatorname{{expit}}{power}\left({printer.doprint(self.args[0])}\right)"
