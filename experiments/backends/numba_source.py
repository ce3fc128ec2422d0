"""What the two printed Numba kernels share: their input, their header, and how lines are put together."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from sympy import Expr, Symbol

from ratebound.experiments.backends.elementwise import Elementwise
from ratebound.experiments.backends.kernel import Spec
from ratebound.problems.lower import printed

TILE = 64
"""Steps whose indices are drawn together."""

_HEADER = '''"""{title}"""

import numpy as np
from numba import njit

from ratebound.experiments.backends.lanes_draw import draw, draw_across, make_distinct
from ratebound.experiments.backends.lanes_math import exp, log, softplus
from ratebound.experiments.backends.simd import (
    absolute, cos, fill, load, pack, sin, sqrt, store, totals, where,
)

nan = np.nan


@njit(nogil=True, cache=True, error_model="numpy", boundscheck=False)
def advance(
    first, last, start, stop, data, labels, l2, alphas, alphas_move, weights, weights_move, replicas, limits,
    key0, key1, distinct, {arguments}
):
'''


def header(spec: Spec, arguments: Iterable[str]) -> str:
    """Return the top of a kernel's module, up to and with the first line of its function."""
    return _HEADER.format(title=spec.title, arguments=", ".join(arguments))


def indented(lines: Iterable[str], depth: int) -> list[str]:
    """Return the lines moved to the right by `depth` levels."""
    return [f"{'    ' * depth}{line}" for line in lines]


def tiles(together: int) -> tuple[str, str]:
    """Return the loop over tiles of steps, and the loop over the steps of one.

    A tile starts where an evaluation of the stream does, `together` steps apart.
    """
    return (
        f"for tile in range(start - start % {together}, stop, {TILE}):",
        f"for t in range(max(start - tile, 0), min({TILE}, stop - tile)):",
    )


def place_of_step(together: int) -> str:
    """Return where `draw` puts the indices of step t of a tile."""
    return "t" if together == 1 else f"t % {together} * {TILE // together} + t // {together}"


def scalars_read(update: Elementwise) -> set[str]:
    """Return which of the inputs alpha, k and weight a step reads."""
    exprs = [*update.coefficients.values(), *update.following.values()]
    return {"alpha", "k", "weight"} & {s.name for expr in exprs for s in expr.free_symbols}


def renamed(expr: Expr, names: Mapping[str, str]) -> str:
    """Print an expression with variables renamed."""
    new = {s: Symbol(names[s.name], real=True) for s in expr.free_symbols if s.name in names}
    return printed(expr.xreplace(new), "numba")
