"""What the two printed Numba kernels share: their input, their header, and how lines are put together."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from sympy import Expr, Symbol

from ratebound.experiments.backends.elementwise import Elementwise
from ratebound.experiments.backends.kernel import Spec
from ratebound.experiments.backends.rules import SUM
from ratebound.experiments.sampling import steps_per_block
from ratebound.problems.lower import printed

TILE = 64
"""Steps whose indices are drawn together."""

_IMPORTS = """import numpy as np
from numba import njit

from ratebound.experiments.backends.drawing import draw_across, draw_batches, draw_in_order
from ratebound.experiments.backends.lanes_math import exp, larger, log, power_minus, smaller, softplus
from ratebound.experiments.backends.lanes_sparse import (
    add_row, any_leaves_range, ask_for_row, leaves_range, row_dot, unforeseen
)
from ratebound.experiments.backends.simd import anywhere, ask_for, fill, load, pack, store, where
from ratebound.experiments.backends.simd_functions import (
    absolute, cos, fused, sin, sqrt, store_turned, taken, totals, totals_of
)

nan = np.nan
real = np.{dtype}
zero = real(0.0)
"""

_HEADER = '''"""{title}"""

{imports}

@njit(nogil=True, cache=True, error_model="numpy", boundscheck=False, no_cfunc_wrapper=True)
def advance(
    first, last, start, stops, data, labels, l2, alphas, alphas_move, weights, weights_move, replicas, limits,
    key0, key1, distinct, drawing, {arguments}
):
'''


def imports(dtype: str) -> str:
    """Return what a printed module may use: names, and the precision of its numbers."""
    return _IMPORTS.format(dtype=dtype)


def header(spec: Spec, arguments: Iterable[str]) -> str:
    """Return the top of a kernel's module, up to and with the first line of its function."""
    arguments = [*(("orders", "shuffled") if spec.in_passes else ()), *arguments]
    return _HEADER.format(title=spec.title, imports=imports(spec.dtype), arguments=", ".join(arguments))


def indented(lines: Iterable[str], depth: int) -> list[str]:
    """Return the lines moved to the right by `depth` levels."""
    return [f"{'    ' * depth}{line}" for line in lines]


def steps_together(spec: Spec) -> int:
    """Return how many steps share an evaluation of the stream; passes are drawn one step after the other."""
    return 1 if spec.in_passes else steps_per_block(spec.batch)


def draws(spec: Spec, unit: str, p: str) -> list[str]:
    """Return the lines that draw the samples of a tile of steps for one unit into ``index[p]``.

    The batch is that of the limits of its draws, so that kernels of several batches may share a text.
    """
    if spec.in_passes:
        return [in_order(spec, unit, f"index[{p}].T")]
    which = f"index, {p}, {steps_together(spec)}, tile, replicas[{unit}]"
    return [f"draw_batches(drawing, ({which}, key0, key1, limits, distinct, labels.size - 1))"]


def in_order(spec: Spec, unit: str, index: str) -> str:
    """Return the line that draws them in passes over the data into an array (steps, batch)."""
    # Not beyond the last stop: there the next call goes on.
    steps = f"tile, min({TILE}, stops[-1] - tile)"
    own = f"replicas[{unit}], key0, key1, orders[{unit}], shuffled"
    return f"draw_in_order(drawing, ({index}, limits.shape[1], {steps}, {own}))"


def through_stops(
    together: int, draws: Sequence[str], steps: Sequence[str], stop: Sequence[str]
) -> list[str]:
    """Return the loop over the stops of a run.

    Indices are drawn for a tile of steps, which starts where an evaluation of the stream does and may reach
    over several stops.

    Parameters
    ----------
    together
        Steps that share an evaluation of the stream.
    draws
        Draw the tile that starts at the step ``tile``.
    steps
        Make the steps ``now .. end - 1``, which are ``now - tile .. end - tile - 1`` of the tile.
    stop
        What is done at stop number ``seen``.
    """
    return [
        "now, drawn_to, tile = start, start, start",
        "for seen in range(stops.size):",
        "    while now < stops[seen]:",
        "        if now >= drawn_to:",
        f"            tile = now - now % {together}",
        f"            drawn_to = tile + {TILE}",
        *indented(draws, 3),
        "        end = min(drawn_to, stops[seen])",
        *indented(steps, 2),
        "        now = end",
        *indented(stop, 1),
    ]


def place_of_step(together: int, t: str = "t") -> str:
    """Return where `draw` puts the indices of step t of a tile."""
    return t if together == 1 else f"{t} % {together} * {TILE // together} + {t} // {together}"


def kept(spec: Spec) -> list[str]:
    """Return the state variables that measures read, of which a kernel keeps copies at every stop."""
    return [name for name in spec.rules if name in (*spec.shown, SUM)]


def scalars_read(update: Elementwise) -> set[str]:
    """Return which of the inputs alpha, k and weight a step reads."""
    exprs = [*update.coefficients.values(), *update.following.values()]
    return {"alpha", "k", "weight"} & {s.name for expr in exprs for s in expr.free_symbols}


def renamed(expr: Expr, names: Mapping[str, str]) -> str:
    """Print an expression with variables renamed."""
    new = {s: Symbol(names[s.name], real=True) for s in expr.free_symbols if s.name in names}
    return printed(expr.xreplace(new), "numba")
