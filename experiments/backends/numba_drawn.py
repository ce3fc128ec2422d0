"""Methods with draws on the CPU: a kernel printed from the update, one replica after the other.

Indices and coins come from the NumPy stream, block by block; the kernel does the rest: the gradients of a
batch at every point that the method names, those of f where the coin falls, the table, the update. Of sparse
data only the entries are read; the update moves every coordinate, for the states of these methods are dense.
"""

from __future__ import annotations

from collections.abc import Mapping
from textwrap import dedent
from typing import Any

import numpy as np
from sympy import Expr

from ratebound.experiments.backends.cache import load_module
from ratebound.experiments.backends.coins import PICKED, coins
from ratebound.experiments.backends.drawn import (
    TABLE,
    draws_of,
    length_of,
    lowest_values,
    points_of,
    scale_of,
    smoothness_read,
    starting,
    weighted_indices,
)
from ratebound.experiments.backends.kernel import schedule_of, spec_of, weights_of
from ratebound.experiments.backends.numba_drawn_text import (
    DENSE,
    PRODUCTS,
    SOURCE,
    SPARSE,
    STORE,
    STORED,
)
from ratebound.experiments.backends.numba_source import indented, renamed
from ratebound.experiments.backends.rules import SUM
from ratebound.experiments.backends.stored import kept_of
from ratebound.experiments.backends.threads import share
from ratebound.experiments.plan import Plan
from ratebound.experiments.sampling import indices
from ratebound.experiments.shuffling import Passes
from ratebound.problems.losses import Loss
from ratebound.theory.draws import Draws, L_i, L_j, along, coin, length_sq, norm_sq, picked, rise
from ratebound.theory.method import g

_DRAWS = 2**18


def drawn_source(
    title: str,
    draws: Draws,
    loss: Loss,
    rules: Mapping[str, Expr],
    points: Mapping[str, Expr],
    kept: Expr = g,
    dtype: str = "float64",
    sparse: bool = False,
    length: Expr | None = None,
) -> str:
    """Print the module of a method with draws.

    Parameters
    ----------
    title
        What the kernel computes, in words.
    draws
        What a step reads besides g.
    loss
        The loss.
    rules
        State variable -> next value.
    points
        Where each gradient is taken: ``g`` and the places of `draws`, expressions in the state; those of
        ``draws.after`` may read ``g``.
    kept
        What a step stores in the table, if there is one.
    dtype, sparse
        The numbers of the states, and whether data are given as starts, columns and entries of their rows.
    length
        The vector whose squared norm the update reads, if there is one.

    Raises
    ------
    RateboundError
        If an expression has no printing.
    """
    own = {name: f"{name}_now" for name in rules}
    loaded = [f"{name} = state_{state}[unit, j]" for state, name in own.items()]
    taken = ["g", *draws.also, *draws.hessian, *draws.full]
    buffers = [*(f"at_{name}" for name in points), *(f"grad_{name}" for name in taken)]
    lines = []
    if draws.picks:
        lines += [f"{picked.name} = real({coin.name} >= {PICKED})"]
        lines += [f"{coin.name} -= real({PICKED}) * {picked.name}"]
    lines += ["for j in range(size):", *indented(loaded, 1)]
    lines += [
        f"    at_{name}[j] = {renamed(expr, own)}" for name, expr in points.items() if name not in draws.after
    ]
    for name in taken:
        if name in draws.after:
            lines += ["for j in range(size):", *indented([*loaded, "g = grad_g[j]"], 1)]
            lines += [f"    at_{name}[j] = {renamed(points[name], own)}"]
        call = f"at_{name}, grad_{name})"
        if name in draws.hessian:
            call = f"at_{name}, at_{along(name)}, grad_{name})"
            lines += [f"products_of_rows(data, labels, l2, rows, scale, {call}"]
        elif name in draws.full:
            lines += [
                f"grad_{name}[:] = 0.0",
                "if coin > 0.0:",
                f"    of_rows(data, labels, l2, every, ones, {call}",
            ]
        elif draws.axis is not None:
            lines += [f"of_rows(data, labels, l2, every, ones, {call}"]
        else:
            lines += [f"of_rows(data, labels, l2, rows, scale, {call}"]
    row = SPARSE if sparse else DENSE
    lines += _value(loss, row["dot"]) if draws.values else []
    numbers = bool(draws.table) and sparse
    buffers += ["stored"] if numbers else []
    lines += STORED.splitlines() if numbers else []
    place = "stored[j]" if numbers else "table[unit, rows[0], j]"
    read = ["for j in range(size):", *indented(loaded, 1)]
    read += [f"    {name} = grad_{name}[j]" for name in taken]
    if draws.axis is not None:
        read += ["    g = g if j == rows[0] else 0.0", f"    {L_j.name} = smooth[j]"]
    read += [f"    {L_i.name} = smooth[rows[0]]"] if draws.smoothness else []
    read += [f"    {draws.table} = {place}"] if draws.table else []
    if length is not None:
        squared = f"{length_sq.name} += ({renamed(length, own)}) ** 2"
        lines += [f"{length_sq.name} = real(0.0)", *read, f"    {squared}"]
    lines += read
    if draws.table:
        lines += [f"    {place} = {renamed(kept, own)}"]
    lines += [f"    state_{name}[unit, j] = {renamed(rule, own)}" for name, rule in rules.items()]
    lines += STORE.splitlines() if numbers else []
    met = row["dot"].replace("point", "vector")
    products = (
        PRODUCTS.format(second=renamed(loss.second, {}), dot_vector=met, **row) if draws.hessian else ""
    )
    return SOURCE.format(
        title=title,
        dtype=dtype,
        slope=renamed(loss.slope, {}),
        **row,
        products=products,
        states=", ".join(f"state_{name}" for name in rules),
        buffers=", ".join(buffers),
        count=len(buffers),
        body="\n".join(indented(lines, 3)),
    )


def _value(loss: Loss, dot: str) -> list[str]:
    """Return the lines that find what the update reads of the drawn sample as a whole."""
    return [
        f"z, square, {norm_sq.name}, row, point = real(0.0), real(0.0), real(0.0), rows[0], at_g",
        *dedent(dot).splitlines(),
        "y = labels[row]",
        "for j in range(size):",
        "    square += at_g[j] ** 2",
        f"    {norm_sq.name} += grad_g[j] ** 2",
        f"{rise.name} = real({renamed(loss.phi, {})} + l2 / 2 * square - lowest[row])",
        f"{norm_sq.name} = real(1.0) if {norm_sq.name} == 0.0 else {norm_sq.name}",
    ]


class DrawnEngine:
    """State (units, d), where a unit is a replica under a step size."""

    def __init__(self, plan: Plan) -> None:
        problem, spec, draws = plan.problem, spec_of(plan), draws_of(plan) or Draws()
        self._plan, self._draws, self._rules = plan, draws, spec.rules
        self._shape = plan.alphas.shape[0], plan.replicas.size, problem.d
        source = drawn_source(
            spec.title,
            draws,
            problem.loss,
            spec.rules,
            points_of(plan),
            kept_of(plan),
            plan.dtype,
            problem.sparse,
            length_of(plan),
        )
        self._function = load_module(source).advance
        if plan.in_passes:
            self._passes = Passes(plan.seed, plan.replicas, problem.n, plan.order)
        self._state = starting(plan, spec.rules, self._shape[0] * self._shape[1])
        self._table = self._state.pop(TABLE, np.empty((1, 1, problem.d), plan.dtype))
        A: Any = problem.A
        rows = (A.indptr, A.indices, np.array(A.data, plan.dtype)) if problem.sparse else A.astype(plan.dtype)
        self._arguments = (
            rows, problem.y.astype(plan.dtype), np.dtype(plan.dtype).type(problem.l2),
            *schedule_of(plan.alphas, plan.dtype), *weights_of(plan),
        )  # fmt: skip
        self._constants = (
            scale_of(problem, plan.method).astype(plan.dtype), np.arange(problem.n),
            np.ones(problem.n, plan.dtype), smoothness_read(plan), lowest_values(plan),
        )  # fmt: skip

    def points(self) -> np.ndarray:
        """Return the iterates, shape (S, R, d)."""
        return self._state["x"].reshape(self._shape).copy()

    def state(self, name: str) -> np.ndarray:
        """Return a state variable, shape (S, R, d), or what is stored for samples, (S, R, n d or n)."""
        if name not in self._state:
            return self._table.reshape(*self._shape[:2], -1).copy()
        return self._state[name].reshape(self._shape).copy()

    def averages(self, weight: np.ndarray) -> np.ndarray:
        """Return the weighted averages of the iterates before the present one, shape (S, R, d).

        `weight` (S, 1, 1) is what the weights add up to.
        """
        return self._state[SUM].reshape(self._shape) / weight

    def advance(self, start: int, stop: int) -> None:
        """Make the updates ``start .. stop - 1``."""
        plan = self._plan
        block = max(1, _DRAWS // (plan.replicas.size * plan.batch))
        for first in range(start, stop, block):
            self._through(np.arange(first, min(first + block, stop)))

    def _through(self, steps: np.ndarray) -> None:
        plan, problem = self._plan, self._plan.problem
        if self._draws.uneven:
            index = weighted_indices(plan, steps)
        elif plan.in_passes:
            index = self._passes.indices(steps, plan.batch)
        else:
            index = indices(plan.seed, plan.replicas, steps, problem.n, plan.batch, plan.replacement)
        fallen = coins(plan, steps).astype(plan.dtype)

        def work(first: int, last: int) -> None:
            self._function(
                first, last, int(steps[0]), *self._arguments, index, fallen, *self._constants,
                self._table, *(self._state[name] for name in self._rules),
            )  # fmt: skip

        units = self._shape[0] * self._shape[1]
        share(work, units, units * steps.size * plan.batch * problem.d)
