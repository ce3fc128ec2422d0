"""Steps that need no distance: D-adaptation estimates it from below while it runs."""

from __future__ import annotations

from sympy import Integer, sqrt

from ratebound.theory.assumptions import bounded_second_moment, convex
from ratebound.theory.certificates.estimated import DistanceEstimate, EstimateBelow
from ratebound.theory.methods.estimated import d_adaptation, prodigy_gd
from ratebound.theory.statement import Theorem
from ratebound.theory.symbols import D, L, alpha, b0, gamma, grad0_sq

d_adaptation_convex = Theorem(
    id="d_adaptation_convex",
    title="D-adaptation, convex, best iterate",
    source="Defazio and Mishchenko 2023, with 16 log2(D/d_0) (number not checked); constants derived here",
    method=d_adaptation,
    assumptions=(convex, bounded_second_moment),
    step=gamma,
    where=(gamma <= D,),
    measure="gap_best",
    bound=DistanceEstimate.implied(),
    start=Integer(2),
    certificate=DistanceEstimate(),
    defaults={gamma: D / 100, b0: 30 * sqrt(grad0_sq)},
    note="No step knows the distance: the price is a logarithm of how much too small the first estimate is.",
    sibling="polyak_subgradient",
)

d_adaptation_estimate = Theorem(
    id="d_adaptation_estimate",
    title="D-adaptation, convex, estimates stay below the distance",
    source="Defazio and Mishchenko 2023 (number not checked)",
    method=d_adaptation,
    assumptions=(convex,),
    step=gamma,
    measure="estimated_distance",
    bound=D,
    certificate=EstimateBelow(),
    defaults={gamma: D / 100, b0: 30 * sqrt(grad0_sq)},
    note="Of the estimates that follow the first, whatever that is.",
    sibling="d_adaptation_convex",
)

prodigy_estimate = Theorem(
    id="prodigy_estimate",
    title="Prodigy's estimate of the distance stays below it, convex, any steps",
    source="Mishchenko and Defazio 2024 (number not checked); for gradient descent, derived here",
    method=prodigy_gd,
    assumptions=(convex,),
    step=alpha,
    measure="estimated_distance",
    bound=D,
    certificate=EstimateBelow(),
    defaults={alpha: 1 / L},
    note="For every schedule of steps. On least squares steps up to 1/L find less than half of it.",
    sibling="d_adaptation_estimate",
)

THEOREMS = (d_adaptation_convex, d_adaptation_estimate, prodigy_estimate)
