"""What methods store for samples: a vector each, or on sparse data the number that its row is multiplied by.

The gradient of a loss in a_i . x is a multiple of a_i. Where all that a step stores is one, a table of
numbers (n,) stands for the vectors (n, d): it is read as ``t_i a_i``, and of the vector v the number
``a_i . v/||a_i||^2`` is stored.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from sympy import Expr, Integer, Symbol, expand

from ratebound.experiments.backends.elementwise import l2
from ratebound.experiments.backends.rules import constants_at, known
from ratebound.problems.finite_sum import Problem
from ratebound.problems.sparse import row_norms_sq
from ratebound.theory.errors import RateboundError
from ratebound.theory.method import g

if TYPE_CHECKING:
    from ratebound.experiments.plan import Plan

_ROUNDING = 1e-12


def kept_of(plan: Plan) -> Expr:
    """Return what a step stores for the drawn sample, in symbols that every backend knows."""
    stores = None if plan.method.draws is None else plan.method.draws.stores
    return g if stores is None else known(plan.method, stores, constants_at(plan))


def check_rows(plan: Plan) -> None:
    """Refuse a table of vectors that are no multiples of the rows of sparse data.

    Raises
    ------
    RateboundError
        If a step stores another one, or the table starts with one.
    """
    problem, method, draws = plan.problem, plan.method, plan.method.draws
    assert draws is not None
    weight = l2 if problem.l2 else Integer(0)
    # That components are l2-strongly convex is certified to rounding, and stored to rounding.
    values = {
        name: weight if abs(float(value) - problem.l2) <= _ROUNDING * problem.l2 else value
        for name, value in constants_at(plan).items()
    }
    stored = g if draws.stores is None else known(method, draws.stores, values)
    # What is left where the slope of the sample, and the number stored for it, are zero.
    zero: dict[Expr, Expr] = {Symbol(draws.table, real=True): Integer(0)}
    if not problem.x0.any():
        fixed = (Symbol(name, real=True) for name in method.from_start if str(method.update[name]) == name)
        zero |= dict.fromkeys(fixed, Integer(0))
    left = expand(stored.subs(g, weight * known(method, method.point, values)).xreplace(zero))
    begun = draws.first == "centred" or (draws.first == "gradients" and problem.l2 and problem.x0.any())
    if left != 0 or begun or draws.weight is not None:
        raise RateboundError(
            f"{method.name} stores other vectors here than multiples of the rows, which sparse data need "
            f"(l2 = {problem.l2:.4g}; SAG and SAGA store them with l2 = 0, SDCA from x0 = 0); pass "
            "A.toarray() if it fits"
        )


def first_stored(problem: Problem, first: str) -> np.ndarray:
    """Return the table at step 0: a vector for each sample, or a number on sparse data."""
    if problem.sparse:
        stored = problem.loss.slope_at(problem.A @ problem.x0, problem.y)
    else:
        stored = problem.component_gradients(problem.x0)
    if first != "gradients":
        stored = stored - (stored if first == "zeros" else stored.mean(0))
    return stored


class Table:
    """The table of a method, as arrays over replicas."""

    def __init__(self, plan: Plan) -> None:
        assert plan.method.draws is not None
        self._problem, self._dtype = plan.problem, plan.dtype
        self._first = plan.method.draws.first
        if plan.problem.sparse:
            norms = row_norms_sq(plan.problem.A)
            self._norms = np.where(norms == 0, 1.0, norms)

    def start(self, lead: tuple[int, ...]) -> np.ndarray:
        """Return the table at step 0 for replicas of shape `lead`: (*lead, n, d), or (*lead, n)."""
        stored = first_stored(self._problem, self._first).astype(self._dtype)
        return np.broadcast_to(stored, (*lead, *stored.shape)).copy()

    def _rows(self, batch: np.ndarray) -> np.ndarray:
        A: Any = self._problem.A
        return np.asarray(A[batch[:, 0]].toarray(), self._dtype)

    def read(self, table: np.ndarray, batch: np.ndarray) -> np.ndarray:
        """Return what is stored for the samples (R, 1) of a step, shape (..., R, d)."""
        replicas = np.arange(len(batch))
        if not self._problem.sparse:
            return np.asarray(table[..., replicas, batch[:, 0], :])
        return table[..., replicas, batch[:, 0]][..., None] * self._rows(batch)

    def store(self, table: np.ndarray, batch: np.ndarray, kept: np.ndarray) -> None:
        """Put the vectors (..., R, d) in their place."""
        replicas = np.arange(len(batch))
        if not self._problem.sparse:
            table[..., replicas, batch[:, 0], :] = kept
        else:
            met = (self._rows(batch) * kept).sum(-1)
            table[..., replicas, batch[:, 0]] = met / self._norms[batch[:, 0]]
