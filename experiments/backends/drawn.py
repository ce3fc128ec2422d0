"""What methods read besides the gradient of a batch, in NumPy: second points, Hessians, coins, tables, axes.

A weighted draw j of a step, of a sample or of an axis, reads the words of the one stream at counters that no
other draw uses, ``(step, replica, 2^32 - 2, j)``, by inversion of the cumulated probabilities at 53 bits.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import numpy as np
from sympy import Expr

from ratebound.experiments.backends.coins import PICKED, uniform
from ratebound.experiments.backends.rules import constants_at, constants_on, known, point_of, started
from ratebound.experiments.backends.stored import Table, kept_of
from ratebound.problems.axes import axis_smoothness
from ratebound.problems.certified import NotCertified
from ratebound.problems.component_gap import infima
from ratebound.problems.constants import certify
from ratebound.problems.curvature import component_smoothness
from ratebound.problems.finite_sum import Problem
from ratebound.problems.lower import lower
from ratebound.problems.sparse import drawn_predictions
from ratebound.theory.draws import Draws, L_i, L_j, along, coin, length_sq, norm_sq, picked, rise
from ratebound.theory.method import x

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from ratebound.experiments.plan import Plan
    from ratebound.theory.method import Method

TABLE = "table"
"""The state that holds what is stored for samples; see :mod:`ratebound.experiments.backends.stored`."""
WEIGHTED = 2**32 - 2
"""The third word of the counters of weighted draws."""


def probabilities(problem: Problem, method: Method) -> np.ndarray | None:
    """Return the probability of each sample, shape (n,), or of each axis, shape (d,).

    None where samples are drawn with equal probabilities.
    """
    if method.draws is not None and method.draws.axis is not None:
        weights = np.broadcast_to(lower(method.draws.axis, (L_j,))(axis_smoothness(problem)), problem.d)
        return np.asarray(weights / weights.sum())
    weight = None if method.draws is None else method.draws.weight
    if weight is None:
        return None
    symbols = sorted(weight.free_symbols - {L_i}, key=str)
    values = [certify(problem, symbol.name).value for symbol in symbols]
    weights = np.broadcast_to(
        lower(weight, (L_i, *symbols))(component_smoothness(problem), *values), problem.n
    )
    return np.asarray(weights / weights.sum())


def ends_of(chances: np.ndarray) -> np.ndarray:
    """Return where the parts of [0, 1) end that belong to the samples, or axes."""
    ends = np.cumsum(chances)
    return np.asarray(ends / ends[-1])


def scale_of(problem: Problem, method: Method) -> np.ndarray:
    """Return what the gradient of each drawn sample is multiplied by, ``1/(n p_i)``, shape (n,)."""
    along_axis = method.draws is not None and method.draws.axis is not None
    chances = None if along_axis else probabilities(problem, method)
    with np.errstate(divide="ignore"):
        return np.ones(problem.n) if chances is None else 1 / (problem.n * chances)


def draws_of(plan: Plan) -> Draws | None:
    """Return what a step draws besides a batch at x; None where that is all, or nothing is drawn.

    A method of batches that takes its gradient elsewhere, or starts a memory at x_0, draws no more than a
    batch; its kernels are nevertheless those of methods with draws.
    """
    if plan.method.draws is not None or plan.deterministic:
        return plan.method.draws
    return Draws() if plan.method.from_start or point_of(plan) is not None else None


def points_of(plan: Plan) -> dict[str, Expr]:
    """Return where each gradient of a method with draws is taken, ``g`` first; see :attr:`Draws.places`."""
    draws, values = draws_of(plan) or Draws(), constants_at(plan)
    main = point_of(plan)
    found = {"g": x if main is None else main}
    return found | {name: known(plan.method, point, values) for name, point in draws.places.items()}


def length_of(plan: Plan) -> Expr | None:
    """Return the vector whose squared norm the update reads, in symbols that every backend knows."""
    draws = plan.method.draws
    if draws is None or draws.length is None:
        return None
    return known(plan.method, draws.length, constants_at(plan))


def starting(plan: Plan, names: Iterable[str], units: int) -> dict[str, np.ndarray]:
    """Return the states at step 0, shape (units, d), and the table, if there is one, (units, n, ...)."""
    problem = plan.problem
    state = {
        name: np.tile(problem.x0 if started(plan.method, name) else np.zeros(problem.d), (units, 1))
        for name in names
    }
    state = {name: values.astype(plan.dtype, copy=False) for name, values in state.items()}
    if plan.method.draws is None:
        return state
    begun = Reader(plan).start((units, problem.d))
    return state | {name: np.array(value) for name, value in begun.items()}


def weighted_indices(plan: Plan, steps: np.ndarray) -> np.ndarray:
    """Return samples, or axes, drawn by their probabilities, shape (T, R, b)."""
    chances = probabilities(plan.problem, plan.method)
    assert chances is not None
    steps, replicas = np.asarray(steps, dtype=np.uint64), np.asarray(plan.replicas, dtype=np.uint64)
    drawn = [uniform(plan.seed, steps, replicas, WEIGHTED, j) for j in range(plan.batch)]
    found = np.searchsorted(ends_of(chances), np.stack(drawn, axis=-1), side="right")
    return np.minimum(found, chances.size - 1)


def smoothness_read(plan: Plan) -> np.ndarray:
    """Return the L_j, shape (d,), or L_i, shape (n,), that the update may read; empty if neither."""
    draws, found = plan.method.draws, np.zeros(0)
    if draws is not None and draws.axis is not None:
        found = axis_smoothness(plan.problem)
    elif draws is not None and draws.smoothness:
        found = component_smoothness(plan.problem)
    return found.astype(plan.dtype)


def lowest_values(plan: Plan) -> np.ndarray:
    """Return what the update sees values of components from, shape (n,); empty where it reads none."""
    return least_values(plan.problem, plan.method.draws or Draws()).astype(plan.dtype)


def least_values(problem: Problem, draws: Draws) -> np.ndarray:
    """Return the infima of the components, or their values at the minimiser of f; see :class:`Draws`."""
    if not draws.values:
        return np.zeros(0)
    if draws.values == "infimum":
        return infima(problem)[0]
    if problem.x_star is None:
        raise NotCertified(f"the step reads f_i(x*): {problem.minimum.note}")
    values = problem.loss.value_at(problem.A @ problem.x_star, problem.y)
    return np.asarray(values + problem.l2 / 2 * (problem.x_star @ problem.x_star))


def values_of(
    problem: Problem, lowest: np.ndarray, X: np.ndarray, index: np.ndarray, g: np.ndarray
) -> dict[str, np.ndarray]:
    """Return what the update reads of the drawn samples (R,) at points (..., R, d), by name, (..., R, 1)."""
    z = drawn_predictions(problem.A, X, index)
    value = problem.loss.value_at(z, problem.y[index]) + problem.l2 / 2 * (X * X).sum(-1)
    square = (g * g).sum(-1)
    found = {rise.name: value - lowest[index], norm_sq.name: np.where(square == 0, 1.0, square)}
    return {name: numbers[..., None].astype(g.dtype) for name, numbers in found.items()}


def _lowered(expr: Expr) -> tuple[Callable[..., np.ndarray], list[str]]:
    """Return a function of arrays, and the names of what it reads."""
    symbols = sorted(expr.free_symbols, key=str)
    return lower(expr, symbols), [symbol.name for symbol in symbols]


def length_reader(
    problem: Problem, method: Method
) -> Callable[[Mapping[str, np.ndarray]], dict[str, np.ndarray]]:
    """Return what finds ``length_sq``, shape (..., 1), in arrays (..., d) by name; nothing if not read."""
    if method.draws is None or method.draws.length is None:
        return lambda values: {}
    length, symbols = _lowered(known(method, method.draws.length, constants_on(problem, method)))

    def found(values: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
        vector = length(*(values[symbol] for symbol in symbols))
        return {length_sq.name: (vector * vector).sum(-1)[..., None]}

    return found


class Reader:
    """What the draws of a step mean for the arrays of a state.

    Parameters
    ----------
    plan
        A run of a method with draws.
    """

    def __init__(self, plan: Plan) -> None:
        assert plan.method.draws is not None
        self._plan, self._draws = plan, plan.method.draws
        values = constants_at(plan)
        self._places = {
            name: _lowered(known(plan.method, place, values)) for name, place in self._draws.places.items()
        }
        self._kept = _lowered(kept_of(plan))
        self._table = Table(plan) if self._draws.table else None
        self._length = length_reader(plan.problem, plan.method)
        scale = None if self._draws.weight is None else scale_of(plan.problem, plan.method)
        self._scale = None if scale is None else scale.astype(plan.dtype)
        self._smooth, self._lowest = smoothness_read(plan), lowest_values(plan)

    def start(self, shape: tuple[int, ...]) -> dict[str, np.ndarray]:
        """Return the states, of shape (..., R, d) where they are vectors, that start at gradients at x_0."""
        problem = self._plan.problem
        x0 = problem.x0.astype(self._plan.dtype)
        state = {name: np.broadcast_to(problem.gradient(x0), shape) for name in self._draws.from_gradient}
        if self._table is not None:
            state[TABLE] = self._table.start(shape[:-1])
        return state

    def gradient(self, X: np.ndarray, batch: np.ndarray) -> np.ndarray:
        """Return the gradient estimate of a batch (R, b) at points (..., R, d)."""
        problem = self._plan.problem
        if self._draws.axis is not None:
            return np.where(np.arange(problem.d) == batch, problem.gradient(X), X.dtype.type(0))
        return self._scaled(lambda drawn: problem.batch_gradient(X, drawn), batch)

    def _scaled(self, estimate: Callable[[np.ndarray], np.ndarray], batch: np.ndarray) -> np.ndarray:
        """Return what an estimate makes of a batch, each sample by its scale."""
        if self._scale is None:
            return estimate(batch)
        parts = (estimate(batch[:, j : j + 1]) for j in range(batch.shape[1]))
        scaled = [self._scale[batch[:, j], None] * part for j, part in enumerate(parts)]
        return np.asarray(sum(scaled[1:], scaled[0]) / len(scaled))

    def read(
        self,
        state: Mapping[str, np.ndarray],
        inputs: Mapping[str, np.ndarray],
        batch: np.ndarray,
        fallen: np.ndarray,
        g: np.ndarray,
    ) -> dict[str, np.ndarray]:
        """Return what the update reads besides g, by name; `fallen` (R,) are their coins."""
        shape = state["x"].shape
        dtype = self._plan.dtype
        picks, fallen = np.divmod(fallen, PICKED)
        found = {coin.name: fallen[:, None].astype(dtype), L_j.name: self._smooth}
        found[picked.name] = picks[:, None].astype(dtype)
        values = {**state, **inputs, "g": g, picked.name: found[picked.name]}
        points = {
            name: np.broadcast_to(place(*(values[symbol] for symbol in symbols)), shape)
            for name, (place, symbols) in self._places.items()
        }
        where = np.flatnonzero(fallen)
        for name in self._draws.also:
            found[name] = self.gradient(points[name], batch)
        for name in self._draws.hessian:
            product = partial(self._plan.problem.batch_product, points[name], points[along(name)])
            found[name] = self._scaled(product, batch)
        for name in self._draws.full:
            found[name] = np.zeros(shape, dtype)
            if where.size:
                found[name][..., where, :] = self._plan.problem.gradient(points[name][..., where, :])
        if self._table is not None:
            found[self._draws.table] = self._table.read(state[TABLE], batch)
        if self._draws.smoothness:
            found[L_i.name] = self._smooth[batch[:, 0], None]
        if self._draws.values:
            found |= values_of(self._plan.problem, self._lowest, state["x"], batch[:, 0], g)
        return found | self._length({**values, **found})

    def store(self, table: np.ndarray, batch: np.ndarray, values: Mapping[str, np.ndarray]) -> None:
        """Put into a table what a step stores, which reads `values` by name."""
        assert self._table is not None
        kept, symbols = self._kept
        self._table.store(table, batch, kept(*(values[symbol] for symbol in symbols)))
