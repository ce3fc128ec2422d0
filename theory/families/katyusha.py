"""Accelerated variance reduction: loopless Katyusha, strongly convex."""

from __future__ import annotations

from sympy import Integer, Max, Rational, sqrt

from ratebound.theory.assumptions import smooth, smooth_components, strongly_convex
from ratebound.theory.certificates.potential import letter
from ratebound.theory.certificates.reduced_potential import ReducedPotential
from ratebound.theory.inequalities.points import (
    GY,
    XN,
    Y,
    descent_from_point,
    reduced_at_point,
    strong_below_iterate,
    strong_below_minimum,
)
from ratebound.theory.letters.stored import stored_gap
from ratebound.theory.method import g
from ratebound.theory.methods.katyusha import katyusha, katyusha_length
from ratebound.theory.onestep import X
from ratebound.theory.statement import Theorem
from ratebound.theory.symbols import D, L, L_max, alpha, delta, gap0, k, mu, n, prob

_Z, _HALF = letter("z"), Rational(1, 2)
_SHARE = 1 / katyusha_length
_NEAR, _RENEWED = 1 / (1 + alpha * mu), 1 - prob / (1 + katyusha_length)
_RATE = Max(_NEAR, _RENEWED)
_OF_Z, _OF_SNAPSHOT = _SHARE * (1 + alpha * mu) / (2 * alpha), (1 + _SHARE) / (2 * prob)

katyusha_sc = Theorem(
    id="katyusha_sc",
    title="Loopless Katyusha, strongly convex",
    source="Kovalev, Horváth and Richtárik 2020 (number not checked); any step and coin, derived",
    method=katyusha,
    assumptions=(smooth, strongly_convex, smooth_components),
    step=alpha,
    where=(prob <= _HALF,),
    measure="gap_last",
    bound=_RATE**k * ((1 + _OF_SNAPSHOT) * gap0 + _OF_Z * D**2),
    certificate=ReducedPotential(
        potential=delta + _OF_SNAPSHOT * stored_gap + _OF_Z * _Z**2,
        factor=_RATE,
        by={
            descent_from_point: Integer(1),
            strong_below_minimum: _SHARE,
            strong_below_iterate: _HALF - _SHARE,
            reduced_at_point: 1 / (4 * L_max),
        },
        plus={
            (XN - Y + (g - GY) / (2 * L_max)) ** 2: L_max,
            (XN - Y) ** 2: katyusha_length / (2 * alpha) - L_max - L / 2,
            (X - Y) ** 2: mu * (_HALF - _SHARE) / 2,
            (Y - _Z + alpha * g) ** 2: _SHARE * mu / (2 * (1 + alpha * mu) ** 2),
            _Z**2: _OF_Z * (_RATE - _NEAR),
            stored_gap: _OF_SNAPSHOT * (_RATE - _RENEWED),
            delta: _RATE - 1 + _SHARE / 2,
        },
    ),
    defaults={alpha: 1 / sqrt(3 * n * L_max * mu), prob: 1 / (n + 1)},
    note=(
        "At the default step the error falls by a constant factor in about n + sqrt(n L_max/mu) gradients of "
        "samples; without acceleration in n + L_max/mu."
    ),
    sibling="lsvrg_sc",
)

THEOREMS = (katyusha_sc,)
