"""The Numba kernel whose vectors run over step sizes.

One vector holds the same feature of an iterate under eight step sizes. They share the sampled rows, so that
each number of the data is loaded once for all of them, and nothing has to be summed across a vector.
"""

from __future__ import annotations

from functools import lru_cache
from itertools import product

import numpy as np
from sympy import Symbol

from ratebound.experiments.backends.elementwise import elementwise
from ratebound.experiments.backends.kernel import Spec
from ratebound.experiments.backends.numba_source import (
    TILE,
    draws,
    header,
    indented,
    kept,
    place_of_step,
    renamed,
    scalars_read,
    steps_together,
    through_stops,
)
from ratebound.experiments.backends.simd import WIDTH

_BATCH = Symbol("batch", positive=True)
_ROWS = 4
_BYTES = 256
"""Bytes of step sizes that are advanced together."""


def vectors_of(step_sizes: int, dtype: str) -> int:
    """Return how many vectors of step sizes are advanced together."""
    return min(_BYTES // (WIDTH * np.dtype(dtype).itemsize), -(-step_sizes // WIDTH))


def rows_together(batch: int) -> int:
    """Return how many rows of a batch are taken together."""
    return min(batch, _ROWS)


class _StepSizes:
    """Lines of the kernel for one number of lanes."""

    def __init__(self, spec: Spec, lanes: int) -> None:
        self.spec, self.lanes, self.state = spec, lanes, list(spec.rules)
        self.kept = kept(spec)
        self.vectors = range(lanes // WIDTH)
        self.rows = rows_together(spec.batch)
        self.cells = list(product(range(self.rows), self.vectors))
        self.together = steps_together(spec)
        # One kernel serves every batch of several passes: it reads the batch when it runs.
        several = spec.batch > self.rows
        # Else one pass over the state makes a step, and predicts for the next, whose rows are known.
        self.ahead = not several
        self.update = elementwise(
            spec.rules,
            _BATCH if several else spec.batch,
            None if several else self.rows,
            spec.regularised,
        )

    def looked_up(self, name: str, place: str) -> list[str]:
        """Return the lines that look up the rows q .. of a step, drawn at `place`."""
        return [f"{name}{q} = index[0, q + {q}, {place}]" for q in range(self.rows)]

    def predictions(self) -> list[str]:
        """Return the lines from the rows i0 .. to their products with x."""
        lines = [f"z{q}_{c} = fill(zero)" for q, c in self.cells]
        lines += ["for j in range(d):"]
        lines += [f"    x_{c} = load(state_x, (u, block, j, {WIDTH * c}))" for c in self.vectors]
        lines += [f"    a{q} = data[i{q}, j]" for q in range(self.rows)]
        return lines + [f"    z{q}_{c} = z{q}_{c} + a{q} * x_{c}" for q, c in self.cells]

    def slopes(self) -> list[str]:
        """Return the lines from the predictions for the rows i0 .. to their slopes under every step size."""
        slope = self.spec.slope
        lines = [f"y{q} = labels[i{q}]" for q in range(self.rows)]
        return lines + [
            f"s{q}_{c} = {renamed(slope, {'z': f'z{q}_{c}', 'y': f'y{q}'})}" for q, c in self.cells
        ]

    def step(self) -> list[str]:
        """Return the lines that update all features, and predict for the next rows n0 .. on the way."""
        update, reads = self.update, scalars_read(self.update)
        lines = ["k = float(step)"] if "k" in reads else []
        each = [f"a{q} = data[i{q}, j]" for q in range(self.rows)] if self.ahead else []
        each += [f"b{q} = data[n{q}, j]" for q in range(self.rows)] if self.ahead else []
        for c in self.vectors:
            place = f"block * {self.lanes} + {WIDTH * c}"
            lines += [
                f"{name}_{c} = load({name}s, (step * {name}s_move, {place}))"
                for name in ("alpha", "weight")
                if name in reads
            ]
            names = {name: f"{name}_{c}" for name in (*update.coefficients, "alpha", "weight")}
            names |= {f"s{q}": f"s{q}_{c}" for q in range(self.rows)}
            lines += [f"{name}_{c} = {renamed(expr, names)}" for name, expr in update.coefficients.items()]
            names |= {name: f"{name}_now" for name in self.state}
            each += [] if self.ahead else [f"h = load(total, (j, {WIDTH * c}))"]
            each += [f"{name}_now = load(state_{name}, (u, block, j, {WIDTH * c}))" for name in self.state]
            each += [] if update.total is None else [f"h = {renamed(update.total, names)}"]
            each += [f"{name}_next = {renamed(expr, names)}" for name, expr in update.following.items()]
            each += [f"store({name}_next, state_{name}, (u, block, j, {WIDTH * c}))" for name in self.state]
            if self.ahead:
                each += [f"z{q}_{c} = z{q}_{c} + b{q} * x_next" for q in range(self.rows)]
        lines += [f"z{q}_{c} = fill(zero)" for q, c in self.cells if self.ahead]
        return [*lines, "for j in range(d):", *indented(each, 1)]

    def one_step(self) -> list[str]:
        """Return the lines of one step under all step sizes of a block."""
        if self.ahead:
            # What lies after the tile is predicted for nothing.
            following = place_of_step(self.together, f"min(t + 1, {TILE - 1})")
            upcoming = self.looked_up("n", following)
            return [*self.slopes(), *upcoming, *self.step(), *(f"i{q} = n{q}" for q in range(self.rows))]
        gather = ["for j in range(d):"]
        gather += [f"    a{q} = data[i{q}, j]" for q in range(self.rows)]
        for c in self.vectors:
            place = f"total, (j, {WIDTH * c})"
            terms = " + ".join(f"a{q} * s{q}_{c}" for q in range(self.rows))
            gather.append(f"    store(load({place}) + {terms}, {place})")
        rows = [*self.looked_up("i", "drawn"), *self.predictions(), *self.slopes()]
        return [
            f"drawn = {place_of_step(self.together)}",
            "total[:] = 0.0",
            f"for q in range(0, index.shape[1], {self.rows}):",
            *indented([*rows, *gather], 1),
            *self.step(),
        ]

    def source(self) -> str:
        """Return the whole module."""
        first = ["q = 0", *self.looked_up("i", place_of_step(self.together, "(now - tile)"))]
        steps = [
            "for block in range(blocks):",
            *indented([*first, *self.predictions()] if self.ahead else [], 1),
            "    for t in range(now - tile, end - tile if alive[block] else now - tile):",
            "        step = tile + t",
            *indented(self.one_step(), 2),
        ]
        body = [
            "batch = limits.shape[1]",
            f"rows = -(-batch // {self.rows}) * {self.rows}",
            f"index = np.full((1, rows, {TILE}), np.uint64(labels.size - 1))",
            "blocks, d = state_x.shape[1], state_x.shape[2]",
            f"total, alive = np.zeros((d, {self.lanes}), real), np.ones(blocks, np.bool_)",
            "for u in range(first, last):",
            *indented(self.note_alive(), 1),
            *indented(
                through_stops(
                    self.together,
                    draws(self.spec, "u", "0"),
                    steps,
                    [*self.stop(), *self.show()],
                ),
                1,
            ),
        ]
        arrays = [*(f"state_{name}" for name in self.state), *(f"kept_{name}" for name in self.kept)]
        return header(self.spec, arrays) + "\n".join(indented(body, 1)) + "\n"

    def show(self) -> list[str]:
        """Return the lines that turn the features of an iterate side by side, as measures read them."""
        place = f"block * {self.lanes} + lane"
        lines = ["for block in range(blocks):"]
        lines += [
            f"    for lane in range(0, {self.lanes}, {WIDTH}):",
            f"        for j in range(0, d - 7, {WIDTH}):",
        ]
        for name in self.kept:
            rows = (f"load(state_{name}, (u, block, j + {i}, lane))" for i in range(WIDTH))
            lines += [f"            store_turned({', '.join(rows)}, kept_{name}, (seen, u, {place}, j))"]
        lines += [f"    for j in range(d - d % {WIDTH}, d):", f"        for lane in range({self.lanes}):"]
        return lines + [
            f"            kept_{name}[seen, u, {place}, j] = state_{name}[u, block, j, lane]"
            for name in self.kept
        ]

    def note_alive(self) -> list[str]:
        """Return the lines that note which blocks have a step size that has not diverged."""
        return [
            "for block in range(blocks):",
            "    alive[block] = False",
            f"    for lane in range(0, {self.lanes}, {WIDTH}):",
            "        x_now = load(state_x, (u, block, 0, lane))",
            "        if anywhere(x_now == x_now):",
            "            alive[block] = True",
        ]

    def stop(self) -> list[str]:
        """Return the lines that mark which step sizes have diverged."""
        place = "(u, block, j, lane)"
        gone = "store(where(probe == probe, load({0}, {1}), nan), {0}, {1})"
        return [
            "for block in range(blocks):",
            f"    for lane in range(0, {self.lanes}, {WIDTH}):",
            "        probe = fill(zero)",
            "        for j in range(d):",
            f"            probe = probe + 0.0 * load(state_x, {place})",
            "        # A diverged step size stops with its block: every later look at it reads nan.",
            "        if anywhere(probe != probe):",
            "            for j in range(d):",
            *indented((gone.format(f"state_{name}", place) for name in self.state), 4),
            *self.note_alive(),
        ]


@lru_cache(maxsize=64)
def step_sizes_source(spec: Spec, lanes: int) -> str:
    """Print the module of the kernel for blocks of `lanes` step sizes, a multiple of 8.

    Raises
    ------
    RateboundError
        If an expression has no printing.
    """
    return _StepSizes(spec, lanes).source()
