"""The Numba kernel for sparse data: a step costs what the sampled rows hold, whatever the number of features.

Eight units (replicas under a step size) are advanced together: their predictions share one evaluation of the
slope, and their gathers overlap in time. See :mod:`ratebound.experiments.backends.lanes_sparse` for the form
in which iterates are held.
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

_AHEAD = 2
"""Steps for which rows are asked for ahead."""


def _look_up(place: str) -> list[str]:
    """Return the lines that read, for a whole tile, what depends on the drawn rows alone.

    The first rows are asked for at once; steps ask for the others.
    """
    return [
        "for p, q, place in np.ndindex(index.shape):",
        "    row, at = index[p, q, place], (place, q, p)",
        "    begins[at], ends[at], drawn_labels[at] = starts[row], starts[row + np.uint64(1)], labels[row]",
        f"for t in range(now - tile, min(now - tile + {_AHEAD}, {TILE})):",
        "    for q in range(index.shape[1]):",
        f"        for p in range({WIDTH}):",
        f"            ask_for_row(begins[{place}, q, p], ends[{place}, q, p], columns, entries)",
    ]


def _step(spec: Spec, line: Mapping[str, str]) -> list[str]:
    """Return the lines of one step of the units ``u .. u + 7``."""
    reads = {s.name for expr in sparse_step(spec).values() for s in expr.free_symbols}
    averaged = SUM in spec.rules
    lines = [f"for q in range({spec.batch}):"]
    for p in range(WIDTH):
        ahead, row = (
            f"begins[{at}, q, {p}], ends[{at}, q, {p}], columns, entries" for at in ("ahead", "drawn")
        )
        lines += [f"    ask_for_row({ahead})", f"    dot{p} = row_dot({row}, state_x, u + {p})"]
    lines += [
        f"    z = load(scale, (u,)) * pack({', '.join(f'dot{p}' for p in range(WIDTH))})",
        "    y = load(drawn_labels, (drawn, q, 0))",
        f"    store(fill(zero) + {line['slope']}, factor, (q, 0))",
    ]
    for name in ("alpha", "weight"):
        if name in reads or (name == "weight" and averaged):
            now = f"{name}_now"
            each = ", ".join(f"{name}s[schedules[u + {p}], {now}]" for p in range(WIDTH))
            lines += [f"{now} = step * {name}s_move", f"{name} = pack({each})"]
    lines += ["k = float(step)"] if "k" in reads else []
    if averaged:
        lines += ["store(load(total, (u,)) + weight * load(scale, (u,)), total, (u,))"]
    lines += [
        f"scaled = ({line['keep']}) * load(scale, (u,))",
        "store(scaled, scale, (u,))",
        "if any_leaves_range(scaled):",
        f"    for unit in range(u, u + {WIDTH}):",
        "        if leaves_range(scale[unit]):",
        "            for j in range(width):",
        *([f"                state_{SUM}[unit, j] += total[unit] * state_x[unit, j]"] * averaged),
        "                state_x[unit, j] *= scale[unit]",
        "            scale[unit] = 1.0",
        *(["            total[unit] = 0.0"] * averaged),
        f"gain = ({line['gain']}) / load(scale, (u,))",
        f"for q in range({spec.batch}):",
        "    store(gain * load(factor, (q, 0)), factor, (q, 0))",
        f"    for p in range({WIDTH}):",
    ]
    row = "begins[drawn, q, p], ends[drawn, q, p], columns, entries"
    lines += [f"        add_row({row}, factor[q, p], state_x, u + p)"]
    if averaged:
        lines += [f"        add_row({row}, -total[u + p] * factor[q, p], state_{SUM}, u + p)"]
    return lines


@lru_cache(maxsize=64)
def sparse_source(spec: Spec) -> str:
    """Print the module of the kernel, which advances eight units together.

    Raises
    ------
    RateboundError
        If the method is none that the kernel can run, or an expression has no printing.
    """
    line, averaged = printed_step(spec, "numba"), SUM in spec.rules
    together = steps_together(spec)
    alive = "alive = not np.isnan(state_x[u : u + 8, 0]).all()"
    steps = [
        "for t in range(now - tile, end - tile if alive else now - tile):",
        f"    step, drawn = tile + t, {place_of_step(together)}",
        f"    ahead = {place_of_step(together, f'min(t + {_AHEAD}, {TILE - 1})')}",
        *indented(_step(spec, line), 1),
    ]
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
        f"factor = np.empty(({spec.batch}, {WIDTH}), real)",
        "width = state_x.shape[1]",
        "for group in range(first, last):",
        f"    u = group * {WIDTH}",
        f"    {alive}",
        *indented(
            through_stops(
                together,
                [
                    f"for p in range({WIDTH}):",
                    *indented(draws(spec, "u + p", "p"), 1),
                    *_look_up(place_of_step(together)),
                ],
                steps,
                stop,
            ),
            1,
        ),
    ]
    state = ["state_x", "scale", *([f"state_{SUM}", "total"] * averaged)]
    arrays = ["schedules", *state, *(f"kept_{name}" for name in kept(spec))]
    return header(spec, arrays) + "\n".join(indented(body, 1)) + "\n"
