"""Statements that circulate and are false, each with the counterexample that our verdicts find violated."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from sympy import Max

from ratebound.theory.assumptions import smooth
from ratebound.theory.families.adagrad_box import amsgrad_box
from ratebound.theory.families.gd import gd_convex
from ratebound.theory.families.quadratics import RHO, heavy_ball_quadratic
from ratebound.theory.families.sgd_moment import sgd_pl_constant
from ratebound.theory.families.sgd_sc import sgd_sc_theta
from ratebound.theory.families.sgd_star import sgd_nws
from ratebound.theory.methods.boxed import adam_box
from ratebound.theory.refutation import Counterexample, Refuted
from ratebound.theory.refuted_noise import REFUTED_NOISE
from ratebound.theory.refuted_steps import REFUTED_STEPS
from ratebound.theory.symbols import D, L, L_max, alpha, k, mu, second_moment, sigma_star_sq, theta

long_step = Refuted(
    replace(
        gd_convex,
        id="gd_convex_long_step",
        title="Gradient descent, smooth convex, classic bound up to 2/L",
        source="circulates without the condition alpha <= 1/L",
        where=(alpha < 2 / L,),
        certificate=None,
    ),
    Counterexample(((1.0,),), (0.0,), (1.0,), 1, {"alpha": "19/(10*L)"}),
    "A step near 2/L flips the sign of the error and hardly shrinks it, while the bound falls with the step.",
)

published_theta = Refuted(
    replace(
        sgd_sc_theta,
        id="sgd_sc_theta_published",
        title="SGD, strongly convex, step theta/k, distance, as published",
        source="Nemirovski, Juditsky, Lan and Shapiro 2009, (2.9)-(2.10), as remembered",
        bound=Max(theta**2 * second_moment / (2 * mu * theta - 1), D**2) / (k + 1),
        certificate=None,
    ),
    Counterexample(((1.0,), (1.0,)), (1.0, -1.0), (0.0,), 1),
    "The first factor of the recursion is negative, so that the induction does not start: one step from x* "
    "reaches theta^2 sigma^2, twice the claim.",
)

noise_at_minimum = Refuted(
    replace(
        sgd_pl_constant,
        id="sgd_pl_constant_star",
        title="SGD, Polyak-Łojasiewicz, constant step, with the noise at the minimiser",
        source="a common slip: sigma^2 read as the variance at x*",
        assumptions=(*sgd_pl_constant.assumptions[:2],),
        bound=sgd_pl_constant.bound.subs(second_moment, sigma_star_sq),
        certificate=None,
    ),
    Counterexample(((2.0,), (0.0,)), (0.0, 0.0), (1.0,), 5, {"alpha": "1/(4*mu_pl)"}),
    "Where one point minimises every component the noise at x* is zero, and far from x* it is not.",
)

mean_smoothness = Refuted(
    replace(
        sgd_nws,
        id="sgd_nws_mean_smoothness",
        title="SGD, strongly convex, variance at the minimiser, with L in place of L_max",
        source="a common slip: the smoothness of f in place of that of its components",
        assumptions=(smooth, *sgd_nws.assumptions),
        where=(alpha < 1 / L,),
        bound=sgd_nws.bound.subs(L_max, L),
        defaults={alpha: 1 / (2 * L)},
        certificate=None,
    ),
    Counterexample(((3.0,), (0.0,), (0.0,)), (0.0, 0.0, 0.0), (1.0,), 3),
    "A rare large row makes the second moment of the step as large as L_max says, not L.",
)

bare_heavy_ball = Refuted(
    replace(
        heavy_ball_quadratic,
        id="heavy_ball_bare_rate",
        title="Heavy ball with Polyak's parameters, least squares, at its bare rate",
        source="a common reading of Polyak 1964, whose rate is a limit",
        bound=RHO ** (2 * k) * D**2,
        certificate=None,
    ),
    Counterexample(((10.0, 0.0), (0.0, 1.0)), (0.0, 0.0), (1.0, 0.0), 20),
    "The roots of the recursion meet at the ends of the spectrum: the error exceeds the bare rate 2 k-fold.",
)

adam = Refuted(
    replace(
        amsgrad_box,
        id="adam_box",
        title="Adam without momentum on a box, convex, averaged iterate",
        source="Kingma and Ba 2015, Theorem 4.1 (number not checked), for beta_1 = 0",
        method=adam_box,
        certificate=None,
        note="",
    ),
    Counterexample(
        ((1.0,), (1.0,), (1.0,)),
        (2.0, -1.0, -1.0),
        (-1.0,),
        1600,
        {"decay": "1/100", "gamma": "3*x_inf/2", "margin": "x_inf/100", "b0": "x_inf*L/100"},
    ),
    "With a short memory every step is nearly as long as any other: the iterate goes to the median, "
    "not to the mean (after Reddi, Kale and Kumar 2018, Theorem 3).",
)

REFUTED: Mapping[str, Refuted] = {
    each.theorem.id: each
    for each in (
        long_step,
        published_theta,
        noise_at_minimum,
        mean_smoothness,
        bare_heavy_ball,
        adam,
        *REFUTED_STEPS,
        *REFUTED_NOISE,
    )
}
"""The refuted statements by id."""
