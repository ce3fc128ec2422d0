"""SAG with a step of 1/(2 n L): rates with a certificate, beside the cited ones of longer steps."""

from __future__ import annotations

from dataclasses import replace

from sympy import Integer, Rational

from ratebound.theory.assumptions import (
    convex,
    first_order,
    smooth_components,
    strong_monotone,
    strongly_convex,
)
from ratebound.theory.certificates.stored_mean import StoredMean, mean_below, stored_square
from ratebound.theory.inequalities.stored import spread_below, spread_cocoercive
from ratebound.theory.letters.stored import mean_inner, mean_sq, stored_sq
from ratebound.theory.methods import sag, sag_centred
from ratebound.theory.statement import Theorem
from ratebound.theory.symbols import D, L_max, alpha, d2, gap0, k, mu, n, sigma_star_sq

_WHERE = (alpha <= 1 / (2 * n * L_max),)
_START = D**2 + 3 * n**2 * alpha**2 * sigma_star_sq
_POTENTIAL = (
    d2 - 2 * alpha * (n - 1) * mean_inner - alpha**2 * (2 * n - 1) * mean_sq + 3 * n**2 * alpha**2 * stored_sq
)
_FINAL = {stored_square(-3 * alpha * (n - 1)): Rational(1, 3), mean_below: 3 * n**2 * alpha**2}
_LEFT = {mean_sq: (4 * n - 2) * alpha**2}
_SPENT = 3 * n * alpha**2 * L_max
"""What of ``<grad f, x - x*>`` pays for the gradients that are stored anew; at most 3 alpha/2."""
_PAID = {spread_cocoercive: _SPENT, spread_below: _SPENT / (2 * L_max)}
_KEPT = 2 * alpha - _SPENT
_Q = alpha * mu / 3
_SPREAD_OUT = alpha**2 * ((2 * n - 1) * (1 - _Q) + 2 * _Q * (n - 1) ** 2)

sag_distance = Theorem(
    id="sag_distance",
    title="SAG, strongly convex, step up to 1/(2 n L), distance",
    source="Le Roux, Schmidt and Bach 2012, Proposition 1 (number not checked); constants derived",
    method=sag,
    assumptions=(strongly_convex, smooth_components),
    step=alpha,
    where=_WHERE,
    measure="distance_sq",
    bound=Rational(3, 2) * (1 - _Q) ** k * _START,
    certificate=StoredMean(
        potential=_POTENTIAL,
        rate=1 - _Q,
        by={
            **_PAID,
            strong_monotone: _KEPT,
            stored_square(2 * alpha * (n - 1)): _Q / 2,
            mean_below: _SPREAD_OUT,
        },
        plus={
            d2: _KEPT * mu - 3 * _Q / 2,
            stored_sq: 3 * n * alpha**2 * (1 - n * _Q) - _SPREAD_OUT,
        },
        share=Rational(2, 3),
        final=_FINAL,
        left=_LEFT,
    ),
    defaults={alpha: 1 / (2 * n * L_max)},
    note="The step is n times shorter than is usual: a pass gets about as far as a step of gradient descent.",
    sibling="sag_sc",
)

sag_average = Theorem(
    id="sag_average",
    title="SAG, convex, step up to 1/(2 n L), averaged iterate",
    source="derived with the potential of Le Roux, Schmidt and Bach 2012",
    method=sag,
    assumptions=(convex, smooth_components),
    step=alpha,
    where=_WHERE,
    measure="gap_average",
    bound=_START / (_KEPT * k),
    start=Integer(1),
    certificate=StoredMean(
        potential=_POTENTIAL,
        weight=_KEPT,
        by={**_PAID, first_order: _KEPT, mean_below: (2 * n - 1) * alpha**2},
        plus={stored_sq: (n + 1) * alpha**2},
        share=Rational(2, 3),
        final=_FINAL,
        left=_LEFT,
    ),
    defaults={alpha: 1 / (2 * n * L_max)},
    sibling="sag_convex",
)

sag_centred_distance = replace(
    sag_distance,
    id="sag_centred_distance",
    title="SAG, strongly convex, step up to 1/(2 n L), from centred gradients, distance",
    source="derived, as for gradients that are zero at first",
    method=sag_centred,
    bound=sag_distance.bound / _START * (D**2 + 6 * n**2 * alpha**2 * L_max * gap0),
    note="What is stored first is grad f_i(x_0) - grad f(x_0), whose mean is zero.",
    sibling="sag_distance",
)

THEOREMS = (sag_distance, sag_average, sag_centred_distance)
