"""Accelerated gradient descent: Nesterov's method for convex and for strongly convex f."""

from __future__ import annotations

from sympy import Integer, Symbol, sqrt

from ratebound.theory.assumptions import (
    convex,
    gradient_below_gap,
    quadratic_growth,
    smooth,
    strongly_convex,
    value_below_distance,
)
from ratebound.theory.certificates.conversion import Conversion
from ratebound.theory.certificates.potential import Potential
from ratebound.theory.certificates.strong_model import StrongModel
from ratebound.theory.inequalities.points import (
    GY,
    Y,
    convex_below_iterate,
    convex_below_minimum,
    descent_from_point,
    strong_below_iterate,
    strong_below_minimum,
)
from ratebound.theory.methods import nesterov, nesterov_constant, triple_momentum
from ratebound.theory.onestep import X
from ratebound.theory.statement import Theorem
from ratebound.theory.symbols import D, L, alpha, delta, gap0, k, mu

_Z = Symbol("Z", real=True)
_INVERSE_L = {alpha: 1 / L}
_WEIGHT = alpha * (k + 2) / 4

nesterov_convex = Theorem(
    id="nesterov_convex",
    title="Nesterov's accelerated gradient, smooth convex",
    source="Nesterov 1983; Tseng 2008 (numbers not checked)",
    method=nesterov,
    assumptions=(smooth, convex),
    step=alpha,
    where=(alpha <= 1 / L,),
    measure="gap_last",
    bound=2 * D**2 / (alpha * (k + 1) ** 2),
    start=Integer(1),
    certificate=Potential(
        potential=alpha * (k + 1) ** 2 / 4 * delta + _Z**2 / 2,
        lower=alpha * k * (k + 2) / 4 * delta + _Z**2 / 2,
        by={
            descent_from_point: _WEIGHT * (k + 2),
            convex_below_iterate: _WEIGHT * k,
            convex_below_minimum: 2 * _WEIGHT,
        },
        plus={GY**2: alpha**2 * (k + 2) ** 2 / 8 * (1 - L * alpha)},
    ),
    defaults=_INVERSE_L,
    sibling="gd_convex",
)

_ROOT = sqrt(alpha * mu)

nesterov_strong = Theorem(
    id="nesterov_strong",
    title="Nesterov's accelerated gradient, strongly convex, constant momentum",
    source="Nesterov 2004, section 2.2 (number not checked)",
    method=nesterov_constant,
    assumptions=(smooth, strongly_convex),
    step=alpha,
    where=(alpha <= 1 / L,),
    measure="gap_last",
    bound=(1 - _ROOT) ** k * (gap0 + mu * D**2 / 2),
    certificate=Potential(
        potential=delta + mu / 2 * _Z**2,
        by={
            descent_from_point: Integer(1),
            strong_below_iterate: 1 - _ROOT,
            strong_below_minimum: _ROOT,
        },
        plus={
            GY**2: alpha * (1 - L * alpha) / 2,
            (_Z - Y) ** 2: mu * _ROOT * (1 - _ROOT) / 2,
            (X - Y) ** 2: mu * (1 - _ROOT) / 2,
        },
        factor=1 - _ROOT,
    ),
    defaults=_INVERSE_L,
    sibling="gd_sc_gap",
)

nesterov_convex_gradient = Theorem(
    id="nesterov_convex_gradient",
    title="Nesterov's accelerated gradient, smooth convex, gradient norm",
    source="corollary of Nesterov 1983",
    method=nesterov,
    assumptions=(smooth, convex),
    step=alpha,
    where=(alpha <= 1 / L,),
    measure="grad_norm_sq_last",
    bound=4 * L * D**2 / (alpha * (k + 1) ** 2),
    start=Integer(1),
    certificate=Conversion(nesterov_convex, 2 * L, {gradient_below_gap: Integer(1)}),
    defaults=_INVERSE_L,
    sibling="gd_convex_gradient_best",
)

nesterov_strong_distance = Theorem(
    id="nesterov_strong_distance",
    title="Nesterov's accelerated gradient, strongly convex, constant momentum, distance",
    source="corollary of Nesterov 2004, section 2.2",
    method=nesterov_constant,
    assumptions=(smooth, strongly_convex),
    step=alpha,
    where=(alpha <= 1 / L,),
    measure="distance_sq",
    bound=(1 - _ROOT) ** k * (2 * gap0 / mu + D**2),
    certificate=Conversion(nesterov_strong, 2 / mu, {quadratic_growth: 2 / mu}),
    defaults=_INVERSE_L,
    sibling="nesterov_strong",
)

_SQUEEZED = (1 - sqrt(mu / L)) ** 2

triple_momentum_distance = Theorem(
    id="triple_momentum_distance",
    title="Triple momentum, strongly convex, distance",
    source="Van Scoy, Freeman and Lynch 2018; potential of Taylor and Drori 2023 (numbers not checked)",
    method=triple_momentum,
    assumptions=(smooth, strongly_convex),
    step=1 / L,
    measure="distance_sq",
    bound=L / mu * _SQUEEZED**k * D**2,
    certificate=StrongModel(_SQUEEZED),
    note="The worst case at every k; no method has a better factor (Drori and Taylor 2022, not checked).",
    sibling="nesterov_strong_distance",
)

triple_momentum_gap = Theorem(
    id="triple_momentum_gap",
    title="Triple momentum, strongly convex, function values",
    source="corollary of Van Scoy, Freeman and Lynch 2018",
    method=triple_momentum,
    assumptions=(smooth, strongly_convex),
    step=1 / L,
    measure="gap_last",
    bound=L**2 / (2 * mu) * _SQUEEZED**k * D**2,
    certificate=Conversion(triple_momentum_distance, L / 2, {value_below_distance: Integer(1)}),
    sibling="nesterov_strong",
)

THEOREMS = (
    nesterov_convex,
    nesterov_strong,
    nesterov_convex_gradient,
    nesterov_strong_distance,
    triple_momentum_distance,
    triple_momentum_gap,
)
