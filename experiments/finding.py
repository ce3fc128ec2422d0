"""What one kind of evidence says: an outcome, where it is closest, and why."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from ratebound.experiments.applicability import Trial
from ratebound.experiments.evidence.after_passes import enumerated_after_passes, exact_after_passes
from ratebound.experiments.evidence.enumerate import enumerate_paths, ways_on
from ratebound.experiments.evidence.exact import exact_available, exact_curves
from ratebound.experiments.grid import EPS, Grid
from ratebound.experiments.precise import run as precise
from ratebound.experiments.verdict import EvidenceKind, HarnessError, Outcome
from ratebound.problems.quiet import quiet
from ratebound.theory.draws import Draws

CERTAIN = 1e-6
"""Relative excess beyond which rounding is out of the question, recomputed or not."""
_PATHS, _PATHS_PROVED = (10**7, 10**6), (10**6, 10**5)
"""Paths that are walked of a whole run, some seconds, and of its first steps; fewer where a proof decides and
they only measure."""
_FEWEST_STEPS = 3


@dataclass(frozen=True)
class Finding:
    """What one kind of evidence says.

    Parameters
    ----------
    outcome, evidence, reason
        As in :class:`ratebound.experiments.verdict.Verdict`.
    k, measured, bound, tightness
        The worst point, its two sides, and their ratio.
    """

    outcome: Outcome
    evidence: EvidenceKind
    reason: str
    k: int | None = None
    measured: float | None = None
    bound: float | None = None
    tightness: float | None = None


def ratios(measured: np.ndarray, bound: np.ndarray, floor: float) -> np.ndarray:
    """Return measured/bound; errors within rounding of zero count as zero, whatever the bound."""
    with quiet:
        found = np.where(bound > 0, measured / bound, np.inf)
    return np.where(measured <= floor, 0.0, found)


def exact_values(grid: Grid) -> np.ndarray | None:
    """Return the exact expectation of the measure at each point, shape (N,); None where none is known."""
    theorem = grid.theorem
    if theorem.in_passes:
        found = [exact_after_passes(trial, at) for trial, at in grid.entries]
        known = [values for values in found if values is not None]
        return np.concatenate(known) if len(known) == len(found) else None
    if not exact_available(grid.problem, theorem.method, grid.trial.batch, theorem.measure):
        return None
    return np.concatenate(
        [
            exact_curves(
                grid.problem,
                trial.method,
                trial.alphas,
                batch=trial.batches,
                replacement=trial.replacement,
                weights=trial.weights,
                measures=[theorem.measure],
                at=at,
            )[theorem.measure]
            for trial, at in grid.entries
        ]
    )


def enumerated_values(grid: Grid) -> tuple[Grid, np.ndarray] | None:
    """Return the part of the grid whose index paths can all be walked, with the expectations there."""
    trial, theorem = grid.trial, grid.theorem
    if theorem.in_passes:
        return enumerated_after_passes(grid)
    draws = theorem.method.draws
    if not theorem.stochastic or not (draws is None or draws.evenly):
        return None
    if draws is not None and draws.table and grid.problem.sparse:
        return None  # Its table holds numbers, which no walk reads.
    # Where the horizon sets the batches each run has its own.
    paths = [np.cumsum(_branching(each)) for each, _ in grid.entries]
    whole, partly = _PATHS_PROVED if theorem.proof == "certified" else _PATHS
    limit = math.log(whole if paths[-1][-1] <= math.log(whole) + EPS else partly) + EPS
    if theorem.at_horizon:
        walked = tuple(entry for entry, ways in zip(grid.entries, paths, strict=True) if ways[-1] <= limit)
        most = max((each.steps for each, _ in walked), default=0)
    else:
        most = int(np.searchsorted(paths[-1], limit))
        walked = ((trial, np.arange(trial.start, most + 1)),)
    if not walked or most < max(_FEWEST_STEPS, trial.start):
        return None
    return Grid(walked), np.concatenate([_enumerated(each, at) for each, at in walked])


def _branching(trial: Trial) -> np.ndarray:
    """Return the logarithm of the number of ways on at each step, shape (K,)."""
    sizes = np.broadcast_to(np.ravel(trial.batches), (trial.steps,)).tolist()
    ways = ways_on(trial.problem, trial.method.draws or Draws(), sizes, trial.replacement)
    return np.array([math.log(each) for each in ways])  # They may be more than a float holds.


def _enumerated(trial: Trial, at: np.ndarray) -> np.ndarray:
    """Return the expectation of the measure at the given k by all index paths of so many steps."""
    steps, measure = int(at[-1]), trial.theorem.measure
    return enumerate_paths(
        trial.problem,
        trial.method,
        trial.alphas[:steps],
        batch=trial.batch if trial.sizes is None else trial.sizes[:steps],
        replacement=trial.replacement,
        weights=None if trial.weights is None else trial.weights[:steps],
        measures=[measure],
        max_paths=max(_PATHS),
    )[measure][at]


def compare(grid: Grid, measured: np.ndarray, evidence: EvidenceKind) -> Finding:
    """Compare exact expectations with the bound, and with what it implies for other valid constants.

    An excess is called a violation only where it survives 50 digits or, where those take too long, if it is
    too large for rounding.
    """
    floor, claim = grid.floor, grid.claim
    found = ratios(measured, claim, floor)
    over = ~(measured <= claim * (1 + EPS) + floor)  # nan is no success
    worst = _worst(found, over)
    what = "the exact expectation" if grid.theorem.stochastic else "the error of the run"
    where = f"every k = {grid.k[0]} .. {grid.k[-1]}"
    if grid.theorem.at_horizon:
        where = f"{grid.k.size} horizons K = {grid.k[0]} .. {grid.k[-1]}"
    hidden = measured > claim * (1 + EPS)
    if not over.any() and hidden.any() and (measured <= floor).all() and grid.theorem.proof != "certified":
        return _beneath(grid, hidden, found, measured, evidence)
    if not over.any():
        own = ratios(measured, grid.bound, floor)
        at = closest(grid, own)
        return _finding(grid, "holds", evidence, f"{what} lies below the bound at {where}", at, measured, own)
    excess = np.where(over, measured - floor - claim * (1 + CERTAIN), -np.inf)
    if np.isfinite(measured[worst]):
        decided, worst, found = _again(grid, over, worst, found)
    else:
        decided = "violated"
    if decided is None:
        decided = "violated" if excess[worst] > 0 else "undecided"
    elif decided == "holds" and excess.max() > 0:
        # A deterministic run may amplify rounding; expectations do not.
        if grid.theorem.stochastic:
            raise HarnessError(
                f"internal error: {grid.theorem.id} on {grid.problem.name}: the expectations in double "
                "precision and with 50 digits differ by more than rounding; please report it"
            )
        decided = "undecided"
    if decided == "holds":
        reason = f"{what} lies below the bound at {where}, where close recomputed with 50 digits"
        return _finding(grid, "holds", evidence, reason, worst, measured, found, claim)
    if decided == "undecided":
        reason = (
            f"at k = {grid.k[worst]} error and bound agree to within rounding: neither is certainly larger"
        )
        return _finding(grid, "undecided", evidence, reason, worst, measured, found)
    variant = grid.variant(worst)
    against = f"; the bound is claimed for every valid constant, here {variant}" if variant else ""
    sides = f"the error {measured[worst]:.10g} exceeds the bound {claim[worst]:.10g}"
    reason = f"at k = {grid.k[worst]} {sides}{against}"
    return _finding(grid, "violated", evidence, reason, worst, measured, found, claim)


def _beneath(
    grid: Grid, hidden: np.ndarray, found: np.ndarray, measured: np.ndarray, evidence: EvidenceKind
) -> Finding:
    """Judge a run whose error is within rounding of zero from its start on, where doubles show nothing."""
    worst = int(np.argmax(hidden))
    decided, worst, found = _again(grid, hidden, worst, found)
    said: dict[Outcome | None, tuple[Outcome, str]] = {
        "holds": ("holds", "the error, recomputed with 50 digits, lies below the bound at every k"),
        "violated": ("violated", f"at k = {grid.k[worst]} the error, with 50 digits, exceeds the bound"),
    }
    silent: tuple[Outcome, str] = ("undecided", "the error is within rounding of zero at every k")
    outcome, reason = said.get(decided, silent)
    return _finding(grid, outcome, evidence, reason, worst, measured, found, grid.claim)


def _again(
    grid: Grid, over: np.ndarray, worst: int, found: np.ndarray
) -> tuple[Outcome | None, int, np.ndarray]:
    """Decide the points `over` with 50 digits, the worst first; None where that takes too long.

    Returns
    -------
    tuple
        The outcome, the worst point, and the ratios with those that were computed again in place.
    """
    found = found.copy()
    rest = over & (np.arange(over.size) != worst)
    for chosen in (np.arange(over.size) == worst, rest):
        for positions, trial in grid.runs(chosen):
            at = grid.k[positions]
            if not precise.feasible(trial, int(at[-1])):
                return None, worst, found
            found[positions] = precise.ratios(trial, at, [grid.changed(int(p)) for p in positions])
        if (found[chosen] > 1).any():
            worst = int(np.argmax(np.where(chosen, found, -np.inf)))
            return "violated", worst, found
    return "holds", int(np.argmax(np.where(over, found, -np.inf))), found


def closest(grid: Grid, found: np.ndarray) -> int:
    """Return the largest ratio after the start, where every bound that begins at k = 0 is nearly attained."""
    later = np.flatnonzero(grid.k > 0)
    return int(later[np.argmax(found[later])]) if later.size else int(np.argmax(found))


def _worst(found: np.ndarray, over: np.ndarray) -> int:
    """Return the largest finite ratio among the violations, else the first of them, else the largest."""
    finite = np.where(over & np.isfinite(found), found, -np.inf)
    if np.isfinite(finite).any():
        return int(np.argmax(finite))
    return int(np.argmax(over)) if over.any() else int(np.argmax(found))


def _finding(
    grid: Grid,
    outcome: Outcome,
    evidence: EvidenceKind,
    reason: str,
    at: int,
    measured: np.ndarray,
    found: np.ndarray,
    bound: np.ndarray | None = None,
) -> Finding:
    limit = grid.bound if bound is None else bound
    return Finding(
        outcome,
        evidence,
        reason,
        int(grid.k[at]),
        float(measured[at]),
        float(limit[at]),
        float(found[at]),
    )
