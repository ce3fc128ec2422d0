"""A computer proof of the Polyak-Lojasiewicz constant of a scalar function h(z) = c z^2 + (bounded terms).

The inequality ``h'(z)^2 >= 2 mu h(z)`` is proved on three ranges, for even h with ``h(0) = h'(0) = 0``:

* near 0 by the strong convexity of h on a small interval (interval bound of h'');
* in the middle by bisection with interval arithmetic;
* in the tail by algebra, the bounded terms replaced by their bounds.

Karimi, Nutini and Schmidt (2016) quote mu = 1/32 for ``z^2 + 3 sin^2 z`` (number not checked); the sharp
constant is about 0.17553.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from sympy import Add, Expr, Symbol, diff

from ratebound.problems.certified import NotCertified
from ratebound.problems.interval import enclose, mean_value
from ratebound.problems.lower import lower

_SHRINK = 1 - 1e-4
_MOST_PIECES = 100_000


@dataclass(frozen=True)
class PLProof:
    """A proved PL constant.

    Parameters
    ----------
    mu
        The constant.
    near, tail
        Strong convexity serves on [0, near], algebra on [tail, infinity).
    pieces
        Number of intervals that covered the middle.
    """

    mu: float
    near: float
    tail: float
    pieces: int


@dataclass(frozen=True)
class Split:
    """``h = quadratic * z^2 + q`` with ``|q| <= bound`` and ``|q'| <= slope`` on the whole line."""

    quadratic: float
    bound: float
    slope: float


def split(h: Expr, z: Symbol) -> Split:
    """Split h into its quadratic part and bounded rest.

    Raises
    ------
    NotCertified
        If h is not of this form.
    """
    terms = Add.make_args(h.expand())
    square = sum(t for t in terms if t.is_polynomial(z))
    rest = h.expand() - square
    factor = (square / z**2).simplify()
    everywhere = (np.asarray(-np.inf), np.asarray(np.inf))
    bounds = [max(map(abs, map(float, enclose(q, z, *everywhere)))) for q in (rest, diff(rest, z))]
    if not factor.is_number or factor <= 0 or not np.isfinite(bounds).all():
        raise NotCertified(f"{h} is not c z^2 plus bounded terms: its tail is not covered by the proof")
    return Split(float(factor), *bounds)


@lru_cache(maxsize=8)
def prove_pl(h: Expr, z: Symbol) -> PLProof:
    """Prove a PL constant of h within 1e-3 of the sharp one.

    Raises
    ------
    NotCertified
        If h does not have the required form, or the proof does not close.
    """
    slope, bend = diff(h, z), diff(h, z, 2)
    if h.subs(z, -z) != h or h.subs(z, 0) != 0 or slope.subs(z, 0) != 0:
        raise NotCertified(f"{h} is not an even function with h(0) = 0")
    parts = split(h, z)
    grid = np.linspace(1e-3, 20.0, 200_001)
    target = float((lower(slope, (z,))(grid) ** 2 / (2 * lower(h, (z,))(grid))).min() * _SHRINK)
    if target <= 0:
        raise NotCertified(
            f"h'(z)^2 / (2 h(z)) reaches zero for {h}: it has a stationary point that is no minimum"
        )
    near = _near(bend, z, target)
    tail = _tail(parts, target)
    return PLProof(target, near, tail, _middle(slope**2 - 2 * target * h, z, near, tail))


def _near(bend: Expr, z: Symbol, mu: float) -> float:
    for near in 0.5 ** np.arange(20):
        if enclose(bend, z, 0.0, near)[0] >= mu:
            return float(near)
    raise NotCertified("the second derivative at 0 is too small: the proof does not close near 0")


def _tail(parts: Split, mu: float) -> float:
    """Return T such that ``(2 c z - q1)^2 >= 2 mu (c z^2 + q0)`` for all z >= T."""
    c, q0, q1 = parts.quadratic, parts.bound, parts.slope
    for tail in 2.0 ** np.arange(1, 20):
        rise = 2 * c * tail - q1
        value = rise**2 - 2 * mu * (c * tail**2 + q0)
        growth = 4 * c * rise - 4 * mu * c * tail
        # The left minus the right is a quadratic in z; with 2 c > mu it is convex.
        if 2 * c > mu and min(rise, value, growth) > 1e-6:
            return float(tail)
    raise NotCertified("the quadratic part is too weak: the proof does not close in the tail")


def _middle(excess: Expr, z: Symbol, near: float, tail: float) -> int:
    edges = np.linspace(near, tail, 1025)
    lo, hi, done = edges[:-1], edges[1:], 0
    while lo.size:
        low, _ = mean_value(excess, z, lo, hi)
        open_ = ~(low > 0)
        done += int((~open_).sum())
        if done + 2 * int(open_.sum()) > _MOST_PIECES:
            raise NotCertified(f"the interval proof does not close near z = {lo[open_][0]:.6g}")
        middle = (lo + hi)[open_] / 2
        lo, hi = np.concatenate([lo[open_], middle]), np.concatenate([middle, hi[open_]])
    return done
