"""Methods of full gradients whose worst case no other method of gradients improves on, or nearly so."""

from __future__ import annotations

from sympy import Expr, Piecewise, Rational, Symbol, sqrt
from sympy.core.relational import Relational

from ratebound.theory.method import Method, g
from ratebound.theory.symbols import L, alpha, k, mu

_x, _w, _z = (Symbol(name, real=True) for name in "xwz")

last_weight = (k + 1) / sqrt(2) + Rational(1, 2)
"""The weight theta of z_k in the point that is read off after k steps: theta^2 - theta < (k + 1)^2/2."""
_ahead = (k * _w + 2 * _z) / (k + 2)
_moved, _far = _ahead - alpha * g, _z - alpha * (k + 2) * g
ogm_last = Method(
    "ogm_last",
    "Optimised gradient method, rational weights, read off with the weight of a last step",
    {"x": _moved + (_far - _moved) / last_weight.subs(k, k + 1), "w": _moved, "z": _far},
    "full",
    point=_ahead,
    from_start=("w", "z"),
)

share = Symbol("share", real=True)
"""A_k/(1 + A_k) for the weight A_k of the information exact method; it rises from zero to one."""
_Q = mu / L
item_root = sqrt(1 - share + _Q * share)
"""The square root of (1 + q A_k)/(1 + A_k)."""
_T = (1 + _Q) * share + 2 * (1 - share + item_root)
"""(1 - q)^2 A_{k+1}/(1 + A_k)."""
_LENGTH = (1 - share + item_root) / ((1 + _Q) * (1 - share) + _Q * share)
_between = _x + (1 - _Q) * share / _T * (_w - _x)
item = Method(
    "item",
    "Information exact method",
    {
        "x": _x + _Q * _LENGTH * (_between - _x) - _LENGTH * alpha * g,
        "w": _between - alpha * g,
        "share": _T / (_T + (1 - _Q) ** 2 * (1 - share)),
    },
    "full",
    point=_between,
    from_start=("w",),
)


def left_weight(left: Expr) -> Expr:
    """Return the weight of an average of gradients with so many steps left: the sum of (j + 1)/2."""
    return left * (left + 3) / 4


def left_root(left: Expr) -> Expr:
    """Return the root r with ``left_weight = (r^2 - 1)/8``; before the first step the bound is made of it."""
    return sqrt(2 * left**2 + 6 * left + 1)


_y, _left = Symbol("y", real=True), alpha * L


def _averaged(first: Relational) -> Expr:
    """Return the average of gradients after a step that is the first one where this holds."""
    begun, later = 2 / (left_root(_left) + 1), 1 - left_weight(_left) / left_weight(_left + 1)
    return _y + Piecewise((begun, first), (later.factor(), True)) * (g - _y)


_average = _averaged(k < 1)
ogm_gradient = Method(
    "ogm_gradient",
    "Optimised method for the gradient (OGM-G), rational weights, with alpha L steps left",
    {"x": _x - g / L - alpha * _average, "y": _average},
    "full",
)
# Halves between whole numbers: alpha L is one up to rounding.
_early = k < _left - Rational(1, 2)
"""Whether this is a step of the first half, the longer one: at least as many are left, with this one, as then
are made."""
_average = _averaged(k < _left + Rational(3, 2))
_first = {name: rule.xreplace({alpha: 1 / L}) for name, rule in ogm_last.update.items()}
ogm_twice = Method(
    "ogm_twice",
    "Optimised gradient method, then the one for the gradient (OGM-G), with alpha L steps left",
    {
        "x": Piecewise((_first["x"], _early), (_x - g / L - alpha * _average, True)),
        "w": Piecewise((_first["w"], _early), (_w, True)),
        "z": Piecewise((_first["z"], _early), (_z, True)),
        "y": Piecewise((0, _early), (_average, True)),
    },
    "full",
    point=Piecewise((_ahead, _early), (_x, True)),
    from_start=("w", "z"),
)

OPTIMAL = (ogm_last, item, ogm_gradient, ogm_twice)
