"""Exact expectations along many schedules at once: full gradients, moments, all index paths."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from math import prod
from types import MappingProxyType
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from ratebound.experiments.adversary.case import Case
from ratebound.experiments.adversary.moments import moment_curves
from ratebound.experiments.backends.drawn import lowest_values, values_of
from ratebound.experiments.backends.metric import MetricSteps
from ratebound.experiments.backends.numpy_ import NumpyEngine, at_iterate, compile_method, in_metric
from ratebound.experiments.backends.rules import constants_at, started
from ratebound.experiments.evidence.affine import linear, moments
from ratebound.experiments.evidence.enumerate import count_paths, enumerate_paths, ways_on
from ratebound.experiments.evidence.exact import path_curves, path_needs
from ratebound.experiments.evidence.linear import is_linear
from ratebound.experiments.evidence.pass_curves import pass_curves
from ratebound.experiments.plan import SQUARES, Plan
from ratebound.problems.point_values import measures_at
from ratebound.problems.quiet import quiet
from ratebound.theory.draws import Draws
from ratebound.theory.readings import READINGS, state_of

if TYPE_CHECKING:
    from ratebound.theory.method import Method

Curves: TypeAlias = "dict[str, np.ndarray]"
"""Measure -> expectations of S runs at k = 0 .. K, shape (S, K+1)."""
PATHS = 5000
"""Index paths that are walked for one run."""
_NONE: Mapping[str, np.ndarray] = MappingProxyType({})
_OF_STATE = ("gap_last", "gap_average", "grad_norm_sq_last", "distance_sq")


def curves(
    case: Case, alphas: np.ndarray, weights: np.ndarray, given: Mapping[str, np.ndarray] = _NONE
) -> Curves | None:
    """Return exact expectations along S runs; None where unknown.

    Parameters
    ----------
    case
        What runs.
    alphas, weights
        Steps and weights, shape (S, K).
    given
        Values of the parameters that the method reads besides the step, shape (S,).
    """
    theorem = case.theorem
    if theorem.in_passes:
        return pass_curves(case.problem, case.method, theorem.visits, alphas, weights, paths=PATHS)
    if given and _by_numbers(case):
        return _one_by_one(case, alphas, weights, given)
    found = _of_states(case, alphas, weights, given)
    if found is None:
        return None
    last = {name: curve for name, curve in found.items() if name.endswith("_last")}
    paths = [path_curves({name: last[name][s] for name in last}, w) for s, w in enumerate(weights)]
    return found | {name: np.array([path[name] for path in paths]) for name in paths[0]}


def _of_states(
    case: Case, alphas: np.ndarray, weights: np.ndarray, given: Mapping[str, np.ndarray]
) -> Curves | None:
    """Return the expectations of what one state says, by the first way that knows them."""
    draws, quadratic = case.method.draws, case.problem.kind == "quadratic"
    if not case.theorem.stochastic or _alone(case):
        return _deterministic(case, alphas, weights, given)
    if quadratic and draws is not None and not draws.of_batch and linear(case.method):
        if draws.axis is None and count_paths(case.problem.n, 1, case.batch, case.replacement) > PATHS:
            return None
        return moments(_plan(case, alphas, weights, (*_OF_STATE, *_named(case))))
    if quadratic and is_linear(case.method):
        return moment_curves(case.problem, case.method, alphas, weights, case.batch, case.replacement)
    if (draws is None or draws.evenly) and _paths(case) <= PATHS:
        return _enumerated(case, alphas, weights, given)
    return None


def _alone(case: Case) -> bool:
    """Whether the one component is all that a step can draw."""
    draws = case.method.draws
    return case.problem.n == 1 and (draws is None or draws.axis is None)


def _by_numbers(case: Case) -> bool:
    """Whether parameters must be numbers in the method: for moments, and for engines."""
    draws = case.method.draws
    if case.method.sampling != "batch":
        return False
    if draws is not None and not draws.values:
        return True
    return not _alone(case) and case.problem.kind == "quadratic" and is_linear(case.method)


def _paths(case: Case) -> int:
    """Return how many paths of batches, coins and steps picked in epochs there are at most."""
    sizes = [case.batch] * case.steps
    return prod(ways_on(case.problem, case.method.draws or Draws(), sizes, case.replacement))


def walked(method: Method) -> bool:
    """Whether expectations over batches come from all index paths, for want of a recursion of moments."""
    draws = method.draws
    if method.sampling != "batch":
        return False
    return not is_linear(method) if draws is None or draws.of_batch else not linear(method)


def _named(case: Case) -> tuple[str, ...]:
    """Return the measure of the theorem, if it reads a state by its name."""
    return (case.theorem.measure,) if case.theorem.measure in READINGS else ()


def _roots(case: Case) -> tuple[str, ...]:
    """Return the measures of x_k that the theorem asks for and that are no quadratic forms."""
    needed = path_needs([case.theorem.measure])
    return tuple(name for name in needed if name not in SQUARES and name.endswith("_last"))


def _one_by_one(
    case: Case, alphas: np.ndarray, weights: np.ndarray, given: Mapping[str, np.ndarray]
) -> Curves | None:
    """Return the curves of runs whose parameters are put into the method."""
    found = []
    for s in range(len(alphas)):
        chosen = case.method.with_numbers({p: given[p.name][s] for p in case.method.parameters})
        row = curves(replace(case, chosen=chosen), alphas[s : s + 1], weights[s : s + 1])
        if row is None:
            return None
        found.append(row)
    return {name: np.concatenate([row[name] for row in found]) for name in found[0]}


def _deterministic(
    case: Case, alphas: np.ndarray, weights: np.ndarray, given: Mapping[str, np.ndarray]
) -> Curves:
    problem, size = case.problem, len(alphas)
    with quiet:
        draws = case.method.draws
        walk = _walked if draws is None or draws.values else _sampled
        states = walk(case, alphas, given, {"x", *map(state_of, _named(case))})
        points = states["x"]
        total = np.cumsum(weights, 1)
        means = np.cumsum(weights[..., None] * points[:, :-1], 1) / total[..., None]
        average = np.concatenate([np.full((size, 1), np.nan), problem.gap(means)], 1)
        squares = problem.grad_norm_sq(points)
        found = {"gap_average": average, "grad_norm_sq_last": squares, "moment": squares}
        functions = measures_at(problem)
        found |= {name: functions[name](points) for name in _roots(case)}
        found |= {name: functions[name](states[state_of(name)]) for name in _named(case)}
        if problem.x_star is not None:
            found |= {"distance_sq": problem.distance_sq(points), "gap_last": problem.gap(points)}
    return found | {"spread": np.zeros_like(squares)}


def _plan(
    case: Case,
    alphas: np.ndarray,
    weights: np.ndarray | None = None,
    measures: tuple[str, ...] = ("grad_norm_sq_last",),
) -> Plan:
    return Plan(
        problem=case.problem,
        method=case.method,
        alphas=alphas,
        weights=weights,
        checkpoints=np.arange(alphas.shape[1] + 1),
        replicas=np.zeros(1, dtype=np.int64),
        seed=0,
        batch=case.batch,
        replacement=case.replacement,
        measures=measures,
    )


def _walked(
    case: Case, alphas: np.ndarray, given: Mapping[str, np.ndarray], names: set[str]
) -> dict[str, np.ndarray]:
    """Return states at k = 0 .. K of runs with full gradients by name, shape (S, K+1, d)."""
    problem, plan = case.problem, _plan(case, alphas)
    step, place = compile_method(case.method, tuple(given))
    fixed = {name: np.asarray(float(value)) for name, value in constants_at(plan).items()}
    fixed |= {name: values[:, None] for name, values in given.items()}
    size, steps = alphas.shape
    start = np.broadcast_to(problem.x0, (size, problem.d))
    state = {
        name: start if started(case.method, name) else np.zeros_like(start) for name in case.method.update
    }
    metric = None if case.method.metric is None else MetricSteps(plan)
    lowest, component = lowest_values(plan), np.zeros(size, dtype=np.int64)
    state |= {} if metric is None else metric.start((size, problem.d))
    seen = {name: np.empty((size, steps + 1, problem.d)) for name in names}
    for k in range(steps + 1):
        for name, values in seen.items():
            values[:, k] = state[name]
        if k == steps:
            break
        inputs = {**fixed, "alpha": alphas[:, k, None], "k": np.array(k)}
        if case.method.gradients > 1:
            inputs |= at_iterate(problem.gradient(state["x"]))
        y = np.broadcast_to(place(state, inputs)["y"], start.shape)
        g = problem.gradient(y)
        read, after = in_metric(metric, plan, state, y, g, k, inputs)
        if lowest.size:
            read |= values_of(problem, lowest, y, component, g)
        state = step(state, inputs | read) | after
    return seen


def _sampled(
    case: Case, alphas: np.ndarray, given: Mapping[str, np.ndarray], names: set[str]
) -> dict[str, np.ndarray]:
    """Return the same of a method that samples, on a single component, from the engine."""
    problem, engine = case.problem, NumpyEngine(_plan(case, alphas))
    size, steps = alphas.shape
    seen = {name: np.empty((size, steps + 1, problem.d)) for name in names}
    for k in range(steps + 1):
        engine.advance(max(k - 1, 0), k)
        for name, values in seen.items():
            values[:, k] = engine.state(name)[:, 0]
    return seen


def _enumerated(
    case: Case, alphas: np.ndarray, weights: np.ndarray, given: Mapping[str, np.ndarray]
) -> Curves:
    wanted = ["gap_last", "gap_average", "grad_norm_sq_last", *_roots(case), *_named(case)]
    if case.problem.x_star is not None:
        wanted.append("distance_sq")
    rows = [
        enumerate_paths(
            case.problem,
            case.method,
            row,
            batch=case.batch,
            replacement=case.replacement,
            weights=weight,
            measures=wanted,
            parameters={name: values[s] for name, values in given.items()},
        )
        for s, (row, weight) in enumerate(zip(alphas, weights, strict=True))
    ]
    found = {name: np.array([row[name] for row in rows]) for name in wanted}
    return found
