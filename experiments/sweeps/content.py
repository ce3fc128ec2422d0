"""What a cell is, as a digest and a seed: both follow from its content alone.

Neither the place of a cell in the sweep, nor the order, nor the number of workers enters. The seed leaves
out the number of replicas and the engine: more replicas continue those already drawn.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

import numpy as np

from ratebound.experiments.sweeps.settings import Cell
from ratebound.problems.finite_sum import Problem
from ratebound.theory.method import Method
from ratebound.theory.statement import Theorem

_NOT_SEEDING = frozenset({"replicas", "backend", "family", "delta"})


def digest(cell: Cell) -> str:
    """Return 32 hexadecimal digits that tell a cell from every other."""
    return _hash(_content(cell)).hexdigest()[:32]


def seed(cell: Cell) -> int:
    """Return the seed of a cell's replicas, below 2^64."""
    told = {key: value for key, value in _content(cell).items() if key not in _NOT_SEEDING}
    return int.from_bytes(_hash(told).digest()[:8], "big")


def _content(cell: Cell) -> dict[str, str]:
    told = {key: _text(value) for key, value in cell.settings.items()}
    told["problem"] = _problem(cell.problem)
    if cell.judges:
        told |= {"theorem": _theorem(cell.theorem), "method": _method(cell.theorem.method)}
        told |= {"family": str(cell.family), "delta": repr(cell.delta)}
    else:
        told["method"] = _method(cell.method)
    return told


def _hash(told: Mapping[str, str]) -> Any:
    state = hashlib.sha256()
    for key in sorted(told):
        state.update(f"{key}\0{told[key]}\0".encode())
    return state


def _text(value: Any) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{key} = {_text(each)}" for key, each in sorted(value.items()))
    return repr(value) if isinstance(value, (float, tuple)) else str(value)


def _problem(problem: Problem) -> str:
    state = hashlib.sha256()
    for array in (problem.A, problem.y, problem.x0):
        state.update(repr(array.shape).encode() + np.ascontiguousarray(array).tobytes())
    return f"{state.hexdigest()} {problem.loss.name} {problem.loss.phi} {problem.l2!r} {problem.l1!r}"


def _method(method: Method) -> str:
    rules = sorted((name, str(rule)) for name, rule in method.update.items())
    drawn = "" if method.draws is None else f" {method.draws}"
    metric = "" if method.metric is None else f" {method.metric}"
    search = "" if method.search is None else f" {method.search}"
    return f"{method.sampling} {rules} {method.point} {sorted(method.from_start)}{drawn}{metric}{search}"


def _theorem(theorem: Theorem) -> str:
    parts = (theorem.id, theorem.step, theorem.bound, theorem.measure, theorem.where, theorem.weights)
    return " ".join(map(str, parts))
