"""Loopless Katyusha: acceleration and a snapshot in one, so that noise goes and momentum stays.

The gradient is taken between x, a second sequence z of long steps, and the snapshot w, which holds half of
the weight: it keeps the estimate from going astray.
"""

from __future__ import annotations

from sympy import Max, Symbol

from ratebound.theory.draws import Draws, coin
from ratebound.theory.method import Method, g, x
from ratebound.theory.symbols import L_max, alpha, mu, prob

_z, _v, _w, _there, _full = (Symbol(name, real=True) for name in ("z", "v", "w", "h", "u"))
katyusha_length = Max(2, 3 * L_max * alpha)
"""One over the weight of z in the point of the gradient: it is the less, the longer the steps of z are."""
_share = 1 / katyusha_length
_mixed = (x + _w) / 2 + _share * (_z - x)
_step = alpha * (mu * (_mixed - _z) - (g - _there + _v)) / (1 + alpha * mu)
"""Of z, proximal in the strong convexity."""
katyusha = Method(
    "katyusha",
    "Loopless Katyusha, a new snapshot with probability prob",
    {
        "x": _mixed + _share * _step,
        "z": _z + _step,
        "w": coin * x + (1 - coin) * _w,
        "v": coin * _full + (1 - coin) * _v,
    },
    "batch",
    point=_mixed,
    from_start=("z", "w"),
    draws=Draws(also={"h": _w}, full={"u": x}, coin=prob, from_gradient=("v",)),
)
