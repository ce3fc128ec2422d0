"""Drawing for all kernels: compiled once, and called by its address.

In a kernel of its own it would take a third of the time to compile, and no kernel is faster for it: a call
draws for many steps.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import llvmlite.ir as ir
from numba.core import types

from ratebound.experiments.backends.cache import load_module
from ratebound.experiments.backends.simd import intrinsic

_WORD, _COUNT = types.uint64, types.intp
_WORDS, _TABLE, _TILES = (types.Array(types.uint64, axes, "C") for axes in (1, 2, 3))
_KEY = _WORD, _WORD

KINDS = {
    # Those that share an array with others get it with strides.
    "draw_in_order": (
        types.Array(types.uint64, 2, "A"), _COUNT, _COUNT, _COUNT, _WORD, *_KEY,
        types.Array(types.uint32, 1, "C"), _WORD,
    ),
    "draw_batches": (_TILES, _COUNT, _COUNT, _COUNT, _WORD, *_KEY, _TABLE, types.boolean, _COUNT),
    "draw_across": (_TABLE, _COUNT, _WORDS, _COUNT, *_KEY, _TABLE),
}  # fmt: skip
"""What the functions of :mod:`~ratebound.experiments.backends.lanes_draw` and ``lanes_order`` take."""

_SOURCE = '''"""Drawing for kernels, which call it by its address."""

from numba import cfunc, types

from ratebound.experiments.backends.drawing import KINDS
from ratebound.experiments.backends.{module} import {name}


@cfunc(types.void(*KINDS["{name}"]), cache=True, error_model="numpy", boundscheck=False)
def drawing({arguments}):
    {name}({arguments})
'''


@cache
def address(name: str) -> int:
    """Return where a function of :data:`KINDS` lies, compiled, or loaded from disk."""
    module = "lanes_order" if name == "draw_in_order" else "lanes_draw"
    arguments = ", ".join(f"a{i}" for i in range(len(KINDS[name])))
    found: int = load_module(_SOURCE.format(module=module, name=name, arguments=arguments)).drawing.address
    return found


def _called(name: str) -> Any:
    """Return a function of kernels that calls one of them, given its address and a tuple of its arguments."""
    kinds = KINDS[name]

    @intrinsic
    def call(typingctx: Any, place: Any, given: Any) -> Any:
        def codegen(context: Any, builder: Any, sig: Any, args: Any) -> Any:
            values = [
                context.cast(builder, builder.extract_value(args[1], i), has, wants)
                for i, (has, wants) in enumerate(zip(given.types, kinds, strict=True))
            ]
            nothing = context.get_value_type(types.none)
            shape = ir.FunctionType(nothing, [context.get_value_type(kind) for kind in kinds])
            builder.call(builder.inttoptr(args[0], shape.as_pointer()), values)
            return context.get_dummy_value()

        return types.void(place, given), codegen

    return call


draw_in_order, draw_batches, draw_across = map(_called, KINDS)
