"""Regions that a run may leave: the noise is certified on a ball that is fixed before the run.

A proof by one-step inequalities uses its constants at the points where steps start. With the errors of a run
set to zero from the step on at which it leaves the ball, every such inequality holds with the constants of
the ball, in expectation over what has not left yet, and so does what follows from them. A verdict on a region
tests this, and not the statement as it stands: it says so, with the number of replicas that have left.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from ratebound.experiments.backends.numpy_ import NumpyEngine
from ratebound.experiments.checks import positive
from ratebound.experiments.evidence.linear import is_plain
from ratebound.experiments.sampling_of import NotApplicable
from ratebound.problems.ball import centre
from ratebound.theory.measures import BEST, ONE_STEP
from ratebound.theory.symbols import ALONG_RUN

if TYPE_CHECKING:
    from ratebound.experiments.grid import Grid
    from ratebound.problems.finite_sum import Problem
    from ratebound.theory.statement import Theorem


def checked_radius(theorem: Theorem, problem: Problem, region: float, names: Sequence[str]) -> float:
    """Return the radius of a region.

    Raises
    ------
    NotApplicable
        If the theorem has no constant that a region certifies, or the run starts outside.
    RateboundError
        If it is no positive number.
    """
    radius = positive("region", region)
    along = {symbol.name for symbol in ALONG_RUN} & set(names)
    plain = is_plain(theorem.method) and theorem.stochastic and not theorem.in_passes
    if not along or not plain or theorem.measure in (*ONE_STEP, *BEST):
        raise NotApplicable(
            f"{theorem.id} reads no noise of SGD along its run that a region would certify; leave it out"
        )
    away = float(np.linalg.norm(problem.x0 - centre(problem)))
    if away > radius:
        raise NotApplicable(
            f"the run starts {away:.6g} away from the centre of the region of radius {radius:.6g}; take a "
            "larger one"
        )
    return radius


def left(grid: Grid, first: int, count: int, seed: int) -> np.ndarray:
    """Return whether each replica has left the region by each point of the grid, shape (R, N).

    Parameters
    ----------
    grid
        Runs with a region.
    first, count, seed
        The replicas, as in :func:`ratebound.experiments.run.simulate`.
    """
    columns = []
    for trial, at in grid.entries:
        engine = NumpyEngine(trial.plan(at, first, count, seed, "grad_norm_sq_last"))
        gone, middle = np.zeros(count, dtype=bool), centre(trial.problem)
        seen = {}
        for k in range(int(at[-1]) + 1):
            away = np.linalg.norm(engine.points()[0] - middle, axis=1)
            gone = gone | ~(away <= trial.radius)
            seen[k] = gone
            if k < at[-1]:
                engine.advance(k, k + 1)
        columns += [seen[int(k)] for k in at]
    return np.stack(columns, axis=1)
