"""A witness: one run, written down so completely that anyone can replay it, to the last digit."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any, Literal

import numpy as np

from ratebound.experiments.adversary.case import Case
from ratebound.experiments.adversary.sweep import certified
from ratebound.experiments.applicability import Trial
from ratebound.experiments.precise import run as precise
from ratebound.problems.composite import penalised
from ratebound.problems.finite_sum import Problem
from ratebound.problems.losses import get
from ratebound.theory.catalogue import find
from ratebound.theory.errors import RateboundError
from ratebound.theory.measures import ONE_STEP
from ratebound.theory.statement import Theorem

Status = Literal["tight", "loose", "refuted"]
TIGHT = 0.999
"""Ratio from which a bound is called tight."""
CERTAIN = 1e-6
"""Relative excess beyond which rounding is out of the question."""
_PACKAGES = ("ratebound", "numpy", "scipy", "sympy")


@dataclass(frozen=True)
class Witness:
    """A run on which measured/bound is large.

    Parameters
    ----------
    theorem, bound_text
        Id, and the bound, step and measure as text: a witness speaks about this statement only.
    instance
        The problem: family (for readers), A, y, x0, loss, l2 and, with a penalty, l1.
    parameters
        Values of the theorem's parameters.
    steps, batch, replacement
        How the method was run.
    k, measured, bound, ratio
        Where the ratio is largest, and its two sides.
    ratio_50
        The ratio from 50 digits; None where it was not computed.
    seed
        Seed of the search that found it.
    versions
        Of the packages that computed it.
    """

    theorem: str
    bound_text: str
    instance: Mapping[str, Any]
    parameters: Mapping[str, float]
    steps: int
    batch: int
    replacement: bool
    k: int
    measured: float
    bound: float
    ratio: float
    ratio_50: float | None
    seed: int
    versions: Mapping[str, str]

    @property
    def status(self) -> Status:
        """Tight, loose, or refuted: only an excess that rounding cannot explain refutes."""
        if self.exact > 1 + CERTAIN or (self.ratio_50 is not None and self.exact > 1):
            return "refuted"
        return "tight" if self.exact >= TIGHT else "loose"

    @property
    def exact(self) -> float:
        """The ratio, with 50 digits where it was computed so."""
        return self.ratio if self.ratio_50 is None else self.ratio_50

    def as_json(self) -> dict[str, Any]:
        """Return plain data; numbers keep all their digits."""
        return asdict(self)


def statement_text(theorem: Theorem) -> str:
    """Return what a witness speaks about, as the text of SymPy that records are known by."""
    sizes = "" if theorem.batch is None else f" and batches of {theorem.batch}"
    return f"{theorem.measure} <= {theorem.bound} with step {theorem.step}{sizes}"


def instance_of(problem: Problem) -> dict[str, Any]:
    """Return a problem as plain data."""
    penalty = {"l1": problem.l1} if problem.l1 else {}
    return {
        "family": problem.name,
        "A": problem.A.tolist(),
        "y": problem.y.tolist(),
        "x0": problem.x0.tolist(),
        "loss": problem.loss.name,
        "l2": problem.l2,
        **penalty,
    }


def problem_of(instance: Mapping[str, Any]) -> Problem:
    """Return the problem that plain data describe."""
    A, y, x0 = (np.array(instance[key], dtype=np.float64) for key in ("A", "y", "x0"))
    made = Problem(instance["family"], A, y, get(instance["loss"]), instance["l2"], x0, "from a witness")
    return penalised(made, instance["l1"], made.name) if "l1" in instance else made


def witness_of(case: Case, parameters: Mapping[str, float], seed: int) -> Witness | None:
    """Return the witness of a run, with certified constants; None where the theorem does not apply."""
    found = certified(case, parameters)
    if found is None:
        return None
    trial, row = found
    if np.isnan(row.ratio).all():
        return None
    _, j = row.worst
    at, ratio = int(row.k[j]), float(row.ratio[0, j])
    near = math.isfinite(ratio) and abs(ratio - 1) < CERTAIN
    return Witness(
        theorem=case.theorem.id,
        bound_text=statement_text(case.theorem),
        instance=instance_of(case.problem),
        parameters=dict(parameters),
        steps=case.steps,
        batch=case.batch,
        replacement=case.replacement,
        k=at,
        measured=float(row.measured[0, j]),
        bound=float(row.bound[0, j]),
        ratio=ratio,
        ratio_50=_recomputed(trial, at) if near or ratio > 1 else None,
        seed=seed,
        versions={name: version(name) for name in _PACKAGES},
    )


def _recomputed(trial: Trial, at: int) -> float | None:
    if trial.theorem.measure in ONE_STEP or not precise.feasible(trial, at):
        return None
    return precise.ratio(trial, at)


def read(path: str | Path) -> Witness:
    """Return the witness in a JSON file.

    Raises
    ------
    RateboundError
        If the file cannot be read, or holds something else.
    """
    try:
        given = json.loads(Path(path).read_text(encoding="utf-8"))
        return from_json(given)
    except OSError as failure:
        raise RateboundError(f"cannot read {path}: {failure.strerror or failure}; check the path") from None
    except (ValueError, TypeError, KeyError) as failure:
        raise RateboundError(
            f"{path} is no witness ({failure}); write one with `ratebound attack ID --json FILE`"
        ) from None


def from_json(given: Any) -> Witness:
    """Return the witness that plain data describe; TypeError where they do not."""
    if not isinstance(given, Mapping):
        raise TypeError(f"a witness is an object, not {type(given).__name__}")
    return Witness(**given)


def replay(source: str | Path | Witness, theorem: Theorem | None = None) -> float:
    """Return measured/bound of a witness, computed again from its data.

    Parameters
    ----------
    source
        A JSON file, or the witness itself.
    theorem
        The statement, where it is not the one of the catalogue.

    Raises
    ------
    RateboundError
        If the file is no witness, the theorem has changed since, or it no longer applies.
    """
    witness = source if isinstance(source, Witness) else read(source)
    theorem = find(witness.theorem) if theorem is None else theorem
    if statement_text(theorem) != witness.bound_text:
        raise RateboundError(
            f"the witness is about {witness.bound_text}; {theorem.id} now says {statement_text(theorem)}; "
            "search again with `ratebound attack`"
        )
    try:
        problem = problem_of(witness.instance)
    except (KeyError, TypeError, ValueError) as failure:
        raise RateboundError(f"the instance of the witness is damaged: {failure}") from None
    case = Case(theorem, problem, witness.steps, witness.batch, witness.replacement)
    found = certified(case, witness.parameters)
    at = None if found is None else np.flatnonzero(found[1].k == witness.k)
    if found is None or at is None or not at.size:
        raise RateboundError(f"{theorem.id} does not apply to the run of the witness at k = {witness.k}")
    return float(found[1].ratio[0, at[0]])
