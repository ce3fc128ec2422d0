"""Powers of two read from, and written to, the bits of eight float64."""

from __future__ import annotations

from typing import Any

import llvmlite.ir as ir

from ratebound.experiments.backends.simd import WIDTH, floats, intrinsic


@intrinsic
def power_of_two(typingctx: Any, n: Any) -> Any:
    """Return 2^n for whole numbers |n| < 1023, from the bits of the exponent."""

    def codegen(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        integer = ir.VectorType(ir.IntType(64), WIDTH)
        exponent = builder.add(builder.fptosi(args[0], integer), ir.Constant(integer, [1023] * WIDTH))
        bits = builder.shl(exponent, ir.Constant(integer, [52] * WIDTH))
        return builder.bitcast(bits, args[0].type)

    return floats(n), codegen


@intrinsic
def scaled(typingctx: Any, value: Any, shifted: Any) -> Any:
    """Return value 2^n, with n an integer in the lowest bits of `shifted`; value and result are normal."""
    integer = ir.VectorType(ir.IntType(64), WIDTH)

    def codegen(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        bits, power = (builder.bitcast(each, integer) for each in args)
        moved = builder.add(bits, builder.shl(power, ir.Constant(integer, [52] * WIDTH)))
        return builder.bitcast(moved, args[0].type)

    return floats(value, shifted), codegen


def _bits(keep: int, add: int, shift: int = 0) -> Any:
    """Return a function of the bits of float64 lanes: ``((bits >> shift) & keep) + add``."""
    integer = ir.VectorType(ir.IntType(64), WIDTH)

    def compute(builder: Any, v: Any) -> Any:
        bits = builder.lshr(builder.bitcast(v, integer), ir.Constant(integer, [shift] * WIDTH))
        kept = builder.and_(bits, ir.Constant(integer, [keep] * WIDTH))
        return builder.add(kept, ir.Constant(integer, [add] * WIDTH))

    return compute


@intrinsic
def exponent(typingctx: Any, v: Any) -> Any:
    """Return floor(log2(v)) of positive normal numbers."""

    def codegen(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        return builder.sitofp(_bits(0x7FF, -1023, 52)(builder, args[0]), args[0].type)

    return floats(v), codegen


@intrinsic
def mantissa(typingctx: Any, v: Any) -> Any:
    """Return v / 2^exponent(v), in [1, 2), of positive normal numbers."""

    def codegen(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        return builder.bitcast(_bits((1 << 52) - 1, 1023 << 52)(builder, args[0]), args[0].type)

    return floats(v), codegen
