"""The text of an expression becomes SymPy without being evaluated: arithmetic and known letters."""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from types import MappingProxyType

from sympy import Abs, Expr, Integer, Max, Min, Rational, exp, log, sqrt

from ratebound.theory.algebra.numbers import refuse_unreal
from ratebound.theory.algebra.valuation import twos
from ratebound.theory.errors import RateboundError, among
from ratebound.theory.symbols import BY_NAME

FUNCTIONS: Mapping[str, Callable[..., Expr]] = MappingProxyType(
    {"sqrt": sqrt, "log": log, "exp": exp, "Max": Max, "Min": Min, "Abs": Abs, "twos": twos}
)
"""The functions that an expression may use."""

_OPERATORS: Mapping[type[ast.operator], Callable[[Expr, Expr], Expr]] = MappingProxyType(
    {
        ast.Add: lambda a, b: a + b,
        ast.Sub: lambda a, b: a - b,
        ast.Mult: lambda a, b: a * b,
        ast.Div: lambda a, b: a / b,
    }
)
_LONGEST = 500
_SMALLEST = 1e-300
_LARGEST_POWER = 64


def parse(text: str) -> Expr:
    """Return the expression that `text` writes down.

    Parameters
    ----------
    text
        Numbers, ``+ - * / **``, parentheses, the functions of :data:`FUNCTIONS` and the symbols of
        :data:`ratebound.theory.symbols.BY_NAME`. Decimal fractions become exact rationals.

    Raises
    ------
    RateboundError
        If the text is not such an expression; nothing of it is ever executed.
    """
    if len(text) > _LONGEST:
        raise RateboundError(f"the expression has {len(text)} characters; at most {_LONGEST} are read")
    try:
        tree = ast.parse(text.strip(), mode="eval")
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        raise RateboundError(
            f"cannot read {text!r} as an expression; write for example 1/(4*L_max)"
        ) from None
    value = _expression(tree.body, text)
    if value.is_number and not value.is_finite:
        raise RateboundError(f"{text!r} divides by zero or overflows; it has no finite value")
    refuse_unreal(value, repr(text))
    return value


def _expression(node: ast.AST, text: str) -> Expr:
    match node:
        case ast.Constant(value=int() | float() as number) if not isinstance(number, bool):
            return _number(node, number, text)
        case ast.Name(id=name):
            return _symbol(name, text)
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return -_expression(operand, text)
        case ast.UnaryOp(op=ast.UAdd(), operand=operand):
            return _expression(operand, text)
        case ast.BinOp(left=left, op=ast.Pow(), right=right):
            return _power(_expression(left, text), _expression(right, text), text)
        case ast.BinOp(left=left, op=operator, right=right) if type(operator) in _OPERATORS:
            return _OPERATORS[type(operator)](_expression(left, text), _expression(right, text))
        case ast.Call(func=ast.Name(id=name), args=args, keywords=[]) if args:
            return _call(name, [_expression(each, text) for each in args], text)
    raise RateboundError(
        f"{ast.unparse(node)!r} is not allowed in the expression {text!r}; use numbers, + - * / **, "
        f"{', '.join(FUNCTIONS)} and the symbols {', '.join(BY_NAME)}"
    )


def _number(node: ast.Constant, number: int | float, text: str) -> Expr:
    if isinstance(number, int):
        return Integer(number)
    written = ast.get_source_segment(text.strip(), node) or repr(number)
    # Beyond double precision an exact rational would have a gigantic numerator or denominator.
    if (number or _has_digits(written)) and not _SMALLEST <= abs(number) <= 1 / _SMALLEST:
        raise RateboundError(f"the number {written} in {text!r} is out of the range of double precision")
    return Rational(written.replace("_", "")) if number else Integer(0)


def _has_digits(written: str) -> bool:
    """Whether a number that reads as 0.0 was written with a digit other than zero: it underflowed."""
    return any(digit in written.lower().split("e")[0] for digit in "123456789")


def _symbol(name: str, text: str) -> Expr:
    if name not in BY_NAME:
        raise RateboundError(f"unknown symbol {name!r} in {text!r}{among(name, (*BY_NAME, *FUNCTIONS))}")
    return BY_NAME[name]


def _power(base: Expr, exponent: Expr, text: str) -> Expr:
    if exponent.is_number and not abs(exponent) <= _LARGEST_POWER:
        raise RateboundError(f"the exponent {exponent} in {text!r} is too large; at most {_LARGEST_POWER}")
    if base.is_number and exponent.is_number and not exponent.is_Rational:
        raise RateboundError(f"the exponent {exponent} in {text!r} is not a rational number")
    return base**exponent


def _call(name: str, args: list[Expr], text: str) -> Expr:
    if name not in FUNCTIONS:
        raise RateboundError(f"unknown function {name!r} in {text!r}{among(name, FUNCTIONS)}")
    try:
        return FUNCTIONS[name](*args)
    except TypeError:
        raise RateboundError(f"{name} does not take {len(args)} arguments in {text!r}") from None
