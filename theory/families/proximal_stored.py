"""Proximal loopless SVRG and proximal SAGA: linear rates, and means of gaps, without a floor.

Proximal steps bring x_{k+1} and x* no further apart than a step along the reduced estimate less grad f(x*)
does. So the potentials of the methods without a penalty serve, with gradients seen from grad f(x*); for means
of gaps, what the penalty exceeds its least value by joins them.
"""

from __future__ import annotations

from sympy import Expr, Integer, Max

from ratebound.theory.certificates.reduced import Reduced
from ratebound.theory.inequalities.proximity import (
    cocoercive_gap_apart,
    cocoercive_spread,
    convex_sum,
    monotone_apart,
    no_further,
    penalised,
    reduced_apart,
    smooth_components_of_sum,
    spread_below_gap,
    strongly_convex_sum,
    towards_star,
)
from ratebound.theory.letters.stored import stored_sq
from ratebound.theory.method import Method
from ratebound.theory.methods.proximal import prox_lsvrg, prox_saga
from ratebound.theory.statement import Theorem
from ratebound.theory.symbols import D, L_max, alpha, gap0, k, mu, n, prob, spread

_STRONG = (strongly_convex_sum, smooth_components_of_sum, penalised)
_CONVEX = (convex_sum, smooth_components_of_sum, penalised)
_EVEN = reduced_apart(Integer(1))
_THIRD, _QUARTER = alpha < 1 / (3 * L_max), alpha <= 1 / (4 * L_max)
_NEAR = 1 - 2 * alpha * mu * (1 - 3 * alpha * L_max)
"""The rate of the iterate: co-coercivity pays for the noise with the share 3 alpha L of the descent."""


def _linear(method: Method, p: Expr) -> Reduced:
    """Return the proof for strongly convex sums where a step renews what is stored with probability p."""
    return Reduced(
        stored=stored_sq,
        share=4 * alpha**2 / p,
        rates=(_NEAR, 1 - p / 2),
        by={
            no_further(method): Integer(1),
            monotone_apart: 2 * alpha * (1 - 3 * alpha * L_max),
            cocoercive_spread: 6 * alpha**2 * L_max,
            _EVEN: alpha**2,
        },
        start={spread_below_gap: Integer(1)},
    )


def _mean(method: Method, p: Expr) -> Reduced:
    """Return the proof for convex sums."""
    return Reduced(
        stored=stored_sq,
        share=2 * alpha**2 / p,
        weight=2 * alpha,
        tilted=2 * alpha,
        by={towards_star(method): Integer(1), cocoercive_gap_apart: 2 * alpha, _EVEN: alpha**2},
        plus={spread: alpha * (1 / L_max - 4 * alpha)},
        start={spread_below_gap: Integer(1)},
    )


prox_lsvrg_sc = Theorem(
    id="prox_lsvrg_sc",
    title="Proximal loopless SVRG, strongly convex, constant step, distance",
    source="derived, after Kovalev, Horváth and Richtárik 2020, who have no penalty and steps up to 1/(6 L)",
    method=prox_lsvrg,
    assumptions=_STRONG,
    step=alpha,
    where=(_THIRD, prob <= 1),
    measure="distance_sq",
    bound=Max(_NEAR, 1 - prob / 2) ** k * (D**2 + 8 * alpha**2 * L_max * gap0 / prob),
    certificate=_linear(prox_lsvrg, prob),
    defaults={alpha: 1 / (6 * L_max), prob: 1 / n},
    note="The rate without a penalty; L and mu are those of the finite sum, gap0 is with the penalty.",
    sibling="lsvrg_sc",
)

prox_saga_sc = Theorem(
    id="prox_saga_sc",
    title="Proximal SAGA, strongly convex, constant step, distance",
    source="derived, after Defazio, Bach and Lacoste-Julien 2014, who assume strongly convex components",
    method=prox_saga,
    assumptions=_STRONG,
    step=alpha,
    where=(_THIRD,),
    measure="distance_sq",
    bound=Max(_NEAR, 1 - 1 / (2 * n)) ** k * (D**2 + 8 * n * alpha**2 * L_max * gap0),
    certificate=_linear(prox_saga, 1 / n),
    defaults={alpha: 1 / (6 * L_max)},
    note="The rate without a penalty; only the finite sum must be strongly convex, not every component.",
    sibling="prox_lsvrg_sc",
)

prox_lsvrg_convex = Theorem(
    id="prox_lsvrg_convex",
    title="Proximal loopless SVRG, convex, constant step, mean gap",
    source="derived from the lemmas of Defazio, Bach and Lacoste-Julien 2014, as for SAGA",
    method=prox_lsvrg,
    assumptions=_CONVEX,
    step=alpha,
    where=(_QUARTER, prob <= 1),
    measure="gap_mean",
    bound=(D**2 / (2 * alpha) + gap0 + 2 * alpha * L_max * gap0 / prob) / k,
    start=Integer(1),
    certificate=_mean(prox_lsvrg, prob),
    defaults={alpha: 1 / (4 * L_max), prob: 1 / n},
    note="Of the penalty gap0/k comes to the bound of the method without one.",
    sibling="lsvrg_convex",
)

prox_saga_convex = Theorem(
    id="prox_saga_convex",
    title="Proximal SAGA, convex, constant step, mean gap",
    source="derived from the lemmas of Defazio, Bach and Lacoste-Julien 2014",
    method=prox_saga,
    assumptions=_CONVEX,
    step=alpha,
    where=(_QUARTER,),
    measure="gap_mean",
    bound=(D**2 / (2 * alpha) + gap0 + 2 * n * alpha * L_max * gap0) / k,
    start=Integer(1),
    certificate=_mean(prox_saga, 1 / n),
    defaults={alpha: 1 / (4 * L_max)},
    note="Of the penalty gap0/k comes to the bound of SAGA without one.",
    sibling="prox_lsvrg_convex",
)

THEOREMS = (prox_lsvrg_sc, prox_saga_sc, prox_lsvrg_convex, prox_saga_convex)
