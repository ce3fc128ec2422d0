"""Exact moments of SGD on least squares for many schedules at once, by one augmented linear map.

With ``z = (x - x*, s, 1)``, s the weighted sum of the points left behind, a sampled gradient is linear,
``grad f_i(x) = G_i z``, and so is a step, ``z+ = M_i z``. Hence ``Z = E z z^T`` obeys

    Z+ = (1 - c) M Z M^T + c mean_i M_i Z M_i^T,    M = mean_i M_i,

c the batch factor, and every quadratic measure is read off Z. This is a second route to what
:class:`ratebound.problems.moments.MomentRecursion` computes one schedule at a time; the tests compare both.
"""

from __future__ import annotations

import numpy as np

from ratebound.problems.certified import batch_factor
from ratebound.problems.finite_sum import Problem


def gradient_maps(problem: Problem, x_star: np.ndarray) -> np.ndarray:
    """Return G_i with ``grad f_i(x) = G_i (x - x*, s, 1)``, shape (n, d, 2 d + 1)."""
    A, d = problem.A, problem.d
    maps = np.zeros((problem.n, d, 2 * d + 1))
    maps[:, :, :d] = A[:, :, None] * A[:, None, :] + problem.l2 * np.eye(d)
    maps[:, :, -1] = problem.component_gradients(x_star)
    # The exact mean vanishes; what rounding leaves would act as a drift.
    maps[:, :, -1] -= maps[:, :, -1].mean(0)
    return maps


def moment_curves(
    problem: Problem, alphas: np.ndarray, weights: np.ndarray, batch: int, replacement: bool
) -> dict[str, np.ndarray]:
    """Return exact expectations along S schedules of SGD on least squares.

    Parameters
    ----------
    problem
        Least squares.
    alphas, weights
        Steps, and weights of x_0 .. x_{K-1} in the average, shape (S, K).
    batch, replacement
        The sampling.

    Returns
    -------
    dict
        ``gap_last``, ``distance_sq``, ``grad_norm_sq_last``, ``gap_average`` (nan at k = 0) and ``moment``,
        E||g_k||^2, each of shape (S, K+1).
    """
    assert problem.x_star is not None
    d, (S, steps) = problem.d, alphas.shape
    G = gradient_maps(problem, problem.x_star)
    mean, c = G.mean(0), batch_factor(problem.n, batch, replacement)
    H = problem.H
    quadratic = np.zeros((2 * d + 1, 2 * d + 1))
    forms = {"gap_last": quadratic.copy(), "distance_sq": quadratic.copy(), "gap_average": quadratic.copy()}
    forms["gap_last"][:d, :d] = H / 2
    forms["distance_sq"][:d, :d] = np.eye(d)
    forms["gap_average"][d : 2 * d, d : 2 * d] = H / 2
    forms["grad_norm_sq_last"] = mean.T @ mean
    forms["moment"] = (1 - c) * forms["grad_norm_sq_last"] + c * (G.transpose(0, 2, 1) @ G).mean(0)
    z = np.concatenate([problem.x0 - problem.x_star, np.zeros(d), [1.0]])
    Z = np.broadcast_to(np.outer(z, z), (S, z.size, z.size))
    curves = {name: np.empty((S, steps + 1)) for name in forms}
    with np.errstate(all="ignore"):
        for k in range(steps + 1):
            for name, form in forms.items():
                curves[name][:, k] = np.einsum("ij,sij->s", form, Z)
            if k < steps:
                Z = _advanced(Z, G, mean, alphas[:, k], weights[:, k], c)
        total = np.concatenate([np.zeros((S, 1)), np.cumsum(weights, 1)], 1)
        curves["gap_average"] /= total**2
    return {name: np.where(np.isnan(curve), np.inf, curve) for name, curve in curves.items()}


def _advanced(
    Z: np.ndarray, G: np.ndarray, mean: np.ndarray, alpha: np.ndarray, weight: np.ndarray, c: float
) -> np.ndarray:
    d, size = mean.shape
    keep = np.broadcast_to(np.eye(size), (alpha.size, size, size)).copy()
    rows = np.arange(d)
    keep[:, d + rows, rows] = weight[:, None]
    maps = np.concatenate([mean[None], G])
    M = np.repeat(keep[:, None], len(maps), 1)
    M[:, :, :d] -= alpha[:, None, None, None] * maps
    moved = M @ Z[:, None] @ M.transpose(0, 1, 3, 2)
    return (1 - c) * moved[:, 0] + c * moved[:, 1:].mean(1)
