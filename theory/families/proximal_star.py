"""Proximal SGD with the variance at the minimiser, convex: the floor knows no gradients along the run."""

from __future__ import annotations

from sympy import Integer

from ratebound.theory.certificates.telescope import Telescope
from ratebound.theory.inequalities.proximity import (
    cocoercive_gap_apart,
    convex_sum,
    moment_split,
    penalised,
    prox_towards_star,
    smooth_components_of_sum,
)
from ratebound.theory.letters.penalty import penalty_gap
from ratebound.theory.methods.proximal import prox_sgd
from ratebound.theory.statement import Theorem
from ratebound.theory.symbols import D, L_max, alpha, d2, gap0, k, sigma_star_sq

_LEFT = 1 - alpha * L_max

prox_sgd_convex = Theorem(
    id="prox_sgd_convex",
    title="Proximal SGD, convex, variance at the minimiser, constant step, averaged iterate",
    source="derived; Garrigos and Gower 2023, section 12, has larger constants (number not checked)",
    method=prox_sgd,
    assumptions=(convex_sum, smooth_components_of_sum, penalised),
    step=alpha,
    where=(alpha < 1 / L_max,),
    measure="gap_average",
    bound=D**2 / (2 * alpha * k) + gap0 / k + alpha * sigma_star_sq / (2 * _LEFT),
    start=Integer(1),
    certificate=Telescope(
        potential=d2 + 2 * alpha * penalty_gap,
        weight=2 * alpha,
        noise=alpha**2 * sigma_star_sq / _LEFT,
        by={
            prox_towards_star: Integer(1),
            cocoercive_gap_apart: 2 * alpha,
            moment_split(alpha * L_max): alpha / (L_max * _LEFT),
        },
    ),
    defaults={alpha: 1 / (2 * L_max)},
    note="The noise is the variance of the grad f_i(x*), whose mean is not zero where there is a penalty.",
    sibling="prox_sgd_strong",
)

THEOREMS = (prox_sgd_convex,)
