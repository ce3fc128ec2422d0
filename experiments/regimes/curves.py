"""Exact expected errors of constant steps on least squares, all steps and batches side by side."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ratebound.experiments.regimes.exact import SecondMoment


@dataclass(frozen=True, eq=False)
class Curves:
    """Exact expectations of constant steps.

    Parameters
    ----------
    gap
        E f(x_k) - f* at the checkpoints, shape (C, S, B).
    final
        Measure -> its expectation at the last checkpoint, shape (S, B); names of
        :data:`ratebound.experiments.plan.MEASURES`.
    """

    gap: np.ndarray
    final: dict[str, np.ndarray]


def exact_curves(operator: SecondMoment, steps: np.ndarray, factors: np.ndarray, at: np.ndarray) -> Curves:
    """Return the exact errors of every step and batch.

    Parameters
    ----------
    operator
        The second-moment operator.
    steps
        Step sizes, shape (S,).
    factors
        Batch factors, shape (B,).
    at
        Increasing checkpoints, the last one positive, shape (C,).

    Notes
    -----
    A step costs one product of a p x p matrix with p x (S B) columns. Averages need no cross moments:
    ``E e_j e_i^T = (I - a H)^(j-i) S_i`` for j > i, of which only the diagonal in the eigenbasis enters.
    Overflow reads ``inf``.
    """
    a, c = (np.ravel(grid) for grid in np.meshgrid(steps, factors, indexing="ij"))
    lam, horizon = operator.eigenvalues[:, None], int(at[-1])
    M, full = operator.N(1.0), np.diagonal(operator.N(0.0))[:, None]
    m = np.repeat(operator.start[:, None], a.size, axis=1)
    s = np.repeat(operator.pack(np.outer(operator.start, operator.start))[:, None], a.size, axis=1)
    shrink = 1 - a * lam
    linear, second = 1 - a * operator.D[:, None] + a**2 * (1 - c) * full, a**2 * c
    gap = np.empty((at.size, a.size))
    best, total = np.full(a.size, np.inf), np.zeros(a.size)
    pending, averaged = np.zeros_like(m), np.zeros_like(m)
    kept = {int(k): position for position, k in enumerate(at)}
    with np.errstate(all="ignore"):
        for k in range(horizon + 1):
            squares = s[operator.diagonal]
            if k in kept:
                gap[kept[k]] = (lam * squares).sum(0) / 2
            if k == horizon:
                break
            slope = (lam**2 * squares).sum(0)
            best, total = np.fmin(best, slope), total + slope
            averaged += squares + 2 * pending
            pending = shrink * (pending + squares)
            s = linear * s + second * (M @ s + operator.cross @ m + operator.G[:, None])
            m = shrink * m
        final = {
            "gap_last": gap[-1],
            "distance_sq": squares.sum(0),
            "grad_norm_sq_last": (lam**2 * squares).sum(0),
            "gap_average": (lam * averaged).sum(0) / 2 / horizon**2,
            "grad_norm_sq_mean": total / horizon,
            "grad_norm_sq_best": best,
        }
    shape = (steps.size, factors.size)
    return Curves(
        _finite_or_inf(gap).reshape(at.size, *shape),
        {name: _finite_or_inf(value).reshape(shape) for name, value in final.items()},
    )


def _finite_or_inf(values: np.ndarray) -> np.ndarray:
    return np.where(np.isfinite(values), values, np.inf)
