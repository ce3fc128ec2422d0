"""Checks of numbers that a user passes: each failure is one line with the value and the range."""

from __future__ import annotations

import math
import operator
from typing import Any

from ratebound.theory.errors import RateboundError


def whole(name: str, value: Any, low: int, high: int | None = None) -> int:
    """Return `value` as an int in ``low .. high``.

    Raises
    ------
    RateboundError
        If it is not an integer, or out of range.
    """
    try:
        if isinstance(value, bool):  # An index too, and never meant as a number here.
            raise TypeError
        number = operator.index(value)
    except TypeError:
        raise RateboundError(f"{name} = {value!r} is not an integer") from None
    if number < low or (high is not None and number > high):
        allowed = f">= {low}" if high is None else f"in {low} .. {high}"
        raise RateboundError(f"{name} = {number}; it must be {allowed}")
    return number


def positive(name: str, value: Any) -> float:
    """Return `value` as a positive finite float.

    Raises
    ------
    RateboundError
        If it is none.
    """
    try:
        number = float(value)
    except (TypeError, ValueError):
        raise RateboundError(f"{name} = {value!r} is not a number") from None
    if not (math.isfinite(number) and number > 0):
        raise RateboundError(f"{name} = {number}; it must be positive and finite")
    return number
