"""From what a user writes for the step size to numbers alpha_k, shape (S, K)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from numbers import Real
from typing import TypeAlias

import numpy as np
from sympy import Expr

from ratebound.experiments.plan import check_alphas
from ratebound.problems.constants import CONSTANTS, Setting, certify
from ratebound.problems.finite_sum import Problem
from ratebound.problems.lower import lower
from ratebound.theory.errors import RateboundError, nearest
from ratebound.theory.parse import parse
from ratebound.theory.symbols import ALONG_RUN, BY_NAME, K, k
from ratebound.theory.visits import INDEPENDENT

Step: TypeAlias = "float | str | Expr | Sequence[float] | np.ndarray"
"""What a user may pass as a step size."""


@dataclass(frozen=True, eq=False)
class Schedule:
    """Step sizes of a run.

    Parameters
    ----------
    alphas
        Shape (S, K).
    text
        What was asked for, in words or as an expression.
    values
        Values of the constants and parameters that the expression reads, by name.
    given
        Whether the numbers were passed as an array and so cannot be told by `text`.
    """

    alphas: np.ndarray
    text: str
    values: Mapping[str, float]
    given: bool = False


def _constant(problem: Problem, name: str, setting: Setting) -> float:
    if BY_NAME.get(name) in ALONG_RUN:
        raise RateboundError(
            f"{name} depends on the steps, so a step cannot read it here; pass its value in parameters"
        )
    return certify(problem, name, setting).value


def _from_expression(
    expr: Expr, problem: Problem, steps: int, setting: Setting, parameters: Mapping[str, float]
) -> Schedule:
    # A symbol is meant by its name, whatever assumptions the user's own copy carries.
    expr = expr.xreplace({s: BY_NAME[s.name] for s in expr.free_symbols if s.name in BY_NAME})
    needed = sorted((s for s in expr.free_symbols - {k, K}), key=str)
    values: dict[str, float] = {}
    for symbol in needed:
        name = symbol.name
        if name in parameters:
            values[name] = float(parameters[name])
        elif name in CONSTANTS:
            values[name] = _constant(problem, name, setting)
        else:
            raise RateboundError(
                f"{name} in the step {expr} has no value{nearest(name, BY_NAME)}; "
                f"pass parameters={{{name!r}: ...}}"
            )
    for name in parameters:
        if name not in values:
            used = ", ".join(values) or "none"
            raise RateboundError(
                f"parameter {name!r} is not in the step {expr}{nearest(name, values)} (symbols: {used})"
            )
    function = lower(expr, (k, K, *needed))
    # A constant step is one number, however long the run.
    at = np.arange(steps if expr.has(k) else 1)
    alphas = np.broadcast_to(function(at, steps, *values.values()), (1, steps))
    return Schedule(check_alphas(alphas), str(expr), values)


def _from_array(step: np.ndarray, steps: int) -> Schedule:
    if step.ndim not in (1, 2) or step.shape[-1] != steps or step.size == 0:
        raise RateboundError(
            f"step has shape {step.shape}; an array must hold one step size per update, shape ({steps},) or "
            f"(S, {steps}); pass a list for several constant step sizes"
        )
    alphas = check_alphas(np.atleast_2d(step))
    return Schedule(alphas, f"given values, shape {alphas.shape}", {}, given=True)


def resolve(
    step: Step,
    problem: Problem,
    steps: int,
    *,
    batch: int = 1,
    replacement: bool = True,
    order: str = INDEPENDENT,
    parameters: Mapping[str, float] | None = None,
) -> Schedule:
    """Return the step sizes that `step` stands for.

    Parameters
    ----------
    step
        A number; a sequence of numbers (several constant step sizes); an array (K,) or (S, K); an expression
        in ``k``, ``K``, parameters and constants; or the text of one.
    problem
        Certifies the constants that an expression reads.
    steps
        The horizon K.
    batch, replacement, order
        The sampling, on which some constants depend.
    parameters
        Values of symbols by name; they take precedence over certified constants.

    Returns
    -------
    Schedule
        Positive finite step sizes.

    Raises
    ------
    RateboundError
        If a step size is not positive and finite, a shape does not fit, a symbol has no value, a parameter
        is not used, or a constant cannot be certified.
    """
    parameters = parameters or {}
    if isinstance(step, str):
        step = parse(step)
    if isinstance(step, Expr):
        setting = Setting(np.zeros(1), batch, replacement, independent=order == INDEPENDENT)
        return _from_expression(step, problem, steps, setting, parameters)
    if parameters:
        raise RateboundError(f"parameters {sorted(parameters)} need a step that is an expression")
    if isinstance(step, Real):
        step = [float(step)]
    if isinstance(step, np.ndarray) and step.ndim:
        return _from_array(step, steps)
    try:
        constants = np.array(step, dtype=np.float64, ndmin=1)
    except (TypeError, ValueError):
        constants = np.empty(0)
    if constants.ndim != 1 or constants.size == 0:
        raise RateboundError(f"step = {step!r}; pass a number, a list of numbers, an array or an expression")
    bad = constants[~(np.isfinite(constants) & (constants > 0))]
    if bad.size:
        raise RateboundError(f"step = {bad[0]:.6g}; step sizes must be positive and finite")
    text = ", ".join(repr(float(c)) for c in constants)
    return Schedule(np.broadcast_to(constants[:, None], (constants.size, steps)), text, {})
