"""Products and sums that are rounded once, as a GPU computes them."""

import numpy as np
from numba import vectorize
from numba.extending import intrinsic


@intrinsic
def _fused(context, a, b, c):
    def build(context, builder, sig, args):
        return builder.fma(*args)

    return a(a, b, c), build


@vectorize(["float32(float32, float32, float32)", "float64(float64, float64, float64)"], cache=True)
def fma(a, b, c):
    """a b + c, rounded once to the nearest."""
    return _fused(a, b, c)


def fma_down(a, b, c):
    """a b + c of float32, rounded downwards."""
    product, c = a.astype(np.float64) * b, np.float64(c)
    # Of float32 the product is exact; what the sum loses is known.
    total = product + c
    part = total - product
    lost = (product - (total - part)) + (c - part)
    near = total.astype(np.float32)
    above = (near > total) | ((near == total) & (lost < 0))
    return np.where(above, np.nextafter(near, np.float32(-np.inf)), near)


def add_to_zero(a, b):
    """a + b of float32, rounded towards zero."""
    sign = np.where(a + b < 0, np.float32(-1), np.float32(1))
    return sign * fma_down(sign, a, sign * b)
