"""Exact expected errors on least squares, with and without momentum, all step schedules at once."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ratebound.experiments.regimes.exact import SecondMoment
from ratebound.problems.quiet import quiet


@dataclass(frozen=True, eq=False)
class Curves:
    """Exact expectations of step schedules.

    Parameters
    ----------
    gap
        E f(x_k) - f* at the checkpoints, shape (S, C).
    final
        Measure -> its expectation at the last checkpoint, shape (S,); names of
        :data:`ratebound.experiments.plan.MEASURES`.
    """

    gap: np.ndarray
    final: dict[str, np.ndarray]


def exact_curves(
    operator: SecondMoment, steps: np.ndarray, factor: float, at: np.ndarray, beta: float = 0.0
) -> Curves:
    """Return the exact errors of every constant step, or of every schedule.

    Parameters
    ----------
    operator
        The second-moment operator.
    steps
        Constant steps, shape (S,), or schedules, shape (S, K).
    factor
        The batch factor.
    at
        Increasing checkpoints, the last one positive, shape (C,).
    beta
        The momentum: ``m+ = beta m + g``, ``x+ = x - a m+``.

    Notes
    -----
    A step costs one product of a p x p matrix with p x S columns. With e = x_k - x* and g the gradient
    estimate the moments E e e^T, E e m^T and E m m^T follow from ``E g = H e`` and E g g^T. Averages need no
    cross moments: E e_j (e_k, m_k) for j < k moves as the mean of (e_k, m_k) does, and of it only the
    diagonal in the eigenbasis enters. Overflow reads ``inf``.
    """
    lam, horizon = operator.eigenvalues[:, None], int(at[-1])
    schedules = np.broadcast_to(steps.reshape(len(steps), -1), (len(steps), horizon)).T
    left, right = (each[:, None] for each in operator.pairs)
    full = left * right
    V = factor * (operator.N(1.0) - operator.N(0.0))
    cross, G = factor * operator.cross, factor * operator.G[:, None]
    mean = np.repeat(operator.start[:, None], len(steps), axis=1)
    S = np.repeat(operator.pack(np.outer(operator.start, operator.start))[:, None], len(steps), axis=1)
    # E e_i m_j and E e_j m_i for i <= j, E m_i m_j, and E m: they stay zero, unread, without momentum.
    above, below, M, momentum = (np.zeros_like(each) for each in (S, S, S, mean))
    gap = np.empty((at.size, len(steps)))
    (total, gaps), (best, lowest) = np.zeros((2, len(steps))), np.full((2, len(steps)), np.inf)
    pending, pending_m, averaged = np.zeros_like(mean), np.zeros_like(mean), np.zeros_like(mean)
    kept = {int(k): position for position, k in enumerate(at)}
    with quiet:
        for k in range(horizon + 1):
            squares = S[operator.diagonal]
            if k in kept:
                gap[kept[k]] = (lam * squares).sum(0) / 2
            if k == horizon:
                break
            alpha = schedules[k]
            slope = (lam**2 * squares).sum(0)
            best, total = np.fmin(best, slope), total + slope
            here = (lam * squares).sum(0) / 2
            lowest, gaps = np.fmin(lowest, here), gaps + here
            averaged += squares + 2 * pending
            # What g adds to m, and then m to e.
            pending = pending + squares
            pending_m = beta * (pending_m + above[operator.diagonal]) + lam * pending
            pending = pending - alpha * pending_m
            M_next = full * S + V @ S + cross @ mean + G
            above_next, below_next = right * S, left * S
            if beta:
                M_next += beta**2 * M + beta * (right * below + left * above)
                above_next += beta * above
                below_next += beta * below
            S = S - alpha * (above_next + below_next) + alpha**2 * M_next
            above, below, M = above_next - alpha * M_next, below_next - alpha * M_next, M_next
            momentum = beta * momentum + lam * mean
            mean = mean - alpha * momentum
        final = {
            "gap_last": gap[-1],
            "distance_sq": squares.sum(0),
            "grad_norm_sq_last": (lam**2 * squares).sum(0),
            "gap_average": (lam * averaged).sum(0) / 2 / horizon**2,
            "gap_mean": gaps / horizon,
            "grad_norm_sq_mean": total / horizon,
            "grad_norm_sq_best": best,
            "gap_best": lowest,
        }
    return Curves(_finite_or_inf(gap).T, {name: _finite_or_inf(value) for name, value in final.items()})


def _finite_or_inf(values: np.ndarray) -> np.ndarray:
    return np.where(np.isfinite(values), values, np.inf)
