"""``compare``: two bounds on one problem, which is smaller where, and what the formulas say about it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from sympy import Expr

from ratebound.experiments import grid as grids
from ratebound.experiments.applicability import NotApplicable, Parameter, Trial, prepare
from ratebound.experiments.checks import whole
from ratebound.problems import library
from ratebound.problems.finite_sum import Problem
from ratebound.problems.sparse import need_dense
from ratebound.theory.catalogue import find
from ratebound.theory.contrast import Contrast, check_comparable, contrast
from ratebound.theory.errors import RateboundError
from ratebound.theory.parse import parse
from ratebound.theory.printed import printed
from ratebound.theory.statement import Theorem
from ratebound.theory.symbols import BY_NAME

_SEARCHED = 100
"""The most steps of a line search whose trials are counted."""
_TIE = 1e-12
"""Relative difference up to which two bounds count as equal."""


@dataclass(frozen=True)
class Regime:
    """A range of k in which one bound is the smaller.

    Parameters
    ----------
    first, last
        Its ends.
    smaller
        Id of the smaller bound, or ``"equal"``.
    """

    first: int
    last: int
    smaller: str


@dataclass(frozen=True, eq=False)
class Comparison:
    """Two bounds on one problem.

    Parameters
    ----------
    trials
        The runs that the theorems speak about, the longest where a step knows the horizon.
    k
        Step numbers at which both bounds are claimed, shape (N,).
    bounds
        Shape (2, N).
    regimes
        Which bound is smaller where, by increasing k.
    formulas
        What holds for all constants, each bound at the defaults of its parameters.
    """

    trials: tuple[Trial, Trial]
    k: np.ndarray
    bounds: np.ndarray
    regimes: tuple[Regime, ...]
    formulas: Contrast

    def __repr__(self) -> str:
        one, two = (trial.theorem.id for trial in self.trials)
        turns = ", ".join(map(str, self.crossings)) or "no k"
        return f"<Comparison of {one} and {two} on {self.problem.name}: the smaller bound changes at {turns}>"

    @property
    def problem(self) -> Problem:
        """The problem."""
        return self.trials[0].problem

    @property
    def crossings(self) -> tuple[int, ...]:
        """The k from which on another bound is the smaller."""
        return tuple(regime.first for regime in self.regimes[1:])

    def explain(self) -> str:
        """Return the comparison in lines of text."""
        lines = [_side(trial) for trial in self.trials]
        (one, two), costs = self.trials, [_cost(trial) for trial in self.trials]
        if one.theorem.measure != two.theorem.measure:
            lines.append(f"the measures differ: {one.theorem.measure} against {two.theorem.measure}")
        if costs[0] != costs[1]:
            counted = "a pass" if one.theorem.in_passes and two.theorem.in_passes else "a step"
            counted += " or pass" if one.theorem.in_passes != two.theorem.in_passes else ""
            lines.append(f"{counted} costs {costs[0]:.4g} component gradients against {costs[1]:.4g}")
        lines += [
            f"the line search of {trial.theorem.id} takes {cost - self.problem.n:.4g} a step, for values and "
            f"gradients of f, in {_counted(trial)} steps"
            for trial, cost in zip(self.trials, costs, strict=True)
            if trial.method.search is not None
        ]
        horizons = any(trial.theorem.at_horizon for trial in self.trials)
        lines.append(f"on {self.problem.name}" + (f", at {self.k.size} horizons:" if horizons else ":"))
        for regime in self.regimes:
            at = f"k = {regime.first}" + (f" .. {regime.last}" if regime.last > regime.first else "")
            said = "both are equal" if regime.smaller == "equal" else f"{regime.smaller} is smaller"
            lines.append(f"  {at}: {said}")
        lines += [f"for all constants: {line}" for line in self._formula_lines()]
        return "\n".join(lines)

    def _formula_lines(self) -> list[str]:
        found = self.formulas
        ids = [trial.theorem.id for trial in self.trials]
        lines = []
        if found.equal:
            lines.append("both bounds are the same")
        elif found.never_larger is not None:
            other = ids[1 - ids.index(found.never_larger)]
            lines.append(f"{found.never_larger} never exceeds {other}")
        lines += [f"they are equal at k = {root}" for root in found.crossings]
        orders = [trial.theorem.order for trial in self.trials]
        alike = "both keep a floor" if orders[0].kind == "floor" else "both are of one order"
        far = alike if found.far is None else f"{found.far} is smaller"
        lines.append(f"{far} far out ({' against '.join(dict.fromkeys(each.text for each in orders))})")
        return lines


def compare(
    first: str | Theorem,
    second: str | Theorem,
    problem: str | Problem = "diabetes_ridge",
    *,
    steps: int = 1000,
    parameters: Mapping[str, Parameter] | None = None,
    batch: int = 1,
) -> Comparison:
    """Put two bounds on one problem.

    Parameters
    ----------
    first, second
        Theorems, or their ids, that bound gaps, gradients or distances alike.
    problem
        A problem, or a name that :func:`ratebound.problems.library.load` knows.
    steps
        The largest k.
    parameters
        Values by name, for each theorem that has the parameter; the defaults stand in for the others.
    batch
        Samples per gradient estimate, for theorems about batches.

    Returns
    -------
    Comparison
        Both curves, who is smaller where, and what the formulas say.

    Raises
    ------
    RateboundError
        If a theorem does not apply, or the two bounds have different units.
    """
    theorems = find(first), find(second)
    if theorems[0].id == theorems[1].id:
        raise RateboundError(f"both bounds are {theorems[0].id}; name two theorems")
    check_comparable(*theorems)
    problem = library.named(problem)
    need_dense(problem.A, "a comparison of bounds")
    steps, given = whole("steps", steps, 1, 10**6), dict(parameters or {})
    used = {p.name for theorem in theorems for p in theorem.parameters}
    for name in given:
        if name not in used:
            raise RateboundError(
                f"neither theorem has a parameter {name!r} (parameters: {', '.join(sorted(used))})"
            )
    last = tuple(_trial(theorem, problem, steps, given, batch) for theorem in theorems)
    start = max(trial.start for trial in last)
    if any(theorem.at_horizon for theorem in theorems):
        k = grids.horizons(max(start, 1), steps)
    else:
        k = np.arange(start, steps + 1)
    bounds = np.stack([_curve(trial, k, given, batch) for trial in last])
    bad = ~np.isfinite(bounds).all(1)
    if bad.any():
        name = theorems[int(np.argmax(bad))].id
        raise RateboundError(
            f"the bound of {name} is not finite everywhere; take fewer steps or smaller ones"
        )
    return Comparison(
        (last[0], last[1]), k, bounds, _regimes(k, bounds, theorems), contrast(*theorems, _as_symbols(given))
    )


def _trial(
    theorem: Theorem, problem: Problem, steps: int, given: Mapping[str, Parameter], batch: int
) -> Trial:
    own = {p.name: given[p.name] for p in theorem.parameters if p.name in given}
    try:
        return prepare(
            theorem, problem, steps=steps, parameters=own, batch=batch if theorem.stochastic else 1
        )
    except NotApplicable as reason:
        raise RateboundError(f"{theorem.id} says nothing on {problem.name}: {reason}") from None


def _curve(trial: Trial, k: np.ndarray, given: Mapping[str, Parameter], batch: int) -> np.ndarray:
    """Return the bound at each k; where the step knows the horizon each k is a run of its own."""
    if not trial.theorem.at_horizon:
        return trial.bound(k)
    runs = (_trial(trial.theorem, trial.problem, int(K), given, batch) for K in k)
    return np.array([float(run.bound(np.array([run.steps]))[0]) for run in runs])


def _regimes(k: np.ndarray, bounds: np.ndarray, theorems: tuple[Theorem, Theorem]) -> tuple[Regime, ...]:
    one, two = bounds
    equal = np.abs(one - two) <= _TIE * np.maximum(np.abs(one), np.abs(two))
    side = np.where(equal, 2, np.where(one < two, 0, 1))
    names = (theorems[0].id, theorems[1].id, "equal")
    first = np.flatnonzero(np.diff(side, prepend=-1))
    last = np.append(first[1:], k.size) - 1
    return tuple(
        Regime(int(k[a]), int(k[b]), names[side[a]])
        for a, b in zip(first.tolist(), last.tolist(), strict=True)
    )


def _as_symbols(given: Mapping[str, Parameter]) -> dict[Expr, Expr]:
    return {
        BY_NAME[name]: value if isinstance(value, Expr) else parse(str(value))
        for name, value in given.items()
    }


def _cost(trial: Trial) -> float:
    """Return how many gradients of components a step takes on average, or a pass where k counts passes."""
    steps = _counted(trial)
    return float(trial.evaluations(np.array([steps]))[0]) / steps


def _counted(trial: Trial) -> int:
    """Return over how many steps the average is; a line search must be run for it."""
    return trial.steps if trial.method.search is None else min(trial.steps, _SEARCHED)


def _side(trial: Trial) -> str:
    theorem = trial.theorem
    chosen = f", {trial.parameters_text}" if trial.parameters_text else ""
    when = " at k = K" if theorem.at_horizon else ""
    return f"{theorem.id}: {theorem.measure} <= {printed(theorem.bound)}{when}{chosen}"
