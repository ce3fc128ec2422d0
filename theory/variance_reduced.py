"""Variance reduction: loopless SVRG and SAGA, linear and convex rates at a constant step, without a floor."""

from __future__ import annotations

from sympy import Integer, Max, Rational

from ratebound.theory.assumptions import convex, smooth_components, strong_first_order, strongly_convex
from ratebound.theory.methods import lsvrg, saga
from ratebound.theory.reduced import Reduced
from ratebound.theory.statement import Theorem
from ratebound.theory.stored import (
    reduced_moment,
    spread_below,
    spread_cocoercive,
    spread_jensen,
    stored_below,
    strong_components,
    strong_slope,
    strongly_convex_components,
)
from ratebound.theory.symbols import (
    D,
    L_max,
    alpha,
    delta,
    gap0,
    grad_sq,
    k,
    mu,
    mu_min,
    n,
    spread,
    stored_gap,
    stored_sq,
)

_SIXTH, _THIRD = (alpha <= 1 / (6 * L_max),), (alpha <= 1 / (3 * L_max),)
_KOVALEV = "Kovalev, Horváth and Richtárik 2020"
_DEFAZIO = "Defazio, Bach and Lacoste-Julien 2014"
_EVEN, _UNEVEN = reduced_moment(Integer(1)), reduced_moment(Integer(2))

_STRONG = Reduced(
    stored=stored_sq,
    share=4 * n * alpha**2,
    rates=(1 - alpha * mu, 1 - 1 / (2 * n)),
    by={
        strong_first_order: 2 * alpha,
        _EVEN: alpha**2,
        spread_below: 6 * alpha**2,
    },
    plus={delta: 2 * alpha * (1 - 6 * alpha * L_max), grad_sq: alpha**2},
    start={spread_below: Integer(1)},
)
_CONVEX = Reduced(
    stored=stored_gap,
    share=n * alpha,
    weight=alpha,
    by={spread_cocoercive: 2 * alpha, _UNEVEN: alpha**2, stored_below: Rational(3, 2) * alpha**2},
    plus={
        spread: alpha * (1 / L_max - 3 * alpha),
        grad_sq: 2 * alpha**2,
        stored_gap: alpha * (1 - 3 * alpha * L_max),
    },
)

lsvrg_sc = Theorem(
    id="lsvrg_sc",
    title="Loopless SVRG, strongly convex, constant step, distance",
    source=f"{_KOVALEV}, Theorem 5 (number not checked), with p = 1/n",
    method=lsvrg,
    assumptions=(strongly_convex, smooth_components),
    step=alpha,
    where=_SIXTH,
    measure="distance_sq",
    bound=Max(1 - alpha * mu, 1 - 1 / (2 * n)) ** k * (D**2 + 8 * n * alpha**2 * L_max * gap0),
    certificate=_STRONG,
    defaults={alpha: 1 / (6 * L_max)},
    note="No floor: the snapshot takes the noise away as the run converges.",
    sibling="sgd_star_constant",
)

lsvrg_convex = Theorem(
    id="lsvrg_convex",
    title="Loopless SVRG, convex, constant step, averaged iterate",
    source=f"derived from the lemmas of {_DEFAZIO}, as for SAGA",
    method=lsvrg,
    assumptions=(convex, smooth_components),
    step=alpha,
    where=_THIRD,
    measure="gap_average",
    bound=(D**2 / alpha + n * gap0) / k,
    start=Integer(1),
    certificate=_CONVEX,
    defaults={alpha: 1 / (3 * L_max)},
    sibling="sgd_star_convex",
)

saga_sc = Theorem(
    id="saga_sc",
    title="SAGA, f strongly convex, constant step, distance",
    source=f"derived with the potential of {_KOVALEV}",
    method=saga,
    assumptions=(strongly_convex, smooth_components),
    step=alpha,
    where=_SIXTH,
    measure="distance_sq",
    bound=Max(1 - alpha * mu, 1 - 1 / (2 * n)) ** k * (D**2 + 8 * n * alpha**2 * L_max * gap0),
    certificate=_STRONG,
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

saga_convex = Theorem(
    id="saga_convex",
    title="SAGA, convex, constant step, averaged iterate",
    source=f"derived from the lemmas of {_DEFAZIO}",
    method=saga,
    assumptions=(convex, smooth_components),
    step=alpha,
    where=_THIRD,
    measure="gap_average",
    bound=(D**2 / alpha + n * gap0) / k,
    start=Integer(1),
    certificate=_CONVEX,
    defaults={alpha: 1 / (3 * L_max)},
    note="The published bound, 4 n/k (2 L/n D^2 + gap0) at the step 1/(3 L), is larger.",
    sibling="lsvrg_convex",
)

THEOREMS = (lsvrg_sc, lsvrg_convex, saga_sc, saga_components, saga_convex)
