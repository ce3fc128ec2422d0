"""Gradient descent: averaged iterates, and the rate between convex and strongly convex."""

from __future__ import annotations

from sympy import Integer

from ratebound.theory.assumptions import (
    cocoercive,
    convex,
    descent_lemma,
    gradient_below_gap,
    smooth,
    strong_first_order,
    strongly_convex,
)
from ratebound.theory.certificates.telescope import Telescope
from ratebound.theory.methods import gd
from ratebound.theory.statement import Theorem
from ratebound.theory.symbols import D, L, alpha, d2, delta, grad_sq, k, mu

_INVERSE_L = {alpha: 1 / L}

gd_convex_average = Theorem(
    id="gd_convex_average",
    title="Gradient descent, smooth convex, averaged iterate",
    source="folklore; Bansal and Gupta 2019 (number not checked)",
    method=gd,
    assumptions=(smooth, convex),
    step=alpha,
    where=(alpha <= 1 / L,),
    measure="gap_average",
    bound=D**2 / (2 * alpha * k),
    start=Integer(1),
    certificate=Telescope(
        potential=d2,
        weight=2 * alpha,
        by={cocoercive: 2 * alpha},
        plus={grad_sq: alpha / L - alpha**2},
    ),
    defaults=_INVERSE_L,
    note="The start x_0 is among the points that are averaged.",
    sibling="gd_convex",
)

gd_convex_average_long = Theorem(
    id="gd_convex_average_long",
    title="Gradient descent, smooth convex, averaged iterate, steps between 1/L and 2/L",
    source="folklore, the noiseless case of SGD with a bound at the optimum; derived here",
    method=gd,
    assumptions=(smooth, convex),
    step=alpha,
    where=(alpha >= 1 / L, alpha < 2 / L),
    measure="gap_average",
    bound=D**2 / (2 * alpha * (2 - alpha * L) * k),
    start=Integer(1),
    certificate=Telescope(
        potential=d2,
        weight=2 * alpha * (2 - alpha * L),
        by={cocoercive: 2 * alpha, gradient_below_gap: alpha**2 - alpha / L},
    ),
    defaults={alpha: 3 / (2 * L)},
    sibling="gd_convex_average",
)

_KEPT = (1 - alpha * mu) ** (-k)

gd_sc_from_distance = Theorem(
    id="gd_sc_from_distance",
    title="Gradient descent, strongly convex, values from the distance",
    source="folklore, the bridge from D^2/(2 alpha k) to a linear rate; derived here",
    method=gd,
    assumptions=(smooth, strongly_convex),
    step=alpha,
    where=(alpha <= 1 / L,),
    measure="gap_last",
    bound=mu * D**2 / (2 * ((1 - alpha * mu) ** (-k) - 1)),
    start=Integer(1),
    certificate=Telescope(
        potential=(_KEPT - 1) / mu * delta + _KEPT / 2 * d2,
        by={
            descent_lemma: (_KEPT / (1 - alpha * mu) - 1) / mu,
            strong_first_order: alpha * _KEPT / (1 - alpha * mu),
        },
        plus={
            grad_sq: (_KEPT / (1 - alpha * mu) - 1) / mu * alpha * (1 - alpha * L / 2)
            - alpha**2 / 2 * _KEPT / (1 - alpha * mu)
        },
    ),
    defaults=_INVERSE_L,
    note="As mu tends to 0 the bound tends to D^2/(2 alpha k).",
    sibling="gd_sc_gap",
)

THEOREMS = (gd_convex_average, gd_convex_average_long, gd_sc_from_distance)
