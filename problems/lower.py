"""The only place where a SymPy expression becomes numbers: NumPy arrays, or mpmath numbers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache, reduce
from typing import Any

import mpmath
import numpy as np
from scipy.special import expit as _expit
from sympy import Expr, Symbol, lambdify
from sympy.core.function import AppliedUndef
from sympy.printing.numpy import NumPyPrinter

from ratebound.theory.errors import RateboundError

__all__ = ["lower", "lower_mp"]


class _Printer(NumPyPrinter):
    """NumPy printer whose Piecewise, Max and Min broadcast scalars against arrays (SymPy's own do not)."""

    def _print_Piecewise(self, expr: Any) -> str:
        text = "nan"
        for value, condition in reversed(expr.args):
            text = f"where({self._print(condition)}, {self._print(value)}, {text})"
        return text

    def _print_Max(self, expr: Any) -> str:
        return f"maximum_of({', '.join(self._print(a) for a in expr.args)})"

    def _print_Min(self, expr: Any) -> str:
        return f"minimum_of({', '.join(self._print(a) for a in expr.args)})"


_NUMPY = {
    "softplus": lambda z: np.logaddexp(0.0, z),
    "expit": _expit,
    "maximum_of": lambda *a: reduce(np.maximum, a),
    "minimum_of": lambda *a: reduce(np.minimum, a),
    "where": np.where,
    "nan": np.nan,
}
_MPMATH = {
    "softplus": lambda z: mpmath.log1p(mpmath.exp(z)),
    "expit": lambda z: 1 / (1 + mpmath.exp(-z)),
}


def _check(expr: Expr, args: tuple[Symbol, ...]) -> None:
    free = expr.free_symbols - set(args)
    if free or expr.atoms(AppliedUndef):
        unknown = ", ".join(sorted(map(str, free | expr.atoms(AppliedUndef))))
        known = ", ".join(map(str, args)) or "nothing"
        raise RateboundError(f"{unknown} in {expr} has no value here; it may depend on {known} only")


def lower(expr: Expr, args: Sequence[Symbol]) -> Callable[..., np.ndarray]:
    """Compile an expression to a function of float64 arrays.

    Parameters
    ----------
    expr
        The expression. Its free symbols must all be in `args`.
    args
        The symbols that become positional arguments, in this order.

    Returns
    -------
    Callable
        Takes one array (or number) per symbol, broadcasts them and returns a float64 array of the broadcast
        shape (shape ``()`` for numbers). Overflow gives ``inf`` silently, as a divergent run must.

    Raises
    ------
    RateboundError
        If the expression has a symbol that is not in `args`.

    Notes
    -----
    All branches of a Piecewise are evaluated; the ones not taken may be non-finite without harm.
    """
    return _lower(expr, tuple(args))


@lru_cache(maxsize=1024)
def _lower(expr: Expr, args: tuple[Symbol, ...]) -> Callable[..., np.ndarray]:
    _check(expr, args)
    settings = {"fully_qualified_modules": False, "inline": True, "allow_unknown_functions": True}
    raw = lambdify(args, expr, modules=[_NUMPY, "numpy"], printer=_Printer(settings), cse=True)

    def evaluate(*values: Any) -> np.ndarray:
        arrays = [np.asarray(v, dtype=np.float64) for v in values]
        shape = np.broadcast_shapes(*(a.shape for a in arrays))
        with np.errstate(all="ignore"):
            result = np.asarray(raw(*arrays), dtype=np.float64)
        return result if result.shape == shape else np.broadcast_to(result, shape).copy()

    return evaluate


def lower_mp(expr: Expr, args: Sequence[Symbol]) -> Callable[..., Any]:
    """Compile an expression to a function of mpmath numbers, at the precision set by ``mpmath.workdps``.

    Parameters
    ----------
    expr, args
        As in :func:`lower`.

    Returns
    -------
    Callable
        Takes one number per symbol, returns an ``mpmath.mpf``.
    """
    return _lower_mp(expr, tuple(args))


@lru_cache(maxsize=256)
def _lower_mp(expr: Expr, args: tuple[Symbol, ...]) -> Callable[..., Any]:
    _check(expr, args)
    raw = lambdify(args, expr, modules=[_MPMATH, "mpmath"])
    return lambda *values: mpmath.mpf(raw(*(mpmath.mpf(v) for v in values)))
