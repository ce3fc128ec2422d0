"""The Numba kernel whose vectors run over features.

Eight pairs of replica and sampled row are interleaved: eight replicas for batch 1, one replica and eight rows
for large batches. Their eight predictions end up in one vector, for which the slope of the loss is computed
at once. While an iterate is small the states stay in registers for a whole tile of steps. Otherwise one pass
over a state in memory makes a step and the prediction of the next, whose rows are known in advance.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from itertools import product

import numpy as np

from ratebound.experiments.backends.elementwise import elementwise
from ratebound.experiments.backends.kernel import Spec
from ratebound.experiments.backends.numba_source import (
    TILE,
    draws,
    header,
    in_order,
    indented,
    kept,
    place_of_step,
    renamed,
    scalars_read,
    steps_together,
    through_stops,
)
from ratebound.experiments.backends.simd import WIDTH

_REGISTERS = 24 * 64
"""Bytes of state that may stay in registers; AVX-512 has 32 of 64 bytes, and sums need eight."""


class _Features:
    """Lines of the kernel for one row length."""

    def __init__(self, spec: Spec, width: int) -> None:
        self.spec, self.width, self.state = spec, width, list(spec.rules)
        self.kept = kept(spec)
        # Rows of one replica that are taken together: 1, 2, 4 or 8.
        self.rows = min(WIDTH, 1 << (spec.batch - 1).bit_length())
        self.passes = -(-spec.batch // self.rows)
        self.units = WIDTH // self.rows
        self.update = elementwise(
            spec.rules, spec.batch, self.rows if self.passes == 1 else None, spec.regularised
        )
        size = self.units * width * len(self.state) * np.dtype(spec.dtype).itemsize
        # A long rule is not written out for every unit: the loads and stores of a loop take little beside it.
        loop = self.rows == 1 and not self.update.linear
        self.unrolled = self.passes == 1 and size <= _REGISTERS and not loop
        self.ahead = self.passes == 1 and not self.unrolled
        self.looped = self.ahead and loop
        # With its state in memory a kernel has registers for twice the replicas, which hides latencies.
        self.octets = 2 if self.rows == 1 and not self.unrolled else 1
        self.units *= self.octets
        self.together = steps_together(spec)

    def places(self, lines: Callable[[str], list[str]]) -> list[str]:
        """Return lines for every vector of a row: written out, or in a loop over j."""
        if self.unrolled:
            return [line for j in range(0, self.width, WIDTH) for line in lines(str(j))]
        return [f"for j in range(0, {self.width}, {WIDTH}):", *indented(lines("j"), 1)]

    def cell(self, name: str, p: str | int, j: str) -> str:
        """Return the expression for one vector of a state variable of unit p."""
        return f"{name}_{p}_{j}" if self.unrolled else f"load(state_{name}, (u + {p}, {j}))"

    def put(self, value: str, name: str, p: str | int, j: str) -> str:
        """Return the line that writes such a vector."""
        return (
            f"{name}_{p}_{j} = {value}" if self.unrolled else f"store({value}, state_{name}, (u + {p}, {j}))"
        )

    def place(self, t: str) -> str:
        """Return where the rows of step t lie in the last or the first axis of the indices."""
        return t if self.spec.batch == 1 else place_of_step(self.together, t)

    def rows_of_step(self, drawn: str, name: str, q: str = "q") -> list[str]:
        """Return the lines that look up the rows of a step, the rows q .. of large batches."""
        lanes, rows = range(WIDTH * self.octets), self.rows
        if self.spec.batch == 1:
            return [f"{name}{r} = index[{drawn}, {r}]" for r in lanes]
        return [f"{name}{r} = index[{r // rows}, {q} + {r % rows}, {drawn}]" for r in lanes]

    def predictions(self) -> list[str]:
        """Return the lines from rows to the products d0 .. d7, yet to be summed over lanes."""
        lanes = range(WIDTH * self.octets)
        return [
            *(f"d{r} = fill(zero)" for r in lanes),
            *self.places(
                lambda j: [
                    f"d{r} = d{r} + load(data, (i{r}, {j})) * {self.cell('x', r // self.rows, j)}"
                    for r in lanes
                ]
            ),
        ]

    def slopes(self) -> list[str]:
        """Return the lines from such products to the slopes."""
        lines = []
        for o in range(self.octets):
            place, apart = f"(drawn, {WIDTH * o})", 1
            if self.spec.batch > 1:
                place, apart = "(0, q, drawn)", TILE
            products = ", ".join(f"d{r}" for r in range(WIDTH * o, WIDTH * (o + 1)))
            lines += [
                f"z = totals_of(products, {WIDTH * o})" if self.looped else f"z = totals({products})",
                f"y = taken(labels, index, {place}, {apart})",
                f"store({renamed(self.spec.slope, {})}, slope, ({WIDTH * o},))",
            ]
        return lines + [f"s{r} = slope[{r}]" for r in range(0 if self.looped else WIDTH * self.octets)]

    def step(self, p: str) -> list[str]:
        """Return the lines that update unit p, a number or the variable of a loop."""
        update, reads = self.update, scalars_read(self.update)
        own = range(1) if self.looped else range(int(p) * self.rows, (int(p) + 1) * self.rows)
        names = {f"s{q}": f"s{r}" for q, r in enumerate(own)}
        names |= {name: f"{name}_{p}" for name in (*update.coefficients, "alpha", "weight")}
        lines = [
            f"{name}_{p} = {name}s[schedule[{p}], {name}_now]"
            for name in ("alpha", "weight")
            if name in reads
        ]
        lines += [f"{name}_{p} = {renamed(expr, names)}" for name, expr in update.coefficients.items()]
        names |= {name: f"{name}_now" for name in self.state}

        def each(j: str) -> list[str]:
            if self.passes == 1:
                out = [f"a{q} = load(data, (i{r}, {j}))" for q, r in enumerate(own)]
            else:
                out = [f"h = load(total, ({j},))"]
            out += [f"{name}_now = {self.cell(name, p, j)}" for name in self.state]
            out += [] if update.total is None else [f"h = {renamed(update.total, names)}"]
            out += [f"{name}_next = {renamed(expr, names)}" for name, expr in update.following.items()]
            if not update.linear:
                # Beyond the last feature a rule such as g/sqrt(v) would turn 0/0 into nan.
                inside = f"load(inside, ({j},)) > 0.0"
                out += [f"{name}_next = where({inside}, {name}_next, 0.0)" for name in self.state]
            out += [self.put(f"{name}_next", name, p, j) for name in self.state]
            if self.ahead:
                out += [f"d{r} = d{r} + load(data, (n{r}, {j})) * x_next" for r in own]
            return out

        if not self.looped:
            return lines + [f"d{r} = fill(zero)" for r in own if self.ahead] + self.places(each)
        rows = ["i0, n0, s0 = index[drawn, p], index[upcoming, p], slope[p]"]
        return [*rows, *lines, *self.kept_products(each)]

    def kept_products(self, lines: Callable[[str], list[str]]) -> list[str]:
        """Return lines that add to the product of unit p, for every vector of a row, and keep it."""
        return ["d0 = fill(zero)", *self.places(lines), "store(d0, products, (p, 0))"]

    def first(self) -> list[str]:
        """Return the lines that predict for the first step of a tile."""
        drawn = ["q = 0", f"drawn = {self.place('(now - tile)')}"]
        if not self.looped:
            return [*drawn, *self.rows_of_step("drawn", "i"), *self.predictions()]
        products = self.kept_products(
            lambda j: [f"d0 = d0 + load(data, (i0, {j})) * {self.cell('x', 'p', j)}"]
        )
        return [*drawn, *self.every_unit(["i0 = index[drawn, p]", *products])]

    def every_unit(self, lines: list[str]) -> list[str]:
        """Return the loop over units."""
        return [f"for p in range({self.units}):", *indented(lines, 1)]

    def one_step(self) -> list[str]:
        """Return the lines of one step of all units, after the predictions where they were made ahead."""
        reads = scalars_read(self.update)
        steps = [
            f"{name}_now = np.uint64(step * {name}s_move)" for name in ("alpha", "weight") if name in reads
        ]
        steps += ["k = float(step)"] if "k" in reads else []
        if self.looped:
            steps += self.every_unit(self.step("p"))
        else:
            steps += [line for p in range(self.units) for line in self.step(str(p))]
        if self.ahead:
            # What lies after the tile is predicted for nothing.
            upcoming = [f"upcoming = {self.place(f'min(t + 1, {TILE - 1})')}"]
            swap = []
            if not self.looped:
                upcoming += self.rows_of_step("upcoming", "n")
                swap = [f"i{r} = n{r}" for r in range(WIDTH * self.octets)]
            return [*self.slopes(), *upcoming, *steps, *swap]
        slopes = [*self.rows_of_step("drawn", "i"), *self.predictions(), *self.slopes()]
        if self.passes == 1:
            return ["q = 0", *slopes, *steps]
        terms = " + ".join(f"s{r} * load(data, (i{r}, j))" for r in range(WIDTH))
        gather = self.places(
            lambda j: [f"store(load(total, (j,)) + {terms}, total, (j,))", *self.ask_for_rows(j)]
        )
        # The rows that come next are far away, and known: while others are added up they come nearer.
        more = f"q + {self.rows} < {self.passes * self.rows}"
        upcoming = [
            f"following, at = (q + {self.rows}, t) if {more} else (0, min(t + 1, {TILE - 1}))",
            *self.rows_of_step(self.place("at"), "n", "following"),
        ]
        return [
            "total[:] = 0.0",
            f"for q in range(0, {self.passes * self.rows}, {self.rows}):",
            *indented([*slopes, *upcoming, *gather], 1),
            *steps,
        ]

    def ask_for_rows(self, j: str) -> list[str]:
        """Return the lines that ask for a vector of the rows n0 .. n7."""
        lines = [f"ask_for(data, (n{r}, {j}))" for r in range(WIDTH)]
        if self.spec.dtype == "float64":
            return lines
        # Two of its vectors share a line of the cache.
        return [f"if {j} % {2 * WIDTH} == 0:", *indented(lines, 1)]

    def indices(self) -> list[str]:
        """Return the line that makes room for the indices of a tile."""
        shape = f"({TILE}, {self.units})"
        if self.spec.batch > 1:
            shape = f"({self.units}, {self.passes * self.rows}, {TILE})"
        # A row past the data, which is zero, fills up a batch.
        return [f"index = np.full({shape}, np.uint64(labels.size - 1))"]

    def draws(self) -> list[str]:
        """Return the lines that draw the indices of a tile."""
        every = f"for p in range({self.units}):"
        if self.spec.batch > 1:
            return [every, *indented(draws(self.spec, "u + p", "p"), 1)]
        if self.spec.in_passes:
            return [every, f"    {in_order(self.spec, 'u + p', 'index[:, p : p + 1]')}"]
        return ["draw_across(drawing, (index, tile, replicas, u, key0, key1, limits))"]

    def source(self) -> str:
        """Return the whole module."""
        units = self.units
        cells = list(product(self.state, range(units), map(str, range(0, self.width, WIDTH))))
        if not self.unrolled:
            cells = []
        some = [
            "alive = False",
            f"for p in range(u, u + {units}):",
            "    alive = alive or state_x[p, 0] == state_x[p, 0]",
        ]
        steps = [
            *(f"{self.cell(n, p, j)} = load(state_{n}, (u + {p}, {j}))" for n, p, j in cells),
            *(self.first() if self.ahead else []),
            "for t in range(now - tile, end - tile if alive else now - tile):",
            f"    step, drawn = tile + t, {self.place('t')}",
            *indented(self.one_step(), 1),
            *(f"store({self.cell(n, p, j)}, state_{n}, (u + {p}, {j}))" for n, p, j in cells),
        ]
        stop = [
            f"for p in range(u, u + {units}):",
            "    probe = fill(zero)",
            f"    for j in range(0, {self.width}, {WIDTH}):",
            "        probe = probe + 0.0 * load(state_x, (p, j))",
            "    # A diverged replica stops here: every later look at it reads nan.",
            "    if anywhere(probe != probe):",
            f"        for j in range(0, {self.width}, {WIDTH}):",
            *indented((f"store(fill(nan), state_{name}, (p, j))" for name in self.state), 3),
            # Written out, for arrays that are assigned bring the text of their errors to compile.
            f"    for j in range(0, {self.width}, {WIDTH}):",
            *indented((f"store(load(state_{n}, (p, j)), kept_{n}, (seen, p, j))" for n in self.kept), 2),
            *some,
        ]
        body = [
            *self.indices(),
            f"slope, total = np.empty({WIDTH * self.octets}, real), np.zeros({self.width}, real)",
            f"schedule = np.empty({units}, np.uint64)",
            *([f"products = np.empty(({WIDTH * self.octets}, {WIDTH}), real)"] * self.looped),
            "for group in range(first, last):",
            f"    u = group * {units}",
            f"    for p in range({units}):",
            "        schedule[p] = schedules[u + p]",
            *indented(some, 1),
            *indented(through_stops(self.together, self.draws(), steps, stop), 1),
        ]
        arrays = [*(f"state_{name}" for name in self.state), *(f"kept_{name}" for name in self.kept)]
        return header(self.spec, ["schedules", "inside", *arrays]) + "\n".join(indented(body, 1)) + "\n"


@lru_cache(maxsize=64)
def features_source(spec: Spec, width: int) -> tuple[str, int]:
    """Print the kernel for rows of `width` numbers, a multiple of 8.

    Returns
    -------
    str
        The module.
    int
        Units (replicas under a step size) that it advances together.

    Raises
    ------
    RateboundError
        If an expression has no printing.
    """
    kernel = _Features(spec, width)
    return kernel.source(), kernel.units
