"""The text of the Numba kernel of methods with draws, with places for what is printed."""

from __future__ import annotations

SOURCE = '''"""{title}"""

import numpy as np
from numba import njit

from ratebound.experiments.backends.scalars import (
    absolute, cos, exp, fused, larger, log, sin, smaller, softplus, sqrt, where,
)

nan = np.nan
real = np.{dtype}


@njit(error_model="numpy", no_cpython_wrapper=True, no_cfunc_wrapper=True)
def add_row(data, labels, row, point, factor, out):
    z = real(0.0)
{dot}
    y = labels[row]
    slope = real(factor * ({slope}))
{add}


@njit(error_model="numpy", no_cpython_wrapper=True, no_cfunc_wrapper=True)
def of_rows(data, labels, l2, rows, scale, point, out):
    """The mean of the scaled gradients of some components at a point."""
    total = real(0.0)
    for j in range(point.size):
        out[j] = 0.0
    for row in rows:
        total += scale[row] / rows.size
        add_row(data, labels, row, point, scale[row] / rows.size, out)
    for j in range(point.size):
        out[j] += l2 * total * point[j]


{products}@njit(nogil=True, cache=True, error_model="numpy", no_cfunc_wrapper=True)
def advance(
    first, last, start, data, labels, l2, alphas, alphas_move, weights, weights_move, index, coins, scale,
    every, ones, smooth, lowest, table, {states}
):
    size, replicas = state_x.shape[1], index.shape[1]
    {buffers} = np.empty(({count}, size), real)
    for unit in range(first, last):
        schedule, replica = unit // replicas, unit % replicas
        for now in range(index.shape[0]):
            k, coin = real(start + now), coins[now, replica]
            alpha = alphas[schedule, (start + now) * alphas_move]
            weight = weights[schedule, (start + now) * weights_move]
            rows = index[now, replica]
{body}
'''


PRODUCTS = '''\
@njit(error_model="numpy", no_cpython_wrapper=True, no_cfunc_wrapper=True)
def add_product(data, labels, row, point, vector, factor, out):
    z = real(0.0)
{dot}
    at = z
    z = real(0.0)
{dot_vector}
    met, z, y = z, at, labels[row]
    slope = real(factor * ({second})) * met
{add}


@njit(error_model="numpy", no_cpython_wrapper=True, no_cfunc_wrapper=True)
def products_of_rows(data, labels, l2, rows, scale, point, vector, out):
    """The mean of the scaled Hessians of some components at a point, times a vector."""
    total = real(0.0)
    for j in range(point.size):
        out[j] = 0.0
    for row in rows:
        total += scale[row] / rows.size
        add_product(data, labels, row, point, vector, scale[row] / rows.size, out)
    for j in range(point.size):
        out[j] += l2 * total * vector[j]


'''
DENSE = {
    "dot": "    for j in range(point.size):\n        z += data[row, j] * point[j]",
    "add": "    for j in range(point.size):\n        out[j] += slope * data[row, j]",
}
SPARSE = {
    "dot": """\
    starts, columns, entries = data
    for e in range(starts[row], starts[row + 1]):
        z += entries[e] * point[columns[e]]""",
    "add": """\
    for e in range(starts[row], starts[row + 1]):
        out[columns[e]] += slope * entries[e]""",
}
"""How a row meets a point, and enters a gradient."""
STORED = """\
for j in range(size):
    stored[j] = 0.0
row, number = rows[0], table[unit, rows[0]]
starts, columns, entries = data
for e in range(starts[row], starts[row + 1]):
    stored[columns[e]] = number * entries[e]"""
STORE = """\
z, square = real(0.0), real(0.0)
for e in range(starts[row], starts[row + 1]):
    z += entries[e] * stored[columns[e]]
    square += entries[e] ** 2
table[unit, row] = z / square if square > 0.0 else z"""
"""How the number that is stored for a sparse row becomes a vector, and a vector the next number."""
