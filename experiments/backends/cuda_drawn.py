"""The printed CUDA kernel of methods that draw more than a batch, or take gradients elsewhere than at x.

A group of lanes makes all steps of one replica, as in :mod:`ratebound.experiments.backends.cuda_source`: it
takes the gradients of one batch at every point that the method names, those of f where the coin falls, reads
and writes the table, and updates. Coins and weighted samples read the stream at the counters of
:mod:`ratebound.experiments.backends.drawn`. Of sparse data the entries of rows are read; points and gradients
then lie in memory, for any lane may need any coordinate. That was not measured on a GPU.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np
from sympy import Expr

from ratebound.experiments.backends.coins import COIN, ONE
from ratebound.experiments.backends.cuda_drawn_text import (
    DENSE_ROWS,
    OF_ALL,
    OF_BATCH,
    OF_BATCH_AGAIN,
    OF_LENGTH,
    OF_SAMPLE,
    OF_TABLE,
    PRODUCTS,
    SOURCE,
    SPARSE_ROWS,
    STORED_AGAIN,
)
from ratebound.experiments.backends.cuda_layout import bounds_of
from ratebound.experiments.backends.cuda_source import SHARED_DATA, lines, of_now, schedule_lines
from ratebound.experiments.backends.cuda_stream import DRAWS, SAMPLE, SAMPLER, common
from ratebound.experiments.backends.drawn import WEIGHTED
from ratebound.experiments.backends.kernel import Spec
from ratebound.problems.lower import printed
from ratebound.theory.draws import Draws, L_i, L_j, along, coin, length_sq, norm_sq, picked, rise
from ratebound.theory.method import g


def _of_all(draws: Draws) -> list[str]:
    """Return the gradients that are those of f."""
    return ["g"] if draws.axis is not None else list(draws.full)


def vectors_of(draws: Draws, points: Iterable[str], sparse: bool) -> list[str]:
    """Return the vectors that a step keeps besides the state: points, gradients there, what is stored."""
    taken = dict.fromkeys(("g", *draws.also, *draws.hessian, *_of_all(draws)))
    found = [*(f"at_{name}" for name in points), *(f"grad_{name}" for name in taken)]
    return [*found, "stored"] if draws.table and sparse else found


def room_of(d: int) -> int:
    """Return how many numbers a vector takes in memory, whatever the number of lanes."""
    return -(-d // 32) * 32


def _read(draws: Draws, sparse: bool, kept: str = "") -> list[str]:
    """Return the lines that name what the update reads of one coordinate, and store what is `kept`."""
    if draws.axis is not None:
        return [
            "const u64 axis = lane + slot * LANES;",
            "const real g = axis == index[0] ? grad_g[PLACE] + l2 * at_g[PLACE] : real(0);",
            f"const real {L_j.name} = axis < D ? smooth[axis] : real(1);",
        ]
    read = ["const real g = grad_g[PLACE] + l2 * total * at_g[PLACE];"]
    read += [
        f"const real {name} = grad_{name}[PLACE] + l2 * total * at_{name}[PLACE];" for name in draws.also
    ]
    read += [
        f"const real {name} = grad_{name}[PLACE] + l2 * total * at_{along(name)}[PLACE];"
        for name in draws.hessian
    ]
    read += [
        f"const real {name} = coin > 0 ? grad_{name}[PLACE] + l2 * at_{name}[PLACE] : real(0);"
        for name in draws.full
    ]
    read += [f"const real {L_i.name} = smooth[index[0]];"] if draws.smoothness else []
    if draws.table and sparse:
        read += [f"const real {draws.table} = stored[PLACE];"]
        read += [f"stored[PLACE] = {kept};"] if kept else []
    elif draws.table:
        place = "table[(unit * n + index[0]) * D + j]"
        read += ["const int j = lane + slot * LANES;"]
        read += [
            f"const real {draws.table} = j < D ? {place} : real(0);",
            *([f"if (j < D) {place} = {kept};"] if kept else []),
        ]
    return read


def cuda_drawn_source(
    spec: Spec,
    draws: Draws,
    points: Mapping[str, Expr],
    d: int,
    lanes: int,
    row: int = 0,
    kept: Expr = g,
    length: Expr | None = None,
    sparse: bool = False,
) -> str:
    """Print the kernel.

    Parameters
    ----------
    spec
        What to compute.
    draws
        What a step reads besides g.
    points
        Where each gradient is taken, ``g`` first, and the places of `draws`: expressions in the state.
    d, lanes, row
        As in :func:`ratebound.experiments.backends.cuda_source.cuda_source`.
    kept
        What a step stores in the table, if there is one.
    length
        The vector whose squared norm the update reads, if there is one.
    sparse
        Whether data are given as starts, columns and entries of their rows.

    Raises
    ------
    RateboundError
        If an expression has no printing.
    """
    state = list(spec.rules)
    written = (*spec.rules.values(), kept)
    vectors = () if length is None else (length,)
    reads = {s.name for expr in (*written, *points.values(), *vectors) for s in expr.free_symbols}
    before, scalars = schedule_lines(reads)
    number = f"uniform(philox((u32)now, replica, {COIN}u, 0, key0, key1))"
    if draws.coin != 0:
        scalars += [f"const real {coin.name} = {number} < chance ? real(1) : real(0);"]
    if draws.every != 0:
        scalars += [f"const real {coin.name} = (now + 1) % period == 0 ? real(1) : real(0);"]

    if draws.picks:
        share = "1.0 / (double)(1 + now % period)"
        scalars += [f"const real {picked.name} = {number} < {share} ? real(1) : real(0);"]

    def named(expressions: Iterable[Expr]) -> str:
        # What is not read is not named: compilers warn of it.
        seen = {s.name for expr in expressions for s in expr.free_symbols}
        return lines(3, [f"const real {name}_now = own_{name}[slot];" for name in state if name in seen])

    of_all = _of_all(draws)
    of_batch = [name for name in ("g", *draws.also) if name not in (*of_all, *draws.after)]
    after = {name: points[name] for name in draws.after}
    first = {name: point for name, point in points.items() if name not in after}
    held = vectors_of(draws, points, sparse)
    whole = [f"add_gradient(ROW(i), labels[i], real(1) / n, at_{name}, grad_{name});" for name in of_all]
    part = [f"add_gradient(row, y, factor, at_{name}, grad_{name});" for name in of_batch]
    part += [
        f"add_product(row, y, factor, at_{name}, at_{along(name)}, grad_{name});" for name in draws.hessian
    ]
    wanted = "" if draws.axis is not None else f"{coin.name} > 0 && "
    # Of a lane: a row besides its state and, of dense data, its vectors.
    numbers = (len(state) + 1 + (0 if sparse else len(held))) * -(-d // lanes)
    # Of units in one warp some may take gradients of f, and others none.
    return common(spec, lanes, apart=bool(whole and wanted)) + SOURCE.format(
        d=d,
        shared=int(row > 0),
        stride=row or d,
        bounds=bounds_of(numbers * np.dtype(spec.dtype).itemsize // 4, row > 0),
        sampler=SAMPLER,
        draws=DRAWS,
        sparse=int(sparse),
        rows=SPARSE_ROWS if sparse else DENSE_ROWS,
        data="const u64* starts, const u32* columns, const real* entries, real* room"
        if sparse
        else "const real* data",
        weighted=int(draws.uneven),
        outcomes="n" if draws.axis is None else "D",
        one=repr(ONE),
        weighted_word=WEIGHTED,
        slope=printed(spec.slope, "cuda"),
        arguments=", ".join(f"real* state_{name}" for name in state),
        shared_data=SHARED_DATA,
        declared=lines(1, [f"real own_{name}[EACH];" for name in state]),
        loaded=lines(2, [f"own_{v}[slot] = j < D ? state_{v}[unit * D + j] : real(0);" for v in state]),
        schedules=lines(1, before),
        scalars=lines(2, scalars),
        sample=SAMPLE,
        products=PRODUCTS.format(second=printed(spec.second, "cuda")) if draws.hessian else "",
        gradients=lines(
            2,
            [
                f"real* {name} = room + (unit * {len(held)} + {place}) * {room_of(d)};"
                if sparse
                else f"real {name}[EACH] = {{0}};"
                for place, name in enumerate(held)
            ],
        ),
        at=named(first.values()),
        now=named(written),
        points=lines(
            3,
            [
                *(f"at_{name}[PLACE] = {of_now(expr, state)};" for name, expr in first.items()),
                *(f"{name}[PLACE] = 0;" for name in held if sparse and not name.startswith("at_")),
            ],
        ),
        of_batch=OF_BATCH.format(calls=lines(3, part)) if part else "",
        of_batch_again=OF_BATCH_AGAIN.format(
            at=named(after.values()),
            points=lines(3, [f"at_{name}[PLACE] = {of_now(at, state)};" for name, at in after.items()]),
            calls=lines(
                3, [f"add_gradient(row, y, factor, at_{name}, grad_{name});" for name in draws.after]
            ),
        )
        if after
        else "",
        of_all=OF_ALL.format(wanted=wanted, calls=lines(3, whole)) if whole else "",
        of_sample=OF_SAMPLE.format(rise=rise, norm_sq=norm_sq, value=printed(spec.value, "cuda"))
        if draws.values
        else "",
        of_table=OF_TABLE if "stored" in held else "",
        stored_again=STORED_AGAIN if "stored" in held else "",
        of_length=""
        if length is None
        else OF_LENGTH.format(
            length_sq=length_sq.name,
            now=named(vectors),
            taken=lines(3, _read(draws, sparse)),
            length=of_now(length, state),
        ),
        taken=lines(3, _read(draws, sparse, of_now(kept, state))),
        updated=lines(3, [f"own_{name}[slot] = {of_now(rule, state)};" for name, rule in spec.rules.items()]),
        stored=lines(2, [f"if (j < D) state_{v}[unit * D + j] = own_{v}[slot];" for v in state]),
    )
