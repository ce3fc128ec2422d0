"""Powers of two read from, and written to, the bits of eight float64."""

from __future__ import annotations

from typing import Any

import llvmlite.ir as ir
import numpy as np
from llvmlite.binding import get_host_cpu_features
from numba.core import cgutils

from ratebound.experiments.backends.simd import WIDTH, floats, intrinsic

LOOKS_UP = bool(get_host_cpu_features().get("avx512f"))
"""Whether sixteen numbers can be looked up in registers, by one instruction."""
STEPS = 2 * WIDTH
"""Steps into which :func:`power_of_steps` divides a doubling."""
_PLACES = STEPS.bit_length() - 1


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


def _table() -> list[int]:
    """Return the bits of 2^(j/16), less what ``n << 48`` adds to them besides the exponent."""
    bits = np.exp2(np.arange(STEPS, dtype=np.longdouble) / STEPS).astype(np.float64).view(np.int64)
    return [int(each) - (j << (52 - _PLACES)) for j, each in enumerate(bits)]


@intrinsic
def power_of_steps(typingctx: Any, shifted: Any) -> Any:
    """Return 2^(n/16), with n an integer in the lowest bits of `shifted`; the result is normal."""
    integer = ir.VectorType(ir.IntType(64), WIDTH)

    def codegen(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        bits, table = builder.bitcast(args[0], integer), _table()
        shape = ir.FunctionType(integer, [integer] * 3)
        look_up = cgutils.get_or_insert_function(builder.module, shape, "llvm.x86.avx512.vpermi2var.q.512")
        low, high = (ir.Constant(integer, half) for half in (table[:WIDTH], table[WIDTH:]))
        found = builder.call(look_up, [low, bits, high])
        exponents = builder.shl(bits, ir.Constant(integer, [52 - _PLACES] * WIDTH))
        return builder.bitcast(builder.add(found, exponents), args[0].type)

    return floats(shifted), codegen


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
