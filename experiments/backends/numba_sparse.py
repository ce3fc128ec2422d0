"""The Numba kernel for sparse data: a step costs what the sampled rows hold, whatever the number of features.

Four units (replicas under a step size) are advanced together: their predictions share one evaluation of the
slope, and their gathers overlap in time. Of eight, which would fill a vector, each step takes a tenth longer.
See :mod:`ratebound.experiments.backends.lanes_sparse` for the form in which iterates are held.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

from ratebound.experiments.backends.kernel import Spec
from ratebound.experiments.backends.numba_source import (
    TILE,
    draws,
    header,
    indented,
    kept,
    place_of_step,
    steps_together,
    through_stops,
)
from ratebound.experiments.backends.rules import SUM
from ratebound.experiments.backends.simd import WIDTH
from ratebound.experiments.backends.sparse_step import printed_step, sparse_step

_TOGETHER = 4
"""Units that are advanced together."""
_AHEAD = 2
"""Steps for which rows are asked for ahead."""


def _look_up() -> list[str]:
    """Return the lines that read, for a whole tile, what depends on the drawn rows alone."""
    return [
        "for p, q, place in np.ndindex(index.shape):",
        "    row, at = index[p, q, place], (place, q, p)",
        "    begins[at], ends[at], drawn_labels[at] = starts[row], starts[row + np.uint64(1)], labels[row]",
    ]


def _step(spec: Spec, line: Mapping[str, str]) -> list[str]:
    """Return the lines of one step of four units, of which the first is number `turn` of the group.

    Surplus lanes do what the first ones do.
    """
    reads = {s.name for expr in sparse_step(spec).values() for s in expr.free_symbols}
    averaged, lanes = SUM in spec.rules, [p % _TOGETHER for p in range(WIDTH)]

    def packed(entry: str) -> str:
        return f"pack({', '.join(entry.format(p=p) for p in lanes)})"

    lines = [f"for q in range({spec.batch}):"]
    for p in range(_TOGETHER):
        row = f"begins[drawn, q, turn + {p}], ends[drawn, q, turn + {p}]"
        lines += [
            f"    ask_for_row(begins[ahead, q, turn + {p}], columns, entries)",
            f"    dot{p} = row_dot({row}, columns, entries, state_x, own + {p})",
        ]
    lines += [
        f"    z = load(scales, (0,)) * {packed('dot{p}')}",
        f"    y = {packed('drawn_labels[drawn, q, turn + {p}]')}",
        f"    store(fill(zero) + {line['slope']}, factor, (q, 0))",
    ]
    for name in ("alpha", "weight"):
        if name in reads or (name == "weight" and averaged):
            now = f"{name}_now"
            each = packed(f"{name}s[schedules[own + {{p}}], {now}]")
            lines += [f"{now} = step * {name}s_move", f"{name} = {each}"]
    lines += ["k = float(step)"] if "k" in reads else []
    if averaged:
        lines += ["store(load(totals, (0,)) + weight * load(scales, (0,)), totals, (0,))"]
    lines += [
        f"scaled = ({line['keep']}) * load(scales, (0,))",
        "store(scaled, scales, (0,))",
        "if any_leaves_range(scaled):",
        f"    for p in range({WIDTH}):",
        "        if leaves_range(scales[p]):",
        f"            for j in range(width if p < {_TOGETHER} else 0):",
        *([f"                state_{SUM}[own + p, j] += totals[p] * state_x[own + p, j]"] * averaged),
        "                state_x[own + p, j] *= scales[p]",
        "            scales[p] = 1.0",
        *(["            totals[p] = 0.0"] * averaged),
        f"gain = ({line['gain']}) / load(scales, (0,))",
        f"for q in range({spec.batch}):",
        "    store(gain * load(factor, (q, 0)), factor, (q, 0))",
        f"    for p in range({_TOGETHER}):",
    ]
    row = "begins[drawn, q, turn + p], ends[drawn, q, turn + p], columns, entries"
    lines += [f"        add_row({row}, factor[q, p], state_x, own + p)"]
    if averaged:
        lines += [f"        add_row({row}, -totals[p] * factor[q, p], state_{SUM}, own + p)"]
    return lines


def _steps(spec: Spec, line: Mapping[str, str]) -> list[str]:
    """Return the lines of the steps of a tile: units take turns, each set through all of them."""
    per_unit = ["scale", *(["total"] * (SUM in spec.rules))]
    together = steps_together(spec)
    place = place_of_step(together)
    return [
        "if alive:",
        f"    for turn in range(0, {WIDTH}, {_TOGETHER}):",
        "        own = u + turn",
        f"        for p in range({WIDTH}):",
        *(f"            {name}s[p] = {name}[own + p % {_TOGETHER}]" for name in per_unit),
        f"        for t in range(now - tile, min(now - tile + {_AHEAD}, {TILE})):",
        f"            for q in range({spec.batch}):",
        f"                for p in range(turn, turn + {_TOGETHER}):",
        f"                    ask_for_row(begins[{place}, q, p], columns, entries)",
        "        for t in range(now - tile, end - tile):",
        f"            step, drawn = tile + t, {place}",
        f"            ahead = {place_of_step(together, f'min(t + {_AHEAD}, {TILE - 1})')}",
        *indented(_step(spec, line), 3),
        f"        for p in range({_TOGETHER}):",
        *(f"            {name}[own + p] = {name}s[p]" for name in per_unit),
    ]


@lru_cache(maxsize=64)
def sparse_source(spec: Spec) -> str:
    """Print the module of the kernel, which takes groups of eight units.

    Raises
    ------
    RateboundError
        If the method is none that the kernel can run, or an expression has no printing.
    """
    line, averaged = printed_step(spec, "numba"), SUM in spec.rules
    alive = "alive = not np.isnan(state_x[u : u + 8, 0]).all()"
    stop = [
        f"for p in range(u, u + {WIDTH}):",
        "    probe = fill(zero)",
        f"    for j in range(0, width, {WIDTH}):",
        "        v = load(state_x, (p, j))",
        "        now_x = scale[p] * v",
        "        store(now_x, kept_x, (seen, p, j))",
        "        probe = probe + 0.0 * now_x",
        *([f"        store(total[p] * v + load(state_{SUM}, (p, j)), kept_{SUM}, (seen, p, j))"] * averaged),
        "    # A diverged replica stops here: every later look at it reads nan.",
        "    if anywhere(probe != probe):",
        f"        for j in range(0, width, {WIDTH}):",
        "            store(fill(nan), state_x, (p, j))",
        *(f"            store(fill(nan), kept_{name}, (seen, p, j))" for name in kept(spec)),
        alive,
    ]
    body = [
        f"index = np.zeros(({WIDTH}, {spec.batch}, {TILE}), np.uint64)",
        "starts, columns, entries = data",
        f"shape = {TILE}, {spec.batch}, {WIDTH}",
        "begins, ends = np.zeros(shape, starts.dtype), np.zeros(shape, starts.dtype)",
        "drawn_labels = np.empty(shape, real)",
        f"factor, scales = np.empty(({spec.batch}, {WIDTH}), real), np.empty({WIDTH}, real)",
        *([f"totals = np.empty({WIDTH}, real)"] * averaged),
        "width = state_x.shape[1]",
        "for group in range(first, last):",
        f"    u = group * {WIDTH}",
        f"    {alive}",
        *indented(
            through_stops(
                steps_together(spec),
                [f"for p in range({WIDTH}):", *indented(draws(spec, "u + p", "p"), 1), *_look_up()],
                _steps(spec, line),
                stop,
            ),
            1,
        ),
    ]
    state = ["state_x", "scale", *([f"state_{SUM}", "total"] * averaged)]
    arrays = ["schedules", *state, *(f"kept_{name}" for name in kept(spec))]
    return header(spec, arrays) + "\n".join(indented(body, 1)) + "\n"
