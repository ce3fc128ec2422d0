"""The step that a line search accepts, by trials of f: the same for every engine of full gradients."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from sympy import Expr

from ratebound.theory.method import LineMinimum

if TYPE_CHECKING:
    from ratebound.problems.finite_sum import Problem
    from ratebound.theory.method import Search

_TRIALS = 660
"""The most, as much as 100 halvings where shrink is 9/10; where rounding keeps f from falling, trials end
before, at a step too short to move."""
_DOUBLINGS = 200
"""The most; steps are then longer by 60 digits than the first."""


class Found(NamedTuple):
    """What a search has found, shape (...).

    Parameters
    ----------
    step
        The step.
    evaluations
        How often f or its gradient was asked for on the way; the gradient at x is the method's own.
    """

    step: np.ndarray
    evaluations: np.ndarray


def accepted(
    search: Search | LineMinimum,
    problem: Problem,
    x: np.ndarray,
    g: np.ndarray,
    inputs: Mapping[str, np.ndarray],
) -> Found:
    """Return the step from x along -g that a search accepts, and what its trials took.

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
    if isinstance(search, LineMinimum):
        first = np.broadcast_to(inputs["alpha"][..., 0], x.shape[:-1]).astype(np.float64)
        return line_minimum(problem.gradient, x, g, first)
    square, here, decrease = (g**2).sum(-1), problem.gap(x), number(search.decrease)
    shrink = number(search.shrink)
    left = None if search.slope is None else number(search.slope) * square
    step = np.broadcast_to(inputs["alpha"][..., 0], square.shape).astype(np.float64)
    low, high = np.zeros_like(step), np.full_like(step, np.inf)
    # f is asked for at x, and wherever the search has not ended; its slope at steps that are not too long.
    moving, evaluations = np.ones(step.shape, bool), np.ones_like(step)
    for _ in range(_TRIALS):
        end = x - step[..., None] * g
        long = ~(problem.gap(end) <= here - decrease * step * square)
        short = np.zeros_like(long) if left is None else ~long & ((problem.gradient(end) * g).sum(-1) > left)
        evaluations = evaluations + moving * (1 if left is None else 2 - long)
        # At a minimiser, to rounding, every step is too long.
        moving = (long | short) & (end != x).any(-1) & (here > 0) & (shrink < 1)
        if not moving.any():
            break
        high, low = np.where(long, step, high), np.where(short, step, low)
        step = np.where(moving, np.where(np.isinf(high), 2 * step, low + shrink * (high - low)), step)
    return Found(step, evaluations)


def line_minimum(
    gradient: Callable[[np.ndarray], np.ndarray], x: np.ndarray, g: np.ndarray, first: np.ndarray
) -> Found:
    """Return the step from x along -g to where the slope ``<gradient, g>`` vanishes, and its trials.

    Steps are doubled until the slope is not positive. Between both ends the next trial is where the secant
    vanishes, to rounding; the slope of an end that stays is halved (the Illinois method), so that both ends
    close in.

    Parameters
    ----------
    gradient
        The gradient of f at points, shape (..., d), of doubles or of numbers of mpmath.
    x, g
        Points and gradients there, shape (..., d).
    first
        The first trials, positive, shape (...); they are returned where g vanishes.
    """

    def tried(step: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        end = x - step[..., None] * g
        return end, (gradient(end) * g).sum(-1)

    low, high, left = 0 * first, first, (g * g).sum(-1)
    flat = ~(left > 0)
    _, right = tried(high)
    evaluations = 1 - flat.astype(np.float64)
    for _ in range(_DOUBLINGS):
        short = ~flat & (right > 0)
        if not short.any():
            break
        evaluations = evaluations + short
        low, left = np.where(short, high, low), np.where(short, right, left)
        high = np.where(short, 2 * high, high)
        right = np.where(short, tried(high)[1], right)
    stayed, open_, step = np.zeros(first.shape), ~flat, first
    for _ in range(_TRIALS):
        fall = np.where(flat, 1 + 0 * left, left - right)
        # A search that has ended keeps its step, whatever others still try.
        step = np.where(open_, low + (high - low) * (left / fall), step)
        end, now = tried(step)
        # Where the ends are the same points but for rounding, slopes are rounding too.
        inside = (end != x - low[..., None] * g).any(-1) & (end != x - high[..., None] * g).any(-1)
        evaluations = evaluations + open_
        open_ = open_ & inside & (low < step) & (step < high)
        if not open_.any():
            break
        up = now > 0
        left, right = (
            np.where(up, now, np.where(stayed < 0, left / 2, left)),
            np.where(up, np.where(stayed > 0, right / 2, right), now),
        )
        low, high = np.where(up, step, low), np.where(up, high, step)
        stayed = np.where(up, 1, -1)
    return Found(step, evaluations)
