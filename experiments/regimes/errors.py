"""True errors in the measures of the theorems, where only replicas tell them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ratebound.experiments.plan import ALONG_PATH
from ratebound.experiments.regimes.axes import Row
from ratebound.experiments.run import simulate
from ratebound.problems.quiet import quiet
from ratebound.theory.statement import Theorem

_EVERY_STEP = frozenset(ALONG_PATH)
"""Measures that take f or a full gradient at every step, many times the work of the step itself."""
_FEW = 16
"""Replicas that such a measure gets: it averages over the whole run, so that they differ little."""


def theorem_errors(
    row: Row, theorems: Sequence[Theorem], steps: np.ndarray, replicas: int, backend: str, seed: int
) -> dict[str, np.ndarray]:
    """Return the mean over replicas at the horizon for every measure of the theorems.

    Parameters
    ----------
    row
        What is run.
    theorems
        Whose measures are wanted.
    steps
        Step sizes, shape (S,), which share the sample indices of each replica.
    replicas
        Independent runs; measures along the run get at most 16 of these.
    backend, seed
        See :func:`ratebound.experiments.run.simulate`.

    Returns
    -------
    dict
        Measure -> error, shape (S,); inf where a replica diverged.
    """
    wanted = {theorem.measure for theorem in theorems}
    errors: dict[str, np.ndarray] = {}
    for measures, count in ((wanted - _EVERY_STEP, replicas), (wanted & _EVERY_STEP, min(replicas, _FEW))):
        if measures:
            # The choice of an engine weighs steps alone; gradients at every step outweigh its loading time.
            slow = row.method.sampling == "batch" and measures <= _EVERY_STEP and backend == "auto"
            found = simulate(
                row.problem,
                row.method,
                steps.tolist(),
                batch=1 if row.method.sampling == "full" else row.batch,
                replacement=row.replacement,
                steps=row.steps,
                replicas=count,
                seed=seed,
                measures=sorted(measures),
                checkpoints=np.array([row.steps]),
                backend="numba" if slow else backend,
            )
            errors |= {name: _mean(found[name].values) for name in measures}
    return errors


def _mean(samples: np.ndarray) -> np.ndarray:
    """Return the mean over replicas, shape (S,), of (S, R, C) at the last checkpoint; inf if one diverged."""
    with quiet:
        mean = samples[..., -1].mean(1)
    return np.where(np.isfinite(mean), mean, np.inf)
