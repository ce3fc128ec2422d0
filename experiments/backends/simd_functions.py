"""Functions of eight numbers at once: sums over lanes, fused products, LLVM's own functions, conversions."""

from __future__ import annotations

from typing import Any

import llvmlite.ir as ir
from numba.core import cgutils, types, typing

from ratebound.experiments.backends.simd import (
    WIDTH,
    Lanes,
    address,
    floats,
    intrinsic,
    joined,
    singles,
    splat,
    vector_of,
)

_INT = ir.IntType(32)


def _pick(builder: Any, a: Any, b: Any, chosen: list[int]) -> Any:
    return builder.shuffle_vector(a, b, ir.Constant(ir.VectorType(_INT, WIDTH), chosen))


def _suffix(kind: Lanes) -> str:
    """Return what LLVM calls a vector type in the names of its functions."""
    return f"v{WIDTH}f{32 if kind == singles else 64}"


def _halves(half: int) -> tuple[list[int], list[int]]:
    """Return which numbers of two vectors, one after the other, are picked in a stage of a transposition."""
    low = [i if not i & half else i - half + WIDTH for i in range(WIDTH)]
    return low, [i + half for i in low]


def _totals(builder: Any, rows: list[Any]) -> Any:
    """Return the sums over the lanes of eight vectors, as one vector."""
    for half in (1, 2, 4):
        low, high = _halves(half)
        rows = [
            builder.fadd(_pick(builder, x, y, low), _pick(builder, x, y, high))
            for x, y in zip(rows[::2], rows[1::2], strict=True)
        ]
    return rows[0]


@intrinsic
def totals(typingctx: Any, a: Any, b: Any, c: Any, d: Any, e: Any, f: Any, g: Any, h: Any) -> Any:
    """Return the sums over the lanes of eight vectors, as one vector."""

    def codegen(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        return _totals(builder, list(args))

    return a(a, b, c, d, e, f, g, h), codegen


@intrinsic
def totals_of(typingctx: Any, array: Any, first: Any) -> Any:
    """Return the sums of eight rows, of eight numbers each, of a contiguous array from row `first` on."""
    kind = Lanes(array.dtype)

    def codegen(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        row = context.cast(builder, args[1], first, types.intp)
        data = builder.bitcast(
            context.make_array(array)(context, builder, args[0]).data, vector_of(kind).as_pointer()
        )
        places = [builder.add(row, ir.IntType(64)(number)) for number in range(WIDTH)]
        each = [builder.load(builder.gep(data, [place]), align=array.dtype.bitwidth // 8) for place in places]
        return _totals(builder, each)

    return kind(array, first), codegen


@intrinsic
def taken(typingctx: Any, values: Any, index: Any, place: Any, step: Any) -> Any:
    """Return ``values[index[place]]`` for eight places in a contiguous array, each `step` after the last."""
    kind = Lanes(values.dtype)

    def codegen(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        here = address(context, builder, typing.signature(kind, index, place), args[1:3])
        first = builder.bitcast(here, ir.IntType(64).as_pointer())
        apart = context.cast(builder, args[3], step, types.intp)
        data = context.make_array(values)(context, builder, args[0]).data
        vector = ir.Constant(vector_of(kind), ir.Undefined)
        for lane in range(WIDTH):
            row = builder.load(builder.gep(first, [builder.mul(apart, ir.IntType(64)(lane))]))
            vector = builder.insert_element(vector, builder.load(builder.gep(data, [row])), _INT(lane))
        return vector

    return kind(values, index, place, step), codegen


@intrinsic
def store_turned(
    typingctx: Any, a: Any, b: Any, c: Any, d: Any, e: Any, f: Any, g: Any, h: Any, array: Any, place: Any
) -> Any:
    """Write eight vectors as columns, into eight rows of a contiguous array from the place `place` on."""

    def codegen(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        rows = list(args[:WIDTH])
        for half in (1, 2, 4):
            low, high = _halves(half)
            for i in range(WIDTH):
                if not i & half:
                    pair = rows[i], rows[i + half]
                    rows[i], rows[i + half] = (_pick(builder, *pair, chosen) for chosen in (low, high))
        pointer = address(context, builder, sig, args)
        shape = context.make_array(array)(context, builder, args[-2]).shape
        first = builder.bitcast(pointer, rows[0].type.element.as_pointer())
        for number, row in enumerate(rows):
            offset = builder.mul(builder.extract_value(shape, array.ndim - 1), ir.IntType(64)(number))
            here = builder.bitcast(builder.gep(first, [offset]), row.type.as_pointer())
            builder.store(row, here, align=array.dtype.bitwidth // 8)
        return context.get_dummy_value()

    return types.void(a, b, c, d, e, f, g, h, array, place), codegen


@intrinsic
def fused(typingctx: Any, a: Any, b: Any, c: Any) -> Any:
    """Return a b + c of numbers or vectors, rounded once where the processor can."""
    kind = joined(a, b, c)
    number = types.float32 if {a, b, c} == {types.float32} else types.float64

    def codegen(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        given = zip(args, sig.args, strict=True)
        if kind:
            args = [splat(context, builder, v, t, kind) for v, t in given]
        else:
            args = [context.cast(builder, v, t, number) for v, t in given]
        shape = args[0].type
        name = f"llvm.fmuladd.{_suffix(kind) if kind else f'f{number.bitwidth}'}"
        function = cgutils.get_or_insert_function(builder.module, ir.FunctionType(shape, [shape] * 3), name)
        return builder.call(function, args)

    return (kind or number)(a, b, c), codegen


def _elementwise(name: str) -> Any:
    """Return LLVM's function of this name, lane by lane; without an instruction it calls the C library."""

    @intrinsic
    def function(typingctx: Any, v: Any) -> Any:
        kind = joined(v) or floats

        def codegen(context: Any, builder: Any, sig: Any, args: Any) -> Any:
            vector = splat(context, builder, args[0], v, kind)
            shape = ir.FunctionType(vector.type, [vector.type])
            full_name = f"llvm.{name}.{_suffix(kind)}"
            return builder.call(cgutils.get_or_insert_function(builder.module, shape, full_name), [vector])

        return kind(v), codegen

    return function


sqrt, absolute, nearest = _elementwise("sqrt"), _elementwise("fabs"), _elementwise("rint")
sin, cos = _elementwise("sin"), _elementwise("cos")


@intrinsic
def widened(typingctx: Any, v: Any) -> Any:
    """Return a number or a vector as a vector of float64."""

    def codegen(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        return splat(context, builder, args[0], v, floats)

    return floats(v), codegen


@intrinsic
def narrowed(typingctx: Any, value: Any, like: Any) -> Any:
    """Return a vector of float64 in the precision of another vector."""
    kind = singles if like == singles else floats

    def codegen(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        return splat(context, builder, args[0], value, kind)

    return kind(value, like), codegen
