"""What can become numbers."""

from __future__ import annotations

from sympy import Expr, Symbol
from sympy.core.function import AppliedUndef

from ratebound.theory.algebra.numbers import refuse_unreal
from ratebound.theory.errors import RateboundError


def check(expr: Expr, args: tuple[Symbol, ...]) -> None:
    """Refuse an expression that reads other symbols than `args`, or that is not real.

    Raises
    ------
    RateboundError
        If so.
    """
    free = expr.free_symbols - set(args)
    if free or expr.atoms(AppliedUndef):
        unknown = ", ".join(sorted(map(str, free | expr.atoms(AppliedUndef))))
        known = ", ".join(map(str, args)) or "nothing"
        raise RateboundError(f"{unknown} in {expr} has no value here; it may depend on {known} only")
    refuse_unreal(expr, str(expr))
