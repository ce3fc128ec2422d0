"""The mean-square growth of SGD on least squares as replicas measure it, without the second-moment operator.

Near its threshold the mean of ``||x_k - x*||^2`` grows through rare replicas, which plain replicas miss. Here
replicas of the noise-free error, ``e+ = e - a (mean of a_i a_i^T e over the batch + l2 e)``, are resampled
after every step in proportion to ``||e||^2`` and brought back to length one, so that those that carry the
mean are always there. The mean of ``||e+||^2`` before resampling tends to the spectral radius of the operator
(a particle approximation of power iteration, with a bias of order 1/replicas).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ratebound.experiments.sampling import indices
from ratebound.problems.finite_sum import Problem
from ratebound.theory.errors import RateboundError

_SECTIONS = 8
"""Steps of a grid that are measured side by side while a boundary is searched."""


def measured_growth(
    problem: Problem,
    steps: np.ndarray,
    batch: int = 1,
    *,
    replacement: bool = True,
    iterations: int = 400,
    replicas: int = 256,
    seed: int = 0,
) -> np.ndarray:
    """Return the logarithm of the growth of E||x_k - x*||^2 per step: positive where it diverges.

    Parameters
    ----------
    problem
        Least squares.
    steps
        Step sizes, shape (S,); they share sample indices and resampling.
    batch, replacement
        The sampling.
    iterations
        Updates; the first quarter is left out.
    replicas
        Particles.
    seed
        The one seed.

    Returns
    -------
    numpy.ndarray
        Shape (S,).

    Raises
    ------
    RateboundError
        If the problem is not least squares, or the sampling is out of range.
    """
    if problem.kind != "quadratic":
        raise RateboundError(
            f"{problem.name} has the {problem.loss.title}; growth is measured on least squares"
        )
    drawn = indices(seed, np.arange(replicas), np.arange(iterations), problem.n, batch, replacement)
    random = np.random.default_rng(seed)
    # Without l2 an error never leaves the row space of A: start there.
    start = random.normal(size=(replicas, problem.n)) @ problem.A if not problem.l2 else None
    e = random.normal(size=(replicas, problem.d)) if start is None else start
    E = np.broadcast_to(e / np.linalg.norm(e, axis=1, keepdims=True), (steps.size, *e.shape))
    growth = np.empty((iterations, steps.size))
    places = (np.arange(replicas) + random.random((iterations, 1))) / replicas
    for k in range(iterations):
        rows = problem.A[drawn[k]]
        slopes = np.einsum("srd,rbd->srb", E, rows)
        push = np.einsum("srb,rbd->srd", slopes, rows) / batch + problem.l2 * E
        E = E - steps[:, None, None] * push
        squares = (E * E).sum(-1)
        growth[k] = squares.mean(1)
        shares = np.cumsum(squares, axis=1) / squares.sum(1, keepdims=True)
        chosen = np.array([np.searchsorted(row, places[k]) for row in shares]).clip(max=replicas - 1)
        E = np.take_along_axis(E / np.sqrt(squares)[..., None], chosen[..., None], axis=1)
    settled: np.ndarray = np.log(growth[iterations // 4 :]).mean(0)
    return settled


def first_growing(problem: Problem, steps: np.ndarray, batch: int = 1, **options: Any) -> int:
    """Return the position of the first step of an increasing grid whose measured growth is positive.

    The growth changes its sign once, as the radius of the operator crosses 1 once: the grid is searched by
    sections, each measured by :func:`measured_growth`, which takes the options. The number of steps if none
    grows.
    """
    low, high = 0, steps.size
    while low < high:
        places = np.unique(np.linspace(low, high - 1, _SECTIONS).round().astype(int))
        grows = measured_growth(problem, steps[places], batch, **options) > 0
        high = int(places[grows].min(initial=high))
        low = int(places[~grows & (places < high)].max(initial=low - 1)) + 1
    return low
