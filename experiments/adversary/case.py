"""A theorem on an instance: its certified constants, and the range of its parameters as numbers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from operator import attrgetter
from types import MappingProxyType

import numpy as np
from sympy import Expr, Symbol

from ratebound.problems.certified import NotCertified, Setting
from ratebound.problems.constants import CONSTANTS, certify
from ratebound.problems.finite_sum import Problem
from ratebound.problems.lower import lower
from ratebound.theory import symbols as s
from ratebound.theory.method import Method
from ratebound.theory.statement import Theorem

_INSIDE = 1 - 1e-9
"""Where a range is open, its edge is approached this closely."""
_ALONG_RUN = {symbol.name for symbol in s.ALONG_RUN}
_BY_NAME = {symbol.name: symbol for symbol in s.CONSTANTS}


@dataclass(frozen=True, eq=False)
class Case:
    """A theorem on an instance: what does not depend on the parameters.

    Parameters
    ----------
    theorem, problem
        What is tried, and on what.
    steps
        The horizon K.
    batch, replacement
        The sampling.
    first
        The smallest k that is looked at: at k = 0 most bounds are trivially attained.
    chosen
        The method with values put in for its parameters, where it has some.
    """

    theorem: Theorem
    problem: Problem
    steps: int
    batch: int = 1
    replacement: bool = True
    first: int = 1
    chosen: Method | None = None

    @property
    def method(self) -> Method:
        """The method that runs."""
        return self.theorem.method if self.chosen is None else self.chosen


def case(
    theorem: Theorem, problem: Problem, steps: int, batch: int = 1, replacement: bool | None = None
) -> Case:
    """Return a case with the sampling that the theorem is about."""
    if not theorem.stochastic or theorem.in_passes:
        return Case(theorem, problem, steps)
    if theorem.batch is not None or (theorem.method.draws is not None and theorem.method.draws.single):
        batch = 1
    if replacement is None:
        replacement = True if theorem.replacement is None else theorem.replacement
    return Case(theorem, problem, steps, min(batch, problem.n) if not replacement else batch, replacement)


def constants_of(case: Case) -> dict[Symbol, float]:
    """Return the certified constants that the theorem reads, but those that depend on the steps.

    Raises
    ------
    NotCertified
        If the problem lacks one of them, or has no certified minimum to measure from.
    """
    theorem, problem = case.theorem, case.problem
    if problem.x_star is None and theorem.measure.startswith(("gap", "distance")):
        raise NotCertified(problem.minimum.note)
    names = tuple(name for name in theorem.constants if name not in _ALONG_RUN)
    return dict(_certified(problem, names, case.batch, case.replacement))


@lru_cache(maxsize=1024)
def _certified(
    problem: Problem, names: tuple[str, ...], batch: int, replacement: bool
) -> Mapping[Symbol, float]:
    setting = Setting(np.zeros(1), batch, replacement)
    unknown = [name for name in names if name not in CONSTANTS]
    if unknown:
        raise NotCertified(f"problems certify no {', '.join(unknown)}")
    found = {name: certify(problem, name, setting).value for name in names}
    return {_BY_NAME[name]: value for name, value in found.items() if name in _BY_NAME}


def number(
    expr: Expr, values: Mapping[Symbol, np.ndarray | float], at: np.ndarray | int = 0, steps: int = 1
) -> np.ndarray:
    """Return an expression in k, K, constants and parameters as numbers."""
    names = sorted(values, key=attrgetter("name"))
    return lower(expr, (s.k, s.K, *names))(at, steps, *(values[name] for name in names))


def edges(
    theorem: Theorem,
    constants: Mapping[Symbol, float],
    parts: Mapping[str, np.ndarray] = MappingProxyType({}),
) -> dict[str, np.ndarray]:
    """Return for each parameter the upper end of its range, or its default where it has none.

    Parameters
    ----------
    theorem, constants
        What is tried, with which constants.
    parts
        For an end that other parameters set: which part of their own ends these take; all where none is said.
    """
    ends = theorem.chosen()
    for relation in theorem.where:
        if relation.rel_op in ("<", "<=") and relation.lhs in ends:
            ends[relation.lhs] = (_INSIDE if relation.rel_op == "<" else 1) * relation.rhs
    values: dict[Symbol, np.ndarray | float] = dict(constants)
    found = {}
    for parameter in sorted(ends, key=lambda p: bool(ends[p].free_symbols & ends.keys())):
        found[parameter.name] = number(ends[parameter], values)
        values[parameter] = found[parameter.name] * parts.get(parameter.name, 1.0)
    return found


def limited(theorem: Theorem) -> set[str]:
    """Return the names of the parameters that have an upper end."""
    below = {r.lhs for r in theorem.where if r.rel_op in ("<", "<=")}
    return {p.name for p in theorem.parameters if p in below}


def bounded(theorem: Theorem) -> bool:
    """Whether every parameter of the theorem has an upper end."""
    return {p.name for p in theorem.parameters} <= limited(theorem)
