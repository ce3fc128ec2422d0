"""Exact moments on least squares of SGD and other linear methods, for many schedules at once.

With ``z = (e_1, .., e_m, s, 1)``, the states seen from where they rest and s the weighted sum of the points
left behind, a sampled gradient at ``y = sum_a p_a e_a`` is linear, ``grad f_i = G_i (y, 1)``, and so is a
step, ``z+ = M_i z``. Hence ``Z = E z z^T`` obeys

    Z+ = (1 - c) M Z M^T + c mean_i M_i Z M_i^T,    M = mean_i M_i,

c the batch factor, and every quadratic measure is read off Z. This is a second route to what
:class:`ratebound.problems.moments.MomentRecursion` and
:class:`ratebound.problems.linear_moments.LinearMoments` compute one schedule at a time; the tests compare.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ratebound.experiments.backends.rules import with_constants
from ratebound.experiments.evidence.linear import linear
from ratebound.experiments.plan import undefined_to_nan
from ratebound.problems.certified import batch_factor
from ratebound.problems.finite_sum import Problem
from ratebound.problems.linear_moments import Linear
from ratebound.problems.quiet import quiet

if TYPE_CHECKING:
    from ratebound.theory.method import Method


def gradient_maps(problem: Problem, x_star: np.ndarray) -> np.ndarray:
    """Return G_i with ``grad f_i(x) = G_i (x - x*, 1)``, shape (n, d, d + 1)."""
    A, d = problem.A, problem.d
    maps = np.empty((problem.n, d, d + 1))
    maps[:, :, :d] = A[:, :, None] * A[:, None, :] + problem.l2 * np.eye(d)
    maps[:, :, d] = problem.component_gradients(x_star)
    # The exact mean vanishes; what rounding leaves would act as a drift.
    maps[:, :, d] -= maps[:, :, d].mean(0)
    return maps


def moment_curves(
    problem: Problem, method: Method, alphas: np.ndarray, weights: np.ndarray, batch: int, replacement: bool
) -> dict[str, np.ndarray]:
    """Return exact expectations along S schedules of a linear method on least squares.

    Parameters
    ----------
    problem
        Least squares.
    method
        A method that samples batches and is linear in its states and g.
    alphas, weights
        Steps, and weights of x_0 .. x_{K-1} in the average, shape (S, K).
    batch, replacement
        The sampling.

    Returns
    -------
    dict
        ``gap_last``, ``distance_sq``, ``grad_norm_sq_last``, ``gap_average`` (nan where none), ``moment``,
        E||g_k||^2, and ``spread``, E||g_k - grad f(y_k)||^2, each of shape (S, K+1). The gradient that no
        step takes, at k = K, is at the point of the last step.
    """
    assert problem.x_star is not None
    d, (S, steps) = problem.d, alphas.shape
    # Samples that agree are drawn as one.
    G, counts = np.unique(gradient_maps(problem, problem.x_star), axis=0, return_counts=True)
    chances = counts / problem.n
    mean, c = np.tensordot(chances, G, 1), batch_factor(problem.n, batch, replacement)
    run = linear(with_constants(problem, method), alphas)
    states = run.follows.size
    of_x, of_sum = slice(d), slice(states * d, (states + 1) * d)
    H = problem.H
    forms = {
        "gap_last": (of_x, H / 2),
        "distance_sq": (of_x, np.eye(d)),
        "grad_norm_sq_last": (of_x, mean[:, :d].T @ mean[:, :d]),
        "gap_average": (of_sum, H / 2),
    }
    square = mean.T @ mean
    extra = c * (np.tensordot(chances, G.transpose(0, 2, 1) @ G, 1) - square)
    start = np.outer(run.follows, problem.x0 - problem.x_star).ravel()
    z = np.concatenate([start, np.zeros(d), [1.0]])
    Z = np.broadcast_to(np.outer(z, z), (S, z.size, z.size))
    curves = {name: np.empty((S, steps + 1)) for name in (*forms, "moment", "spread")}
    with quiet:
        for k in range(steps + 1):
            for name, (place, form) in forms.items():
                curves[name][:, k] = (Z[:, place, place] * form).sum((1, 2))
            Y = _to_point(run.point[:, min(k, steps - 1)], d)
            seen = Y @ Z @ Y.transpose(0, 2, 1)
            curves["spread"][:, k] = np.maximum((seen * extra).sum((1, 2)), 0.0)
            curves["moment"][:, k] = (seen * square).sum((1, 2)) + curves["spread"][:, k]
            if k < steps:
                maps = np.concatenate([mean[None], G]) @ Y[:, None]
                Z = _advanced(Z, maps, run, weights[:, k], k, np.append(1 - c, c * chances))
        total = np.concatenate([np.zeros((S, 1)), np.cumsum(weights, 1)], 1)
        curves["gap_average"] /= total**2
    overflown = {name: np.where(np.isnan(curve), np.inf, curve) for name, curve in curves.items()}
    return undefined_to_nan(overflown, weights)


def _to_point(point: np.ndarray, d: int) -> np.ndarray:
    """Return the map from z to (y, 1), shape (S, d + 1, D), for factors p of shape (S, m)."""
    S, states = point.shape
    Y = np.zeros((S, d + 1, (states + 1) * d + 1))
    rows = np.arange(d)
    for a in range(states):
        Y[:, rows, a * d + rows] = point[:, a, None]
    Y[:, d, -1] = 1.0
    return Y


def _advanced(
    Z: np.ndarray, gradients: np.ndarray, run: Linear, weight: np.ndarray, k: int, shares: np.ndarray
) -> np.ndarray:
    """Return Z after step k; `gradients`, shape (S, N, d, D), map z to gradients with these shares."""
    S, maps, d, size = gradients.shape
    states = run.follows.size
    rows = np.arange(d)
    keep = np.zeros((S, size, size))
    for a in range(states):
        for j in range(states):
            keep[:, j * d + rows, a * d + rows] = run.keep[:, k, j, a, None]
    keep[:, states * d + rows, rows] = weight[:, None]
    keep[:, states * d + rows, states * d + rows] = 1.0
    keep[:, -1, -1] = 1.0
    M = np.repeat(keep[:, None], maps, 1)
    pushed = run.push[:, k, None, :, None, None] * gradients[:, :, None]
    M[:, :, : states * d] += pushed.reshape(S, maps, states * d, size)
    moved = M @ Z[:, None] @ M.transpose(0, 1, 3, 2)
    return np.asarray((shares[:, None, None] * moved).sum(1))
