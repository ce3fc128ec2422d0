"""Gradient descent, strongly convex, with the step 2/(mu + L) that is best for both ends of the spectrum."""

from __future__ import annotations

from sympy import Expr

from ratebound.theory.assumptions import (
    gradient_below_gap,
    gradient_lipschitz,
    smooth,
    strongly_convex,
    value_below_distance,
)
from ratebound.theory.certificate import Certificate, Corollary
from ratebound.theory.conversion import Conversion
from ratebound.theory.gd import gd_sc_distance, gd_sc_gap
from ratebound.theory.gd_gradients import gd_sc_gradient
from ratebound.theory.methods import gd
from ratebound.theory.statement import Theorem
from ratebound.theory.symbols import D, L, alpha, gap0, grad0_sq, k, mu

_MIDDLE = {alpha: 2 / (mu + L)}
_FACTOR = ((L - mu) / (L + mu)) ** (2 * k)


def _theorem(
    name: str, what: str, source: str, measure: str, bound: Expr, certificate: Certificate, sibling: str
) -> Theorem:
    return Theorem(
        id=name,
        title=f"Gradient descent, strongly convex, step 2/(mu + L), {what}",
        source=source,
        method=gd,
        assumptions=(smooth, strongly_convex),
        step=_MIDDLE[alpha],
        measure=measure,
        bound=bound,
        certificate=certificate,
        sibling=sibling,
    )


gd_middle_distance = _theorem(
    "gd_middle_distance",
    "distance",
    "Nesterov 2004, Theorem 2.1.15 (number not checked)",
    "distance_sq",
    _FACTOR * D**2,
    Corollary(gd_sc_distance, _MIDDLE),
    "gd_sc_distance",
)
gd_middle_gap = _theorem(
    "gd_middle_gap",
    "function values",
    "de Klerk, Glineur and Taylor 2017 (number not checked)",
    "gap_last",
    _FACTOR * gap0,
    Corollary(gd_sc_gap, _MIDDLE),
    "gd_sc_gap",
)
gd_middle_gradient = _theorem(
    "gd_middle_gradient",
    "gradient norm",
    "Taylor, Hendrickx and Glineur 2018 (number not checked)",
    "grad_norm_sq_last",
    _FACTOR * grad0_sq,
    Corollary(gd_sc_gradient, _MIDDLE),
    "gd_sc_gradient",
)
gd_middle_gap_distance = _theorem(
    "gd_middle_gap_distance",
    "function values from the distance",
    "Nesterov 2004, Theorem 2.1.15 (number not checked)",
    "gap_last",
    L / 2 * _FACTOR * D**2,
    Conversion(gd_sc_distance, L / 2, {value_below_distance: 1}, _MIDDLE),
    "gd_middle_distance",
)
gd_middle_gradient_distance = _theorem(
    "gd_middle_gradient_distance",
    "gradient norm from the distance",
    "corollary of Nesterov 2004, Theorem 2.1.15 (number not checked)",
    "grad_norm_sq_last",
    L**2 * _FACTOR * D**2,
    Conversion(gd_sc_distance, L**2, {gradient_lipschitz: 1}, _MIDDLE),
    "gd_middle_distance",
)
gd_middle_gradient_gap = _theorem(
    "gd_middle_gradient_gap",
    "gradient norm from function values",
    "corollary of de Klerk, Glineur and Taylor 2017 (number not checked)",
    "grad_norm_sq_last",
    2 * L * _FACTOR * gap0,
    Conversion(gd_sc_gap, 2 * L, {gradient_below_gap: 1}, _MIDDLE),
    "gd_middle_gap",
)

THEOREMS = (
    gd_middle_distance,
    gd_middle_gap,
    gd_middle_gradient,
    gd_middle_gap_distance,
    gd_middle_gradient_distance,
    gd_middle_gradient_gap,
)
