"""What one cell of a sweep may be told: the keys, their defaults, and the checks of their values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from math import isfinite
from numbers import Real
from typing import TYPE_CHECKING, Any

from sympy import Expr

from ratebound.experiments.backends.choose import find_backend
from ratebound.experiments.checks import whole
from ratebound.experiments.plan import check_measures
from ratebound.experiments.run import find_method
from ratebound.problems import library
from ratebound.problems.finite_sum import Problem
from ratebound.theory.catalogue import THEOREMS, find
from ratebound.theory.errors import RateboundError, nearest
from ratebound.theory.parse import parse
from ratebound.theory.statement import Theorem

if TYPE_CHECKING:
    from ratebound.theory.method import Method

DEFAULTS: Mapping[str, Any] = {
    "problem": None,
    "method": None,
    "theorem": None,
    "step": None,
    "step_factor": 1.0,
    "parameters": None,
    "batch": 1,
    "replacement": None,
    "steps": 1000,
    "replicas": 256,
    "seed": 0,
    "measure": "gap_last",
    "backend": "auto",
}
"""Every key of a cell, and its value where none is declared (`replacement`: that of the theorem, or true)."""
SHARED = ("step", "step_factor")
"""Keys that may hold a list in one cell: its runs share the sample indices of each replica."""


@dataclass(frozen=True, eq=False)
class Cell:
    """One cell, checked: plain values, names, or the objects of a user of Python.

    Parameters
    ----------
    settings
        Key of :data:`DEFAULTS` -> value.
    family
        How many cells the sweep has; verdicts share its budget of false alarms.
    delta
        That budget.
    """

    settings: Mapping[str, Any]
    family: int = 1
    delta: float = 1e-6

    @property
    def judges(self) -> bool:
        """Whether the cell is a verdict on a theorem, not a run of a method."""
        return self.settings["theorem"] is not None

    @property
    def problem(self) -> Problem:
        """The problem, built once per process."""
        return problem_of(self.settings["problem"])

    @property
    def method(self) -> Method:
        """The method that is run."""
        return find_method(self.settings["method"])

    @property
    def theorem(self) -> Theorem:
        """The theorem that is judged."""
        return find(self.settings["theorem"])


def check(given: Mapping[str, Any], where: str) -> dict[str, Any]:
    """Return the settings of a cell with defaults filled in.

    Raises
    ------
    RateboundError
        If a key is unknown, or a value is not one that a run can use.
    """
    for key in given:
        check_key(key, where)
    settings = {**DEFAULTS, **given}
    if settings["problem"] is None:
        raise RateboundError(f"{where} names no problem (`ratebound problems` lists those bundled)")
    if (settings["method"] is None) == (settings["theorem"] is None):
        raise RateboundError(f"{where} needs either a method, to run it, or a theorem, to judge it")
    judges = settings["theorem"] is not None
    problem_of(settings["problem"])
    find(settings["theorem"]) if judges else find_method(settings["method"])
    if judges and "measure" in given:
        raise RateboundError(f"{where}: measure is that of the theorem; leave it out")
    if not judges and settings["step"] is None:
        raise RateboundError(f'{where} runs a method but states no step, such as step = "1/(4*L_max)"')
    if (
        isinstance(settings["theorem"], Theorem)
        and THEOREMS.get(settings["theorem"].id) is settings["theorem"]
    ):
        # Any process knows a theorem of the catalogue by its id.
        settings["theorem"] = settings["theorem"].id
    settings["step"] = _step(settings["step"], where)
    settings["step_factor"] = _factor(settings["step_factor"], where)
    listed = [key for key in SHARED if isinstance(settings[key], tuple)]
    if len(listed) == 2 or (judges and listed):
        raise RateboundError(
            f"{where}: a list of {' and '.join(listed)} in one cell is for runs of a method, one list only; "
            "put it under [axes]"
        )
    settings["parameters"] = _parameters(settings["parameters"], where)
    for key, low, high in (("batch", 1, None), ("steps", 1, 2**32), ("seed", 0, 2**64 - 1)):
        settings[key] = whole(f"{where}: {key}", settings[key], low, high)
    settings["replicas"] = whole(f"{where}: replicas", settings["replicas"], 0 if judges else 1, 2**32)
    if settings["replacement"] is None and not judges:
        settings["replacement"] = True
    if settings["replacement"] not in (True, False, *([None] if judges else [])):
        raise RateboundError(f"{where}: replacement = {settings['replacement']!r}; it is true or false")
    (settings["measure"],) = check_measures([settings["measure"]])
    find_backend(settings["backend"])
    return settings


def check_key(key: str, where: str) -> None:
    """Refuse a key that no cell has, and name the nearest."""
    if key not in DEFAULTS:
        raise RateboundError(
            f"unknown key {key!r} in {where}{nearest(key, DEFAULTS)} (known: {', '.join(DEFAULTS)})"
        )


def _step(value: Any, where: str) -> Any:
    if isinstance(value, str):
        parse(value)
        return value
    if value is None or isinstance(value, Expr):
        return value
    if isinstance(value, Real) and not isinstance(value, bool):
        return _positive("step", value, where)
    return _positives("step", value, where)


def _factor(value: Any, where: str) -> Any:
    if isinstance(value, Real) and not isinstance(value, bool):
        return _positive("step_factor", value, where)
    return _positives("step_factor", value, where)


def _positives(key: str, value: Any, where: str) -> tuple[float, ...]:
    if isinstance(value, (str, bool, Mapping)) or not hasattr(value, "__iter__"):
        raise RateboundError(f"{where}: {key} = {value!r} is neither a number nor a list of numbers")
    found = tuple(_positive(key, each, where) for each in value)
    if not found:
        raise RateboundError(f"{where}: {key} is an empty list; give at least one")
    if len(set(found)) < len(found):
        raise RateboundError(f"{where}: {key} lists a value twice")
    return found


def _positive(key: str, value: Any, where: str) -> float:
    if not isinstance(value, Real) or isinstance(value, bool):
        raise RateboundError(f"{where}: {key} = {value!r} is not a number")
    if not (isfinite(value) and float(value) > 0):
        raise RateboundError(f"{where}: {key} = {value}; it must be positive and finite")
    return float(value)


def _parameters(value: Any, where: str) -> dict[str, Any] | None:
    if value is None:
        return None
    if not isinstance(value, Mapping):
        raise RateboundError(f'{where}: parameters = {value!r}; write a table such as {{ alpha = "1/L" }}')
    for name, each in value.items():
        if isinstance(each, str):
            parse(each)
        elif not isinstance(each, (Real, Expr)) or isinstance(each, bool):
            raise RateboundError(f"{where}: the parameter {name} = {each!r} is neither number nor expression")
    return dict(value)


def problem_of(asked: Any) -> Problem:
    """Return a problem by name, by a table of its name and options, or as it is.

    Raises
    ------
    RateboundError
        If it is none of these, or cannot be built.
    """
    if isinstance(asked, Problem):
        return asked
    table = {"name": asked} if isinstance(asked, str) else asked
    if not isinstance(table, Mapping) or not isinstance(table.get("name"), str):
        raise RateboundError(f"problem {asked!r} is neither a name nor a table with a name")
    return _built(tuple(sorted(table.items())))


@lru_cache(maxsize=64)
def _built(table: tuple[tuple[str, Any], ...]) -> Problem:
    return library.load(**dict(table))
