"""Sparse rows inside a kernel: iterates are held as ``x = scale v``, weighted sums as ``total v + rest``.

A step ``x <- keep x + gain sum_q s_q a_q`` moves every coordinate where keep is not 1, as a regulariser makes
it. Held in this form it changes `scale`, and v on the columns of the sampled rows alone; what v gains there,
``rest`` gives back ``total`` times.
"""

from __future__ import annotations

from typing import Any

import llvmlite.ir as ir
import numpy as np
from numba import njit
from numba.core import cgutils, types

from ratebound.experiments.backends.simd import intrinsic
from ratebound.experiments.backends.sparse_step import LARGE, SMALL

_ONE, _FOUR, _LINE = np.uint64(1), np.uint64(4), np.uint64(8)


@njit(forceinline=True, error_model="numpy")
def row_dot(starts: Any, columns: Any, entries: Any, row: Any, v: Any, unit: Any) -> Any:
    """Return the product of a row of the data and ``v[unit]``."""
    first, last = starts[row], starts[row + _ONE]
    z0 = z1 = z2 = z3 = entries.dtype.type(0)
    e = first
    # Four sums, for additions wait for each other.
    while e + _FOUR <= last:
        z0 += entries[e] * v[unit, columns[e]]
        z1 += entries[e + np.uint64(1)] * v[unit, columns[e + np.uint64(1)]]
        z2 += entries[e + np.uint64(2)] * v[unit, columns[e + np.uint64(2)]]
        z3 += entries[e + np.uint64(3)] * v[unit, columns[e + np.uint64(3)]]
        e += _FOUR
    while e < last:
        z0 += entries[e] * v[unit, columns[e]]
        e += _ONE
    return (z0 + z1) + (z2 + z3)


@njit(forceinline=True, error_model="numpy")
def add_row(starts: Any, columns: Any, entries: Any, row: Any, factor: Any, v: Any, unit: Any) -> None:
    """Add a multiple of a row of the data to ``v[unit]``."""
    for e in range(starts[row], starts[row + _ONE]):
        v[unit, columns[e]] += factor * entries[e]


@njit(forceinline=True, error_model="numpy")
def leaves_range(scale: Any) -> Any:
    """Tell whether a scale must be multiplied into v; nan does."""
    return not (SMALL < abs(scale) < LARGE)


@intrinsic
def _prefetch(context: Any, array: Any, place: Any) -> Any:
    """Ask for the cache line of an entry of a vector, without waiting for it."""

    def build(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        made = context.make_array(array)(context, builder, args[0])
        here = builder.bitcast(builder.gep(made.data, [args[1]]), ir.IntType(8).as_pointer())
        kinds = [here.type, ir.IntType(32), ir.IntType(32), ir.IntType(32)]
        name = "llvm.prefetch.p0i8" if hasattr(here.type, "pointee") else "llvm.prefetch.p0"
        function = cgutils.get_or_insert_function(builder.module, ir.FunctionType(ir.VoidType(), kinds), name)
        # To be read (0), to be kept in all caches (3), data (1).
        builder.call(function, [here, *(ir.Constant(ir.IntType(32), v) for v in (0, 3, 1))])
        return context.get_dummy_value()

    return types.none(array, place), build


@njit(forceinline=True, error_model="numpy")
def ask_for_row(starts: Any, columns: Any, entries: Any, row: Any) -> None:
    """Ask for a row that will be read soon: random rows are far away, and waiting takes most of the time."""
    first, last = starts[row], starts[row + _ONE]
    for e in range(first, last, _LINE):
        _prefetch(entries, e)
    for e in range(first, last, _LINE + _LINE):
        _prefetch(columns, e)
