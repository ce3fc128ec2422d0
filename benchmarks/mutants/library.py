"""The fixed library: at most 50 instances, the same for every mutant, each with many parameter values."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np

from ratebound.experiments.adversary.case import Case, case, constants_of, edges, limited, number
from ratebound.experiments.adversary.expectations import walked
from ratebound.experiments.adversary.families import family
from ratebound.experiments.adversary.sweep import Curves, curves, one_by_one, sweep
from ratebound.problems.finite_sum import Problem
from ratebound.theory.errors import RateboundError
from ratebound.theory.method import Method
from ratebound.theory.statement import Theorem
from ratebound.theory.symbols import ALONG_RUN

KILLED = 1 + 1e-6
_PARTS = np.concatenate([[1.0, 1 - 1e-6, 0.5], np.geomspace(0.9, 1e-4, 14), [0.52, 0.7]])
_BEYOND = np.concatenate([[1.0, 0.6], np.geomspace(1e2, 1e-4, 16)])
_TINY = 1e-4
_FEW = (slice(0, 8, 2), slice(2, None, 3))
_SHORT, _SINGLE, _SOME = 3, 60, 4
"""Steps of runs that are costly, and how many values of their parameters are tried; more on one component."""
_REMEMBERED = 400
"""Runs that are kept: mutants of the bound alone share the runs of their theorem."""


@dataclass(frozen=True)
class Entry:
    """An instance of a family, with the horizon and the batch of its run."""

    family: str
    values: tuple[float, ...]
    steps: int
    batch: int = 1

    @property
    def problem(self) -> Problem:
        return _problem(self)


@lru_cache(maxsize=256)
def _problem(entry: Entry) -> Problem:
    made = family(entry.family)
    return made.problem(dict(zip(made.axes, entry.values, strict=True)))


class _Run:
    """A run of a case with given steps, equal to another where its expectations are."""

    def __init__(
        self, case: Case, alphas: np.ndarray, weights: np.ndarray, given: Mapping[str, np.ndarray]
    ) -> None:
        self.arguments = case, alphas, weights, given
        self._key = (
            case.problem.name, case.problem.A.tobytes(), case.problem.y.tobytes(), case.problem.x0.tobytes(),
            case.problem.l2, case.theorem.method, case.theorem.visits, case.theorem.measure, case.batch,
            case.replacement,
            alphas.tobytes(), weights.tobytes(),
            tuple((name, value.tobytes()) for name, value in given.items()),
        )  # fmt: skip

    def __hash__(self) -> int:
        return hash(self._key)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Run) and self._key == other._key


@lru_cache(maxsize=_REMEMBERED)
def _curves(run: _Run) -> Curves | None:
    return curves(*run.arguments)


def _remembered(
    case: Case, alphas: np.ndarray, weights: np.ndarray, given: Mapping[str, np.ndarray]
) -> Curves | None:
    return _curves(_Run(case, alphas, weights, given))


ENTRIES = (
    # Chosen one by one for the mutants that each added, the long runs last.
    Entry("additive_1d", (1.27, 0.0416, 0.56), 42, 3),
    Entry("interpolation", (1.0428, -0.4306, -1.2069, 1.4846), 2, 2),
    Entry("additive_1d", (0.0, 1.0, 1.0), 40),
    Entry("huber_1d", (1e4,), 1),
    Entry("additive_1d", (1.27, 0.0416, 0.56), 1, 3),
    Entry("huber_1d", (1e4,), 60),
    Entry("logistic_ridge", (0.909, 0.275, -2.348), 3),
    Entry("ridge_plane", (0.00205, 12.75, 0.01873, 9.176), 100),
    Entry("huber_ridge", (0.5644, 0.239, 0.049), 3),
    Entry("line", (0.2, 1.0, 0.5), 10, 2),
    Entry("huber_1d", (1.0,), 20),
    Entry("rare_row", (40, 20.0, 2.0, 0.082), 60),
    Entry("axes_plane", (1e-3, 0.1, 1e-3, 0.0, 1.0), 1),
    Entry("huber_ridge", (0.7975, 0.102, 6.38), 4),
    Entry("additive_1d", (1.73, 771.0, 1.94), 2, 3),
    Entry("sine_line", (0.0, 0.0953), 2),
    Entry("huber_plane", (0.0548, 5.795, 36.605), 50),
    Entry("interpolation", (1.0, 1.0, 1.0, np.pi / 2), 20),
    Entry("sine_quiet", (2.72,), 40),
    Entry("interpolation", (0.7405, -1.664, 1.331, 1.2385), 3),
    Entry("ridge_plane", (0.1, 1.0, 0.3, 1.0), 20),
    Entry("line", (0.5, 1.0, 0.0), 30),
    Entry("sine_line", (0.038, 0.01), 1),
    Entry("line", (0.1, 0.0, 1.0), 30),
    Entry("interpolation", (10.0, 1.0, 1.0, 1.0), 5),
    Entry("huber_1d", (20.0,), 300),
    Entry("rare_row", (40, 20.0, 0.0, 1.0), 200),
    Entry("welsch_1d", (2.85,), 400),
    Entry("welsch_1d", (3.5,), 400),
)


def _costly(method: Method) -> bool:
    """Whether a run is walked path by path, or with matrices of its own: only short ones are tried."""
    return _by_paths(method) or method.metric is not None


def _by_paths(method: Method) -> bool:
    # Steps that read their sample need more than a few of them to show a floor: they are not cut short.
    return method.draws is None and walked(method)


def _tried(method: Method, entry: Entry) -> bool:
    """Whether a run is affordable, and an instance tells something: quadratics hide changes of a Hessian."""
    if entry.family == "logistic_ridge":
        return method.metric is not None
    single = _by_paths(method) and entry.problem.n == 1
    return not _costly(method) or entry.steps <= (_SINGLE if single else _SHORT)


def cases(theorem: Theorem, entries: Sequence[Entry] = ENTRIES) -> Iterator[tuple[Entry, Case]]:
    """Yield entries as cases of a theorem, but those whose run, or noise along it, is costly."""
    along_run = {symbol.name for symbol in ALONG_RUN} & set(theorem.constants)
    for entry in entries:
        if not _tried(theorem.method, entry) or (along_run and family(entry.family).unbounded):
            continue
        yield entry, replace(case(theorem, entry.problem, entry.steps, entry.batch), first=0)


def values(at: Case) -> dict[str, np.ndarray]:
    """Return the parameter values that are tried: the edges of the range, and parts of it.

    Two parameters go through theirs together, and the first through a few while the second goes through all;
    more of them go together.
    """
    ends = edges(at.theorem, constants_of(at))
    within = limited(at.theorem)
    parts = [(_PARTS if name in within else _BEYOND).copy() for name in ends]
    if len(parts) == 2:
        crossed = np.meshgrid(parts[0][_FEW[0]], parts[1][_FEW[1]])
        shortest = min(map(len, parts))
        parts = [np.concatenate([p[:shortest], c.ravel()]) for p, c in zip(parts, crossed, strict=True)]
    if len(parts) > 2:
        # The corner where all but the first nearly vanish comes second.
        longest = max(map(len, parts))
        parts = [np.pad(part, (0, longest - len(part)), mode="edge") for part in parts]
        for part in parts[1:]:
            part[1] = _TINY
        parts[0][1] = 1.0
    few = (_SHORT if at.problem.n > 1 else _SOME) if _costly(at.theorem.method) else None
    if one_by_one(at.theorem):
        few = _SOME if at.theorem.batch is not None else few
        parts = [np.concatenate([part[:3], part[3:17:3], part[17:]]) for part in parts]
    tried = {name: end * part[:few] for (name, end), part in zip(ends.items(), parts, strict=True)}
    return _with_lower_ends(at, tried)


def _with_lower_ends(at: Case, tried: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Return the values, and once more with a parameter at its lower end, where that depends on another."""
    own = {p: tried[p.name] for p in at.theorem.parameters}
    for relation in at.theorem.where:
        low, end = relation.lhs, relation.rhs
        if relation.rel_op == ">=" and low in own and end.free_symbols & set(own):
            edge = number(end, {**constants_of(at), **own})
            return {p.name: np.concatenate([v, edge if p == low else v]) for p, v in own.items()}
    return tried


def ratio_on(at: Case) -> tuple[float, int] | None:
    """Return the largest ratio of a case over the values that are tried, and at which k; None if unknown."""
    try:
        found = sweep(at, values(at), _remembered)
    except RateboundError:
        return None
    if found is None or np.isnan(found.ratio).all():
        return None
    row, column = found.worst
    return float(found.ratio[row, column]), int(found.k[column])


def worst(theorem: Theorem, entries: Sequence[Entry] = ENTRIES) -> tuple[float, str]:
    """Return the first ratio beyond one over the library, else the largest, and where."""
    best, where = 0.0, "nowhere"
    for entry, at in cases(theorem, entries):
        found = ratio_on(at)
        if found is not None and found[0] > best:
            best, where = found[0], f"{entry.family} {entry.values}, k = {found[1]}"
        if best > KILLED:
            break
    return best, where
