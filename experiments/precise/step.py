"""One step with 50 digits: the conditional expectation at a point, any loss, beside its bound.

The point is the rational number that its floats are. The state is that of
:func:`ratebound.experiments.evidence.conditional.state_at`, from its definition: means over all batches.
"""

from __future__ import annotations

from typing import Any

import mpmath
import numpy as np
from sympy import Symbol

from ratebound.experiments.evidence.enumerate import branches, count_paths, distinct_batches
from ratebound.experiments.precise.moments import numbers
from ratebound.experiments.precise.run import FiniteSum
from ratebound.experiments.trial import Trial
from ratebound.problems.lower import lower_mp
from ratebound.theory import symbols as s

_DIGITS, _SURE = 50, 40
_WORK = 1e6
"""Multiplications of mpmath numbers that are affordable, a second."""


def feasible(trial: Trial) -> bool:
    """Whether :func:`sides` takes about a second."""
    problem = trial.problem
    if problem.x_star is None:
        return False
    batches = branches(problem, trial.batch, trial.replacement) if trial.theorem.stochastic else 1
    return batches * problem.n * problem.d <= _WORK


def broken(trial: Trial, k: int, x: np.ndarray) -> bool:
    """Whether a statement about one step fails at x_k = x, where :func:`feasible` holds."""
    measured, bound = sides(trial, k, x)
    with mpmath.workdps(_DIGITS):
        excess = abs(measured - bound) if trial.theorem.equality else measured - bound
        return bool(excess > abs(bound) * mpmath.mpf(10) ** -_SURE)


def sides(trial: Trial, k: int, x: np.ndarray) -> tuple[Any, Any]:
    """Return what a statement about one step bounds at x_k = x, and the bound, with 50 digits."""
    problem, theorem = trial.problem, trial.theorem
    with mpmath.workdps(_DIGITS):
        exact, here = FiniteSum(problem), numbers(x)
        x_star = exact.minimiser(problem)
        least = exact.value(x_star)
        G = exact.gradients(here)
        g = G.sum(0) / problem.n
        symbols = sorted(trial.values, key=str)
        known: dict[Symbol, Any] = {symbol: mpmath.mpf(trial.values[symbol]) for symbol in symbols}
        alpha = lower_mp(theorem.step, (s.k, s.K, *symbols))(k, trial.steps, *known.values())
        if theorem.stochastic:
            drawn, chances = distinct_batches(problem, trial.batch, trial.replacement)
            ways = count_paths(problem.n, 1, trial.batch, trial.replacement)
            chance = np.array([mpmath.mpf(round(p * ways)) / ways for p in chances], dtype=object)
            estimates = G[drawn].sum(1) / trial.batch
        else:
            chance, estimates = numbers(np.ones(1)), g[None]
        rule = lower_mp(theorem.method.update["x"], [Symbol("x", real=True), Symbol("g", real=True), s.alpha])
        moved = [np.array([rule(a, b, alpha) for a, b in zip(here, e, strict=True)]) for e in estimates]
        errors = chance @ ((estimates - g) ** 2).sum(1)
        moment = chance @ (estimates**2).sum(1)
        state = {
            s.delta: exact.value(here) - least,
            s.grad_sq: g @ g,
            s.variance: ((G - g) ** 2).sum() / problem.n,
            s.d2: (here - x_star) @ (here - x_star),
            s.error_sq: errors,
            s.batch_variance: errors,
            s.moment: moment,
            s.second_moment: moment,
            s.delta_next: chance @ np.array([exact.value(y) - least for y in moved]),
            s.d2_next: chance @ np.array([(y - x_star) @ (y - x_star) for y in moved]),
        }
        if not theorem.stochastic:
            after = exact.gradient(moved[0])
            state[s.grad_next_sq] = after @ after
        known |= state
        names = sorted(known, key=str)
        bound = lower_mp(theorem.bound, (s.k, s.K, *names))(k, trial.steps, *(known[n] for n in names))
        target = {"gap_next": s.delta_next, "batch_variance": s.batch_variance}[theorem.measure]
        return state[target], bound
