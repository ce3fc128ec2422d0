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


def _ahead(spec: Spec, drawn: str) -> list[str]:
    """Return the lines that ask for the rows of the step after."""
    row = f"index[p, q, {drawn}]"
    return [
        f"for p, q in np.ndindex({WIDTH}, {spec.batch}):",
        f"    ask_for_row(starts, columns, entries, {row})",
    ]


def _step(spec: Spec, line: Mapping[str, str]) -> list[str]:
    """Return the lines of one step of the units ``u .. u + 7``."""
    reads = {s.name for expr in sparse_step(spec).values() for s in expr.free_symbols}
    averaged = SUM in spec.rules
    lanes = range(WIDTH)
    own = ["unit = u + p"]
    own += [
        f"{name} = {name}s[schedules[unit], step * {name}s_move]"
        for name in ("alpha", "weight")
        if name in reads or (name == "weight" and averaged)
    ]
    own += ["k = float(step)"] if "k" in reads else []
    own += ["total[unit] += weight * scale[unit]"] if averaged else []
    own += [f"scaled = ({line['keep']}) * scale[unit]", "if leaves_range(scaled):", "    for j in range(d):"]
    if averaged:
        own += [f"        state_{SUM}[unit, j] += total[unit] * state_x[unit, j]"]
    own += ["        state_x[unit, j] *= scaled"]
    own += ["    total[unit] = 0.0"] if averaged else []
    own += ["    scaled = 1.0", "scale[unit] = scaled", f"gain = ({line['gain']}) / scaled"]
    own += [
        f"for q in range({spec.batch}):",
        "    row, factor = index[p, q, drawn], real(gain * slope[q, p])",
    ]
    own += ["    add_row(starts, columns, entries, row, factor, state_x, unit)"]
    if averaged:
        own += [f"    add_row(starts, columns, entries, row, -total[unit] * factor, state_{SUM}, unit)"]
    rows = [f"i{p}" for p in lanes]
    return [
        f"for q in range({spec.batch}):",
        *(f"    {row} = index[{p}, q, drawn]" for p, row in enumerate(rows)),
        *(
            f"    z{p} = scale[u + {p}] * row_dot(starts, columns, entries, {rows[p]}, state_x, u + {p})"
            for p in lanes
        ),
        f"    z = pack({', '.join(f'z{p}' for p in lanes)})",
        f"    y = pack({', '.join(f'labels[{row}]' for row in rows)})",
        f"    store(fill(zero) + {line['slope']}, slope, (q, 0))",
        f"for p in range({WIDTH}):",
        *indented(own, 1),
    ]


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
        f"    if t + 1 < {TILE}:",
        *indented(_ahead(spec, place_of_step(together, "(t + 1)")), 2),
        *indented(_step(spec, line), 1),
    ]
    stop = [
        f"for p in range(u, u + {WIDTH}):",
        "    probe = 0.0",
        "    for j in range(d):",
        "        kept_x[seen, p, j] = scale[p] * state_x[p, j]",
        "        probe += 0.0 * kept_x[seen, p, j]",
        *([f"        kept_{SUM}[seen, p, j] = total[p] * state_x[p, j] + state_{SUM}[p, j]"] * averaged),
        "    # A diverged replica stops here: every later look at it reads nan.",
        "    if probe != probe:",
        *(f"        {array} = nan" for array in ("state_x[p]", *(f"kept_{n}[seen, p]" for n in kept(spec)))),
        alive,
    ]
    body = [
        f"index = np.zeros(({WIDTH}, {spec.batch}, {TILE}), np.uint64)",
        f"slope = np.empty(({spec.batch}, {WIDTH}), real)",
        "d = state_x.shape[1]",
        "starts, columns, entries = data",
        "for group in range(first, last):",
        f"    u = group * {WIDTH}",
        f"    {alive}",
        *indented(
            through_stops(
                together,
                [f"for p in range({WIDTH}):", *indented(draws(spec, "u + p", "p"), 1)],
                steps,
                stop,
            ),
            1,
        ),
    ]
    state = ["state_x", "scale", *([f"state_{SUM}", "total"] * averaged)]
    arrays = ["schedules", *state, *(f"kept_{name}" for name in kept(spec))]
    return header(spec, arrays) + "\n".join(indented(body, 1)) + "\n"
