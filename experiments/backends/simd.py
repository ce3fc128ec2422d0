"""Eight numbers at once in Numba: a vector type with operators, so that no kernel waits for a vectoriser.

Plain loops over 20 or 30 features leave scalar remainders, and over arrays that might overlap they are not
vectorised at all. Here the width is stated: ``Lanes`` holds eight float64 or uint64, LLVM maps it to one
AVX-512, two AVX2 or four NEON registers. A product may be fused with the sum that it enters, where only one
does; sums are never reordered, so that a run repeats bit for bit, and inf and nan keep their meaning.
"""

from __future__ import annotations

import operator
from typing import Any

import llvmlite.ir as ir
from numba import njit
from numba.core import cgutils, types
from numba.core.typing.templates import AbstractTemplate, infer_global, signature
from numba.extending import intrinsic as _intrinsic
from numba.extending import lower_builtin, models, register_model

WIDTH = 8
_FUSE = ("contract",)
_INT = ir.IntType(32)
# Typed for what the decorated functions become, not for what they are: calls carry no typing context.
intrinsic: Any = _intrinsic
INNER: dict[str, Any] = {"error_model": "numpy", "no_cpython_wrapper": True, "no_cfunc_wrapper": True}
"""How functions are compiled that only kernels call: without an entry from Python, which takes its time."""
inner: Any = njit(**INNER)
inlined: Any = njit(forceinline=True, **INNER)
spliced: Any = njit(inline="always", **INNER)
"""For what is called in one place: its lines are compiled there, and nowhere else."""


class Lanes(types.Type):
    """Numba type of eight numbers of one type (a boolean one is a mask)."""

    def __init__(self, dtype: types.Type) -> None:
        self.dtype = dtype
        super().__init__(name=f"Lanes({dtype})")


floats, singles = Lanes(types.float64), Lanes(types.float32)
words, masks = Lanes(types.uint64), Lanes(types.boolean)
FLOATS = (floats, singles)
_SCALAR = {
    floats: ir.DoubleType(),
    singles: ir.FloatType(),
    words: ir.IntType(64),
    masks: ir.IntType(1),
}


@register_model(Lanes)
class _Model(models.PrimitiveModel):
    """A vector in a register."""

    def __init__(self, manager: Any, kind: Lanes) -> None:
        super().__init__(manager, kind, vector_of(kind))


def vector_of(kind: Lanes) -> Any:
    """Return LLVM's type of eight numbers."""
    return ir.VectorType(_SCALAR[kind], WIDTH)


def splat(context: Any, builder: Any, value: Any, given: types.Type, kind: Lanes) -> Any:
    """Repeat a number in every lane; a vector is converted where it must be."""
    if given == kind:
        return value
    if isinstance(given, Lanes):
        return (builder.fptrunc if kind == singles else builder.fpext)(value, vector_of(kind))
    scalar = context.cast(builder, value, given, kind.dtype)
    vector = ir.VectorType(scalar.type, WIDTH)
    one = builder.insert_element(ir.Constant(vector, ir.Undefined), scalar, _INT(0))
    return builder.shuffle_vector(
        one, ir.Constant(vector, ir.Undefined), ir.Constant(ir.VectorType(_INT, WIDTH), [0] * WIDTH)
    )


def joined(*args: types.Type) -> Lanes | None:
    """Return the vector type that the operands share, or None if none of them is a vector."""
    vectors = {a for a in args if isinstance(a, Lanes)}
    if vectors == set(FLOATS):
        return singles
    return vectors.pop() if len(vectors) == 1 else None


def _operator(function: Any, build: dict[Lanes, Any], result: Lanes | None = None) -> None:
    """Give a binary operator a meaning on vectors, and on a vector and a number."""

    class Template(AbstractTemplate):
        def generic(self, args: Any, kws: Any) -> Any:
            kind = joined(*args)
            if kws or len(args) != 2 or kind not in build:
                return None
            return signature(result or kind, *args)

    infer_global(function)(Template)

    def lower(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        kind = joined(*sig.args)
        assert kind is not None
        pair = [splat(context, builder, a, t, kind) for a, t in zip(args, sig.args, strict=True)]
        return build[kind](builder, *pair)

    for left, right in ((Lanes, Lanes), (Lanes, types.Number), (types.Number, Lanes)):
        lower_builtin(function, left, right)(lower)


for _function, _reals, _integers in (
    (operator.add, "fadd", "add"),
    (operator.sub, "fsub", "sub"),
    (operator.mul, "fmul", "mul"),
):
    _operator(
        _function,
        {
            **dict.fromkeys(FLOATS, lambda b, x, y, name=_reals: getattr(b, name)(x, y, flags=_FUSE)),
            words: lambda b, x, y, name=_integers: getattr(b, name)(x, y),
        },
    )
_operator(operator.truediv, dict.fromkeys(FLOATS, lambda b, x, y: b.fdiv(x, y)))
_operator(operator.xor, {words: lambda b, x, y: b.xor(x, y)})
_operator(operator.and_, {words: lambda b, x, y: b.and_(x, y), masks: lambda b, x, y: b.and_(x, y)})
_operator(operator.or_, {masks: lambda b, x, y: b.or_(x, y)})
_operator(operator.rshift, {words: lambda b, x, y: b.lshr(x, y)})
for _function, _name in (
    (operator.lt, "<"),
    (operator.le, "<="),
    (operator.gt, ">"),
    (operator.ge, ">="),
    (operator.eq, "=="),
    (operator.ne, "!="),
):
    _operator(
        _function,
        {
            **dict.fromkeys(
                FLOATS,
                lambda b, x, y, name=_name: (
                    b.fcmp_unordered(name, x, y) if name == "!=" else b.fcmp_ordered(name, x, y)
                ),
            ),
            words: lambda b, x, y, name=_name: b.icmp_unsigned(name, x, y),
        },
        masks,
    )


@infer_global(operator.neg)
class _Neg(AbstractTemplate):
    """Typing of ``-v``."""

    def generic(self, args: Any, kws: Any) -> Any:
        return signature(*args, *args) if args[0] in FLOATS else None


@lower_builtin(operator.neg, Lanes)
def _neg(context: Any, builder: Any, sig: Any, args: Any) -> Any:
    return builder.fneg(args[0])


def address(context: Any, builder: Any, sig: Any, args: Any) -> Any:
    """Return the address of eight consecutive numbers of a contiguous array, from an index on."""
    array, place = sig.args[-2:]
    struct = context.make_array(array)(context, builder, args[-2])
    indices = [
        context.cast(builder, builder.extract_value(args[-1], axis), kind, types.intp)
        for axis, kind in enumerate(place.types)
    ]
    offset = indices[0]
    for axis, index in enumerate(indices[1:], 1):
        offset = builder.add(builder.mul(offset, builder.extract_value(struct.shape, axis)), index)
    vector = ir.VectorType(context.get_data_type(array.dtype), WIDTH)
    return builder.bitcast(builder.gep(struct.data, [offset]), vector.as_pointer())


@intrinsic
def load(typingctx: Any, array: Any, place: Any) -> Any:
    """Return eight consecutive numbers of a contiguous array, from the index tuple `place` on."""

    def codegen(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        return builder.load(address(context, builder, sig, args), align=array.dtype.bitwidth // 8)

    return Lanes(array.dtype)(array, place), codegen


@intrinsic
def store(typingctx: Any, value: Any, array: Any, place: Any) -> Any:
    """Write eight consecutive numbers into a contiguous array, from the index tuple `place` on."""

    def codegen(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        vector = splat(context, builder, args[0], value, Lanes(array.dtype))
        builder.store(vector, address(context, builder, sig, args), align=array.dtype.bitwidth // 8)
        return context.get_dummy_value()

    return types.void(value, array, place), codegen


@intrinsic
def ask_for(typingctx: Any, array: Any, place: Any) -> Any:
    """Ask for the cache line of an entry of a contiguous array, without waiting for it."""

    def codegen(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        here = builder.bitcast(address(context, builder, sig, args), ir.IntType(8).as_pointer())
        kinds = [here.type, _INT, _INT, _INT]
        name = "llvm.prefetch.p0i8" if hasattr(here.type, "pointee") else "llvm.prefetch.p0"
        function = cgutils.get_or_insert_function(builder.module, ir.FunctionType(ir.VoidType(), kinds), name)
        # To be read (0), to be kept in all caches (3), data (1).
        builder.call(function, [here, *(ir.Constant(_INT, v) for v in (0, 3, 1))])
        return context.get_dummy_value()

    return types.void(array, place), codegen


@intrinsic
def fill(typingctx: Any, value: Any) -> Any:
    """Return a number in every lane."""
    kind = Lanes(value) if value in (types.uint64, types.float32) else floats

    def codegen(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        return splat(context, builder, args[0], value, kind)

    return kind(value), codegen


@intrinsic
def pack(typingctx: Any, a: Any, b: Any, c: Any, d: Any, e: Any, f: Any, g: Any, h: Any) -> Any:
    """Return eight floating-point numbers as one vector; of float32 if the first is."""
    kind = singles if a == types.float32 else floats

    def codegen(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        vector = ir.Constant(vector_of(kind), ir.Undefined)
        for place, (value, given) in enumerate(zip(args, sig.args, strict=True)):
            one = context.cast(builder, value, given, kind.dtype)
            vector = builder.insert_element(vector, one, _INT(place))
        return vector

    return kind(a, b, c, d, e, f, g, h), codegen


@intrinsic
def ramp(typingctx: Any, start: Any) -> Any:
    """Return start, start + 1, ..., start + 7 as uint64 lanes."""

    def codegen(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        steps = ir.Constant(ir.VectorType(ir.IntType(64), WIDTH), list(range(WIDTH)))
        return builder.add(splat(context, builder, args[0], start, words), steps)

    return words(start), codegen


@intrinsic
def where(typingctx: Any, mask: Any, yes: Any, no: Any) -> Any:
    """Choose lane by lane; both branches are computed."""

    def codegen(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        pair = [splat(context, builder, a, t, kind) for a, t in zip(args[1:], sig.args[1:], strict=True)]
        return builder.select(args[0], *pair)

    kind = joined(yes, no) or floats
    return kind(mask, yes, no), codegen


def _mask_test(comparison: str, value: int) -> Any:
    """Return a test of the eight bits of a mask."""

    @intrinsic
    def test(typingctx: Any, mask: Any) -> Any:
        def codegen(context: Any, builder: Any, sig: Any, args: Any) -> Any:
            bits = builder.bitcast(args[0], ir.IntType(WIDTH))
            return builder.icmp_unsigned(comparison, bits, ir.IntType(WIDTH)(value))

        return types.boolean(mask), codegen

    return test


anywhere = _mask_test("!=", 0)
"""Whether a mask is true in any lane."""
everywhere = _mask_test("==", 2**WIDTH - 1)
"""Whether a mask is true in every lane."""
