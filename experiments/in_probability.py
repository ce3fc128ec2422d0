"""The judgement of a claim in probability: how many replicas exceed the limit, at each checkpoint.

The number is binomial, and its exact limits decide: a replica counts once, however far it exceeds. The claim
is about every checkpoint, so that the probability of a false alarm is shared among them, while a confirmation
has to win at each. All replicas run before anything is counted: there is no peeking to pay for.
"""

from __future__ import annotations

import math
from dataclasses import asdict, replace
from typing import Any

import numpy as np

from ratebound.experiments.applicability import NotApplicable
from ratebound.experiments.evidence.binomial import above, below
from ratebound.experiments.evidence.replicas import over, quantiles, run_replicas
from ratebound.experiments.finding import Finding
from ratebound.experiments.grid import EPS, Grid
from ratebound.experiments.judge import Options, contradiction, curves_of, negative_bound, vacuous
from ratebound.experiments.verdict import Verdict
from ratebound.theory.errors import RateboundError
from ratebound.theory.probability import InProbability


def judge_in_probability(base: Verdict, grid: Grid, options: Options, risk: float) -> Verdict:
    """Judge that the measure exceeds bound/risk with probability at most `risk`, at every checkpoint.

    Raises
    ------
    NotApplicable
        If there is no chance in a run, or the run has a region, where errors count as zero from some step on.
    """
    try:
        claim = InProbability(grid.theorem, risk)
    except RateboundError as reason:
        raise NotApplicable(str(reason)) from None
    if grid.trial.radius is not None:
        raise NotApplicable("a claim in probability is about whole runs; leave out the region, or the risk")
    negative, q = grid.check_bound(), None
    if options.replicas:
        q, _ = run_replicas(grid, 0, options.replicas, options.seed, options.backend)
    if negative is not None:
        finding = negative_bound(grid, negative)
    else:
        finding = _finding(grid, q, options, risk)
    if finding.outcome == "violated" and claim.proof == "certified":
        raise contradiction(grid.theorem, grid.problem, finding.reason)
    curves = curves_of(grid)
    curves["bound"] = curves["bound"] / risk
    return replace(
        base,
        **asdict(finding),
        risk=risk,
        vacuous=finding.outcome == "holds" and vacuous(grid, grid.bound / risk),
        replicas=0 if q is None else len(q),
        curves=curves if q is None else curves | quantiles(q),
    )


def exceeding(grid: Grid, q: np.ndarray, risk: float) -> np.ndarray:
    """Return how many replicas exceed the limit beyond rounding, shape (N,); those that diverged do."""
    return (np.maximum(q - grid.floor, 0.0) > grid.claim / risk * (1 + EPS)).sum(0)


def _finding(grid: Grid, q: np.ndarray | None, options: Options, risk: float) -> Finding:
    certified = grid.theorem.proof == "certified"
    why = "the proof in expectation is checked, every constant is certified, and Markov's inequality applies"
    if q is None:
        if certified:
            return Finding("holds", "proof", why)
        return Finding("undecided", "none", "there is no proof, and no replicas ran")
    count = exceeding(grid, q, risk)
    worst, limit = int(np.argmax(count)), grid.claim / risk
    # The quantile that the claim is about, for the eye.
    rank = min(math.ceil((1 - risk) * len(q)), len(q) - 1)
    quantile = np.sort(q, axis=0)[rank]
    found = over(np.where(quantile <= grid.floor, 0.0, quantile), limit)
    at = int(np.argmax(found)) if not count.any() else worst
    where: dict[str, Any] = {
        "k": int(grid.k[at]),
        "measured": float(quantile[at]),
        "bound": float(limit[at]),
        "tightness": float(found[at]),
    }
    refute = options.delta / (options.cells * grid.k.size)
    confirm = options.confirm / options.cells
    said = f"{count[worst]} of {len(q)} replicas exceed the limit at k = {grid.k[worst]}"
    low, high = float(below(count[worst], len(q), refute)), float(above(count[worst], len(q), confirm))
    if low > risk:
        reason = f"{said}: the probability is above {low:.4g}, and {risk:.4g} is claimed"
        return Finding("violated", "monte carlo", reason, **where)
    if certified:
        return Finding("holds", "proof", f"{why}; {said}", **where)
    if high < risk:
        reason = f"{said}, the most there are at any checkpoint: the probability is below {high:.4g}"
        return Finding("holds", "monte carlo", reason, **where)
    least = math.ceil(math.log(confirm) / math.log1p(-risk))
    reason = f"{said}: the probability lies in [{low:.4g}, {high:.4g}]; {least} replicas or more may confirm"
    return Finding("undecided", "monte carlo", reason, **where)
