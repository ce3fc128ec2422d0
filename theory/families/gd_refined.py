"""Gradient descent beyond the first course: whole step ranges, gradient norms, sharper rates."""

from __future__ import annotations

from sympy import Integer, Rational

from ratebound.theory.assumptions import (
    cocoercive,
    coercive,
    convex,
    convex_step,
    convex_step_back,
    descent_lemma,
    gradient_below_gap,
    pl,
    pl_inequality,
    pl_next,
    smooth,
    smooth_step,
    strong_first_order,
    strongly_convex,
)
from ratebound.theory.certificate import Cited, OneStep
from ratebound.theory.certificates.reciprocal import Reciprocal
from ratebound.theory.certificates.recursion import Recursion
from ratebound.theory.certificates.telescope import Telescope
from ratebound.theory.methods import gd
from ratebound.theory.onestep import G, H
from ratebound.theory.statement import Theorem
from ratebound.theory.symbols import D, L, alpha, delta, gap0, grad_sq, k, mu, mu_pl

_INVERSE_L = {alpha: 1 / L}
_LONG = 2 * L + mu_pl * (2 - alpha * L)

gd_convex_whole = Theorem(
    id="gd_convex_whole",
    title="Gradient descent, smooth convex, every step below 2/L",
    source="Nesterov 2018, Theorem 2.1.14 (number not checked)",
    method=gd,
    assumptions=(smooth, convex),
    step=alpha,
    where=(alpha < 2 / L,),
    measure="gap_last",
    bound=2 * gap0 * D**2 / (2 * D**2 + k * alpha * (2 - L * alpha) * gap0),
    certificate=Reciprocal(
        decrease=alpha * (1 - L * alpha / 2),
        by={descent_lemma: Integer(1)},
        shrink={cocoercive: 2 * alpha, gradient_below_gap: alpha / L},
        shrink_plus={grad_sq: alpha * (2 / L - alpha)},
    ),
    defaults=_INVERSE_L,
    sibling="gd_convex",
)

gd_convex_gradient = Theorem(
    id="gd_convex_gradient",
    title="Gradient descent, smooth convex, gradient of the last iterate",
    source="Taylor, Hendrickx and Glineur 2018 (number not checked)",
    method=gd,
    assumptions=(smooth, convex),
    step=1 / L,
    measure="grad_norm_sq_last",
    bound=2 * L * gap0 / (2 * k + 1),
    certificate=Telescope(
        potential=delta + k * grad_sq / L,
        by={convex_step: 2 * k + 2, convex_step_back: 2 * k + 1},
        plus={(G - H) ** 2: (k + Rational(1, 2)) / L},
        share=(2 * k + 1) / (2 * L),
        final={gradient_below_gap: 1 / (2 * L)},
    ),
    note="The step is exactly 1/L.",
)

gd_convex_gradient_distance = Theorem(
    id="gd_convex_gradient_distance",
    title="Gradient descent, smooth convex, gradient of the last iterate from the distance",
    source="Taylor, Hendrickx and Glineur 2018; Teboulle and Vaisbourd 2022 (numbers not checked)",
    method=gd,
    assumptions=(smooth, convex),
    step=1 / L,
    measure="grad_norm_sq_last",
    bound=L**2 * D**2 / (k + 1) ** 2,
    certificate=Cited("its proof combines inequalities between all pairs of iterates, not one step"),
    note="The step is exactly 1/L. Attained by a Huber function.",
    sibling="gd_convex_gradient",
)

gd_sc_coercive = Theorem(
    id="gd_sc_coercive",
    title="Gradient descent, strongly convex, distance by coercivity",
    source="Nesterov 2018, Theorem 2.1.15 (number not checked)",
    method=gd,
    assumptions=(smooth, strongly_convex),
    step=alpha,
    where=(alpha <= 2 / (mu + L),),
    measure="distance_sq",
    bound=(1 - 2 * alpha * mu * L / (mu + L)) ** k * D**2,
    certificate=Recursion(
        rate=1 - 2 * alpha * mu * L / (mu + L),
        noise=Integer(0),
        by={coercive: 2 * alpha},
        plus={grad_sq: alpha * (2 / (mu + L) - alpha)},
    ),
    defaults=_INVERSE_L,
    sibling="gd_sc_distance",
)

gd_sc_simple = Theorem(
    id="gd_sc_simple",
    title="Gradient descent, strongly convex, distance, simple form",
    source="Garrigos and Gower 2023, Theorem 3.6 (number not checked)",
    method=gd,
    assumptions=(smooth, strongly_convex),
    step=alpha,
    where=(alpha <= 1 / L,),
    measure="distance_sq",
    bound=(1 - alpha * mu) ** k * D**2,
    certificate=Recursion(
        rate=1 - alpha * mu,
        noise=Integer(0),
        by={strong_first_order: 2 * alpha, gradient_below_gap: alpha**2},
        plus={delta: 2 * alpha * (1 - alpha * L)},
    ),
    defaults=_INVERSE_L,
    note="A factor of two loose in the exponent.",
    sibling="gd_sc_distance",
)

gd_pl_refined = Theorem(
    id="gd_pl_refined",
    title="Gradient descent, Polyak-Łojasiewicz at both ends of the step",
    source="Abbaszadehpeivasti, de Klerk and Zamani 2023 (number not checked); derived for alpha <= 1/L",
    method=gd,
    assumptions=(smooth, pl),
    step=alpha,
    where=(alpha <= 1 / L,),
    measure="gap_last",
    bound=((2 - alpha * mu_pl * (3 - alpha * L)) / (2 + alpha * mu_pl)) ** k * gap0,
    certificate=Recursion(
        rate=(2 - alpha * mu_pl * (3 - alpha * L)) / (2 + alpha * mu_pl),
        noise=Integer(0),
        by={
            smooth_step: 2 / (2 + alpha * mu_pl),
            pl_inequality: 2 * alpha * (3 - alpha * L) / (2 * (2 + alpha * mu_pl)),
            pl_next: alpha / (2 + alpha * mu_pl),
        },
        plus={(G - H) ** 2: (1 / (2 * L) - alpha / 2) / (2 + alpha * mu_pl)},
    ),
    defaults=_INVERSE_L,
    note="At alpha = 1/L the factor is (2 L - 2 mu)/(2 L + mu).",
    sibling="gd_pl",
)

gd_pl_refined_long = Theorem(
    id="gd_pl_refined_long",
    title="Gradient descent, Polyak-Łojasiewicz at both ends of a step between 1/L and 2/L",
    source="the setting of Abbaszadehpeivasti, de Klerk and Zamani 2023; rate derived here",
    method=gd,
    assumptions=(smooth, pl),
    step=alpha,
    where=(alpha >= 1 / L, alpha < 2 / L),
    measure="gap_last",
    bound=((2 * L - mu_pl * (2 - alpha * L) * (1 + alpha * L)) / _LONG) ** k * gap0,
    certificate=Recursion(
        rate=(2 * L - mu_pl * (2 - alpha * L) * (1 + alpha * L)) / _LONG,
        noise=Integer(0),
        by={
            smooth_step: 2 * L / _LONG,
            pl_inequality: (2 - alpha * L) * (1 + alpha * L) / _LONG,
            pl_next: (2 - alpha * L) / _LONG,
        },
        plus={(G + H) ** 2: (alpha * L - 1) / (2 * _LONG)},
    ),
    defaults={alpha: 3 / (2 * L)},
    sibling="gd_pl_refined",
)

gd_descent = Theorem(
    id="gd_descent",
    title="Gradient descent, one step on a smooth function",
    source="folklore; Nesterov 2004, section 1.2.3",
    method=gd,
    assumptions=(smooth,),
    step=alpha,
    measure="gap_next",
    bound=delta - alpha * (1 - alpha * L / 2) * grad_sq,
    certificate=OneStep(by={descent_lemma: Integer(1)}),
    defaults=_INVERSE_L,
    sibling="gd_nonconvex",
)

THEOREMS = (
    gd_convex_whole,
    gd_convex_gradient,
    gd_convex_gradient_distance,
    gd_sc_coercive,
    gd_sc_simple,
    gd_pl_refined,
    gd_pl_refined_long,
    gd_descent,
)
