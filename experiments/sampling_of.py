"""The sampling of a run, checked against what a theorem is about: order, replacement, batches."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ratebound.experiments.plan import check_batch
from ratebound.experiments.shuffling import check_order
from ratebound.problems.finite_sum import Problem
from ratebound.theory.errors import RateboundError
from ratebound.theory.measures import ONE_STEP
from ratebound.theory.statement import Theorem

_LARGEST = 10**6
"""Samples of one batch, at most."""


class NotApplicable(RateboundError):
    """The theorem says nothing about this run; the message is the reason."""


def sampling_of(
    theorem: Theorem,
    problem: Problem,
    steps: int,
    batch: int | Sequence[int] | np.ndarray,
    replacement: bool | None,
    order: str | None,
) -> tuple[int, np.ndarray | None, bool]:
    """Return the smallest batch, those of all steps where they change, and replacement.

    None stands for what the theorem is about.

    Raises
    ------
    NotApplicable
        If the theorem is about another sampling.
    RateboundError
        If a batch without replacement exceeds n, or the order is unknown.
    """
    sizes = check_batch(batch if np.ndim(batch) == 0 else np.asarray(batch)[:steps], steps)
    batch, largest = int(sizes.min()), int(sizes.max())
    if theorem.batch is not None and largest > 1:
        raise NotApplicable(f"{theorem.id} sets the size of every batch itself; leave out batch")
    changing = None if batch == largest or not theorem.stochastic else sizes
    _check_order(theorem, theorem.visits if order is None else check_order(order), largest)
    if changing is not None and (theorem.method.draws is not None or theorem.measure in ONE_STEP):
        raise NotApplicable(f"{theorem.id} is about batches of one size, not about sizes that change")
    if replacement not in (None, True, False):
        raise RateboundError(f"replacement = {replacement!r}; pass True, False or None")
    if replacement is None:
        replacement = True if theorem.replacement is None else theorem.replacement
    if theorem.replacement not in (None, replacement):
        how = "with" if theorem.replacement else "without"
        raise NotApplicable(f"{theorem.id} is about batches drawn {how} replacement")
    draws = theorem.method.draws
    if largest > 1 and draws is not None and draws.single:
        what = "steps along one axis" if draws.axis is not None else "batches of one sample"
        raise NotApplicable(f"{theorem.id} is about {what}, not of {largest}")
    if not theorem.stochastic:
        return 1, None, True
    if not replacement and largest > problem.n:
        raise RateboundError(f"batch = {largest} exceeds n = {problem.n}; draw with replacement or take less")
    return batch, changing, replacement


def sizes_of(problem: Problem, schedule: np.ndarray, replacement: bool) -> np.ndarray:
    """Return the sizes of the batches of a theorem that sets them, shape (K,).

    Raises
    ------
    NotApplicable
        If one is too large to be drawn.
    """
    bad = np.flatnonzero(~(schedule > 0))
    if bad.size:
        raise NotApplicable(f"the schedule of batches gives {schedule[bad[0]]:.6g} samples at k = {bad[0]}")
    # What rounding adds to a whole number is no further sample.
    sizes = np.ceil(schedule * (1 - 1e-12))
    if not replacement:
        sizes = np.minimum(sizes, problem.n)
    if not (sizes <= _LARGEST).all():
        first = int(np.flatnonzero(~(sizes <= _LARGEST))[0])
        raise NotApplicable(f"batch {first} has {sizes[first]:.3g} samples; take at most {first} steps")
    return sizes.astype(np.int64)


def _check_order(theorem: Theorem, order: str, batch: int) -> None:
    """Check that samples are visited as the theorem has them."""
    if order != theorem.visits and theorem.in_passes:
        raise NotApplicable(f"{theorem.id} is about the order {theorem.visits!r}, not {order!r}")
    if theorem.in_passes and batch > 1:
        raise NotApplicable(f"{theorem.id} is about passes in steps of one sample, not of {batch}")
    if order != theorem.visits and theorem.stochastic:
        raise NotApplicable(
            f"{theorem.id} is about batches drawn independently of each other; with order = {order!r} they "
            "are passes over the data, where a batch depends on those before it"
        )
