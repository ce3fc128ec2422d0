"""The printed sums of a loss over the samples, many points at once; predictions are never kept for long.

A sum of ``softplus(v) = max(v, 0) + log(1 + exp(-|v|))`` takes one logarithm, of a product. Its v are counted
in parts of log(2), as powers of two take them.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from math import log

from sympy import Abs, Expr, Max

from ratebound.experiments.backends.lanes_math import PARTS
from ratebound.experiments.backends.lanes_sparse import TOGETHER
from ratebound.experiments.backends.numba_source import imports, indented, renamed
from ratebound.experiments.backends.simd import WIDTH
from ratebound.problems.losses import Loss, y, z
from ratebound.problems.primitives import softplus

_FACTORS = 512
"""Factors, at most 2 each, that are multiplied before a logarithm is taken."""
_VALUES = 2**15
"""Values of the data that meet one point after the other."""
SPARSE_VECTORS = 2
"""Vectors of points that share a look at a sparse row."""
PART = log(2) / PARTS
"""What the v of softplus are counted in."""


@dataclass(frozen=True)
class Summand:
    """What a sample adds to a sum.

    Parameters
    ----------
    term
        An expression in the prediction ``z`` and, if it reads it, the label ``y``.
    size
        Where ``log(1 + exp(-size PART))/PART`` is added, too; None if nothing is.
    """

    term: Expr
    size: Expr | None = None

    @property
    def labelled(self) -> bool:
        """Whether it reads the label."""
        return y in self.term.free_symbols


SQUARE = Summand(z**2 / 2)


def multiple(loss: Loss) -> Expr | None:
    """Return c where the loss is ``softplus(c z)``, and c an expression in the label; else None."""
    if not isinstance(loss.phi, softplus):
        return None
    c = loss.phi.args[0].coeff(z)
    return c if loss.phi.args[0] == c * z else None


@lru_cache(maxsize=64)
def summand(loss: Loss, of_multiple: bool) -> Summand:
    """Return what a sample adds.

    Parameters
    ----------
    loss
        The loss.
    of_multiple
        Whether ``z`` stands for the product ``c z`` with the multiple of the loss; it is counted in parts.
    """
    c = multiple(loss)
    if c is None:
        return Summand(loss.phi)
    v = z if of_multiple else c * z
    return Summand(Max(v, 0), Abs(v))


_DENSE = '''"""Sums over the samples: printed, not written."""

{imports}

@njit(nogil=True, cache=True, error_model="numpy", boundscheck=False, no_cfunc_wrapper=True)
def sums(data, firsts, begin, labels, inside, points, values, squares):
    predictions, products = np.empty(({points}, {lanes})), np.ones({padded})
    totals, factors = np.zeros(({points}, 8)), np.ones(({points}, 8))
    # What the points meet next stays in the second cache.
    together = max(1, min({most}, {values} // (data.shape[1] * {lanes})))
    for first in range(0, data.shape[0], together):
        for u in range(0, points.shape[0], {points}):
            for p in range(u + {points}, u + 2 * {points}):
                for j in range(0, data.shape[1], {width}):
                    ask_for(points, (p, j))
            for tile in range(first, min(first + together, data.shape[0])):
{predict}
{labels}
{add}
            for p in range({points}):
{join}
    features = np.uint64(data.shape[1])
    for p in range(squares.size):
        total, j = fill(0.0), np.uint64(0)
        while j + np.uint64({width}) <= features:
            x = load(points, (p, j))
            total, j = total + x * x, j + np.uint64({width})
        store(total, totals, (0, 0))
        squares[p] = {square}
        while j < features:
            squares[p] += points[p, j] * points[p, j]
            j += np.uint64(1)
'''

_SPARSE = '''"""Sums over sparse rows: printed, not written."""

{imports}

@njit(nogil=True, cache=True, error_model="numpy", boundscheck=False, no_cfunc_wrapper=True)
def sums(starts, columns, entries, labels, given, unit, points, totals, squares):
{start}
    for j in range(given.shape[1]):
{turn}
    for begun in range(0, labels.size, {factors}):
{ones}
        for i in range(begun, min(begun + {factors}, labels.size)):
            e, last = np.uint64(starts[i]), np.uint64(starts[i + 1])
{zeros}
            while e < last:
{entries}
                e = unforeseen(e + np.uint64({together}))
            y = fill(labels[i])
{add}
{logarithms}
{stop}
'''


def _added(added: Summand, z: str, y: str, inside: str | None, suffix: str = "") -> list[str]:
    """Return the lines that let a vector of samples enter the total and the factor."""
    names = {"z": z, "y": y}
    value = renamed(added.term, names)
    if inside:
        value = f"where({inside}, {value}, 0.0)"
    total, factor = f"total{suffix}", f"factor{suffix}"
    lines = [f"{total} = {total} + ({value})"]
    if added.size is not None:
        lines += [f"{factor} = fused({factor}, power_minus({renamed(added.size, names)}), {factor})"]
    return lines


def _logarithm(factor: str) -> str:
    return f"{1 / PART!r} * log({factor})"


def _over_lanes(name: str, sign: str, p: str = "p") -> str:
    """Return what becomes of the lanes of vector p of an array."""
    pairs = [f"({name}[{p}, {i}] {sign} {name}[{p}, {i + 1}])" for i in range(0, WIDTH, 2)]
    halves = [f"({a} {sign} {b})" for a, b in zip(pairs[::2], pairs[1::2], strict=True)]
    return f" {sign} ".join(halves)


def _text(lines: list[str], depth: int) -> str:
    return "\n".join(indented(lines, depth))


@lru_cache(maxsize=64)
def dense_sums(added: Summand, points: int, vectors: int) -> str:
    """Print the module that sums over dense rows at `points` points and `vectors` vectors of rows at a time.

    It takes data (tiles, d, lanes) and for each tile the first column that is not zero; what predictions
    begin with, labels and what lies inside (tiles, lanes); points (P, d or more). It adds to values (P,), and
    writes the squared norms of the points, of as many as there is room for.

    Raises
    ------
    RateboundError
        If an expression has no printing.
    """
    columns, rows, soft = range(vectors), range(points), added.size is not None
    predict = [f"z{p}_{c} = load(begin, (tile, {WIDTH * c}))" for p in rows for c in columns]
    # Unsigned, for of other numbers a compiler asks whether they count from the end.
    predict += ["for j in range(firsts[tile], np.uint64(data.shape[1])):"]
    predict += [f"    a{c} = load(data, (tile, j, {WIDTH * c}))" for c in columns]
    for p in rows:
        predict += [f"    x = points[u + {p}, j]", *(f"    z{p}_{c} = z{p}_{c} + a{c} * x" for c in columns)]
    # By way of memory, for registers are few; each with its own place there.
    predict += [f"store(z{p}_{c}, predictions, ({p}, {WIDTH * c}))" for p in rows for c in columns]
    labels, add = [], []
    if added.labelled:
        labels += [f"y{c} = load(labels, (tile, {WIDTH * c}))" for c in columns]
        labels += [f"inside{c} = load(inside, (tile, {WIDTH * c})) > 0.0" for c in columns]
    sums = ["total", *(["factor"] * soft)]
    for p in rows:
        add += [f"{name} = load({name}s, ({p}, 0))" for name in sums]
        for c in columns:
            add += [f"z = load(predictions, ({p}, {WIDTH * c}))"]
            add += _added(added, "z", f"y{c}", f"inside{c}" if added.labelled else None)
        add += [f"store({name}, {name}s, ({p}, 0))" for name in sums]
    join = [f"values[u + p] += {_over_lanes('totals', '+')}", "store(fill(0.0), totals, (p, 0))"]
    last = []
    if soft:
        join += [f"products[p] = {_over_lanes('factors', '*')}", "store(fill(1.0), factors, (p, 0))"]
        # One logarithm serves eight points.
        last = [
            *(f"store(log(load(products, ({p},))), products, ({p},))" for p in range(0, points, WIDTH)),
            f"for p in range({points}):",
            f"    values[u + p] += {1 / PART!r} * products[p]",
        ]
    return _DENSE.format(
        imports=imports("float64"),
        points=points,
        lanes=WIDTH * vectors,
        padded=-(-points // WIDTH) * WIDTH,
        most=_FACTORS // (WIDTH * vectors) if soft else _VALUES,
        values=_VALUES,
        width=WIDTH,
        square=_over_lanes("totals", "+", "0"),
        predict=_text(predict, 4),
        labels=_text(labels, 4),
        add=_text(add, 4),
        join=_text([*indented(join, 1), *last], 3),
    )


@lru_cache(maxsize=64)
def sparse_sums(added: Summand) -> str:
    """Print the module that sums over sparse rows; a vector holds one prediction at eight points.

    It takes rows as starts, columns and entries, filled up, labels (n,), points (lanes, d), the unit of the
    predictions, and room for the points in that unit (more than d, lanes). It writes totals and the squared
    norms of the points (lanes,).

    Raises
    ------
    RateboundError
        If an expression has no printing.
    """
    vectors = range(SPARSE_VECTORS)

    def gathered(place: int) -> list[str]:
        # Two sums, for additions wait for each other.
        here, half = f"e + np.uint64({place})", place % 2
        lines = [f"column, a = columns[{here}], entries[{here}]"]
        return lines + [
            f"z{c}_{half} = z{c}_{half} + a * load(points, (column, {WIDTH * c}))" for c in vectors
        ]

    add, turn = [], []
    for c in vectors:
        each = ", ".join(f"given[{WIDTH * c + p}, j]" for p in range(WIDTH))
        turn += [f"x = pack({each})", f"square{c} = square{c} + x * x"]
        turn += [f"store(x * unit, points, (j, {WIDTH * c}))"]
    for c in vectors:
        add += [f"z{c} = z{c}_0 + z{c}_1", *_added(added, f"z{c}", "y", None, str(c))]
    return _SPARSE.format(
        imports=imports("float64"),
        factors=_FACTORS,
        start=_text([f"total{c} = square{c} = fill(0.0)" for c in vectors], 1),
        turn=_text(turn, 2),
        ones=_text([f"factor{c} = fill(1.0)" for c in vectors], 2),
        zeros=_text([f"z{c}_{half} = fill(0.0)" for c in vectors for half in range(2)], 3),
        entries=_text([line for place in range(TOGETHER) for line in gathered(place)], 4),
        together=TOGETHER,
        add=_text(add, 3),
        logarithms=_text([f"total{c} = total{c} + {_logarithm(f'factor{c}')}" for c in vectors], 2),
        stop=_text(
            [f"store({name}{c}, {name}s, ({WIDTH * c},))" for name in ("total", "square") for c in vectors], 1
        ),
    )
