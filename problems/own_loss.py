"""A loss of a user's own: what it states about itself, held against its values; one that fails is refused.

The tests of this library prove the numbers of its own losses. Those of another loss are searched for a
counterexample, at many predictions for labels of the data; that none is found proves nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

import mpmath
import numpy as np
from sympy import Expr, diff, oo

from ratebound.problems.losses import LOSSES, Loss, huber, radius, u, y, z
from ratebound.problems.lower import lower, lower_mp
from ratebound.theory.errors import RateboundError

_MOST_LABELS, _DIGITS = 9, 50
_AWAY = np.concatenate([np.geomspace(1e-6, 0.02, 20), np.linspace(0, 30, 1501), np.geomspace(30, 1e6, 200)])
_ROUNDING = 1e-9
_SURE = 1e-12


class _Claim(NamedTuple):
    """What has to be at least zero for all z and labels, the size beside which it is none, and in words."""

    slack: Expr
    size: Expr
    words: str


@lru_cache(maxsize=64)
def is_own(loss: Loss) -> bool:
    """Whether a loss does not come with this library."""
    if loss.name == "huber" and loss.slope_bound is not None:
        return loss != huber(loss.slope_bound)
    return LOSSES.get(loss.name) != loss


def check_own(loss: Loss, labels: np.ndarray) -> None:
    """Hold what a loss states about itself against its values.

    Parameters
    ----------
    loss
        The loss; one of this library is left alone.
    labels
        Of the data, shape (n,).

    Raises
    ------
    RateboundError
        If it takes the name of a loss of this library, or a number that it states is false somewhere.
    """
    if not is_own(loss):
        return
    if loss.name in LOSSES:
        # Much is read off a name: which losses are quadratic, how a minimiser is found.
        raise RateboundError(
            f"the name {loss.name!r} is that of another loss of this library; take another name"
        )
    found = np.unique(labels)
    chosen = found[np.unique(np.linspace(0, found.size - 1, _MOST_LABELS).round().astype(int))]
    _hold(loss, tuple(map(float, chosen)))


@lru_cache(maxsize=64)
def _hold(loss: Loss, labels: tuple[float, ...]) -> None:
    for claim in _claims(loss):
        for label in labels:
            _search(loss, claim, label)
    for label in labels:
        _join(loss, label)


def _claims(loss: Loss) -> Iterator[_Claim]:
    low, high = loss.curvature
    bend = loss.second
    if low != -oo:
        yield _Claim(bend - low, abs(low), f"its second derivative is at least {low}")
    if high != oo:
        yield _Claim(high - bend, abs(high), f"its second derivative is at most {high}")
    if loss.lower_bound != -oo:
        yield _Claim(loss.phi - loss.lower_bound, abs(loss.lower_bound), f"it is at least {loss.lower_bound}")
    if loss.slope_bound is not None:
        most = loss.slope_bound.subs(radius, abs(z))
        yield _Claim(most - abs(loss.slope), most, f"no slope is larger than {loss.slope_bound}")
    if loss.outward is not None:
        most = loss.outward.evalf(_DIGITS)
        yield _Claim(most + z * loss.slope, most, f"-z phi' is at most {loss.outward}")
    if loss.third is not None:
        third = diff(bend, z)
        yield _Claim(
            loss.third - abs(third), abs(loss.third), f"no third derivative is larger than {loss.third}"
        )
    least, most = loss.slopes
    if least != -oo:
        yield _Claim(loss.slope - least, abs(least), f"its slope is at least {least}")
    if most != oo:
        yield _Claim(most - loss.slope, abs(most), f"its slope is at most {most}")
    if loss.conjugate is not None:
        # Fenchel's inequality is an equality at the slope.
        met = loss.phi + loss.conjugate.subs(u, loss.slope) - z * loss.slope
        yield _Claim(
            -abs(met), abs(loss.phi) + abs(z * loss.slope), "phi(z) + conjugate(phi'(z)) is z phi'(z)"
        )


def _search(loss: Loss, claim: _Claim, label: float) -> None:
    """Refuse a claim that is false at a point, found by float64 and looked at again with many digits."""
    points = _points(label)
    slack = lower(claim.slack, (z, y))(points, label)
    size = lower(claim.size, (z, y))(points, label)
    with np.errstate(invalid="ignore"):
        false = np.flatnonzero(slack < -_ROUNDING * (1 + size))
    if not false.size:
        return
    worst = float(points[false[np.argmin(slack[false] / (1 + size[false]))]])
    with mpmath.workdps(_DIGITS):
        exact, beside = (float(lower_mp(each, (z, y))(worst, label)) for each in claim[:2])
    if exact < -_SURE * (1 + beside):
        raise RateboundError(
            f"the {loss.title} states that {claim.words}, which is wrong by {-exact:.6g} at z = {worst:.6g}, "
            f"y = {label:g}; correct the loss"
        )


def _points(label: float) -> np.ndarray:
    """Return predictions: dense about the label and about zero, and far out."""
    return np.unique(np.concatenate([c + s * _AWAY for c in {0.0, label} for s in (-1, 1)]))


def _join(loss: Loss, label: float) -> None:
    """Refuse values that jump, and slopes that change by more than the curvature lets them."""
    low, high = (float(c) for c in loss.curvature)
    points = np.linspace(label - 20, label + 20, 4001)
    points = points[np.abs(points - label) > 1e-9]
    values, slopes = loss.value_at(points, label), loss.slope_at(points, label)
    step = np.diff(points)
    with np.errstate(invalid="ignore"):
        rises, bends = np.diff(values), np.diff(slopes)
        allowed = _ROUNDING * (1 + np.abs(values[1:]) + np.abs(slopes[1:]))
        ends = np.sort(np.stack([slopes[:-1], slopes[1:]]), 0) * step
        bend = max(abs(low), abs(high)) if np.isfinite(high) else 0.0
        jumps = (rises < ends[0] - bend * step**2 - allowed) | (rises > ends[1] + bend * step**2 + allowed)
        turns = (bends < low * step - allowed) | (
            bends > (high * step if np.isfinite(high) else allowed) + allowed
        )
    if np.isinf(high):
        # A kink is at the label, and nowhere else.
        beside = np.searchsorted(points, label) - 1
        jumps[beside] = turns[beside] = False
    for bad, words in (
        (jumps, "its values do not follow its slope"),
        (turns, "its slope leaves its curvature"),
    ):
        if bad.any():
            at = points[np.argmax(bad)]
            raise RateboundError(
                f"the {loss.title} is not what it states: {words} between z = {at:.6g} and "
                f"{points[np.argmax(bad) + 1]:.6g}, y = {label:g}; correct the loss"
            )
