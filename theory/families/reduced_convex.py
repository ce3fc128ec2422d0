"""Loopless SVRG and SAGA on convex components: the mean of the gaps at the rate 1/k, without a floor.

Components that are co-coercive pay ``(alpha/L_max) E||grad f_i(x_k) - grad f_i(x*)||^2`` in each step. Up to
the step 1/(4 L_max) this covers what the estimate adds, and a step keeps all of ``2 alpha (f(x_k) - f*)``;
beyond, a share of the gap pays for the rest.
"""

from __future__ import annotations

from dataclasses import replace

from sympy import Expr, Integer

from ratebound.theory.assumptions import convex, smooth_components
from ratebound.theory.certificates.reduced import Reduced
from ratebound.theory.inequalities.stored import reduced_moment, spread_below, spread_cocoercive
from ratebound.theory.letters.stored import stored_sq
from ratebound.theory.methods import lsvrg, saga
from ratebound.theory.statement import Theorem
from ratebound.theory.symbols import D, L_max, alpha, gap0, grad_sq, k, n, prob, spread

_DEFAZIO = "Defazio, Bach and Lacoste-Julien 2014"
_SHORT, _LONG = alpha <= 1 / (4 * L_max), (alpha >= 1 / (4 * L_max), alpha < 1 / (2 * L_max))


def _convex(p: Expr) -> Reduced:
    """Return the proof for convex f where a step renews what is stored with probability p."""
    return Reduced(
        stored=stored_sq,
        share=2 * alpha**2 / p,
        weight=2 * alpha,
        by={spread_cocoercive: 2 * alpha, reduced_moment(Integer(1)): alpha**2},
        plus={spread: alpha * (1 / L_max - 4 * alpha), grad_sq: alpha**2},
        start={spread_below: Integer(1)},
    )


def _convex_long(p: Expr) -> Reduced:
    """Return the proof for longer steps, where a share of the gap pays for the rest of the noise."""
    short = _convex(p)
    return replace(
        short,
        weight=4 * alpha * (1 - 2 * alpha * L_max),
        by={**short.by, spread_below: alpha * (4 * alpha - 1 / L_max)},
        plus={grad_sq: alpha**2},
    )


lsvrg_convex = Theorem(
    id="lsvrg_convex",
    title="Loopless SVRG, convex, constant step, mean gap",
    source=f"derived from the lemmas of {_DEFAZIO}, as for SAGA",
    method=lsvrg,
    assumptions=(convex, smooth_components),
    step=alpha,
    where=(_SHORT, prob <= 1),
    measure="gap_mean",
    bound=(D**2 / (2 * alpha) + 2 * alpha * L_max * gap0 / prob) / k,
    start=Integer(1),
    certificate=_convex(prob),
    defaults={alpha: 1 / (4 * L_max), prob: 1 / n},
    sibling="sgd_star_convex",
)

lsvrg_convex_long = Theorem(
    id="lsvrg_convex_long",
    title="Loopless SVRG, convex, mean gap, steps between 1/(4 L) and 1/(2 L)",
    source=f"derived from the lemmas of {_DEFAZIO}, as for SAGA",
    method=lsvrg,
    assumptions=(convex, smooth_components),
    step=alpha,
    where=(*_LONG, prob <= 1),
    measure="gap_mean",
    bound=(D**2 / (4 * alpha) + alpha * L_max * gap0 / prob) / ((1 - 2 * alpha * L_max) * k),
    start=Integer(1),
    certificate=_convex_long(prob),
    defaults={alpha: 1 / (3 * L_max), prob: 1 / n},
    sibling="lsvrg_convex",
)

saga_convex = Theorem(
    id="saga_convex",
    title="SAGA, convex, constant step, mean gap",
    source=f"derived from the lemmas of {_DEFAZIO}",
    method=saga,
    assumptions=(convex, smooth_components),
    step=alpha,
    where=(_SHORT,),
    measure="gap_mean",
    bound=(D**2 / (2 * alpha) + 2 * n * alpha * L_max * gap0) / k,
    start=Integer(1),
    certificate=_convex(1 / n),
    defaults={alpha: 1 / (4 * L_max)},
    note="Short steps forget the start more slowly, and feel less of the table.",
    sibling="lsvrg_convex",
)

saga_convex_long = Theorem(
    id="saga_convex_long",
    title="SAGA, convex, mean gap, steps between 1/(4 L) and 1/(2 L)",
    source=f"derived from the lemmas of {_DEFAZIO}, whose step is 1/(3 L)",
    method=saga,
    assumptions=(convex, smooth_components),
    step=alpha,
    where=_LONG,
    measure="gap_mean",
    bound=(D**2 / (4 * alpha) + n * alpha * L_max * gap0) / ((1 - 2 * alpha * L_max) * k),
    start=Integer(1),
    certificate=_convex_long(1 / n),
    defaults={alpha: 1 / (3 * L_max)},
    note="The published bound, 4 n/k (2 L/n D^2 + gap0) at the step 1/(3 L), is larger.",
    sibling="saga_convex",
)

THEOREMS = (lsvrg_convex, lsvrg_convex_long, saga_convex, saga_convex_long)
