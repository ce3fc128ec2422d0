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

from ratebound.experiments.backends.lanes_draw import draw, make_distinct
from ratebound.experiments.backends.lanes_math import exp, log, softplus
from ratebound.experiments.backends.simd import absolute, cos, fill, load, sin, sqrt, store, totals, where

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


def scalars_read(update: Elementwise) -> set[str]:
    """Return which of the inputs alpha, k and weight a step reads."""
    exprs = [*update.coefficients.values(), *update.following.values()]
    return {"alpha", "k", "weight"} & {s.name for expr in exprs for s in expr.free_symbols}


def renamed(expr: Expr, names: Mapping[str, str]) -> str:
    """Print an expression with variables renamed."""
    new = {s: Symbol(names[s.name], real=True) for s in expr.free_symbols if s.name in names}
    return printed(expr.xreplace(new), "numba")
