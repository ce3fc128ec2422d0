"""Accelerated SGD: the rates of Nesterov's method under the strong growth condition."""

from __future__ import annotations

from sympy import Integer

from ratebound.theory.assumptions import convex, smooth, strongly_convex
from ratebound.theory.certificates.potential import Potential, letter
from ratebound.theory.inequalities.noise_models import strong_growth
from ratebound.theory.inequalities.points import (
    GY,
    Y,
    convex_below_iterate,
    convex_below_minimum,
    descent_from_point,
    growth_at_point,
    strong_below_iterate,
    strong_below_minimum,
)
from ratebound.theory.methods.growth import growth_root, nesterov_growth, nesterov_growth_constant
from ratebound.theory.onestep import X
from ratebound.theory.statement import Theorem
from ratebound.theory.symbols import D, L, alpha, delta, gap0, k, mu, rho, tau

_Z = letter("z")
_TO_GROWTH = (alpha <= 1 / (rho * L), tau >= rho)
_AT_GROWTH = {alpha: 1 / (rho * L), tau: rho}
_SOURCE = "Vaswani, Bach and Schmidt 2019 (number not checked); potential derived here"
_WEIGHT = alpha * (k + 2) / (4 * tau)
_NOISE = alpha * (L * alpha + 1 / tau) / 2
"""What a unit of E||g||^2 costs: by the descent lemma, and by the square of z."""
_LEFT = alpha - rho * _NOISE

sgd_accelerated_convex = Theorem(
    id="sgd_accelerated_convex",
    title="Accelerated SGD, strong growth, smooth convex",
    source=_SOURCE,
    method=nesterov_growth,
    assumptions=(smooth, convex, strong_growth),
    step=alpha,
    where=_TO_GROWTH,
    measure="gap_last",
    bound=2 * tau * D**2 / (alpha * (k + 1) ** 2),
    start=Integer(1),
    certificate=Potential(
        potential=alpha * (k + 1) ** 2 / (4 * tau) * delta + _Z**2 / 2,
        lower=alpha * k * (k + 2) / (4 * tau) * delta + _Z**2 / 2,
        by={
            descent_from_point: _WEIGHT * (k + 2),
            growth_at_point: _WEIGHT * (k + 2) * _NOISE,
            convex_below_iterate: _WEIGHT * k,
            convex_below_minimum: 2 * _WEIGHT,
        },
        plus={GY**2: _WEIGHT * (k + 2) * _LEFT},
    ),
    defaults=_AT_GROWTH,
    note=(
        "At alpha = 1/(rho L), tau = rho it is 2 rho^2 L D^2/(k + 1)^2: below the bound of averaged SGD from "
        "k = 4 rho on."
    ),
    sibling="sgd_growth_convex",
)

sgd_accelerated_strong = Theorem(
    id="sgd_accelerated_strong",
    title="Accelerated SGD, strong growth, strongly convex, constant momentum",
    source=_SOURCE,
    method=nesterov_growth_constant,
    assumptions=(smooth, strongly_convex, strong_growth),
    step=alpha,
    where=_TO_GROWTH,
    measure="gap_last",
    bound=(1 - growth_root) ** k * (gap0 + mu * D**2 / 2),
    certificate=Potential(
        potential=delta + mu / 2 * _Z**2,
        by={
            descent_from_point: Integer(1),
            growth_at_point: _NOISE,
            strong_below_iterate: 1 - growth_root,
            strong_below_minimum: growth_root,
        },
        plus={
            GY**2: _LEFT,
            (_Z - Y) ** 2: mu * growth_root * (1 - growth_root) / 2,
            (X - Y) ** 2: mu * (1 - growth_root) / 2,
        },
        factor=1 - growth_root,
    ),
    defaults=_AT_GROWTH,
    note=(
        "At alpha = 1/(rho L), tau = rho the factor is 1 - sqrt(mu/L)/rho, that of SGD about "
        "1 - 4 mu/(rho L): momentum pays where L/mu > 16, whatever rho is."
    ),
    sibling="sgd_growth_sc",
)

THEOREMS = (sgd_accelerated_convex, sgd_accelerated_strong)
