"""Schedule-free SGD: the last average is as good as what the regret of its iterates promises, at any k."""

from __future__ import annotations

from sympy import Integer, sqrt

from ratebound.theory.assumptions import bounded_moment, bounded_second_moment, convex
from ratebound.theory.certificate import Corollary
from ratebound.theory.certificates.interpolated import Interpolated
from ratebound.theory.inequalities.points import (
    convex_above_point,
    convex_below_aside,
    convex_below_iterate,
    convex_below_minimum,
)
from ratebound.theory.methods import sgd_schedule_free
from ratebound.theory.methods.plain import BETA
from ratebound.theory.statement import Theorem
from ratebound.theory.symbols import D, K, alpha, gap0, k, second_moment

schedule_free_constant = Theorem(
    id="schedule_free_constant",
    title="Schedule-free SGD, convex, constant step, last average",
    source="Defazio, Yang, Mehta, Mishchenko, Khaled and Cutkosky 2024, Theorem 1 (number not checked)",
    method=sgd_schedule_free,
    assumptions=(convex, bounded_second_moment),
    step=alpha,
    measure="gap_last",
    bound=D**2 / (2 * alpha * (k + 1)) + alpha * second_moment / 2,
    certificate=Interpolated(
        by={
            convex_below_aside: k,
            convex_above_point: 1 / (1 - BETA),
            convex_below_iterate: BETA / (1 - BETA),
            convex_below_minimum: Integer(1),
            bounded_moment: alpha / 2,
        },
        noise=alpha * second_moment / 2,
    ),
    defaults={alpha: D**2 / (gap0 * sqrt(K))},
    note="x_k is the mean of z_0 .. z_k: the step to z_{k+1} has not entered it; f need not be smooth.",
    sibling="sgd_convex_constant",
)

_TUNED = D / sqrt(second_moment * (K + 1))

schedule_free_horizon = Theorem(
    id="schedule_free_horizon",
    title="Schedule-free SGD, convex, horizon-tuned step, last average",
    source="Defazio, Yang, Mehta, Mishchenko, Khaled and Cutkosky 2024, Theorem 1 (number not checked)",
    method=sgd_schedule_free,
    assumptions=(convex, bounded_second_moment),
    step=_TUNED,
    measure="gap_last",
    bound=D * sqrt(second_moment / (K + 1)),
    certificate=Corollary(schedule_free_constant, {alpha: _TUNED}),
    sibling="schedule_free_constant",
)

THEOREMS = (schedule_free_constant, schedule_free_horizon)
