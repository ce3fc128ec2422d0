"""SDCA in its form without a dual problem: a linear rate for the distance, certified."""

from __future__ import annotations

from ratebound.theory.assumptions import smooth_components
from ratebound.theory.dual_free import DualFree
from ratebound.theory.methods import sdca_dual_free
from ratebound.theory.statement import Theorem
from ratebound.theory.stored import both_sided, steep_components, strongly_convex_components
from ratebound.theory.symbols import D, L_max, alpha, d2, k, mu_min, n, sigma_star_sq

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

THEOREMS = (sdca_components,)
