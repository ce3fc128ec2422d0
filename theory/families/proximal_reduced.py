"""Proximal SVRG: variance reduction for a finite sum plus ``h = l1 ||x||_1``.

The components pay for the noise by co-coercivity towards x*, as they do without a penalty; that of f is seen
from grad f(x*), which need not vanish, and h is tilted by it. What h exceeds its least value by then joins
the distance in the potential.
"""

from __future__ import annotations

from sympy import Integer, ceiling, floor

from ratebound.theory.certificates.epochs import Epochs
from ratebound.theory.certificates.reduced import Reduced
from ratebound.theory.inequalities.proximity import (
    cocoercive_gap_apart,
    penalised,
    reduced_apart,
    smooth_components_of_sum,
    spread_below_gap,
    strongly_convex_sum,
    sum_growth,
    towards_star,
)
from ratebound.theory.letters.stored import stored_sq
from ratebound.theory.methods.epochs import prox_svrg_epochs
from ratebound.theory.methods.proximal import prox_svrg
from ratebound.theory.statement import Theorem
from ratebound.theory.symbols import L_max, alpha, epoch, gap0, k, mu

_SPLIT = 1 / (alpha * L_max) - 1
"""The factor of Young's inequality that leaves nothing of the spread."""
_FLOOR = alpha * L_max / (1 - alpha * L_max)
_XIAO = "Xiao and Zhang 2014, Theorem 1 (number not checked), whose steps are below 1/(4 L)"

prox_svrg_sc = Theorem(
    id="prox_svrg_sc",
    title="Proximal SVRG, one epoch, strongly convex, mean gap",
    source=f"derived, after {_XIAO}",
    method=prox_svrg,
    assumptions=(strongly_convex_sum, smooth_components_of_sum, penalised),
    step=alpha,
    where=(alpha < 1 / L_max,),
    measure="gap_mean",
    bound=gap0 / (mu * alpha * k) + gap0 / k + _FLOOR * gap0,
    start=Integer(1),
    certificate=Reduced(
        stored=stored_sq,
        share=Integer(0),
        weight=2 * alpha,
        tilted=2 * alpha,
        carried=alpha**2 * (1 + 1 / _SPLIT),
        by={
            towards_star(prox_svrg): Integer(1),
            cocoercive_gap_apart: 2 * alpha,
            reduced_apart(_SPLIT): alpha**2,
        },
        start={spread_below_gap: Integer(1)},
        near={sum_growth: 2 / mu},
    ),
    defaults={alpha: 1 / (5 * L_max)},
    note="f is the sum with its penalty, of which a gap0/k comes; L and mu are those of the sum alone.",
    sibling="svrg_sc",
)

prox_svrg_epochs_sc = Theorem(
    id="prox_svrg_epochs_sc",
    title="Proximal SVRG over epochs, strongly convex, snapshot at the average",
    source=f"{_XIAO}; constants derived, for longer steps",
    method=prox_svrg_epochs,
    assumptions=prox_svrg_sc.assumptions,
    step=alpha,
    where=prox_svrg_sc.where,
    measure="gap_last",
    bound=(1 / (mu * alpha * epoch) + 1 / epoch + _FLOOR) ** floor(k / epoch) * gap0,
    certificate=Epochs(prox_svrg_sc),
    defaults={alpha: 1 / (5 * L_max), epoch: ceiling(24 * L_max / mu)},
    note="x_k is the snapshot, which moves at the ends of epochs. The average is that of the points before "
    "the m steps, where the source has those after them.",
    sibling="svrg_epochs_sc",
)

THEOREMS = (prox_svrg_sc, prox_svrg_epochs_sc)
