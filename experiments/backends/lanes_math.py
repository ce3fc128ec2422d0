"""exp, log, softplus, the larger and the smaller of eight numbers at once.

Accurate to two units in the last place over the whole range, inf and nan included, because the iterates of
all backends must agree to rounding. Those of float32 are computed as float64 and rounded once.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ratebound.experiments.backends.simd import everywhere, inlined, inner, where
from ratebound.experiments.backends.simd_bits import (
    LOOKS_UP,
    STEPS,
    exponent,
    mantissa,
    power_of_steps,
    power_of_two,
    scaled,
)
from ratebound.experiments.backends.simd_functions import absolute, fused, narrowed, nearest, widened

_LN2_HIGH, _LN2_LOW = 0.693147180369123816490, 1.90821492927058770002e-10
_INV_LN2 = 1.44269504088896338700
_SHIFT = 1.5 * 2.0**52
"""Added to a number, it leaves the nearest integer in the lowest bits."""
_LN2 = _LN2_HIGH + _LN2_LOW
_SQRT2 = 1.41421356237309504880
_RADIUS = 0.5 * _LN2 / STEPS
"""The largest |v - n ln(2)/16|."""
# Of Taylor's series, but for r^7/7!, which is close to what Chebyshev's polynomial T_7 leaves of it.
_C1 = 1.0 + 7.0 / 64 * _RADIUS**6 / 5040
_C3 = 1.0 / 6 - 56.0 / 64 * _RADIUS**4 / 5040
_C5 = 1.0 / 120 + 112.0 / 64 * _RADIUS**2 / 5040
_Q1, _Q2, _Q3, _Q4, _Q5, _Q6 = (
    c * (_LN2 / STEPS) ** (power + 1) for power, c in enumerate((_C1, 0.5, _C3, 1.0 / 24, _C5, 1.0 / 720))
)
"""The same coefficients where r is a part of a sixteenth of a doubling."""


@inlined
def _taylor(r: Any) -> Any:
    """Return exp(r) for |r| up to ln(2)/2."""
    r2 = r * r
    r4 = r2 * r2
    low = (1.0 / 6 + r * (1.0 / 24)) + r2 * (1.0 / 120 + r * (1.0 / 720))
    high = (1.0 / 5040 + r * (1.0 / 40320)) + r2 * (1.0 / 362880 + r * (1.0 / 3628800))
    top = (1.0 / 39916800 + r * (1.0 / 479001600)) + r2 * (1.0 / 6227020800)
    series = low + r4 * (high + r4 * top)
    return 1.0 + (r + r2 * (0.5 + r * series))


@inlined
def _reduced(v: Any) -> Any:
    """Return n + a shift, where n rounds v/ln(2), and exp(v)/2^n by Taylor's series in v - n ln 2."""
    shifted = v * _INV_LN2 + _SHIFT
    n = shifted - _SHIFT
    return shifted, _taylor((v - n * _LN2_HIGH) - n * _LN2_LOW)


@inlined
def _power_by_series(u: Any) -> Any:
    """Return 2^u where it is normal."""
    shifted = u + _SHIFT
    return scaled(_taylor((u - (shifted - _SHIFT)) * _LN2), shifted)


@inlined
def _power_by_table(u: Any) -> Any:
    """Return 2^(u/16) = 2^(n/16) (1 + r q(r)) where it is normal; n rounds u, and r = u - n is exact."""
    shifted = u + _SHIFT
    r = u - (shifted - _SHIFT)
    power = power_of_steps(shifted)
    q = fused(r, fused(r, fused(r, fused(r, fused(r, _Q6, _Q5), _Q4), _Q3), _Q2), _Q1)
    return fused(power * r, q, power)


@inlined
def _exp_by_table(v: Any) -> Any:
    """Return exp(v) = 2^(n/16) exp(r), where n rounds 16 v/ln(2) and r is at most ln(2)/32."""
    shifted = fused(v, STEPS * _INV_LN2, _SHIFT)
    n = shifted - _SHIFT
    r = fused(n, -_LN2_LOW / STEPS, fused(n, -_LN2_HIGH / STEPS, v))
    r2 = r * r
    series = fused(r2, fused(r2, 1.0 / 720, fused(r, _C5, 1.0 / 24)), fused(r, _C3, 0.5))
    power = power_of_steps(shifted)
    return fused(power, fused(r2, series, r), power)


@inlined
def _exp_by_series(v: Any) -> Any:
    """Return exp(v) where 2^n and exp(v) are normal."""
    shifted, value = _reduced(v)
    return scaled(value, shifted)


_NEAR = 708.0
"""Up to this |v| no number in _exp_near leaves the normal ones."""
_exp_near = _exp_by_table if LOOKS_UP else _exp_by_series
_power = _power_by_table if LOOKS_UP else _power_by_series
PARTS = STEPS if LOOKS_UP else 1
"""Parts of a doubling in which :func:`power_minus` counts: what is so counted needs no reduction."""


@inner
def _exp_far(v: Any) -> Any:
    """Return exp(v) where 2^n may overflow though exp(v) does not, or exp(v) is subnormal: in two factors."""
    shifted, value = _reduced(where(v > 760.0, 760.0, where(v < -760.0, -760.0, v)))
    n = shifted - _SHIFT
    half = nearest(n * 0.5)
    return value * power_of_two(half) * power_of_two(n - half)


@inlined
def _exp(v: Any) -> Any:
    """Return exp(v)."""
    if everywhere(absolute(v) <= _NEAR):
        return _exp_near(v)
    return _exp_far(v)


@inlined
def _log(v: Any) -> Any:
    """Return log(v): v = 2^e m with m around 1, and the series of artanh in (m - 1)/(m + 1)."""
    tiny = v < 2.3e-308
    normal = where(tiny, v * 18014398509481984.0, v)
    e = exponent(normal) - where(tiny, 54.0, 0.0)
    m = mantissa(normal)
    above = m > _SQRT2
    e = where(above, e + 1.0, e)
    m = where(above, m * 0.5, m)
    s = (m - 1.0) / (m + 1.0)
    q = s * s
    q4 = (q * q) * (q * q)
    low = (1.0 / 3 + q * (1.0 / 5)) + q * q * (1.0 / 7 + q * (1.0 / 9))
    high = (1.0 / 11 + q * (1.0 / 13)) + q * q * (1.0 / 15 + q * (1.0 / 17))
    series = low + q4 * (high + q4 * (1.0 / 19 + q * (1.0 / 21)))
    value = fused(e, _LN2_HIGH, fused(2.0, s, fused(2.0 * s * q, series, e * _LN2_LOW)))
    value = where(v == 0.0, -np.inf, value)
    value = where(v < 0.0, np.nan, value)
    return where(v < np.inf, value, v)


@inlined
def _softplus(v: Any) -> Any:
    """Return log(1 + exp(v)): with e = exp(-|v|) it is max(v, 0) + 2 artanh(e/(2 + e)), by the series."""
    e = _exp(-absolute(v))
    s = e / (2.0 + e)
    q = s * s
    q2 = q * q
    q4 = q2 * q2
    first = (1.0 / 3 + q * (1.0 / 5)) + q2 * (1.0 / 7 + q * (1.0 / 9))
    second = (1.0 / 11 + q * (1.0 / 13)) + q2 * (1.0 / 15 + q * (1.0 / 17))
    third = (1.0 / 19 + q * (1.0 / 21)) + q2 * (1.0 / 23 + q * (1.0 / 25))
    fourth = (1.0 / 27 + q * (1.0 / 29)) + q2 * (1.0 / 31)
    series = (first + q4 * second) + q4 * q4 * (third + q4 * fourth)
    return where(v > 0.0, v, 0.0) + fused(2.0, s, 2.0 * s * q * series)


@inlined
def larger(a: Any, b: Any) -> Any:
    """Return the larger of two, nan if one of them is."""
    # Of two that no comparison orders the sum is nan.
    return where(a > b, a, where(a <= b, b, a + b))


@inlined
def smaller(a: Any, b: Any) -> Any:
    """Return the smaller of two, nan if one of them is."""
    return where(a < b, a, where(a >= b, b, a + b))


@inlined
def exp(v: Any) -> Any:
    """Return exp(v)."""
    return narrowed(_exp(widened(v)), v)


@inlined
def power_minus(size: Any) -> Any:
    """Return 2^(-size/PARTS) of float64 that are not negative; below 2^-1021 it falls no further."""
    least = -1021.0 * PARTS
    return _power(where(least > -size, least, -size))


@inlined
def log(v: Any) -> Any:
    """Return log(v)."""
    return narrowed(_log(widened(v)), v)


@inlined
def softplus(v: Any) -> Any:
    """Return log(1 + exp(v))."""
    return narrowed(_softplus(widened(v)), v)
