"""Gradient descent with rounded gradients: an error that is as long as one says, the same on every engine.

Rounding to the nearest point of a grid of mesh h errs by at most h/2 in each of the d coordinates, so that
``h = 2 error/sqrt(d)`` keeps the error of the whole vector below ``error``.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from sympy import Expr, Float, Piecewise, Rational, floor, sqrt

from ratebound.theory.letters.coordinates import d
from ratebound.theory.letters.inexact import error, fall, relative_error
from ratebound.theory.method import Method, g, x
from ratebound.theory.symbols import alpha, grad_sq, k

_FINEST = Float("1e-290")


def _rounded(length: Expr) -> Expr:
    """Return the gradient on the grid on which its error is no longer than this."""
    mesh = 2 * length / sqrt(d)
    return mesh * floor(g / mesh + Rational(1, 2))


gd_rounded = Method(
    "gd_rounded",
    "Gradient descent, gradients rounded to a grid with an error of at most a given length",
    {"x": x - alpha * _rounded(error)},
    "full",
)
gd_quantised = Method(
    "gd_quantised",
    "Gradient descent, gradients rounded to a grid as fine as a given part of their length",
    {"x": x - alpha * _rounded(relative_error * sqrt(grad_sq))},
    "full",
)
_length = error * fall ** (k / 2)
gd_finer = Method(
    "gd_finer",
    "Gradient descent, gradients rounded to a grid that gets finer from step to step",
    # A mesh below the smallest number is none: gradients are then exact.
    {"x": x - alpha * Piecewise((g, _length <= _FINEST), (_rounded(_length), True))},
    "full",
)
ERROR_SQ: Mapping[Method, Expr] = MappingProxyType(
    {gd_rounded: error**2, gd_quantised: relative_error**2 * grad_sq}
)
"""What bounds ||e_k||^2, where a step is ``- alpha (grad f(x_k) + e_k)`` and no more is known of e_k."""
FALLING_SQ: Mapping[Method, Expr] = MappingProxyType({gd_finer: error**2 * fall**k})
"""The same, where it falls from step to step."""
ROUNDED = (gd_rounded, gd_quantised, gd_finer)
