"""Replicas of a run against its bound: an e-process refutes, another confirms where a range is certain."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from ratebound.experiments.evidence import smoothing
from ratebound.experiments.evidence.after_passes import run_of
from ratebound.experiments.evidence.evalue import ConfirmProcess, EProcess
from ratebound.experiments.evidence.leaving import left
from ratebound.experiments.evidence.ranges import certified_range
from ratebound.experiments.finding import ratios
from ratebound.experiments.grid import EPS, Grid
from ratebound.experiments.plan import ALONG_PATH
from ratebound.experiments.run import simulate
from ratebound.problems.quiet import quiet
from ratebound.theory.measures import BEST

_FIRST_BATCH, _LARGEST_BATCH = 64, 16384
_DRAWN = 4
_NORMAL = 2.576
"""99 % two-sided normal quantile, for the band of the figures only."""
_MOST = 2**32


@dataclass(frozen=True, eq=False)
class Sample:
    """What replicas showed.

    Parameters
    ----------
    measured
        The measure at every point, shape (R, N); for the best iterate the minimum along each replica.
    mean
        Mean over the replicas, shape (N,), of what the theorem bounds: for the best iterate the minimum
        over j < k of the means.
    e_value
        Largest e-value against the bound.
    refuted
        Whether it reached `refute`.
    confirm_value
        Largest e-value for the bound; None where no range is certified.
    confirmed
        Whether it reached `confirm`.
    ranges
        The certified range over the bound, shape (N,).
    refute, confirm
        The e-values that decide.
    exits
        Replicas that have left the region, if there is one.
    """

    measured: np.ndarray
    mean: np.ndarray
    e_value: float
    refuted: bool
    confirm_value: float | None
    confirmed: bool
    ranges: np.ndarray
    refute: float
    confirm: float
    exits: int = 0

    @property
    def count(self) -> int:
        """Number of replicas."""
        return len(self.measured)


def over(q: np.ndarray, bound: np.ndarray) -> np.ndarray:
    """Return q/bound, zero where both are zero."""
    with quiet:
        return np.where(q == 0, 0.0, np.where(bound > 0, q / bound, np.inf))


def sample(
    grid: Grid, *, replicas: int, seed: int, refute: float, confirm: float, backend: str, stop: bool
) -> Sample:
    """Run replicas in batches of 64, 128, ... until the bound is refuted or all are used.

    Parameters
    ----------
    grid
        The points, and the bound there.
    replicas, seed, backend
        As in :func:`ratebound.experiments.run.simulate`.
    refute, confirm
        The e-values at which the bound counts as refuted and as confirmed: the number of verdicts that share
        a budget over the budget.
    stop
        Whether to stop at a refutation; figures want all replicas.

    Notes
    -----
    A measure counts only beyond its rounding error, and against a bound enlarged by 1e-9, so that rounding
    never adds evidence. The minimum along one replica has an expectation below the minimum of the
    expectations, so a bound on the latter is refuted soundly by the former. Where that costs little, bets are
    on the mean over the last step instead; see :mod:`ratebound.experiments.evidence.smoothing`.
    """
    floor, claim = grid.floor, grid.claim * (1 + EPS)
    ranges = over(certified_range(grid), claim)
    against, support = EProcess(grid.k.size), ConfirmProcess(ranges)
    certain = bool(np.isfinite(ranges).all())
    smooth = stop and grid.trial.radius is None and smoothing.affordable(grid, replicas)
    parts, means, exits = [], [], 0
    for first, count in _batches(replicas):
        q, mean = run_replicas(grid, first, count, seed, backend)
        if grid.trial.radius is not None:
            gone = left(grid, first, count, seed)
            q = np.where(gone, 0.0, q)
            mean, exits = q.mean(0), exits + int(gone[:, -1].sum())
        parts.append(q)
        means.append(mean * count)
        bet = smoothing.conditional_means(grid, first, count, seed) if smooth else q
        against.update(over(np.maximum(bet - floor, 0.0), claim))
        if certain:
            support.update(over(bet, claim))
        if stop and against.rejects(refute):
            break
    measured = np.concatenate(parts)
    mean = np.sum(means, axis=0) / len(measured)
    if grid.theorem.measure in BEST:
        mean = _running_minimum(grid, mean)
    return Sample(
        measured,
        mean[: grid.k.size],
        against.value,
        against.rejects(refute),
        support.value if certain else None,
        certain and support.confirms(confirm),
        ranges,
        refute,
        confirm,
        exits,
    )


def _batches(replicas: int) -> Iterator[tuple[int, int]]:
    first, size = 0, _FIRST_BATCH
    while first < replicas:
        count = min(size, replicas - first)
        yield first, count
        first, size = first + count, min(2 * size, _LARGEST_BATCH)


def run_replicas(
    grid: Grid, first: int, count: int, seed: int, backend: str
) -> tuple[np.ndarray, np.ndarray]:
    """Return the measure, shape (R, N), and its mean; for the best iterate the means at every step."""
    name, columns, paths = grid.theorem.measure, [], []
    for trial, at in grid.entries:
        out = simulate(
            trial.problem,
            trial.method,
            replicas=count,
            seed=seed,
            measures=[name],
            first_replica=first,
            backend=backend,
            **run_of(trial, at),
        )
        columns.append(out[name].values[0])
        if name in BEST:
            paths.append(out[f"{ALONG_PATH[name]}_path"].values[0])
    q = np.concatenate(columns, axis=1)
    return q, np.concatenate(paths) if paths else q.mean(0)


def _running_minimum(grid: Grid, means: np.ndarray) -> np.ndarray:
    """Return min over j < k of the mean at x_j, at each point of the grid."""
    found, first = [], 0
    for trial, at in grid.entries:
        path = means[first : first + trial.steps]
        found.append(np.minimum.accumulate(path)[at - 1])
        first += trial.steps
    return np.concatenate(found)


def quantiles(q: np.ndarray) -> dict[str, np.ndarray]:
    """Return 10-90 % quantiles over replicas (R, N), and some replicas.

    Quantiles are order statistics, which infinite values of diverged replicas do not disturb.
    """
    return {
        "q10": np.quantile(q, 0.1, axis=0, method="lower"),
        "q90": np.quantile(q, 0.9, axis=0, method="higher"),
        "replicas": q[:_DRAWN],
    }


def curves_of(seen: Sample, best: bool) -> dict[str, np.ndarray]:
    """Return the curves of a figure: mean, normal band (for the eye), 10-90 % quantiles, some replicas.

    The minimum of means has no band.
    """
    q = seen.measured
    found = {"mean": seen.mean, **quantiles(q)}
    if len(q) > 1 and not best:
        with quiet:
            half = _NORMAL * q.std(0, ddof=1) / math.sqrt(len(q))
            half = np.where(np.isfinite(half), half, np.inf)
            found |= {"mean_low": np.maximum(seen.mean - half, 0.0), "mean_high": seen.mean + half}
            found["mean_low"] = np.where(np.isnan(found["mean_low"]), 0.0, found["mean_low"])
    return found


def predicted(grid: Grid, seen: Sample) -> str:
    """Return in words how many replicas would decide, by the rules of thumb of both tests."""
    # What the bets see: for the best iterate smaller than the mean that is shown.
    means = seen.measured.mean(0)
    ratio = ratios(means, grid.claim, grid.floor)
    worst = int(np.argmax(ratio))
    f = float(ratio[worst])
    if f > 1 and np.isfinite(f):
        with quiet:
            spread = float(np.nan_to_num(seen.measured[:, worst].std() / means[worst], posinf=1e6))
        need = 2 * spread**2 * f**2 * math.log(seen.refute) / (f - 1) ** 2
        return (
            f"the mean exceeds the bound by a factor {f:.4g} at k = {grid.k[worst]}; {_count(need)} to refute"
        )
    if not np.isfinite(seen.ranges).all():
        return "no range of the measure is certified, so that replicas cannot confirm a bound, only refute it"
    need = 1.4 * float((seen.ranges / np.maximum(1 - ratio, 1e-12)).max()) * math.log(seen.confirm)
    return f"the mean lies below the bound everywhere; {_count(need)} to confirm"


def _count(need: float) -> str:
    return f"about {math.ceil(need)} replicas would be needed" if need < _MOST else "more than 4e9 replicas"
