"""The printed kernel of full gradients: vectors over step sizes, predictions that never leave the registers.

A group of rows meets a tile of step sizes. Their predictions are summed in registers, become slopes there,
and are multiplied by the same rows again, which are then still in the nearest cache. So is the gradient that
they are added to, if it is small; parts of a large one stay in registers while many groups are added up.
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

@njit(nogil=True, cache=True, error_model="numpy", boundscheck=False, no_cfunc_wrapper=True)
def add_gradients(first, last, data, labels, points, gradients):
    for group in range(first, last):
        i = group * {rows}
        for tile in range(points.shape[0]):
{slopes}
{gather}
'''

_LARGE = '''"""Full gradients of the {title}, of many features: printed, not written."""

{imports}

@njit(nogil=True, cache=True, error_model="numpy", boundscheck=False, no_cfunc_wrapper=True)
def add_gradients(first, last, data, labels, points, gradients):
    slopes = np.empty(({together} * {rows}, {lanes}), real)
    for begun in range(first, last, {together}):
        end = min(begun + {together}, last)
        for tile in range(points.shape[0]):
            for group in range(begun, end):
                i, k = group * {rows}, (group - begun) * {rows}
{slopes}
            # Unsigned, for of other numbers a compiler asks whether they count from the end.
            i, count, j = np.uint64(begun * {rows}), np.uint64((end - begun) * {rows}), np.uint64(0)
{gather}
'''

_TOGETHER = 96
"""Rows whose slopes are kept: they, and a few columns of the rows, stay in the nearest cache."""
_NEAR = 2**15
"""Bytes of points and gradients of a tile, each, that stay there, too."""


@cache
def _wide() -> bool:
    return bool(get_host_cpu_features().get("avx512f"))


def shape_of_tile(step_sizes: int, dtype: str) -> tuple[int, int]:
    """Return how many rows, and how many vectors of step sizes, are taken together: what registers hold."""
    if not _wide():
        return 6, 8 // np.dtype(dtype).itemsize
    vectors = min(4, -(-step_sizes // WIDTH))
    return min(12, 24 // vectors), vectors


def outgrows_cache(d: int, vectors: int, dtype: str) -> bool:
    """Tell whether the gradients of a tile of step sizes leave the nearest cache before they are met again.

    Parameters
    ----------
    d
        Features.
    vectors
        Vectors of step sizes in a tile.
    dtype
        Of the numbers.
    """
    return d * vectors * WIDTH * np.dtype(dtype).itemsize > _NEAR


@lru_cache(maxsize=64)
def gradient_source(loss: Loss, rows: int, vectors: int, large: bool, dtype: str) -> str:
    """Print the module whose ``add_gradients`` adds ``sum_i slope_i a_i`` over groups of rows.

    It takes data (rows, d), labels (rows,), points and gradients (tiles, d, lanes); lanes are step sizes. If
    they are `large`, it goes through the gradients once for many groups.

    Raises
    ------
    RateboundError
        If the derivative of the loss has no printing.
    """
    cells = list(product(range(rows), range(vectors)))
    slopes = [f"z{q}_{c} = fill(zero)" for q, c in cells]
    slopes += ["for j in range(data.shape[1]):"]
    slopes += [f"    x{c} = load(points, (tile, j, {WIDTH * c}))" for c in range(vectors)]
    for q in range(rows):
        slopes += [
            f"    a = data[i + {q}, j]",
            *(f"    z{q}_{c} = z{q}_{c} + a * x{c}" for c in range(vectors)),
        ]
    for q in range(rows):
        slopes += [f"y = labels[i + {q}]"]
        slopes += [
            f"s{q}_{c} = fill(zero) + {renamed(loss.slope, {'z': f'z{q}_{c}'})}" for c in range(vectors)
        ]
    if large:
        slopes += [f"store(s{q}_{c}, slopes, (k + {q}, {WIDTH * c}))" for q, c in cells]
        gather = [line for some in (rows, rows // 3, 1) for line in _from_slopes(some, vectors)]
    else:
        gather = ["for j in range(data.shape[1]):"]
        gather += [f"    h{c} = load(gradients, (tile, j, {WIDTH * c}))" for c in range(vectors)]
        for q in range(rows):
            gather += [
                f"    a = data[i + {q}, j]",
                *(f"    h{c} = h{c} + a * s{q}_{c}" for c in range(vectors)),
            ]
        gather += [f"    store(h{c}, gradients, (tile, j, {WIDTH * c}))" for c in range(vectors)]
    return (_LARGE if large else _SOURCE).format(
        title=loss.title,
        imports=imports(dtype),
        rows=rows,
        lanes=WIDTH * vectors,
        together=max(1, _TOGETHER // rows),
        slopes="\n".join(indented(slopes, 4 if large else 3)),
        gather="\n".join(indented(gather, 3)),
    )


def _from_slopes(features: int, vectors: int) -> list[str]:
    """Return the lines that add slopes times entries, for so many features at a time while there are any."""
    cells = list(product(range(features), range(vectors)))
    places = {(p, c): f"gradients, (tile, j + np.uint64({p}), {WIDTH * c})" for p, c in cells}
    lines = [f"h{p}_{c} = load({place})" for (p, c), place in places.items()]
    lines += ["for q in range(count):"]
    lines += [f"    s{c} = load(slopes, (q, {WIDTH * c}))" for c in range(vectors)]
    for p in range(features):
        lines += [
            f"    a = data[i + q, j + np.uint64({p})]",
            *(f"    h{p}_{c} = h{p}_{c} + a * s{c}" for c in range(vectors)),
        ]
    lines += [f"store(h{p}_{c}, {place})" for (p, c), place in places.items()]
    lines += [f"j = j + np.uint64({features})"]
    return [f"while j + np.uint64({features}) <= np.uint64(data.shape[1]):", *indented(lines, 1)]
