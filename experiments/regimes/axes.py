"""What may stand beside the step on a map: batch, momentum, horizon or noise, and the runs of each row."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import takewhile
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np
from sympy import Rational

from ratebound.experiments.checks import whole
from ratebound.experiments.evidence.exact import is_plain
from ratebound.problems.certified import NotCertified, batch_factor
from ratebound.problems.constants import certify
from ratebound.problems.finite_sum import Problem
from ratebound.theory.errors import RateboundError, nearest
from ratebound.theory.methods import heavy_ball, sgd_momentum
from ratebound.theory.symbols import beta

if TYPE_CHECKING:
    from ratebound.theory.method import Method

_LARGEST_BATCH = 64
_MOST_STEPS = 4096
_LEAST_STEPS = 4


@dataclass(frozen=True, eq=False)
class Row:
    """The runs of one row of a map: all steps of the grid.

    Parameters
    ----------
    value
        Where the row stands on its axis.
    problem, method
        What is run.
    batch, replacement, steps
        The sampling and the horizon.
    momentum
        The factor of the method, 0 for gradient descent and SGD.
    """

    value: float
    problem: Problem
    method: Method
    batch: int
    replacement: bool
    steps: int
    momentum: float = 0.0

    @property
    def factor(self) -> float:
        """The batch factor, 0 for full gradients."""
        if self.method.sampling == "full":
            return 0.0
        return batch_factor(self.problem.n, self.batch, self.replacement)


@dataclass(frozen=True)
class Axis:
    """An axis.

    Parameters
    ----------
    setting
        The key of a sweep that goes along it.
    values
        Row -> default values.
    check
        Row, value -> the value as it is kept; refuses what is out of range.
    along
        Row, value -> the row at that value.
    """

    setting: str
    values: Callable[[Row], Sequence[float]]
    check: Callable[[Row, Any], float]
    along: Callable[[Row, Any], Row]


def default_steps(problem: Problem, points: int = 24) -> np.ndarray:
    """Return a geometric grid from 1/(32 L_max) to 4/L, which holds the thresholds of SGD and GD."""
    points = whole("grid", points, 2, _MOST_STEPS)
    return np.geomspace(*between(problem, 1 / 32, 4), points)


def between(problem: Problem, low: float, high: float) -> tuple[float, float]:
    """Return the steps low/L_max and high/L.

    Raises
    ------
    RateboundError
        If f is not smooth.
    """
    try:
        return low / certify(problem, "L_max").value, high / certify(problem, "L").value
    except NotCertified as error:
        raise RateboundError(
            f"no steps to try on {problem.name}: {error}; take a problem with a smooth loss"
        ) from None


def default_batches(problem: Problem) -> tuple[int, ...]:
    """Return 1, 2, 4, .. up to 64 and n."""
    powers = (2**j for j in range(_LARGEST_BATCH.bit_length()))
    return tuple(takewhile(lambda b: b <= min(problem.n, _LARGEST_BATCH), powers))


def _batch(row: Row, value: Any) -> int:
    batch = whole("batch", value, 1)
    batch_factor(row.problem.n, batch, row.replacement)
    return batch


def _number(name: str, value: Any, low: float, high: float) -> float:
    try:
        number = float(value)
    except (TypeError, ValueError):
        raise RateboundError(f"{name} = {value!r} is not a number") from None
    if not low <= number < high:
        raise RateboundError(f"{name} = {number:g}; it must be in [{low:g}, {high:g})")
    return number


def _with_momentum(row: Row, value: float) -> Row:
    if not value:
        return row
    factor, full = Rational(repr(value)), row.method.sampling == "full"
    rule = heavy_ball.at({beta: factor})
    if not full:
        same = dict(rule.update) == dict(sgd_momentum.update)
        title = f"SGD with momentum {factor}"
        rule = (
            sgd_momentum
            if same
            else replace(rule, name=f"sgd_momentum_{value}", title=title, sampling="batch")
        )
    return replace(row, method=rule, momentum=value)


def scale_noise(problem: Problem, scale: float) -> Problem:
    """Return least squares with its noise scaled: the part of y that no x reaches, times `scale`.

    The minimiser stays where it is, and so do H and all thresholds; with ``scale = 0`` and no regulariser
    the system is consistent.

    Raises
    ------
    RateboundError
        If the problem is not least squares.
    """
    if problem.kind != "quadratic" or problem.sparse:
        raise RateboundError(
            f"{problem.name} has no axis noise: only dense least squares has noise that leaves x* in place"
        )
    if scale == 1:
        return problem
    U = np.linalg.svd(problem.A, full_matrices=False)[0][:, : problem.spectrum.rank]
    reached = U @ (U.T @ problem.y)
    y = reached + scale * (problem.y - reached)
    return replace(problem, y=y, name=f"{problem.name}_noise_{scale:g}")


AXES: Mapping[str, Axis] = MappingProxyType(
    {
        "batch": Axis(
            "batch",
            lambda row: default_batches(row.problem),
            _batch,
            lambda row, value: replace(row, batch=value),
        ),
        "momentum": Axis(
            "method",
            lambda row: (0.0, 0.3, 0.5, 0.7, 0.8, 0.9, 0.95, 0.98),
            lambda row, value: _number("momentum", value, 0.0, 1.0),
            _with_momentum,
        ),
        "steps": Axis(
            "steps",
            lambda row: sorted({max(_LEAST_STEPS, row.steps >> j) for j in range(8)}),
            lambda row, value: whole("steps", value, _LEAST_STEPS),
            lambda row, value: replace(row, steps=value),
        ),
        "noise": Axis(
            "problem",
            lambda row: (0.0, 0.01, 0.03, 0.1, 0.3, 1.0),
            lambda row, value: _number("noise", value, 0.0, np.inf),
            lambda row, value: replace(row, problem=scale_noise(row.problem, value)),
        ),
    }
)
"""The axes by name."""


def rows(axis: str, values: Sequence[Any] | None, base: Row) -> list[Row]:
    """Return the rows of a map.

    Parameters
    ----------
    axis
        A key of :data:`AXES`.
    values
        Increasing values along it; None for the default ones.
    base
        What all rows share; its `steps` are the longest of the default horizons.

    Raises
    ------
    RateboundError
        If there is no such axis for the method, or a value is out of range.
    """
    if axis not in AXES:
        raise RateboundError(f"unknown axis {axis!r}{nearest(axis, AXES)} (known: {', '.join(AXES)})")
    if not is_plain(base.method):
        raise RateboundError(
            f"regimes of {base.method.name} are not known; explore gd or sgd (momentum is an axis)"
        )
    kind = AXES[axis]
    if base.method.sampling == "full" and axis == "batch":
        if values is not None:
            raise RateboundError(
                f"{base.method.name} uses full gradients and has no batch; leave batches out"
            )
        return [replace(base, value=base.problem.n)]
    _batch(base, base.batch)
    chosen = [kind.check(base, value) for value in (kind.values(base) if values is None else values)]
    increasing(axis, np.array(chosen))
    return [replace(kind.along(base, value), value=value) for value in chosen]


def increasing(name: str, values: np.ndarray) -> np.ndarray:
    """Return the values if there is at least one and they increase."""
    if values.ndim != 1 or values.size == 0 or (np.diff(values) <= 0).any():
        raise RateboundError(f"{name} = {values.tolist()}; pass increasing numbers, at least one")
    return values
