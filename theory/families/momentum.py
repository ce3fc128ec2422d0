"""Heavy ball and the optimised gradient method, with full gradients."""

from __future__ import annotations

from sympy import Integer, Rational, Symbol

from ratebound.theory.assumptions import cocoercive, convex, gradient_below_gap, pl, smooth
from ratebound.theory.certificates.conversion import Conversion
from ratebound.theory.certificates.memory import Memory
from ratebound.theory.certificates.potential import Potential
from ratebound.theory.inequalities.points import (
    GY,
    M,
    cocoercive_below_minimum,
    cocoercive_below_model,
    convex_below_aside,
    convex_below_previous,
    descent_from_point,
    model_after,
    pl_at_point,
)
from ratebound.theory.methods import heavy_ball, heavy_ball_decaying, heavy_ball_pl, ogm
from ratebound.theory.onestep import G, X
from ratebound.theory.statement import Theorem
from ratebound.theory.symbols import D, L, alpha, alpha0, beta, delta, gap0, gap_before, gap_model, k, mu_pl

heavy_ball_linear = Theorem(
    id="heavy_ball_linear",
    title="Heavy ball, Polyak-Łojasiewicz, function values",
    source="Ghadimi, Feyzmahdavian and Johansson 2015, for strongly convex f (number not checked)",
    method=heavy_ball_pl,
    assumptions=(smooth, pl),
    step=alpha,
    where=(alpha < 1 / L,),
    measure="gap_last",
    bound=(1 - alpha * mu_pl) ** k * gap0,
    certificate=Potential(
        potential=delta + (1 / alpha - L) / 2 * (X - M) ** 2,
        by={descent_from_point: Integer(1), pl_at_point: alpha},
        factor=1 - alpha * mu_pl,
    ),
    defaults={alpha: 1 / (2 * L)},
    note="No faster than gradient descent: the momentum only does not harm.",
    sibling="gd_pl",
)

heavy_ball_convex = Theorem(
    id="heavy_ball_convex",
    title="Heavy ball, smooth convex, last iterate",
    source="Ghadimi, Feyzmahdavian and Johansson 2015, Theorem 2 (number not checked)",
    method=heavy_ball_decaying,
    assumptions=(smooth, convex),
    step=alpha,
    where=(alpha <= 1 / L,),
    measure="gap_last",
    bound=D**2 / (2 * alpha * (k + 1)),
    certificate=Potential(
        potential=k * gap_before + (X + k * (X - M)) ** 2 / (2 * alpha),
        by={cocoercive_below_minimum: Integer(1), convex_below_previous: k},
        plus={GY**2: (1 / L - alpha) / 2},
    ),
    defaults={alpha: 1 / L},
    note="The step alpha_k is alpha/(k + 2): alpha is the step of the sequence that is averaged.",
    sibling="gd_convex",
)

_SHORT = (1 - beta) * alpha0

heavy_ball_average = Theorem(
    id="heavy_ball_average",
    title="Heavy ball with any momentum, smooth convex, averaged iterate",
    source="Ghadimi, Feyzmahdavian and Johansson 2015, Theorem 1 (number not checked)",
    method=heavy_ball,
    assumptions=(smooth, convex),
    step=_SHORT,
    where=(alpha0 <= 1 / L, beta < 1),
    measure="gap_average",
    bound=(beta / (1 - beta) * gap0 + D**2 / (2 * alpha0)) / k,
    start=Integer(1),
    certificate=Memory(
        squares={X - beta * alpha0 * M: 1 / (2 * alpha0)},
        share=beta / (1 - beta),
        aside=X + _SHORT * M,
        by={cocoercive: Integer(1), convex_below_aside: beta / (1 - beta)},
        plus={G**2: (1 / L - alpha0) / 2},
        weight=Integer(1),
    ),
    defaults={alpha0: 1 / L, beta: Rational(9, 10)},
    note="alpha0 is the step that the momentum amounts to: the bound of averages of gradient descent, and a "
    "term of the start.",
    sibling="gd_convex_average",
)

_Z = Symbol("Z", real=True)

ogm_convex = Theorem(
    id="ogm_convex",
    title="Optimised gradient method, smooth convex",
    source="Kim and Fessler 2017, primary sequence, with rational weights (number not checked)",
    method=ogm,
    assumptions=(smooth, convex),
    step=1 / L,
    measure="gap_last",
    bound=L * D**2 / (k + 1) ** 2,
    start=Integer(1),
    certificate=Potential(
        potential=(k + 1) ** 2 / 2 * gap_model + L / 2 * _Z**2,
        lower=k * (k + 2) / 2 * gap_model + L / 2 * _Z**2,
        by={
            cocoercive_below_model: k * (k + 2) / 2,
            cocoercive_below_minimum: k + 2,
            model_after: (k + 2) ** 2 / 2,
        },
    ),
    note="Half of Nesterov's bound, at the same cost.",
    sibling="nesterov_convex",
)

ogm_convex_gradient = Theorem(
    id="ogm_convex_gradient",
    title="Optimised gradient method, smooth convex, gradient norm",
    source="corollary of Kim and Fessler 2017",
    method=ogm,
    assumptions=(smooth, convex),
    step=1 / L,
    measure="grad_norm_sq_last",
    bound=2 * L**2 * D**2 / (k + 1) ** 2,
    start=Integer(1),
    certificate=Conversion(ogm_convex, 2 * L, {gradient_below_gap: Integer(1)}),
    note="Methods that are made for the gradient norm do better; they know the horizon.",
    sibling="nesterov_convex_gradient",
)

THEOREMS = (heavy_ball_linear, heavy_ball_convex, heavy_ball_average, ogm_convex, ogm_convex_gradient)
