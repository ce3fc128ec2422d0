"""SDCA: linear rates for the distance and the gap by the dual, and in its form without a dual problem."""

from __future__ import annotations

from dataclasses import replace

from sympy import Integer

from ratebound.theory.assumptions import smooth_components
from ratebound.theory.certificates.dual_ascent import DualAscent
from ratebound.theory.certificates.dual_free import DualFree
from ratebound.theory.inequalities.stored import both_sided, steep_components, strongly_convex_components
from ratebound.theory.letters.coordinates import omega
from ratebound.theory.methods import sdca, sdca_dual_free
from ratebound.theory.statement import Theorem
from ratebound.theory.symbols import D, L_max, alpha, d2, grad0_sq, k, mu_min, n, sigma_star_sq

_KEPT = 1 - alpha * mu_min * n
_SHARE = alpha / (mu_min * _KEPT)
"""With it the squared residuals of the step and of the stored vectors cancel."""
_RATE = 1 - alpha * mu_min
_PART = _SHARE * mu_min * alpha

sdca_components = Theorem(
    id="sdca_components",
    title="SDCA without duality, strongly convex components, constant step, distance",
    source="Shalev-Shwartz 2016, for convex losses (number not checked); constants derived",
    method=sdca_dual_free,
    assumptions=(smooth_components, strongly_convex_components),
    step=alpha,
    where=(alpha <= 2 / (L_max + 2 * mu_min * n),),
    measure="distance_sq",
    bound=_RATE**k * (D**2 + _SHARE * (sigma_star_sq + mu_min**2 * D**2)),
    certificate=DualFree(
        share=_SHARE,
        rate=_RATE,
        by={both_sided: _PART, steep_components: 2 * alpha - _PART * (L_max - mu_min)},
        plus={d2: alpha * mu_min},
    ),
    defaults={alpha: 1 / (L_max + mu_min * n)},
    note="The regulariser (mu_min/2)||x||^2 is taken out of the components; the step reads mu_min.",
    sibling="saga_components",
)

_ASCENT = omega * mu_min / (L_max + (n - 1) * mu_min)
_DUAL_GAP = grad0_sq / (2 * mu_min)

sdca_sc = Theorem(
    id="sdca_sc",
    title="SDCA, strongly convex components, distance",
    source="Shalev-Shwartz and Zhang 2013, proof of Theorem 5 (number not checked), from another start",
    method=sdca,
    assumptions=(smooth_components, strongly_convex_components),
    step=omega,
    where=(omega <= 1,),
    measure="distance_sq",
    bound=2 / mu_min * _DUAL_GAP * (1 - _ASCENT) ** k,
    certificate=DualAscent(),
    defaults={omega: Integer(1)},
    note="For the squared loss the step with omega = 1 maximises the dual in the variable of the sample. The "
    "dual vectors start at the gradients of the losses at x_0.",
    sibling="sdca_components",
)

sdca_gap = replace(
    sdca_sc,
    id="sdca_gap",
    title="SDCA, strongly convex components, gap",
    measure="gap_last",
    start=Integer(1),
    bound=(1 / _ASCENT - 1) * _DUAL_GAP * (1 - _ASCENT) ** k,
    note="f(x_k) minus the dual function, which needs no f*, is at most this over the factor of a step.",
    sibling="sdca_sc",
)

sdca_duality_gap = replace(
    sdca_sc,
    id="sdca_duality_gap",
    title="SDCA, strongly convex components, duality gap",
    source="Shalev-Shwartz and Zhang 2013, Theorem 5 (number not checked), from another start",
    measure="duality_gap",
    bound=_DUAL_GAP / _ASCENT * (1 - _ASCENT) ** k,
    note="A run reads it without f*: f at the point y_k of the dual vectors b_k, which is x_k from k = 1 on, "
    "less the dual function there. Problems whose mu_min exceeds l2 have no conjugates here.",
    sibling="sdca_gap",
)

sdca_dual = replace(
    sdca_duality_gap,
    id="sdca_dual",
    title="SDCA, strongly convex components, dual",
    source="Shalev-Shwartz and Zhang 2013, proof of Theorem 5 (number not checked), from another start",
    measure="dual_suboptimality",
    bound=_DUAL_GAP * (1 - _ASCENT) ** k,
    note="The maximum of the dual function D is f*; how far D is below it bounds distance and gap.",
    sibling="sdca_duality_gap",
)

THEOREMS = (sdca_components, sdca_sc, sdca_gap, sdca_duality_gap, sdca_dual)
