"""Finite-sum problems and their certified constants.

The builders ``least_squares``, ``logistic``, ``from_arrays``, ``from_svmlight``, ``penalised`` and ``load``,
and ``names``, which lists what ``load`` knows, are loaded when they are first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ratebound.problems.library import (
        from_arrays,
        from_svmlight,
        least_squares,
        load,
        logistic,
        names,
        penalised,
    )

__all__ = ["from_arrays", "from_svmlight", "least_squares", "load", "logistic", "names", "penalised"]


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module 'ratebound.problems' has no attribute {name!r}")
    return getattr(import_module("ratebound.problems.library"), name)


def __dir__() -> list[str]:
    return sorted(__all__)
