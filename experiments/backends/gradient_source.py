"""The printed kernel of full gradients: vectors over step sizes, predictions that never leave the registers.

A group of rows meets a tile of step sizes. Their predictions are summed in registers, become slopes there,
and are multiplied by the same rows again, which are then still in the nearest cache.
"""

from __future__ import annotations

from functools import cache, lru_cache
from itertools import product

import numpy as np
from llvmlite.binding import get_host_cpu_features

from ratebound.experiments.backends.numba_source import imports, indented, renamed
from ratebound.experiments.backends.simd import WIDTH
from ratebound.problems.losses import Loss

_SOURCE = '''"""Full gradients of the {title}: printed, not written."""

{imports}

@njit(nogil=True, cache=True, error_model="numpy", boundscheck=False)
def add_gradients(first, last, data, labels, points, gradients):
    for group in range(first, last):
        i = group * {rows}
        for tile in range(points.shape[0]):
{body}
'''


@cache
def _wide() -> bool:
    return bool(get_host_cpu_features().get("avx512f"))


def shape_of_tile(step_sizes: int, dtype: str) -> tuple[int, int]:
    """Return how many rows, and how many vectors of step sizes, are taken together: what registers hold."""
    if not _wide():
        return 6, 8 // np.dtype(dtype).itemsize
    vectors = min(4, -(-step_sizes // WIDTH))
    return min(12, 24 // vectors), vectors


@lru_cache(maxsize=64)
def gradient_source(loss: Loss, rows: int, vectors: int, dtype: str) -> str:
    """Print the module whose ``add_gradients`` adds ``sum_i slope_i a_i`` over groups of rows.

    It takes data (rows, d), labels (rows,), points and gradients (tiles, d, lanes); lanes are step sizes.

    Raises
    ------
    RateboundError
        If the derivative of the loss has no printing.
    """
    cells = list(product(range(rows), range(vectors)))
    lines = [f"z{q}_{c} = fill(zero)" for q, c in cells]
    lines += ["for j in range(data.shape[1]):"]
    lines += [f"    x{c} = load(points, (tile, j, {WIDTH * c}))" for c in range(vectors)]
    for q in range(rows):
        lines += [
            f"    a = data[i + {q}, j]",
            *(f"    z{q}_{c} = z{q}_{c} + a * x{c}" for c in range(vectors)),
        ]
    for q in range(rows):
        lines += [f"y = labels[i + {q}]"]
        lines += [
            f"s{q}_{c} = fill(zero) + {renamed(loss.slope, {'z': f'z{q}_{c}'})}" for c in range(vectors)
        ]
    lines += ["for j in range(data.shape[1]):"]
    lines += [f"    h{c} = load(gradients, (tile, j, {WIDTH * c}))" for c in range(vectors)]
    for q in range(rows):
        lines += [f"    a = data[i + {q}, j]", *(f"    h{c} = h{c} + a * s{q}_{c}" for c in range(vectors))]
    lines += [f"    store(h{c}, gradients, (tile, j, {WIDTH * c}))" for c in range(vectors)]
    return _SOURCE.format(
        title=loss.title, imports=imports(dtype), rows=rows, body="\n".join(indented(lines, 3))
    )
