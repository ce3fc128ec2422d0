"""Sparse rows inside a kernel: iterates are held as ``x = scale v``, weighted sums as ``total v + rest``.

A step ``x <- keep x + gain sum_q s_q a_q`` moves every coordinate where keep is not 1, as a regulariser makes
it. Held in this form it changes `scale`, and v on the columns of the sampled rows alone; what v gains there,
``rest`` gives back ``total`` times.
"""

from __future__ import annotations

from typing import Any
from weakref import WeakKeyDictionary

import llvmlite.ir as ir
import numpy as np

from ratebound.experiments.backends.aligned import aligned
from ratebound.experiments.backends.simd import ask_for, everywhere, inlined, intrinsic
from ratebound.experiments.backends.simd_functions import absolute, fused
from ratebound.experiments.backends.sparse_step import LARGE, SMALL
from ratebound.problems.finite_sum import Problem

TOGETHER = 4
"""Entries that are taken together; rows are filled up to a multiple of them."""
_ZERO, _ONE, _TWO, _THREE, _FOUR = (np.uint64(i) for i in range(5))
_LINES, _LINE = 4, np.uint64(8)
"""How many lines of a row are asked for ahead, and float64 in a line; of longer rows the processor sees the
rest coming.
"""


Rows = tuple[np.ndarray, np.ndarray, np.ndarray]

_cache: WeakKeyDictionary[Problem, dict[str, Rows]] = WeakKeyDictionary()


def filled_rows(problem: Problem, dtype: str) -> Rows:
    """Return where rows start, columns and entries, with rows filled up by zeros in a column of their own.

    Without rows of odd length a kernel has one short loop for a row, and one branch that it cannot foresee.
    Steps and measures of all runs on a problem share these arrays.
    """
    known = _cache.setdefault(problem, {})
    if dtype not in known:
        known[dtype] = _filled(problem.A, dtype)
    return known[dtype]


def _filled(A: Any, dtype: str) -> Rows:
    n, d = A.shape
    lengths = np.diff(A.indptr)
    starts = np.zeros(n + 1, np.int64)
    np.cumsum(-(-lengths // TOGETHER) * TOGETHER, out=starts[1:])
    # Rows come from far away: the fewer bytes, the better.
    columns = aligned((starts[-1],), np.promote_types(np.min_scalar_type(d), np.uint16).name)
    entries = aligned((starts[-1],), dtype)
    places = np.arange(A.nnz) + np.repeat(starts[:-1] - A.indptr[:-1], lengths)
    columns[:] = d
    columns[places], entries[places] = A.indices, A.data
    return starts.astype(np.promote_types(np.min_scalar_type(starts[-1]), np.uint32)), columns, entries


@intrinsic
def unforeseen(context: Any, e: Any) -> Any:
    """Return a number as one of which the compiler knows nothing.

    Where it knows how often a loop runs, it unrolls the loop, and puts others around it for what is left: of
    short rows these take longer, in branches that the processor mistakes, than the row itself.
    """

    def build(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        kind = args[0].type
        return builder.asm(ir.FunctionType(kind, [kind]), "", "=r,0", args, False)

    return e(e), build


@inlined
def row_dot(first: Any, last: Any, columns: Any, entries: Any, v: Any, unit: Any) -> Any:
    """Return the product of the entries ``first .. last - 1``, a row of the data, and ``v[unit]``."""
    z0 = z1 = z2 = z3 = entries.dtype.type(0)
    e = np.uint64(first)
    # Four sums, for additions wait for each other.
    while e < last:
        z0 = fused(entries[e], v[unit, columns[e]], z0)
        z1 = fused(entries[e + _ONE], v[unit, columns[e + _ONE]], z1)
        z2 = fused(entries[e + _TWO], v[unit, columns[e + _TWO]], z2)
        z3 = fused(entries[e + _THREE], v[unit, columns[e + _THREE]], z3)
        e = unforeseen(e + _FOUR)
    return (z0 + z1) + (z2 + z3)


@inlined
def add_row(first: Any, last: Any, columns: Any, entries: Any, factor: Any, v: Any, unit: Any) -> None:
    """Add a multiple of a row of the data to ``v[unit]``."""
    e = np.uint64(first)
    while e < last:
        for i in (_ZERO, _ONE, _TWO, _THREE):
            column = columns[e + i]
            v[unit, column] = fused(factor, entries[e + i], v[unit, column])
        e = unforeseen(e + _FOUR)


@inlined
def leaves_range(scale: Any) -> Any:
    """Tell whether a scale must be multiplied into v; nan does."""
    return not (SMALL < abs(scale) < LARGE)


@inlined
def any_leaves_range(scales: Any) -> Any:
    """Tell whether one of eight scales must be multiplied into v."""
    size = absolute(scales)
    return not everywhere((size > SMALL) & (size < LARGE))


@inlined
def ask_for_row(first: Any, columns: Any, entries: Any) -> None:
    """Ask for a row that will be read soon: random rows are far away, and waiting takes most of the time."""
    first = np.uint64(first)
    # Of a short row's neighbours, too, or beyond the arrays, where nothing is read: cheaper than to look.
    for i in range(_LINES):
        ask_for(entries, (first + np.uint64(i) * _LINE,))
    for i in range(_LINES // 2):
        ask_for(columns, (first + np.uint64(3 * i) * _LINE,))
