"""Steps that need no distance: D-adaptation estimates it from below while it runs."""

from __future__ import annotations

from sympy import Integer, sqrt

from ratebound.theory.assumptions import bounded_second_moment, convex
from ratebound.theory.estimated import DistanceEstimate
from ratebound.theory.methods_estimated import d_adaptation
from ratebound.theory.statement import Theorem
from ratebound.theory.symbols import D, b0, gamma, grad0_sq

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

THEOREMS = (d_adaptation_convex,)
