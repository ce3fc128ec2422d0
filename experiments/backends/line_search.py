"""The step that a line search accepts, by trials of f: the same for every engine of full gradients."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
from sympy import Expr

if TYPE_CHECKING:
    from ratebound.problems.finite_sum import Problem
    from ratebound.theory.method import Search

_TRIALS = 100
"""The most; where rounding keeps f from falling, trials end before, at a step too short to move."""


def accepted(
    search: Search, problem: Problem, x: np.ndarray, g: np.ndarray, inputs: Mapping[str, np.ndarray]
) -> np.ndarray:
    """Return the step from x along -g that a search accepts, shape (...).

    Parameters
    ----------
    search
        Its numbers, or symbols among the inputs.
    problem
        f.
    x, g
        Points and gradients there, shape (..., d).
    inputs
        ``alpha``, the first trial, and parameters, by name, shape (..., 1).
    """

    def number(expr: Expr) -> np.ndarray:
        return np.asarray(float(expr)) if expr.is_number else inputs[str(expr)][..., 0]

    # Differences of f are small: single precision would not see them.
    x, g = x.astype(np.float64), g.astype(np.float64)
    square, here, decrease = (g**2).sum(-1), problem.gap(x), number(search.decrease)
    left = None if search.slope is None else number(search.slope) * square
    step = np.broadcast_to(inputs["alpha"][..., 0], square.shape).astype(np.float64)
    low, high = np.zeros_like(step), np.full_like(step, np.inf)
    for _ in range(_TRIALS):
        end = x - step[..., None] * g
        long = ~(problem.gap(end) <= here - decrease * step * square)
        short = np.zeros_like(long) if left is None else ~long & ((problem.gradient(end) * g).sum(-1) > left)
        # At a minimiser, to rounding, every step is too long.
        moving = (long | short) & (end != x).any(-1) & (here > 0)
        if not moving.any():
            break
        high, low = np.where(long, step, high), np.where(short, step, low)
        step = np.where(moving, np.where(np.isinf(high), 2 * step, (low + high) / 2), step)
    return step
