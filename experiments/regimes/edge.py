r"""Gradient descent beyond its local stability: the edge of stability, and chaos.

One step of gradient descent changes the error by
:math:`-\alpha \|g\|^2 + \tfrac{\alpha^2}{2} g^T \bar H g`, where :math:`\bar H` is a mean Hessian along the
step. Where the error falls by less than a thousandth of :math:`\alpha\|g\|^2`, the curvature that the step
met is at least :math:`1.998/\alpha`: it hops across a valley that is too narrow for it. On a quadratic such a
run diverges; elsewhere it may go on for ever, bounded.

The rules, for runs of full gradients whose error is not an exact expectation:

``edge``
    Edge of stability: at some step of K/2 .. K the error falls by less than a thousandth of
    :math:`\alpha\|g\|^2`, while the errors of K/2 .. K stay within ten times the largest before.
``chaotic``
    Moreover a second run, whose start is moved by 1e-8 of its size, is away from it somewhere in K/2 .. K by
    more than a hundredth of the longest hop there: what the run does cannot be foretold.

Source: the first is the name of Cohen, Kaur, Li, Kolter and Talwalkar 2021 for neural networks, whose
sharpness hovers above 2/alpha.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ratebound.problems.finite_sum import Problem
from ratebound.problems.quiet import quiet

_BARELY, _CLEAR, _BOUNDED = 1e-3, 1e3, 10.0
_MOVED, _APART = 1e-8, 1e-2


class _Run(NamedTuple):
    """What the two halves of runs show; every field has the shape (S,)."""

    barely: np.ndarray
    largest_before: np.ndarray
    largest_after: np.ndarray
    hop: np.ndarray
    apart: np.ndarray


def beyond_stability(problem: Problem, steps: np.ndarray, iterations: int) -> np.ndarray:
    """Return ``"edge"``, ``"chaotic"`` or ``""`` for gradient descent with each step, shape (S,).

    Parameters
    ----------
    problem
        The finite sum.
    steps
        Constant steps, shape (S,).
    iterations
        The horizon K.
    """
    run = _pairs(problem, steps, iterations)
    with np.errstate(invalid="ignore"):
        bounded = run.largest_after <= _BOUNDED * run.largest_before
        apart = run.apart > _APART * run.hop
    edge = run.barely & bounded
    return np.where(edge & apart, "chaotic", np.where(edge, "edge", "")).astype(object)


def _pairs(problem: Problem, steps: np.ndarray, iterations: int) -> _Run:
    """Run every step twice, the second time from a start that is moved a little."""
    alpha, x0 = steps[:, None], problem.x0
    moved = x0 + _MOVED * max(1.0, float(np.linalg.norm(x0))) / np.sqrt(problem.d)
    x, other = (np.tile(start, (steps.size, 1)) for start in (x0, moved))
    barely = np.zeros(steps.size, dtype=bool)
    before, after, hop, apart = (np.zeros(steps.size) for _ in range(4))
    error = problem.gap(x)
    with quiet:
        for k in range(iterations):
            g = problem.gradient(x)
            x, other = x - alpha * g, other - alpha * problem.gradient(other)
            reached, slope = problem.gap(x), steps * (g**2).sum(1)
            if 2 * k < iterations:
                before = np.maximum(before, error)
            else:
                barely |= (slope > _CLEAR * problem.value_floor) & (reached > error - _BARELY * slope)
                after = np.maximum(after, reached)
                hop = np.maximum(hop, np.sqrt(steps * slope))
                apart = np.maximum(apart, np.sqrt(((x - other) ** 2).sum(1)))
            error = reached
    return _Run(barely, before, after, hop, apart)
