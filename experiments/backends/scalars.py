"""What printed Numba source calls where it works on plain numbers, under the names that it has on vectors."""

from __future__ import annotations

import math
from typing import Any

from numba import njit

_inline = njit(inline="always", error_model="numpy")


@_inline
def where(condition: Any, yes: Any, no: Any) -> Any:
    """Return one of two numbers."""
    return yes if condition else no


@_inline
def larger(a: Any, b: Any) -> Any:
    """Return the larger of two, nan if one of them is."""
    return a if a > b or a != a else b


@_inline
def smaller(a: Any, b: Any) -> Any:
    """Return the smaller of two, nan if one of them is."""
    return a if a < b or a != a else b


@_inline
def fused(a: Any, b: Any, c: Any) -> Any:
    """Return a b + c."""
    return a * b + c


@_inline
def absolute(v: Any) -> Any:
    """Return |v|."""
    return abs(v)


@_inline
def softplus(v: Any) -> Any:
    """Return log(1 + exp(v)) without overflow."""
    return max(v, 0.0) + math.log1p(math.exp(-abs(v)))


@_inline
def exp(v: Any) -> Any:
    """Return exp(v)."""
    return math.exp(v)


@_inline
def log(v: Any) -> Any:
    """Return log(v)."""
    return math.log(v)


@_inline
def sqrt(v: Any) -> Any:
    """Return the square root."""
    return math.sqrt(v)


@_inline
def sin(v: Any) -> Any:
    """Return sin(v)."""
    return math.sin(v)


@_inline
def cos(v: Any) -> Any:
    """Return cos(v)."""
    return math.cos(v)
