"""Measured error over bound for one problem and many parameter values at once, exactly.

No sampling: deterministic runs (full gradients, or a single component), the moment recursion on least
squares, all index paths of tiny sums, and for statements about one step the finite mean over the batches.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import prod
from typing import TypeAlias

import numpy as np
from sympy import Symbol

from ratebound.experiments.adversary.case import Case, constants_of, number
from ratebound.experiments.adversary.expectations import PATHS, Curves, curves
from ratebound.experiments.applicability import NotApplicable, Trial, in_range, prepare
from ratebound.experiments.evidence.conditional import state_at
from ratebound.experiments.evidence.enumerate import branches, enumerate_paths
from ratebound.experiments.evidence.exact import exact_available, exact_curves
from ratebound.experiments.evidence.linear import is_plain, point_of, setting_of
from ratebound.experiments.finding import ratios
from ratebound.experiments.grid import floor_of
from ratebound.experiments.plan import OVER_PATH
from ratebound.problems.certified import NotCertified
from ratebound.problems.constants import certify
from ratebound.problems.quiet import quiet
from ratebound.theory import symbols as s
from ratebound.theory.inequalities.noise_models import to_end
from ratebound.theory.letters.directions import DIRECTION_CONSTANTS
from ratebound.theory.measures import ONE_STEP
from ratebound.theory.readings import bounded
from ratebound.theory.statement import Theorem

Expectations: TypeAlias = "Callable[..., Curves | None]"
"""What computes curves: :func:`curves`, or something that remembers some."""
_NOISE, _OF_MOMENTS = 1e-17, 1e-9
"""Errors are read from this part of ||x||^2 on: x is known to 1e-16, so their roots are known to 1e-8."""


@dataclass(frozen=True, eq=False)
class Sweep:
    """Ratios of a case over S parameter values.

    Parameters
    ----------
    parameters
        Parameter -> its values, shape (S,).
    k
        Step numbers at which the bound is claimed, shape (C,).
    measured, bound, ratio
        Shape (S, C). A ratio is nan where the theorem does not apply.
    """

    parameters: Mapping[str, np.ndarray]
    k: np.ndarray
    measured: np.ndarray
    bound: np.ndarray
    ratio: np.ndarray

    @property
    def worst(self) -> tuple[int, int]:
        """Position of the largest ratio."""
        flat = int(np.nanargmax(np.where(np.isnan(self.ratio), -np.inf, self.ratio)))
        position = np.unravel_index(flat, self.ratio.shape)
        return int(position[0]), int(position[1])


def sweep(
    case: Case,
    parameters: Mapping[str, np.ndarray],
    expectations: Expectations = curves,
) -> Sweep | None:
    """Return exact ratios for all parameter values, each of shape (S,); None where nothing is known exactly.

    Parameters
    ----------
    case, parameters
        What is tried, with which values.
    expectations
        What computes the expectations; a caller may remember some.

    Raises
    ------
    NotCertified
        If the problem lacks a constant that the theorem needs.
    """
    theorem = case.theorem
    method = theorem.method
    if one_by_one(theorem):
        return _prepared(case, parameters, expectations)
    constants = constants_of(case)
    given = {p.name: p for p in theorem.parameters}
    columns = {given[name]: np.asarray(v, dtype=np.float64)[:, None] for name, v in parameters.items()}
    columns = {p: np.ceil(column) if p.is_integer else column for p, column in columns.items()}
    values: dict[Symbol, np.ndarray | float] = {**constants, **columns}
    size = next((c.shape[0] for c in columns.values()), 1)
    starts = np.broadcast_to(number(theorem.start, values).reshape(-1), (size,))
    start = int(starts.min())
    if _first(case, start) > case.steps:
        return None
    counter = np.arange(case.steps, dtype=np.float64)[None]
    alphas = np.broadcast_to(number(theorem.step, values, counter, case.steps), (size, case.steps))
    weighing = number(theorem.weights, values, counter, case.steps)
    weights = np.broadcast_to(weighing, (size, case.steps))
    inside = _inside(theorem, values, size)
    for column in columns.values():
        inside &= column[:, 0] > 0  # An end that others set may leave nothing of a range.
    inside &= (np.isfinite(alphas) & (alphas > 0)).all(1)
    inside &= (np.isfinite(weights) & (weights >= 0)).all(1) & weights.any(1)
    alphas, weights = (np.where(inside[:, None], numbers, 1.0) for numbers in (alphas, weights))
    chosen = {p.name: np.where(inside, columns[p].ravel(), 1.0) for p in method.parameters}
    known = expectations(case, alphas, weights, chosen)
    if known is None:
        return None
    for symbol in s.ALONG_RUN:
        if symbol.name in theorem.constants:
            values[symbol] = _along_runs(case, symbol, alphas, known)[:, None]
    at = _claimed(case, start)
    bound = np.broadcast_to(number(theorem.bound, values, at[None], case.steps), (size, at.size))
    bound = np.where(at >= starts[:, None], bound, np.nan)
    measured = known[theorem.measure][:, at]
    return Sweep(parameters, at, measured, bound, _ratio(case, measured, bound, inside))


def one_by_one(theorem: Theorem) -> bool:
    """Whether each value of the parameters is prepared by itself, as its noise or its batches ask for."""
    along, method = {symbol.name for symbol in s.ALONG_RUN} & set(theorem.constants), theorem.method
    noisy = bool(along) and bool(method.parameters) and method.sampling == "batch"
    alone = noisy or theorem.measure in ONE_STEP or theorem.batch is not None
    return alone or bool(theorem.step.free_symbols & set(s.ALONG_RUN))


def _first(case: Case, start: int) -> int:
    return max(start, 1 if case.theorem.measure in OVER_PATH else case.first)


def _inside(theorem: Theorem, values: Mapping[Symbol, np.ndarray | float], size: int) -> np.ndarray:
    inside = np.ones(size, dtype=bool)
    for relation in theorem.where:
        left, right = (number(side, values).reshape(-1) for side in (relation.lhs, relation.rhs))
        inside &= in_range(relation, left, right)
    return inside


def _ratio(case: Case, measured: np.ndarray, bound: np.ndarray, inside: np.ndarray) -> np.ndarray:
    found = ratios(measured, bound, _floor(case))
    if case.theorem.equality:
        with quiet:
            found = np.where(found > 0, np.maximum(found, 1 / found), found)
    # A bound that is no number says nothing, and neither does a run that overflows.
    known = np.isfinite(bound) & np.isfinite(measured) & inside[:, None]
    return np.where(known, found, np.nan)


def _floor(case: Case) -> float:
    """Return the error below which ratios are not read: there it is mostly the rounding of x itself."""
    problem, measure = case.problem, case.theorem.measure
    if bounded(measure):
        return 0.0
    x_star = np.zeros(problem.d) if problem.x_star is None else problem.x_star
    # Large labels that cancel in the gradient leave their rounding in x.
    size = float(problem.x0 @ problem.x0 + x_star @ x_star + problem.y @ problem.y / (problem.A**2).sum())
    power = {"distance": 0, "gap": 1}.get(measure.split("_")[0], 2)
    rounding = floor_of(problem, measure, case.theorem.method, case.steps)
    if measure == "estimate_sq":
        # Its moments are differences of what the estimate was at first.
        first = problem.gradient(problem.x0)
        rounding = max(rounding, _OF_MOMENTS * float(first @ first))
    return max(rounding, _NOISE * size * certify(problem, "L").value ** power)


def _along_runs(
    case: Case, symbol: Symbol, alphas: np.ndarray, known: Mapping[str, np.ndarray]
) -> np.ndarray:
    """Return a bound on the noise along each run: exact on least squares, else certified, shape (S,)."""
    ends = to_end in case.theorem.assumptions
    at_x = point_of(case.method) == Symbol("x")
    single = case.problem.n == 1
    of_squares = symbol in (s.second_moment, s.variance_bound)
    if single and (symbol == s.variance_bound or symbol in DIRECTION_CONSTANTS):
        return np.zeros(len(alphas))
    if of_squares and (not case.theorem.stochastic or (single and at_x)):
        squares = known["grad_norm_sq_last"]
        return (squares if ends else squares[:, :-1]).max(1)
    # Without it, the certified bound takes its place: at n = 1 it is known at x only.
    if of_squares and "moment" in known and case.problem.kind == "quadratic" and case.problem.n > 1:
        noise = known["spread" if symbol == s.variance_bound else "moment"]
        # With memory the last point counts, too.
        return (noise[:, :-1] if is_plain(case.method) and not ends else noise).max(1)
    found = np.full(len(alphas), np.nan)
    for row, steps in enumerate(alphas):
        made = np.append(steps, steps[-1]) if ends else steps
        setting = setting_of(case.method, made, case.batch, case.replacement)
        try:
            limit = certify(case.problem, symbol.name, setting)
        except NotCertified:
            continue
        if limit.region == "everywhere":
            return np.full(len(alphas), limit.value)
        found[row] = limit.value
    return found


def _prepared(case: Case, parameters: Mapping[str, np.ndarray], expectations: Expectations) -> Sweep:
    """Sweep one by one: statements about one step, and noise that sets the steps or depends on parameters."""
    rows = [dict(zip(parameters, row, strict=True)) for row in zip(*parameters.values(), strict=True)] or [{}]
    at = _claimed(case, 0)
    measured, bound = np.full((2, len(rows), at.size), np.nan)
    for position, row in enumerate(rows):
        trial = trial_of(case, row)
        values = None if trial is None else _values(case, trial, at, expectations)
        if values is not None:
            measured[position], bound[position] = values
    return Sweep(
        parameters, at, measured, bound, _ratio(case, measured, bound, np.ones(len(rows), dtype=bool))
    )


def _claimed(case: Case, start: int) -> np.ndarray:
    """Return the k at which a bound that starts at `start` is looked at."""
    if case.theorem.measure in ONE_STEP:
        return np.array([0])
    if case.theorem.at_horizon:
        return np.array([case.steps])
    return np.arange(_first(case, start), case.steps + 1)


def trial_of(case: Case, parameters: Mapping[str, float]) -> Trial | None:
    """Return the certified run, or None where the theorem does not apply."""
    if not all(value > 0 for value in parameters.values()):
        return None
    try:
        return prepare(
            case.theorem,
            case.problem,
            steps=case.steps,
            parameters={name: float(value) for name, value in parameters.items()},
            batch=case.batch,
            replacement=case.replacement if case.theorem.stochastic else None,
        )
    except NotApplicable:
        return None


def _values(
    case: Case, trial: Trial, at: np.ndarray, expectations: Expectations = curves
) -> tuple[np.ndarray, np.ndarray] | None:
    """Return measure and bound of a certified run at the given k, nan before its start; None if unknown."""
    theorem = case.theorem
    if theorem.measure in ONE_STEP:
        state = state_at(trial, 0, case.problem.x0)
        if state is None:
            return None
        target = {"gap_next": s.delta_next, "batch_variance": s.batch_variance}[theorem.measure]
        bound = number(theorem.bound, {**trial.values, **state}, 0, case.steps)
        return np.array([state[target]]), np.array([float(bound)])
    weights = np.ones_like(trial.alphas) if trial.weights is None else trial.weights
    if trial.sizes is not None and trial.problem.n > 1:
        known_exactly = exact_available(trial.problem, trial.method, measure=theorem.measure)
        ways = (branches(trial.problem, size, trial.replacement) for size in trial.sizes.tolist())
        if not known_exactly and prod(ways) > PATHS:
            return None
        found = (exact_curves if known_exactly else enumerate_paths)(
            trial.problem,
            trial.method,
            trial.alphas,
            batch=trial.sizes,
            replacement=trial.replacement,
            weights=weights,
            measures=[theorem.measure],
        )
        return found[theorem.measure][at], np.where(at >= trial.start, trial.bound(at), np.nan)
    given = {p.name: np.array([trial.values[p]]) for p in theorem.method.parameters}
    known = expectations(case, trial.alphas[None], weights[None], given)
    if known is None:
        return None
    return known[theorem.measure][0, at], np.where(at >= trial.start, trial.bound(at), np.nan)


def certified(case: Case, parameters: Mapping[str, float]) -> tuple[Trial, Sweep] | None:
    """Return one run again with every constant certified, and its ratios; None where it does not apply."""
    trial = trial_of(case, parameters)
    if trial is None:
        return None
    at = _claimed(case, trial.start)
    values = _values(case, trial, at)
    if values is None:
        return None
    measured, bound = (each[None] for each in values)
    one = {name: np.array([value]) for name, value in parameters.items()}
    return trial, Sweep(one, at, measured, bound, _ratio(case, measured, bound, np.ones(1, dtype=bool)))
