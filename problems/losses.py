"""Losses phi(z, y) as SymPy expressions; every derivative comes from SymPy.

``z`` is the prediction ``a_i . x`` and ``y`` the label. What a proof needs to know of a loss (the range of
its curvature, a lower bound, the largest slope) is stated as exact numbers beside the expression and proved
again, independently, by the tests.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from functools import cached_property
from types import MappingProxyType
from typing import Any, Literal

import numpy as np
from sympy import (
    Expr,
    Float,
    Integer,
    LambertW,
    Max,
    Min,
    Piecewise,
    Rational,
    S,
    Symbol,
    diff,
    exp,
    expand,
    log,
    oo,
    sin,
    sqrt,
)

from ratebound.problems.lower import lower
from ratebound.problems.primitives import expit, softplus
from ratebound.theory.errors import RateboundError, among

z = Symbol("z", real=True)
"""Prediction a_i . x."""
y = Symbol("y", real=True)
"""Label of a sample."""
u = Symbol("u", real=True)
"""Slope of a loss in its prediction."""
radius = Symbol("radius", nonnegative=True)
"""Bound on |z|, in which a loss may state its largest slope."""


def _in_sympy(value: Any) -> Any:
    """Return Python's numbers, also in pairs, as those of SymPy, and all else as it is."""
    if isinstance(value, tuple):
        return tuple(map(_in_sympy, value))
    if isinstance(value, float):
        return Float(value, 17)
    return Integer(value) if isinstance(value, int) else value


@dataclass(frozen=True)
class Loss:
    """A loss of one sample.

    Parameters
    ----------
    name
        Registered name.
    title
        What readers call it.
    phi
        The loss, an expression in ``z`` and ``y``.
    curvature
        ``(inf, sup)`` of the second derivative in ``z`` over all ``z`` and all admissible labels, exact
        numbers; ``sup`` is infinite for a loss with a kink at ``z = y``, linear on both sides of it.
    lower_bound
        An expression in ``y`` below ``phi(., y)``; minus infinity for a loss that has none.
    labels
        ``"real"``, or ``"binary"`` for labels in {-1, +1}.
    slope_bound
        An expression in ``radius`` with ``|phi'(z, y)| <= slope_bound`` for ``|z| <= radius``; None if no
        such bound holds for all labels.
    kink
        Where a Huber loss turns from quadratic to linear; None for the others.
    outward
        A bound on ``-z phi'(z, y)`` over all z: how strongly a step can push ||x|| outwards; None if not
        stated.
    third
        ``sup |phi'''|`` over all z and all admissible labels; None where phi'' jumps.
    slopes
        Expressions in ``y`` between which the slopes in ``z`` lie, the closure of their range.
    conjugate
        ``sup_z u z - phi(z, y)``, an expression in ``u`` and ``y`` that holds between `slopes`, beyond which
        it is infinite; None for losses that are not convex.
    """

    name: str
    title: str
    phi: Expr
    curvature: tuple[Expr, Expr]
    lower_bound: Expr
    labels: Literal["real", "binary"]
    slope_bound: Expr | None = None
    kink: float | None = None
    outward: Expr | None = None
    third: Expr | None = None
    slopes: tuple[Expr, Expr] = (S.NegativeInfinity, S.Infinity)
    conjugate: Expr | None = None

    def __post_init__(self) -> None:
        for each in fields(self):
            if each.name != "kink":
                object.__setattr__(self, each.name, _in_sympy(getattr(self, each.name)))

    @cached_property
    def slope(self) -> Expr:
        """First derivative in ``z``."""
        return diff(self.phi, z)

    @cached_property
    def second(self) -> Expr:
        """Second derivative in ``z``."""
        return diff(self.phi, z, 2)

    @property
    def value_at(self) -> Callable[..., np.ndarray]:
        """``phi(z, y)`` on arrays."""
        return lower(self.phi, (z, y))

    @property
    def slope_at(self) -> Callable[..., np.ndarray]:
        """``phi'(z, y)`` on arrays."""
        return lower(self.slope, (z, y))

    @property
    def second_at(self) -> Callable[..., np.ndarray]:
        """``phi''(z, y)`` on arrays."""
        return lower(self.second, (z, y))

    @property
    def conjugate_at(self) -> Callable[..., np.ndarray]:
        """``phi*(u, y)`` on arrays, of a loss that has one."""
        assert self.conjugate is not None
        inside = (u >= self.slopes[0]) & (u <= self.slopes[1])
        return lower(Piecewise((self.conjugate, inside), (S.Infinity, True)), (u, y))

    def slopes_at(self, labels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return `slopes` for each label."""
        return lower(self.slopes[0], (y,))(labels), lower(self.slopes[1], (y,))(labels)

    @property
    def kinked(self) -> bool:
        """Whether the loss has a kink at ``z = y``; `slope` is there a subgradient."""
        return self.curvature[1] is S.Infinity

    @property
    def jumps(self) -> bool:
        """Whether the second derivative is stated piece by piece, and may jump from one to the next."""
        return bool(self.second.has(Piecewise))

    @property
    def convex(self) -> bool:
        """Whether phi(., y) is convex for every admissible label."""
        return bool(self.curvature[0] >= 0)

    @cached_property
    def additive_noise(self) -> bool:
        """Whether ``phi(z, y) = h(z) + y z``: labels that sum to zero then drop out of the mean."""
        return not expand(self.phi - y * z).has(y)

    @property
    def noiseless(self) -> Expr:
        """The expression ``h(z) = phi(z, 0)``."""
        return self.phi.subs(y, 0)


_chance = -u * y
"""By which the slope of a loss for labels in {-1, +1} divides the way from zero to -y."""
_OF_LABELS = (Min(-y, 0), Max(-y, 0))
_square = u**2 / 2 + u * y

squared = Loss(
    "squared",
    "squared loss",
    (z - y) ** 2 / 2,
    (S.One, S.One),
    S.Zero,
    "real",
    third=S.Zero,
    conjugate=_square,
)
logistic = Loss(
    "logistic",
    "logistic loss",
    softplus(-y * z),
    (S.Zero, Rational(1, 4)),
    S.Zero,
    "binary",
    expit(radius),
    # sup of t expit(-t): stationary where t = 1 + exp(-t), with value t - 1.
    outward=LambertW(exp(-1)),
    third=sqrt(3) / 18,
    slopes=_OF_LABELS,
    conjugate=Piecewise(
        (_chance * log(_chance) + (1 - _chance) * log(1 - _chance), (_chance > 0) & (_chance < 1)),
        (S.Zero, True),
    ),
)
sigmoid = Loss(
    "sigmoid",
    "sigmoid loss",
    expit(-y * z),
    (-sqrt(3) / 18, sqrt(3) / 18),
    S.Zero,
    "binary",
    Rational(1, 4),
    third=Rational(1, 8),
)
welsch = Loss(
    "welsch",
    "Welsch loss",
    1 - exp(-((z - y) ** 2) / 2),
    (-2 * exp(Rational(-3, 2)), S.One),
    S.Zero,
    "real",
    exp(Rational(-1, 2)),
    # |r^3 - 3 r| exp(-r^2/2) where r^2 = 3 - sqrt(6).
    third=sqrt(6) * sqrt(3 - sqrt(6)) * exp((sqrt(6) - 3) / 2),
)
cauchy = Loss(
    "cauchy",
    "Cauchy loss",
    log(1 + (z - y) ** 2 / 2),
    (Rational(-1, 8), S.One),
    S.Zero,
    "real",
    1 / sqrt(2),
    # |4 r^3 - 24 r|/(2 + r^2)^3 where r = 2 - sqrt(2).
    third=sqrt(2) / (4 * (2 - sqrt(2)) ** 2),
)
absolute = Loss(
    "absolute",
    "absolute loss",
    Piecewise((z - y, z >= y), (y - z, True)),
    (S.Zero, S.Infinity),
    S.Zero,
    "real",
    S.One,
    slopes=(S.NegativeOne, S.One),
    conjugate=u * y,
)
hinge = Loss(
    "hinge",
    "hinge loss",
    Piecewise((1 - y * z, y * z < 1), (0, True)),
    (S.Zero, S.Infinity),
    S.Zero,
    "binary",
    S.One,
    # -z phi'(z) = y z below one.
    outward=S.One,
    slopes=_OF_LABELS,
    conjugate=u * y,
)
_sine = z**2 + 3 * sin(z) ** 2 + y * z
sine = Loss("sine", "sine loss", _sine, (Integer(-4), Integer(8)), -(y**2) / 4, "real", third=Integer(12))
signed = Loss(
    "signed", "signed squared loss", y * z**2 / 2, (S.NegativeOne, S.One), -oo, "binary", third=S.Zero
)


def huber(kink: float | Expr) -> Loss:
    """Return the Huber loss: quadratic up to |z - y| = kink, linear beyond.

    Raises
    ------
    RateboundError
        If the kink is not a positive finite number.
    """
    number = float(kink)
    if not (np.isfinite(number) and number > 0):
        raise RateboundError(f"the kink of the Huber loss is {number}; it must be a positive finite number")
    # An exact rational: a Float would be printed with 15 digits.
    tau = Rational(number) if isinstance(kink, (int, float, Float)) else S(kink)
    r = z - y
    phi = Piecewise(
        (r**2 / 2, (r <= tau) & (r >= -tau)),
        (tau * r - tau**2 / 2, r > tau),
        (-tau * r - tau**2 / 2, True),
    )
    bend, ends = (S.Zero, S.One), (-tau, tau)
    return Loss("huber", "Huber loss", phi, bend, S.Zero, "real", tau, number, slopes=ends, conjugate=_square)


LOSSES: Mapping[str, Loss] = MappingProxyType(
    {
        loss.name: loss
        for loss in (squared, logistic, sigmoid, welsch, cauchy, sine, absolute, hinge, signed, huber(1))
    }
)
"""The losses by name; the Huber loss with kink 1."""


def get(loss: str | Loss) -> Loss:
    """Return the loss of this name, or the loss itself.

    Raises
    ------
    RateboundError
        If no loss has this name.
    """
    if isinstance(loss, Loss):
        return loss
    if loss not in LOSSES:
        raise RateboundError(f"unknown loss {loss!r}{among(loss, LOSSES)}")
    return LOSSES[loss]
