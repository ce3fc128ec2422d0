"""``verify``: one theorem on one problem, judged by the best evidence there is.

The order is that of strength: applicability and the bound itself; exact expectations at every step; all
index paths of tiny sums; then replicas, which may refute by an e-process, and which confirm only where the
range of the measure is certified. A mean below the bound decides nothing. Where a theorem carries a checked
certificate and every constant is certified, it holds by proof unless replicas refute it, which would be an
error of this suite and is raised as one.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
from sympy import Expr

from ratebound.experiments import grid as grids
from ratebound.experiments import replicas as sampling
from ratebound.experiments.applicability import NotApplicable, Parameter, Trial, prepare
from ratebound.experiments.checks import whole
from ratebound.experiments.conditional import judge_step
from ratebound.experiments.finding import Finding, compare, enumerated_values, exact_values
from ratebound.experiments.grid import Grid, floor_of
from ratebound.experiments.slope import Slope, fit_slope
from ratebound.experiments.verdict import HarnessError, Verdict
from ratebound.problems import library
from ratebound.problems.finite_sum import Problem
from ratebound.theory.catalogue import find
from ratebound.theory.errors import RateboundError
from ratebound.theory.parse import parse
from ratebound.theory.statement import ONE_STEP, Theorem

_FAR = 1e12
"""The k at which the floor of a bound is read off."""


@dataclass(frozen=True)
class _Options:
    """What a user asked for, checked."""

    steps: int
    replicas: int
    seed: int
    delta: float
    cells: int
    backend: str


def verify(
    theorem: str | Theorem,
    problem: str | Problem,
    *,
    parameters: Mapping[str, Parameter] | None = None,
    step: Parameter | None = None,
    steps: int = 1000,
    replicas: int = 256,
    seed: int = 0,
    delta: float = 1e-6,
    batch: int = 1,
    replacement: bool | None = None,
    backend: str = "auto",
    cells: int = 1,
) -> Verdict:
    """Judge a theorem on a problem.

    Parameters
    ----------
    theorem
        A theorem or its id. ``dataclasses.replace(theorem, bound=..., certificate=None)`` is a conjecture.
    problem
        A problem, or a name that :func:`ratebound.problems.library.load` knows.
    parameters
        Values of the theorem's parameters: numbers, or expressions such as ``"1/(4*L_max)"``.
    step
        Another step: the value of the parameter, where the theorem's step is one parameter; else an
        expression in k, K, parameters and constants that makes the theorem a conjecture.
    steps
        Updates of a run.
    replicas
        Independent runs, at most. Where expectations are exact they are drawn for figures only; 0 for none.
    seed
        The one seed.
    delta
        Probability, over all `cells`, that some true bound is called violated by chance.
    batch, replacement
        The sampling; None for that of the theorem, else with replacement.
    backend
        As in :func:`ratebound.experiments.run.simulate`.
    cells
        How many verdicts share `delta`.

    Returns
    -------
    Verdict
        The outcome, and everything that it rests on.

    Raises
    ------
    HarnessError
        If two kinds of evidence contradict each other.
    RateboundError
        If a name is unknown or a value out of range.
    """
    theorem, problem = find(theorem), library.load(problem) if isinstance(problem, str) else problem
    options = _Options(
        whole("steps", steps, 1, 2**32),
        whole("replicas", replicas, 0, 2**32),
        whole("seed", seed, 0, 2**64 - 1),
        _probability(delta),
        whole("cells", cells, 1),
        backend,
    )
    theorem, parameters = _with_step(theorem, parameters, step)
    run = {
        "method": theorem.method.name,
        "batch": batch,
        "replacement": theorem.replacement if replacement is None else replacement,
        "steps": options.steps,
        "seed": options.seed,
    }
    base = Verdict(
        "not applicable",
        theorem.id,
        problem.name,
        "",
        delta=options.delta,
        cells=options.cells,
        run=run | {"replacement": run["replacement"] is not False},
    )
    try:
        trials = _trials(theorem, problem, options.steps, parameters, batch, replacement)
        known = replace(
            base,
            constants=trials[-1].constants,
            parameters=trials[-1].parameters,
            parameters_text=trials[-1].parameters_text,
        )
        if theorem.measure in ONE_STEP:
            return _judge_step(known, trials[-1], options)
        return _judge(known, _grid(trials), options)
    except NotApplicable as reason:
        return replace(base, reason=str(reason))


def _probability(delta: float) -> float:
    try:
        number = float(delta)
    except (TypeError, ValueError):
        raise RateboundError(f"delta = {delta!r} is not a number") from None
    if not 0 < number < 1:
        raise RateboundError(f"delta = {number}; a probability of false alarms lies between 0 and 1")
    return number


def _with_step(
    theorem: Theorem, parameters: Mapping[str, Parameter] | None, step: Parameter | None
) -> tuple[Theorem, Mapping[str, Parameter]]:
    given = dict(parameters or {})
    if step is None:
        return theorem, given
    if theorem.step in theorem.parameters:
        return theorem, given | {str(theorem.step): step}
    expr = parse(str(step)) if not isinstance(step, Expr) else step
    return replace(theorem, step=expr, certificate=None), given


def _trials(
    theorem: Theorem,
    problem: Problem,
    steps: int,
    parameters: Mapping[str, Parameter],
    batch: int,
    replacement: bool | None,
) -> list[Trial]:
    def trial(horizon: int) -> Trial:
        return prepare(
            theorem, problem, steps=horizon, parameters=parameters, batch=batch, replacement=replacement
        )

    last = trial(steps)
    if not theorem.at_horizon or theorem.measure in ONE_STEP:
        return [last]
    return [*(trial(int(K)) for K in grids.horizons(max(last.start, 1), steps)[:-1]), last]


def _grid(trials: list[Trial]) -> Grid:
    if not trials[-1].theorem.at_horizon:
        return grids.of_run(trials[-1])
    return Grid(tuple((trial, np.array([trial.steps])) for trial in trials))


def _judge_step(base: Verdict, trial: Trial, options: _Options) -> Verdict:
    """Judge a statement about one step."""
    finding, curves = judge_step(trial, options.seed)
    if finding.outcome == "violated" and trial.theorem.proof == "certified":
        raise _contradiction(trial.theorem, trial.problem, finding.reason)
    if finding.outcome == "undecided" and trial.theorem.proof == "certified":
        finding = replace(
            finding, outcome="holds", evidence="proof", reason=f"the proof is checked; {finding.reason}"
        )
    if curves:
        curves["evaluations"] = curves["k"] * trial.batch
    return replace(base, **asdict(finding), curves=curves)


def _judge(base: Verdict, grid: Grid, options: _Options) -> Verdict:
    """Judge a statement about a run by the best evidence there is."""
    theorem, problem = grid.theorem, grid.problem
    negative = grid.check_bound()
    exact = exact_values(grid.every_step())
    seen = None
    if theorem.stochastic and options.replicas:
        seen = sampling.sample(
            grid,
            replicas=options.replicas,
            seed=options.seed,
            delta=options.delta,
            cells=options.cells,
            backend=options.backend,
            stop=exact is None,
        )
    if negative is not None:
        finding = _negative(grid, negative)
    elif exact is not None:
        finding = compare(grid.every_step(), exact, "exact")
        if finding.outcome == "holds" and seen is not None and seen.refuted:
            raise _contradiction(theorem, problem, "replicas refute what the exact expectation confirms")
    else:
        finding = _without_expectation(grid, seen, options)
    if finding.outcome == "violated" and theorem.proof == "certified":
        raise _contradiction(theorem, problem, finding.reason)
    curves = _curves(grid, exact, seen)
    return replace(
        base,
        **asdict(finding),
        vacuous=finding.outcome == "holds" and _vacuous(grid),
        e_value=None if seen is None else seen.e_value,
        confirm_value=None if seen is None else seen.confirm_value,
        replicas=0 if seen is None else seen.count,
        slope=_slope(grid, curves),
        curves=curves,
        floor=_floor(grid),
    )


def _contradiction(theorem: Theorem, problem: Problem, reason: str) -> HarnessError:
    return HarnessError(
        f"internal error: {theorem.id} on {problem.name}: its proof is checked and its constants are certified, "
        f"yet {reason}; a certificate, a constant or an engine is wrong, please report it"
    )


def _negative(grid: Grid, position: int) -> Finding:
    value = float(grid.claim[position])
    variant = grid.variant(position)
    given = f" for the valid constant {variant}" if variant else ""
    reason = (
        f"the bound is {value:.6g} at k = {grid.k[position]}{given}; no {grid.theorem.measure} is negative"
    )
    return Finding("violated", "static", reason, int(grid.k[position]), None, value)


def _without_expectation(grid: Grid, seen: sampling.Sample | None, options: _Options) -> Finding:
    """Judge by all index paths of the first steps, by replicas, and by the proof."""
    part = enumerated_values(grid)
    walked = None if part is None else compare(part[0], part[1], "enumeration")
    if walked is not None and (walked.outcome == "violated" or part[0].k[-1] == grid.k[-1]):
        return walked
    worst: dict[str, Any] = {}
    if seen is not None:
        found = sampling.over(seen.mean, grid.claim)
        at = int(np.argmax(found))
        worst = {
            "k": int(grid.k[at]),
            "measured": float(seen.mean[at]),
            "bound": float(grid.claim[at]),
            "tightness": float(found[at]),
        }
    refuted = seen is not None and seen.refuted
    if refuted and seen is not None and seen.confirmed:
        raise HarnessError(
            f"internal error: replicas both refute and confirm {grid.theorem.id} on {grid.problem.name}; "
            "a certified range or an engine is wrong, please report it"
        )
    if refuted and seen is not None:
        reason = f"{seen.count} replicas refute the bound: e-value {seen.e_value:.3g}"
        return Finding("violated", "monte carlo", reason, **worst)
    if grid.theorem.proof == "certified":
        also = f", and {seen.count} replicas do not refute it" if seen is not None else ""
        return Finding("holds", "proof", f"the proof is checked, every constant is certified{also}", **worst)
    if seen is None:
        return Finding(
            "undecided", "none", "there is neither proof nor exact expectation, and no replicas ran"
        )
    if seen.confirmed:
        reason = f"{seen.count} replicas confirm the bound at every checkpoint, given the certified range"
        return Finding("holds", "monte carlo", reason, **worst)
    reason = sampling.predicted(grid, seen, options.delta, options.cells)
    return Finding("undecided", "monte carlo", reason, **worst)


def _start(grid: Grid) -> float:
    """Return the measure at x_0."""
    problem, measure = grid.problem, grid.theorem.measure
    function = problem.gap if measure.startswith("gap") else problem.grad_norm_sq
    return float((problem.distance_sq if measure == "distance_sq" else function)(problem.x0))


def _vacuous(grid: Grid) -> bool:
    """Whether the bound never falls below the error at the start."""
    return bool((grid.bound >= _start(grid) * (1 + grids.EPS)).all() and grid.k[-1] > 0)


def _floor(grid: Grid) -> float | None:
    """Return the limit of the bound as k grows, where it is positive."""
    if grid.theorem.order.kind != "floor":
        return None
    value = float(grid.trial.bound(np.array([_FAR]))[0])
    return value if math.isfinite(value) and value > 0 else None


def _curves(grid: Grid, exact: np.ndarray | None, seen: sampling.Sample | None) -> dict[str, np.ndarray]:
    trial = grid.trial
    per_step = trial.batch if grid.theorem.stochastic else grid.problem.n
    curves = {"k": grid.k, "bound": grid.bound, "evaluations": grid.k * per_step}
    if exact is not None:
        curves["exact"] = exact[np.searchsorted(grid.every_step().k, grid.k)]
    if seen is not None:
        curves |= sampling.curves_of(seen, grid.theorem.measure == "grad_norm_sq_best")
    return curves


def _slope(grid: Grid, curves: Mapping[str, np.ndarray]) -> Slope | None:
    values = curves.get("exact", curves.get("mean"))
    order = grid.theorem.order
    if values is None or order.kind == "one step":
        return None
    floor = floor_of(grid.problem, grid.theorem.measure)
    if order.kind == "floor":
        # The descent is what the rate speaks about: cut where the curve has nearly reached its last value.
        floor = max(floor, 3 * float(values[-1]) if np.isfinite(values[-1]) else floor)
    return fit_slope(grid.k, values, "linear" if order.exponent is None else "power", floor)
