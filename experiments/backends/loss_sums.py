"""The printed sums of a loss over the samples, many points at once; predictions are never kept for long.

A sum of ``softplus(v) = max(v, 0) + log(1 + exp(-|v|))`` takes one logarithm, of a product.
"""

from __future__ import annotations

from functools import lru_cache

from sympy import Abs, Expr, Max

from ratebound.experiments.backends.lanes_sparse import TOGETHER
from ratebound.experiments.backends.numba_source import imports, indented, renamed
from ratebound.experiments.backends.simd import WIDTH
from ratebound.problems.losses import Loss
from ratebound.problems.primitives import softplus

_FACTORS = 512
"""Factors, at most 2 each, that are multiplied before a logarithm is taken."""
SPARSE_VECTORS = 2
"""Vectors of points that share a look at a sparse row."""

_DENSE = '''"""Sums of the {title}: printed, not written."""

{imports}

@njit(nogil=True, cache=True, error_model="numpy", boundscheck=False)
def sums(data, labels, inside, points, totals, factors):
    predictions = np.empty(({points}, {lanes}))
    for begun in range(0, data.shape[0], {tiles}):
        for tile in range(begun, min(begun + {tiles}, data.shape[0])):
            for u in range(0, points.shape[0], {points}):
{predict}
{labels}
                for p in range({points}):
                    total, factor = load(totals, (u + p, 0)), load(factors, (u + p, 0))
{add}
                    store(total, totals, (u + p, 0))
                    store(factor, factors, (u + p, 0))
        for p in range(points.shape[0]):
            store(load(totals, (p, 0)) + log(load(factors, (p, 0))), totals, (p, 0))
            store(fill(1.0), factors, (p, 0))
'''

_SPARSE = '''"""Sums of the {title} over sparse rows: printed, not written."""

{imports}

@njit(nogil=True, cache=True, error_model="numpy", boundscheck=False)
def sums(starts, columns, entries, labels, points, totals):
{start}
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


def _terms(loss: Loss) -> tuple[Expr, Expr | None]:
    """Return what a sample adds, and s where the logarithm of 1 + exp(-s) is added too."""
    term = loss.phi
    if isinstance(term, softplus):
        (v,) = term.args
        return Max(v, 0), Abs(v)
    return term, None


def _added(loss: Loss, z: str, y: str, inside: str | None, suffix: str = "") -> list[str]:
    """Return the lines that let a vector of samples enter the total and the factor."""
    term, size = _terms(loss)
    names = {"z": z, "y": y}
    entering = {"total": ("+", renamed(term, names), 0.0)}
    if size is not None:
        entering["factor"] = ("*", f"1.0 + exp_minus({renamed(size, names)})", 1.0)
    lines = []
    for name, (sign, value, nothing) in entering.items():
        if inside:
            value = f"where({inside}, {value}, {nothing})"
        lines.append(f"{name}{suffix} = {name}{suffix} {sign} ({value})")
    return lines


def _text(lines: list[str], depth: int) -> str:
    return "\n".join(indented(lines, depth))


@lru_cache(maxsize=64)
def dense_sums(loss: Loss, points: int, vectors: int) -> str:
    """Print the module that adds the loss at `points` points and `vectors` vectors of rows at a time.

    It takes data (tiles, d, lanes), labels and what lies inside (tiles, lanes), points (P, d); it adds to
    totals (P, 8), and multiplies factors (P, 8), which are ones in the end.

    Raises
    ------
    RateboundError
        If the loss has no printing.
    """
    columns, rows = range(vectors), range(points)
    predict = [f"z{p}_{c} = fill(0.0)" for p in rows for c in columns]
    predict += ["for j in range(data.shape[1]):"]
    predict += [f"    a{c} = load(data, (tile, j, {WIDTH * c}))" for c in columns]
    for p in rows:
        predict += [f"    x = points[u + {p}, j]", *(f"    z{p}_{c} = z{p}_{c} + a{c} * x" for c in columns)]
    predict += [f"store(z{p}_{c}, predictions, ({p}, {WIDTH * c}))" for p in rows for c in columns]
    labels = [f"y{c} = load(labels, (tile, {WIDTH * c}))" for c in columns]
    labels += [f"inside{c} = load(inside, (tile, {WIDTH * c})) > 0.0" for c in columns]
    add = []
    for c in columns:
        add += [f"z = load(predictions, (p, {WIDTH * c}))", *_added(loss, "z", f"y{c}", f"inside{c}")]
    return _DENSE.format(
        title=loss.title,
        imports=imports("float64"),
        points=points,
        lanes=WIDTH * vectors,
        tiles=_FACTORS // vectors,
        predict=_text(predict, 4),
        labels=_text(labels, 4),
        add=_text(add, 5),
    )


@lru_cache(maxsize=64)
def sparse_sums(loss: Loss) -> str:
    """Print the module that sums the loss over sparse rows; a vector holds one prediction at eight points.

    It takes rows as starts, columns and entries, filled up, labels (n,), points (more than d, lanes), and
    writes totals (lanes,).

    Raises
    ------
    RateboundError
        If the loss has no printing.
    """
    vectors = range(SPARSE_VECTORS)

    def gathered(place: int) -> list[str]:
        # Two sums, for additions wait for each other.
        here, half = f"e + np.uint64({place})", place % 2
        lines = [f"column, a = columns[{here}], entries[{here}]"]
        return lines + [
            f"z{c}_{half} = z{c}_{half} + a * load(points, (column, {WIDTH * c}))" for c in vectors
        ]

    add = []
    for c in vectors:
        add += [f"z{c} = z{c}_0 + z{c}_1", *_added(loss, f"z{c}", "y", None, str(c))]
    return _SPARSE.format(
        title=loss.title,
        imports=imports("float64"),
        factors=_FACTORS,
        start=_text([f"total{c} = fill(0.0)" for c in vectors], 1),
        ones=_text([f"factor{c} = fill(1.0)" for c in vectors], 2),
        zeros=_text([f"z{c}_{half} = fill(0.0)" for c in vectors for half in range(2)], 3),
        entries=_text([line for place in range(TOGETHER) for line in gathered(place)], 4),
        together=TOGETHER,
        add=_text(add, 3),
        logarithms=_text([f"total{c} = total{c} + log(factor{c})" for c in vectors], 2),
        stop=_text([f"store(total{c}, totals, ({WIDTH * c},))" for c in vectors], 1),
    )
