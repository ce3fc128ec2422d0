"""The judgement: which evidence there is about a run or a step, which of it decides, and what it shows."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np

from ratebound.experiments import grid as grids
from ratebound.experiments.applicability import Trial
from ratebound.experiments.backends.rules import at_start
from ratebound.experiments.backends.stored import first_stored
from ratebound.experiments.evidence import replicas as sampling
from ratebound.experiments.evidence.conditional import check_step
from ratebound.experiments.evidence.premises import with_premises
from ratebound.experiments.evidence.slope import Slope, fit_slope
from ratebound.experiments.evidence.step_claim import StepFinding, check_claim, claim_of
from ratebound.experiments.finding import Finding, closest, compare, enumerated_values, exact_values, ratios
from ratebound.experiments.grid import Grid
from ratebound.experiments.plan import function_of
from ratebound.experiments.verdict import HarnessError, Verdict
from ratebound.problems.ball import ball
from ratebound.problems.finite_sum import Problem
from ratebound.problems.point_values import values_at
from ratebound.theory.errors import RateboundError
from ratebound.theory.measures import BEST
from ratebound.theory.order import Order
from ratebound.theory.readings import bounded, of_table, state_of
from ratebound.theory.statement import Theorem

_FAR = 1e12
"""The k at which the floor of a bound is read off."""


@dataclass(frozen=True)
class Options:
    """What a user asked for, checked; see :func:`ratebound.experiments.verify.verify`."""

    steps: int
    replicas: int
    seed: int
    delta: float
    cells: int
    backend: str
    confirm: float


def judge_step(base: Verdict, trial: Trial, options: Options) -> Verdict:
    """Judge a statement about one step."""
    finding, curves = check_step(trial, options.seed)
    if finding.outcome == "violated" and trial.theorem.proof == "certified":
        raise contradiction(trial.theorem, trial.problem, finding.reason)
    if finding.outcome == "undecided" and trial.theorem.proof == "certified":
        finding = replace(
            finding, outcome="holds", evidence="proof", reason=f"the proof is checked; {finding.reason}"
        )
    if curves:
        curves["evaluations"] = curves["k"] * trial.batch
    stated = with_premises(StepFinding(None, ""), trial, options.seed)
    return replace(base, **asdict(finding), curves=curves, step_holds=stated.holds, step_reason=stated.reason)


def judge_run(base: Verdict, grid: Grid, options: Options) -> Verdict:
    """Judge a statement about a run by the best evidence there is."""
    theorem, problem = grid.theorem, grid.problem
    negative = grid.check_bound()
    # Expectations are of the statement as it stands, without a region.
    local = grid.trial.radius is not None
    exact = None if local else exact_values(grid.every_step())
    seen = None
    if theorem.stochastic and options.replicas:
        seen = sampling.sample(
            grid,
            replicas=options.replicas,
            seed=options.seed,
            refute=options.cells / options.delta,
            confirm=options.cells / options.confirm,
            backend=options.backend,
            stop=exact is None,
        )
    if negative is not None:
        finding = negative_bound(grid, negative)
    elif exact is not None:
        finding = compare(grid.every_step(), exact, "exact")
        if finding.outcome == "holds" and seen is not None and seen.refuted:
            raise contradiction(theorem, problem, "replicas refute what the exact expectation confirms")
    else:
        finding = _without_expectation(grid, seen, options)
    if finding.outcome == "violated" and theorem.proof == "certified":
        raise contradiction(theorem, problem, finding.reason)
    step, order = StepFinding(None, "") if local else _step(grid, options), _order(theorem)
    curves = curves_of(grid, exact, seen)
    return replace(
        base,
        **asdict(finding),
        step_holds=step.holds,
        step_reason=step.reason,
        vacuous=finding.outcome == "holds" and vacuous(grid, grid.bound),
        e_value=None if seen is None else seen.e_value,
        confirm_value=None if seen is None else seen.confirm_value,
        replicas=0 if seen is None else seen.count,
        slope=_slope(grid, order, curves),
        curves=curves,
        floor=_floor(grid, order),
        **_region(grid, seen),
    )


def _region(grid: Grid, seen: sampling.Sample | None) -> dict[str, Any]:
    """Return the region of a verdict, if there is one, and how many replicas have left it."""
    if grid.trial.radius is None:
        return {}
    exits = None if seen is None else seen.exits
    return {"region": ball(grid.problem, grid.trial.radius), "exits": exits}


def _step(grid: Grid, options: Options) -> StepFinding:
    """Check the one-step inequality of the proof, where there is one."""
    claim = claim_of(grid.theorem, grid.trial)
    found = StepFinding(None, "") if claim is None else check_claim(grid.trial, claim, options.seed)
    if found.holds is False and grid.theorem.proof == "certified":
        raise contradiction(grid.theorem, grid.problem, found.reason)
    return with_premises(found, grid.trial, options.seed)


def contradiction(theorem: Theorem, problem: Problem, reason: str) -> HarnessError:
    """Return the error of evidence against what is proved."""
    return HarnessError(
        f"internal error: {theorem.id} on {problem.name}: its proof is checked and its constants are "
        f"certified, yet {reason}; a certificate, a constant or an engine is wrong, please report it"
    )


def negative_bound(grid: Grid, position: int) -> Finding:
    """Return what a negative bound shows, whatever runs do."""
    value = float(grid.claim[position])
    variant = grid.variant(position)
    given = f" for the valid constant {variant}" if variant else ""
    reason = (
        f"the bound is {value:.6g} at k = {grid.k[position]}{given}; no {grid.theorem.measure} is negative"
    )
    return Finding("violated", "static", reason, int(grid.k[position]), None, value)


def _without_expectation(grid: Grid, seen: sampling.Sample | None, options: Options) -> Finding:
    """Judge by all index paths of the first steps, by replicas, and by the proof."""
    part = enumerated_values(grid) if grid.trial.radius is None else None
    if part is not None:
        walked = compare(*part, "enumeration")
        if walked.outcome == "violated" or part[0].k[-1] == grid.k[-1]:
            return walked
    worst: dict[str, Any] = {}
    if seen is not None:
        found = ratios(seen.mean, grid.claim, grid.floor)
        at = closest(grid, found)
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
    reason = sampling.predicted(grid, seen)
    return Finding("undecided", "monte carlo", reason, **worst)


def _start(grid: Grid) -> float:
    """Return the measure at the start."""
    measure, method = grid.theorem.measure, grid.theorem.method
    if of_table(measure):
        assert method.draws is not None
        first = first_stored(grid.problem, method.draws.first).ravel()
    else:
        first = at_start(grid.problem, method, state_of(measure))
    return float(values_at(grid.problem)[function_of(measure)](first))


def vacuous(grid: Grid, bound: np.ndarray) -> bool:
    """Whether a bound at each point never falls below the error at the start."""
    if bounded(grid.theorem.measure):
        return False  # It limits how far a state grows.
    return bool((bound >= _start(grid) * (1 + grids.EPS)).all() and grid.k[-1] > 0)


def _order(theorem: Theorem) -> Order | None:
    """Return the rate of the bound, None where a conjecture has a rate without a name."""
    try:
        return theorem.order
    except RateboundError:
        return None


def _floor(grid: Grid, order: Order | None) -> float | None:
    """Return the limit of the bound as k grows, where it is positive and finite."""
    if order is None or order.kind != "floor" or order.rise:
        return None
    value = float(grid.trial.bound(np.array([_FAR]))[0])
    return value if math.isfinite(value) and value > 0 else None


def curves_of(
    grid: Grid, exact: np.ndarray | None = None, seen: sampling.Sample | None = None
) -> dict[str, np.ndarray]:
    """Return the curves of a figure: the bound, what it costs, and what was measured."""
    # Where the horizon sets the step no line search does, whose runs would differ.
    curves = {"k": grid.k, "bound": grid.bound, "evaluations": grid.trial.evaluations(grid.k)}
    if exact is not None:
        curves["exact"] = exact[np.searchsorted(grid.every_step().k, grid.k)]
    if seen is not None:
        curves |= sampling.curves_of(seen, grid.theorem.measure in BEST)
    return curves


def _slope(grid: Grid, order: Order | None, curves: Mapping[str, np.ndarray]) -> Slope | None:
    values = curves.get("exact", curves.get("mean"))
    if values is None or (order is not None and order.kind == "one step"):
        return None
    floor = grid.floor
    if order is None:
        return fit_slope(grid.k, values, "power", floor)
    if order.kind == "floor":
        # The descent is what the rate speaks about: cut where the curve has nearly reached its last value.
        floor = max(floor, 3 * float(values[-1]) if np.isfinite(values[-1]) else floor)
    return fit_slope(grid.k, values, "linear" if order.exponent is None else "power", floor)
