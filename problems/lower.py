"""The only place where a SymPy expression becomes numbers: NumPy arrays, mpmath numbers, or printed source.

One expression has four printings: a NumPy function (:func:`lower`), an mpmath function (:func:`lower_mp`),
and one line of Numba or CUDA source (:func:`printed`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache, reduce
from typing import Any, Literal

import mpmath
import numpy as np
from sympy import Expr, Function, Rational, Symbol, floor, fraction, lambdify
from sympy.printing.c import C99CodePrinter
from sympy.printing.numpy import NumPyPrinter
from sympy.printing.pycode import PythonCodePrinter

from ratebound.problems.lowerable import check
from ratebound.problems.quiet import quiet
from ratebound.theory.errors import RateboundError

__all__ = ["Target", "lower", "lower_mp", "printed"]

Target = Literal["numpy", "numba", "cuda"]
"""What source can be printed for."""
_SINGLE = np.dtype(np.float32)


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


def expit_at(z: np.ndarray) -> np.ndarray:
    """Return 1/(1 + exp(-z)) of numbers; where exp overflows it is zero."""
    with quiet:
        return np.asarray(1.0 / (1.0 + np.exp(-z)))


_NUMPY = {
    "twos": lambda n: np.log2(n.astype(np.int64) & -n.astype(np.int64)),
    "softplus": lambda z: np.logaddexp(0.0, z),
    "expit": expit_at,
    "maximum_of": lambda *a: reduce(np.maximum, a),
    "minimum_of": lambda *a: reduce(np.minimum, a),
    "modulo": np.mod,
    "where": np.where,
    "nan": np.nan,
}
_MPMATH = {
    "twos": lambda n: (int(n) & -int(n)).bit_length() - 1,
    "softplus": lambda z: mpmath.log1p(mpmath.exp(z)),
    "expit": lambda z: 1 / (1 + mpmath.exp(-z)),
    "modulo": lambda a, b: a % b,
}


_modulo = Function("modulo")
"""SymPy prints its own Mod without the brackets that a product around it needs."""


def _divided(expr: Expr) -> Expr:
    """Write ``floor(a/b)`` as ``(a - a mod b)/b``: a times a rounded 1/b may lie below a whole number."""
    whole = {each: fraction(each.args[0]) for each in expr.atoms(floor)}
    return expr.xreplace({each: (a - _modulo(a, b)) / b for each, (a, b) in whole.items()})


def lower(expr: Expr, args: Sequence[Symbol]) -> Callable[..., np.ndarray]:
    """Compile an expression to a function of float64 arrays, or of float32 ones.

    Parameters
    ----------
    expr
        The expression. Its free symbols must all be in `args`.
    args
        The symbols that become positional arguments, in this order.

    Returns
    -------
    Callable
        Takes one array (or number) per symbol, broadcasts them and returns an array of the broadcast shape
        (shape ``()`` for numbers): of float32 where all are float32 arrays, else of float64. Overflow gives
        ``inf`` silently, as a divergent run must.

    Raises
    ------
    RateboundError
        If the expression has a symbol that is not in `args`, or is not real.

    Notes
    -----
    All branches of a Piecewise are evaluated; the ones not taken may be non-finite without harm.
    """
    return _lower(expr, tuple(args))


@lru_cache(maxsize=1024)
def _lower(expr: Expr, args: tuple[Symbol, ...]) -> Callable[..., np.ndarray]:
    check(expr, args)
    settings = {"fully_qualified_modules": False, "inline": True, "allow_unknown_functions": True}
    # The module, for its name would have SymPy load all of NumPy, its tests and Fortran tools too.
    whole = _divided(expr)
    raw = lambdify(args, whole, modules=[_NUMPY, np], printer=_Printer(settings), cse=True)
    # Where every argument is read the result has their shape.
    reads_all = bool(args) and whole.free_symbols >= set(args)

    def evaluate(*values: Any) -> np.ndarray:
        # Called once per step and rule: the usual case, float64, is told from the first value.
        single = bool(values) and getattr(values[0], "dtype", None) == _SINGLE
        single = single and all(getattr(v, "dtype", None) == _SINGLE for v in values)
        dtype = np.float32 if single else np.float64
        arrays = [np.asarray(v, dtype=dtype) for v in values]
        with quiet:
            result = np.asarray(raw(*arrays), dtype=dtype)
        if reads_all:
            return result
        shape = np.broadcast(*arrays).shape if arrays else ()
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
    check(expr, args)
    raw = lambdify(args, _divided(expr), modules=[_MPMATH, "mpmath"])
    return lambda *values: mpmath.mpf(raw(*(mpmath.mpf(v) for v in values)))


_PRINTABLE = {"exp", "log", "sin", "cos", "Abs", "sign", "softplus", "expit", "Piecewise", "Max", "Min"}


class _Source:
    """What the printers of source share: numbers with all digits, powers without ``pow``, one line."""

    _LARGEST_POWER = 8

    def _number(self, value: float) -> str:
        return f"({value!r})" if value < 0 else repr(value)

    def _print(self, expr: Any, **settings: Any) -> str:
        if isinstance(expr, Expr) and expr.is_number:
            return self._number(float(expr))
        return super()._print(expr, **settings)  # type: ignore[misc]

    def _print_Pow(self, expr: Any, **settings: Any) -> str:
        base, exponent = expr.as_base_exp()
        inner = self._print(base)
        if exponent.is_Rational and (2 * exponent).is_Integer and abs(exponent) <= self._LARGEST_POWER:
            whole, half = divmod(abs(exponent), 1)
            factors = [f"({inner})"] * int(whole) + ([f"sqrt({inner})"] if half == Rational(1, 2) else [])
            product = "*".join(factors)
            return f"({self._number(1.0)}/({product}))" if exponent < 0 else f"({product})"
        return f"exp(({self._print(exponent)})*log({inner}))"

    def _print_expit(self, expr: Any) -> str:
        one = self._number(1.0)
        return f"({one}/({one} + exp(-({self._print(expr.args[0])}))))"

    def _extreme(self, expr: Any, name: str) -> str:
        # Calls: written out, the arguments of nested ones would double at each level, and fmax loses nan.
        first, *rest = (self._print(a) for a in expr.args)
        for other in rest:
            first = f"{name}({first}, {other})"
        return first

    def _print_Max(self, expr: Any) -> str:
        return self._extreme(expr, "larger")

    def _print_Min(self, expr: Any) -> str:
        return self._extreme(expr, "smaller")

    def _print_Relational(self, expr: Any) -> str:
        return f"({self._print(expr.lhs)} {expr.rel_op} {self._print(expr.rhs)})"


class _NumbaPrinter(_Source, PythonCodePrinter):
    """Printer of Python that works on numbers and on vectors of them (``where`` instead of branches)."""

    _FUNCTIONS = {"exp": "exp", "log": "log", "sqrt": "sqrt", "sin": "sin", "cos": "cos", "Abs": "absolute"}

    def _print_Function(self, expr: Any) -> str:
        return f"{self._FUNCTIONS[expr.func.__name__]}({self._print(expr.args[0])})"

    _print_exp = _print_log = _print_sin = _print_cos = _print_Abs = _print_Function

    def _print_Add(self, expr: Any, **settings: Any) -> str:
        # Left to a compiler, which of two products is fused with their sum may differ from copy to copy.
        products, others = [], []
        for term in expr.as_ordered_terms():
            sign, factors = (-1, term.args[1:]) if term.is_Mul and term.args[0] == -1 else (1, term.args)
            if term.is_Mul and len(factors) > 1:
                products.append((sign * factors[0], term.func(*factors[1:])))
            else:
                others.append(term)
        if not others:
            a, b = products.pop()
            others.append(a * b)
        text = " + ".join(self._print(term) for term in others)
        for a, b in products:
            text = f"fused({self._print(a)}, {self._print(b)}, {text})"
        return text

    def _print_softplus(self, expr: Any) -> str:
        return f"softplus({self._print(expr.args[0])})"

    def _print_Piecewise(self, expr: Any) -> str:
        text = "nan"
        for value, condition in reversed(expr.args):
            shown = self._print(value)
            text = shown if condition == True else f"where({self._print(condition)}, {shown}, {text})"  # noqa: E712
        return text

    def _print_sign(self, expr: Any) -> str:
        v = self._print(expr.args[0])
        return f"where({v} > 0.0, 1.0, where({v} < 0.0, -1.0, {v}))"

    def _print_And(self, expr: Any) -> str:
        return f"({' & '.join(self._print(a) for a in expr.args)})"

    def _print_Or(self, expr: Any) -> str:
        return f"({' | '.join(self._print(a) for a in expr.args)})"


class _CudaPrinter(_Source, C99CodePrinter):
    """Printer of C++ whose numbers are ``real``, for the GPU and, in tests, for the host."""

    _FUNCTIONS = {"exp": "exp", "log": "log", "sqrt": "sqrt", "sin": "sin", "cos": "cos", "Abs": "fabs"}

    def _number(self, value: float) -> str:
        return f"real({value!r})"

    _print_Function = _NumbaPrinter._print_Function
    _print_exp = _print_log = _print_sin = _print_cos = _print_Abs = _print_Function

    def _print_softplus(self, expr: Any) -> str:
        v = self._print(expr.args[0])
        return f"(fmax({v}, real(0.0)) + log1p(exp(-fabs({v}))))"

    def _print_Piecewise(self, expr: Any) -> str:
        text = 'real(nan(""))'
        for value, condition in reversed(expr.args):
            shown = self._print(value)
            text = shown if condition == True else f"({self._print(condition)} ? {shown} : {text})"  # noqa: E712
        return text

    def _print_sign(self, expr: Any) -> str:
        v = self._print(expr.args[0])
        return f"({v} > 0 ? real(1.0) : {v} < 0 ? real(-1.0) : {v})"


def printed(expr: Expr, target: Target) -> str:
    """Print an expression as one line of source.

    Parameters
    ----------
    expr
        The expression; its symbols become variables of the same name.
    target
        ``"numpy"``, ``"numba"`` (Python on numbers or SIMD vectors, with ``where``, ``larger``,
        ``smaller``, ``absolute``, ``softplus`` and ``fused(a, b, c)`` for a b + c), or ``"cuda"`` (C++ whose
        numbers have the type ``real``; the source around it defines that, ``larger`` and ``smaller``).

    Returns
    -------
    str
        One line without a trailing newline.

    Raises
    ------
    RateboundError
        If the expression holds a function without a printing, or an undefined function.
    """
    check(expr, tuple(expr.free_symbols))
    if target == "numpy":
        settings = {"fully_qualified_modules": False, "inline": True, "allow_unknown_functions": True}
        return str(_Printer(settings).doprint(expr))
    for function in expr.atoms(Function):
        if function.func.__name__ not in _PRINTABLE:
            raise RateboundError(
                f"{function} has no printing for {target}; write it with {', '.join(sorted(_PRINTABLE))}, "
                "or run with backend='numpy'"
            )
    printer = _NumbaPrinter() if target == "numba" else _CudaPrinter()
    return str(printer._print(expr))
