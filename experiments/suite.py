"""Suites: which theorems on which problems, declared in TOML, and the record of running one."""

from __future__ import annotations

import fnmatch
import tomllib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.resources import files
from pathlib import Path
from time import perf_counter
from typing import Any

from ratebound.experiments import ledger as ledgers
from ratebound.experiments import suite_cells
from ratebound.experiments.defaults import default_problems
from ratebound.experiments.record import SCHEMA, provenance
from ratebound.experiments.suite_cells import Progress, Task
from ratebound.experiments.verdict import DELTA_CONFIRM
from ratebound.problems import library
from ratebound.problems.finite_sum import Problem
from ratebound.theory.catalogue import THEOREMS, find
from ratebound.theory.errors import RateboundError, nearest
from ratebound.theory.statement import Theorem

DEFAULT = "lecture"
"""The suite of a report."""
WHOLE = "catalogue"
"""The suite of all theorems."""
_RUN_KEYS: Mapping[str, type | tuple[type, ...]] = {
    "steps": int,
    "replicas": int,
    "batch": int,
    "replacement": bool,
    "parameters": dict,
    "step": (str, int, float),
    "region": (int, float),
    "risk": float,
}
_TOP_KEYS: Mapping[str, type | tuple[type, ...]] = {
    "title": str,
    "description": str,
    "seed": int,
    "delta": float,
    "defaults": dict,
    "cells": list,
}
_CELL_KEYS: Mapping[str, type | tuple[type, ...]] = {"theorems": list, "problems": (list, str), **_RUN_KEYS}
_SUITED = "default"
"""In place of a list of problems: those that suit each theorem."""


class SuiteInterrupted(KeyboardInterrupt):
    """Ctrl-C during a suite; `record` holds the cells that were finished."""

    def __init__(self, record: dict[str, Any]) -> None:
        super().__init__("interrupted")
        self.record = record


@dataclass(frozen=True, eq=False)
class Suite:
    """A suite.

    Parameters
    ----------
    name, title, description
        For readers.
    seed
        The one seed.
    delta
        Probability, over the whole suite, that some true bound is called violated by chance.
    tasks
        The cells.
    """

    name: str
    title: str
    description: str
    seed: int
    delta: float
    tasks: tuple[Task, ...]


def names() -> tuple[str, ...]:
    """Return the names of the suites that come with the package."""
    folder = files("ratebound.experiments") / "suites"
    return tuple(
        sorted(each.name[: -len(".toml")] for each in folder.iterdir() if each.name.endswith(".toml"))
    )


def load_suite(name: str | Path = DEFAULT) -> Suite:
    """Read a suite.

    Parameters
    ----------
    name
        Name of a bundled suite, or path of a TOML file (anything that ends in ``.toml``).

    Raises
    ------
    RateboundError
        If there is no such suite, the file cannot be read, or it declares something unknown.
    """
    text, label = _read(name)
    try:
        return _suite(tomllib.loads(text), Path(label).stem)
    except tomllib.TOMLDecodeError as error:
        raise RateboundError(f"suite {label} is not TOML: {error}") from None
    except RateboundError as error:
        raise RateboundError(f"suite {label}: {error}") from None


def _read(name: str | Path) -> tuple[str, str]:
    label = str(name)
    if not label.endswith(".toml"):
        known = names()
        if label not in known:
            raise RateboundError(
                f"unknown suite {label!r}{nearest(label, known)} (known: {', '.join(known)}; "
                "or give the path of a .toml file)"
            )
        return (files("ratebound.experiments") / "suites" / f"{label}.toml").read_text("utf-8"), label
    try:
        return Path(label).read_text(encoding="utf-8"), label
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or error
        raise RateboundError(f"cannot read the suite {label}: {reason}; check the path") from None


def _check(table: Any, keys: Mapping[str, Any], where: str) -> Mapping[str, Any]:
    if not isinstance(table, dict):
        raise RateboundError(f"{where} is not a table")
    for key, value in table.items():
        if key not in keys:
            raise RateboundError(
                f"unknown key {key!r} in {where}{nearest(key, keys)} (known: {', '.join(keys)})"
            )
        wanted = keys[key]
        mistaken = isinstance(value, bool) and wanted is not bool
        if mistaken or not isinstance(value, (wanted, int) if wanted is float else wanted):
            raise RateboundError(f"{key} = {value!r} in {where} has the wrong type")
    return table


def _suite(table: Mapping[str, Any], name: str) -> Suite:
    _check(table, _TOP_KEYS, "the suite")
    defaults = _check(table.get("defaults", {}), _RUN_KEYS, "[defaults]")
    problems: dict[str, Problem] = {}
    tasks: list[Task] = []
    for number, each in enumerate(table.get("cells", []), 1):
        where = f"[[cells]] number {number}"
        _check(each, _CELL_KEYS, where)
        for key in ("theorems", "problems"):
            if not each.get(key):
                raise RateboundError(f"{where} names no {key}; list at least one")
        options = {**defaults, **{key: value for key, value in each.items() if key in _RUN_KEYS}}
        asked = each["problems"]
        if isinstance(asked, str) and asked != _SUITED:
            raise RateboundError(f'problems = {asked!r} in {where}; list names, or say "{_SUITED}"')
        for theorem in _theorems(each["theorems"]):
            for problem in default_problems(theorem) if asked == _SUITED else asked:
                tasks.append(Task(theorem, _problem(problem, problems, where), options))
    if not tasks:
        raise RateboundError("it has no [[cells]]; declare theorems and problems")
    return Suite(
        name,
        table.get("title", name),
        table.get("description", ""),
        table.get("seed", 0),
        float(table.get("delta", 1e-6)),
        tuple(tasks),
    )


def _theorems(asked: Iterable[Any]) -> list[Theorem]:
    """Return theorems by id, or by patterns such as ``gd_*``, each once."""
    found: dict[str, Theorem] = {}
    for name in map(str, asked):
        matching = fnmatch.filter(THEOREMS, name) if "*" in name else [name]
        if not matching:
            raise RateboundError(f"no theorem matches {name!r} (`ratebound list` shows all)")
        found |= {each: find(each) for each in matching}
    return list(found.values())


def _problem(asked: Any, built: dict[str, Problem], where: str) -> Problem:
    """Return a problem by name, or by a table of its name and options; each is built once."""
    table = {"name": asked} if isinstance(asked, str) else asked
    if not isinstance(table, dict) or not isinstance(table.get("name"), str):
        raise RateboundError(f"problem {asked!r} in {where} is neither a name nor a table with a name")
    key = repr(sorted(table.items()))
    if key not in built:
        built[key] = library.load(**table)
    return built[key]


def run_suite(
    suite: Suite | str | Path,
    *,
    backend: str = "auto",
    command: str = "",
    progress: Progress | None = None,
    finished: Callable[[Mapping[str, Any]], None] | None = None,
    ledger: str | Path | None = None,
    processes: int = 1,
) -> dict[str, Any]:
    """Run a suite.

    By itself a run keeps the suite's `delta`, and the same seed draws the same numbers again. Runs with
    several seeds keep it together only if they share a ledger.

    Parameters
    ----------
    suite
        The suite, its name or its path.
    backend
        As in :func:`ratebound.experiments.run.simulate`.
    command
        The command line that asked for it, for the record.
    progress
        Called as ``progress(done, total, what)`` before each cell and at the end.
    finished
        Called with each cell of the record as it is made.
    ledger
        A file that keeps the budget over reruns, made if there is none: the j-th different run then has
        ``delta/(j (j+1))``, of false confirmations too; see :mod:`ratebound.experiments.ledger`.
    processes
        In how many of them; a script that asks for several needs ``if __name__ == "__main__":``. The cells
        are the same ones.

    Returns
    -------
    dict
        A record, as :func:`ratebound.experiments.record.check` wants it.

    Raises
    ------
    SuiteInterrupted
        On Ctrl-C, with the record of the finished cells.
    RateboundError
        If the suite declares something out of range, or the ledger cannot be used.
    """
    suite = suite if isinstance(suite, Suite) else load_suite(suite)
    command = command or f"run_suite({suite.name!r})"
    budget: dict[str, Any] = {
        "delta": suite.delta,
        "confirm": DELTA_CONFIRM,
        "cells": len(suite.tasks),
        "seed": suite.seed,
    }
    if ledger is not None:
        number = ledgers.enter(ledger, suite.name, suite.delta, suite.seed, _digest(suite), DELTA_CONFIRM)
        budget |= {name: ledgers.share(budget[name], number) for name in ("delta", "confirm")}
        budget |= {"total": suite.delta, "run": number}
    started, clock = datetime.now(UTC), perf_counter()
    cells: list[dict[str, Any]] = []

    def record() -> dict[str, Any]:
        return {
            "schema": SCHEMA,
            "provenance": provenance(suite.seed, command, started, perf_counter() - clock),
            "suite": {"name": suite.name, "title": suite.title, "description": suite.description},
            "budget": budget,
            "cells": cells,
        }

    try:
        asked = {name: budget[name] for name in ("seed", "delta", "confirm", "cells")}
        say = progress or (lambda done, total, what: None)
        for made in suite_cells.cells(suite.tasks, asked, backend, say, processes):
            cells.append(made)
            if finished is not None:
                finished(made)
    except KeyboardInterrupt:
        raise SuiteInterrupted(record()) from None
    return record()


def _digest(suite: Suite) -> str:
    """Return a digest of all that the cells of a suite judge."""
    parts: list[Any] = []
    for task in suite.tasks:
        theorem, problem = task.theorem, task.problem
        parts += [theorem.id, str(theorem.schedules), str(theorem.bound), sorted(task.options.items())]
        parts += [problem.name, problem.loss.name, problem.l2, problem.l1]
        parts += [array.tobytes() for array in (problem.A, problem.y, problem.x0)]
    return ledgers.digest(*parts)
