"""Variance reduction: SVRG, loopless SVRG, SAGA and SAG at a constant step, linear rates and epochs."""

from __future__ import annotations

from dataclasses import replace

from sympy import Expr, Integer, Max, Rational

from ratebound.theory.assumptions import (
    convex,
    quadratic_growth,
    smooth_components,
    strong_monotone,
    strongly_convex,
)
from ratebound.theory.certificate import Cited
from ratebound.theory.certificates.reduced import Reduced
from ratebound.theory.inequalities.stored import (
    reduced_moment,
    spread_below,
    spread_cocoercive,
    spread_jensen,
    stored_below,
    strong_components,
    strong_slope,
    strongly_convex_components,
)
from ratebound.theory.letters.stored import stored_gap, stored_sq
from ratebound.theory.methods import lsvrg, sag, sag_centred, saga, svrg
from ratebound.theory.statement import Theorem
from ratebound.theory.symbols import (
    D,
    L_max,
    alpha,
    gap0,
    grad_sq,
    k,
    mu,
    mu_min,
    n,
    prob,
    sigma_star_sq,
)

_THIRD, _BELOW_THIRD = (alpha <= 1 / (3 * L_max),), (alpha < 1 / (3 * L_max),)
_KOVALEV = "Kovalev, Horváth and Richtárik 2020"
_DEFAZIO = "Defazio, Bach and Lacoste-Julien 2014"
_EVEN, _UNEVEN = reduced_moment(Integer(1)), reduced_moment(Integer(2))


_PAID = 3 * alpha * L_max
"""The part of the descent towards x* that pays for the noise, by co-coercivity of the components."""
_CONTRACTED = 1 - 2 * alpha * mu * (1 - _PAID)


def _strong(p: Expr) -> Reduced:
    """Return the proof for strongly convex f where a step renews what is stored with probability p."""
    return Reduced(
        stored=stored_sq,
        share=4 * alpha**2 / p,
        rates=(_CONTRACTED, 1 - p / 2),
        by={
            strong_monotone: 2 * alpha * (1 - _PAID),
            spread_cocoercive: 2 * alpha * _PAID,
            spread_below: 3 * alpha**2,
            _EVEN: alpha**2,
        },
        plus={grad_sq: alpha**2},
        start={spread_below: Integer(1)},
    )


lsvrg_sc = Theorem(
    id="lsvrg_sc",
    title="Loopless SVRG, strongly convex, constant step, distance",
    source=f"{_KOVALEV}, Theorem 5 (number not checked), with the rate 1 - alpha mu and steps up to 1/(6 L); "
    "rate and range derived",
    method=lsvrg,
    assumptions=(strongly_convex, smooth_components),
    step=alpha,
    where=(*_BELOW_THIRD, prob <= 1),
    measure="distance_sq",
    bound=Max(_CONTRACTED, 1 - prob / 2) ** k * (D**2 + 8 * alpha**2 * L_max * gap0 / prob),
    certificate=_strong(prob),
    defaults={alpha: 1 / (6 * L_max), prob: 1 / n},
    note="No floor: the snapshot takes the noise away as the run converges.",
    sibling="sgd_star_constant",
)

saga_sc = Theorem(
    id="saga_sc",
    title="SAGA, f strongly convex, constant step, distance",
    source=f"derived with the potential of {_KOVALEV}",
    method=saga,
    assumptions=(strongly_convex, smooth_components),
    step=alpha,
    where=_BELOW_THIRD,
    measure="distance_sq",
    bound=Max(_CONTRACTED, 1 - 1 / (2 * n)) ** k * (D**2 + 8 * n * alpha**2 * L_max * gap0),
    certificate=_strong(1 / n),
    defaults={alpha: 1 / (6 * L_max)},
    note="Only the mean must be strongly convex, not every component.",
    sibling="lsvrg_sc",
)

_NEAR = 1 - alpha * mu_min
_TIGHT = {
    strong_components: alpha,
    spread_jensen: alpha * (1 / L_max - 3 * alpha),
    strong_slope: alpha * (1 / L_max - alpha),
    _UNEVEN: alpha**2,
    stored_below: Rational(3, 2) * alpha**2,
}

saga_components = Theorem(
    id="saga_components",
    title="SAGA, strongly convex components, step up to 1/(3 L), distance",
    source=f"{_DEFAZIO}, for the step 1/(3 L) (number not checked)",
    method=saga,
    assumptions=(smooth_components, strongly_convex_components),
    step=alpha,
    where=_THIRD,
    measure="distance_sq",
    bound=Max(_NEAR, 1 - 1 / (4 * n)) ** k * (D**2 + 2 * n * alpha * _NEAR * gap0),
    certificate=Reduced(
        stored=stored_gap,
        share=2 * n * alpha * _NEAR,
        rates=(_NEAR, 1 - 1 / (4 * n)),
        by=_TIGHT,
        plus={stored_gap: alpha * (Rational(3, 2) * _NEAR - 3 * alpha * L_max)},
    ),
    defaults={alpha: 1 / (3 * L_max)},
    note="The step knows nothing of mu: SAGA adapts to it.",
    sibling="saga_sc",
)

_SPLIT = 1 / (alpha * L_max) - 1
"""The factor of Young's inequality that leaves nothing of the spread."""

saga_components_steep = Theorem(
    id="saga_components_steep",
    title="SAGA, strongly convex components, step up to 1/(2 (mu n + L)), distance",
    source=f"{_DEFAZIO}, Corollary 1 (number not checked), with a range and a smaller start",
    method=saga,
    assumptions=(smooth_components, strongly_convex_components),
    step=alpha,
    where=(alpha <= 1 / (2 * (mu_min * n + L_max)),),
    measure="distance_sq",
    bound=_NEAR**k * (D**2 + 2 * n * alpha * _NEAR * gap0),
    certificate=Reduced(
        stored=stored_gap,
        share=2 * n * alpha * _NEAR,
        rates=(_NEAR, _NEAR),
        by={
            strong_components: alpha,
            strong_slope: alpha**2 * _SPLIT,
            reduced_moment(_SPLIT): alpha**2,
            stored_below: alpha**2 * (1 + 1 / _SPLIT),
        },
        plus={
            stored_gap: 2 * alpha * (_NEAR * (1 - alpha * mu_min * n) - alpha * L_max / (1 - alpha * L_max))
        },
    ),
    defaults={alpha: 1 / (2 * (mu_min * n + L_max))},
    note="The step knows mu, and no rate of the table limits that of the iterate.",
    sibling="saga_components",
)

_EPOCH = Reduced(
    stored=stored_sq,
    share=Integer(0),
    weight=2 * alpha,
    carried=alpha**2 * (1 + 1 / _SPLIT),
    by={spread_cocoercive: 2 * alpha, reduced_moment(_SPLIT): alpha**2},
    plus={grad_sq: alpha**2 * _SPLIT},
    start={spread_below: Integer(1)},
)
_JOHNSON = "Johnson and Zhang 2013"
_FLOOR = alpha * L_max / (1 - alpha * L_max)
"""The share of the gap at the snapshot that stays, where the source has 2 alpha L/(1 - 2 alpha L)."""

svrg_convex = Theorem(
    id="svrg_convex",
    title="SVRG, one epoch, convex, mean gap",
    source=f"derived, after the proof of {_JOHNSON}, Theorem 1, whose steps are half as long",
    method=svrg,
    assumptions=(convex, smooth_components),
    step=alpha,
    where=(alpha < 1 / L_max,),
    measure="gap_mean",
    bound=D**2 / (2 * alpha * k) + _FLOOR * gap0,
    start=Integer(1),
    certificate=_EPOCH,
    defaults={alpha: 1 / (5 * L_max)},
    note="The noise is that of the snapshot x_0: the floor is a share of the gap there.",
    sibling="lsvrg_convex",
)

svrg_sc = Theorem(
    id="svrg_sc",
    title="SVRG, one epoch, strongly convex, mean gap",
    source=f"{_JOHNSON}, Theorem 1, before it draws a random iterate; constants derived: there both terms "
    "are over 1 - 2 alpha L, and the second is doubled",
    method=svrg,
    assumptions=(strongly_convex, smooth_components),
    step=alpha,
    where=svrg_convex.where,
    measure="gap_mean",
    bound=gap0 / (mu * alpha * k) + _FLOOR * gap0,
    start=Integer(1),
    certificate=replace(_EPOCH, near={quadratic_growth: 2 / mu}),
    defaults=svrg_convex.defaults,
    note="Epochs that restart at a random iterate, or at the average, multiply this factor, the linear rate "
    "of the source.",
    sibling="lsvrg_sc",
)

_SCHMIDT = "Schmidt, Le Roux and Bach 2017, Theorem 1 (number not checked)"
_SAG_START = gap0 + 4 * L_max * D**2 / n + sigma_star_sq / (16 * L_max)
_SAG_CENTRED = Rational(3, 2) * gap0 + 4 * L_max * D**2 / n
_SAG_PROOF = Cited("the Lyapunov function of the source reads f at a point aside and the whole table")

sag_sc = Theorem(
    id="sag_sc",
    title="SAG, strongly convex, step 1/(16 L)",
    source=_SCHMIDT,
    method=sag,
    assumptions=(strongly_convex, smooth_components),
    step=1 / (16 * L_max),
    measure="gap_last",
    bound=Max(1 - mu / (16 * L_max), 1 - 1 / (8 * n)) ** k * _SAG_START,
    certificate=_SAG_PROOF,
    note="The estimate is biased; the mean is over all n stored gradients, zeros included.",
    sibling="saga_sc",
)

sag_convex = Theorem(
    id="sag_convex",
    title="SAG, convex, step 1/(16 L), averaged iterate",
    source=_SCHMIDT,
    method=sag,
    assumptions=(convex, smooth_components),
    step=1 / (16 * L_max),
    measure="gap_average",
    bound=32 * n * _SAG_START / k,
    start=Integer(1),
    certificate=_SAG_PROOF,
    sibling="saga_convex",
)

sag_centred_sc = replace(
    sag_sc,
    id="sag_centred_sc",
    title="SAG, strongly convex, step 1/(16 L), from centred gradients",
    method=sag_centred,
    bound=sag_sc.bound / _SAG_START * _SAG_CENTRED,
    note="One pass over the data before the first step takes the noise at x* out of the bound.",
    sibling="sag_sc",
)

sag_centred_convex = replace(
    sag_convex,
    id="sag_centred_convex",
    title="SAG, convex, step 1/(16 L), averaged iterate, from centred gradients",
    method=sag_centred,
    bound=sag_convex.bound / _SAG_START * _SAG_CENTRED,
    note=sag_centred_sc.note,
    sibling="sag_convex",
)

_TABLES = (saga_sc, saga_components, saga_components_steep)
_SAG = (sag_sc, sag_convex, sag_centred_sc, sag_centred_convex)
THEOREMS = (svrg_sc, svrg_convex, lsvrg_sc, *_TABLES, *_SAG)
