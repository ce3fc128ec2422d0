"""What the fused engines share, CPU and GPU alike: the expressions of a kernel and its constant arrays."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from sympy import Expr, S

from ratebound.experiments.backends.rules import rules_of
from ratebound.experiments.plan import Plan
from ratebound.experiments.shuffling import SHUFFLED_PASSES
from ratebound.theory.errors import RateboundError
from ratebound.theory.readings import state_of


@dataclass(frozen=True)
class Spec:
    """What a kernel is printed from.

    Parameters
    ----------
    title
        What the kernel computes, in words.
    rules
        State variable -> next value.
    slope
        Derivative of the loss in ``z``.
    batch
        Samples per gradient estimate.
    regularised
        Whether l2 > 0.
    in_passes
        Whether samples are drawn in passes over the data.
    dtype
        The numbers it computes with.
    value
        The loss, where the update reads it; else zero.
    second
        Second derivative of the loss in ``z``, where the update reads Hessians; else zero.
    shown
        State variables that measures read, besides the sum of an average.
    distinct
        Whether the samples of a batch are drawn without replacement.
    """

    title: str
    rules: Mapping[str, Expr]
    slope: Expr
    batch: int
    regularised: bool
    in_passes: bool = False
    dtype: str = "float64"
    value: Expr = S.Zero
    second: Expr = S.Zero
    shown: tuple[str, ...] = ("x",)
    distinct: bool = False

    def __hash__(self) -> int:
        rules, numbers = tuple(self.rules.items()), (self.batch, self.regularised, self.in_passes, self.dtype)
        return hash((self.title, rules, self.slope, *numbers, self.value, self.second, self.shown))


def spec_of(plan: Plan) -> Spec:
    """Return what the kernel of a plan is printed from.

    Raises
    ------
    RateboundError
        If the update of the method reads an unknown symbol, or batches change from step to step.
    """
    if plan.sizes is not None:
        raise RateboundError("batches that change from step to step run with backend='numpy' (or 'auto')")
    problem, draws = plan.problem, plan.method.draws
    drawn = "batches in passes" if plan.in_passes else "batches"
    return Spec(
        title=f"{plan.method.name} on the {problem.loss.title}, {drawn}; printed, not written.",
        rules=rules_of(plan),
        slope=problem.loss.slope,
        batch=plan.batch,
        regularised=problem.l2 > 0,
        in_passes=plan.in_passes,
        dtype=plan.dtype,
        value=problem.loss.phi if draws is not None and draws.values else S.Zero,
        second=problem.loss.second if draws is not None and draws.hessian else S.Zero,
        shown=tuple(dict.fromkeys(["x", *map(state_of, plan.measures)])),
        distinct=not plan.replacement and plan.batch > 1,
    )


def schedule_of(values: np.ndarray, dtype: str) -> tuple[np.ndarray, int]:
    """Return (S, K) contiguous and 1, or one column and 0 where the values do not change with the step."""
    rows = values[:1] if values.strides[0] == 0 else values
    if values.strides[1] == 0 or (rows == rows[:, :1]).all():
        return np.ascontiguousarray(values[:, :1], dtype), 0
    return np.ascontiguousarray(values, dtype), 1


def weights_of(plan: Plan) -> tuple[np.ndarray, int]:
    """Return the weights of an average like a schedule, or ones if the run takes no average."""
    assert plan.weights is not None
    if "gap_average" not in plan.measures:
        return np.ones((plan.alphas.shape[0], 1), plan.dtype), 0
    return schedule_of(plan.weights, plan.dtype)


def schedule_arguments(plan: Plan, put: Callable[[np.ndarray], Any]) -> tuple[Any, ...]:
    """Return step sizes and weights as CUDA kernels read them: rows, their length, and whether they move."""
    return tuple(
        each
        for values, moves in (schedule_of(plan.alphas, plan.dtype), weights_of(plan))
        for each in (put(values), np.uint64(values.shape[1]), np.uint64(moves))
    )


def passes_of(plan: Plan, units: int) -> tuple[np.ndarray, np.uint64] | tuple[()]:
    """Return the orders of the samples (units, n) and how many passes are shuffled; nothing if all draws are
    independent.
    """
    if not plan.in_passes:
        return ()
    orders = np.tile(np.arange(plan.problem.n, dtype=np.uint32), (units, 1))
    return orders, np.uint64(SHUFFLED_PASSES[plan.order])


def limits_of(plan: Plan) -> np.ndarray:
    """Return the bound of each draw of a batch, and 2^32 modulo the bound, shape (2, b), uint64."""
    n, b = plan.problem.n, plan.batch
    bounds = np.full(b, n) if plan.replacement else np.arange(n - b + 1, n + 1)
    return np.array([bounds, 2**32 % bounds], dtype=np.uint64)
