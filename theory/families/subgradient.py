"""Subgradient steps and last iterates: f convex, smooth or not, with gradients bounded along the run.

``second_moment`` bounds E||g_k||^2; where g_k is a subgradient of f itself, that is its square.
"""

from __future__ import annotations

from sympy import Integer, log, sqrt

from ratebound.theory.algebra.lemmas import harmonic, inverse_sqrt_sharp, triangular
from ratebound.theory.assumptions import (
    bounded_gradient,
    bounded_moment,
    bounded_second_moment,
    convex,
    first_order,
    strong_first_order,
    strongly_convex,
)
from ratebound.theory.certificate import Corollary
from ratebound.theory.certificates.last_iterate import LastIterate
from ratebound.theory.certificates.telescope import Telescope
from ratebound.theory.inequalities.noise_models import to_end
from ratebound.theory.inequality import Inequality
from ratebound.theory.method import Method
from ratebound.theory.methods import gd, sgd
from ratebound.theory.statement import Theorem
from ratebound.theory.symbols import D, K, alpha, alpha0, d2, gap0, k, mu, second_moment

_NOISE = alpha**2 * second_moment
_STEP = {first_order: 2 * alpha, bounded_gradient: alpha**2}
_SHORT = D**2 / (gap0 * sqrt(K))
"""A step that needs no constant of smoothness: of order D/(slope sqrt(K))."""
IMPLIED = "f at the mean of the points, by Jensen's inequality, and at the best of them is no larger."

subgradient_constant = Theorem(
    id="subgradient_constant",
    title="Subgradient method, convex, constant step, mean gap",
    source="Shor 1985; Nesterov 2004, section 3.2 (number not checked)",
    method=gd,
    assumptions=(convex, bounded_second_moment),
    step=alpha,
    measure="gap_mean",
    bound=D**2 / (2 * alpha * k) + alpha * second_moment / 2,
    start=Integer(1),
    certificate=Telescope(potential=d2, weight=2 * alpha, noise=_NOISE, by=_STEP),
    defaults={alpha: _SHORT},
    note=IMPLIED,
    sibling="sgd_convex_constant",
)

_TUNED = D / sqrt(second_moment * K)

subgradient_horizon = Theorem(
    id="subgradient_horizon",
    title="Subgradient method, convex, horizon-tuned step, mean gap",
    source="Nesterov 2004, section 3.2 (number not checked)",
    method=gd,
    assumptions=(convex, bounded_second_moment),
    step=_TUNED,
    measure="gap_mean",
    bound=D * sqrt(second_moment / K),
    start=Integer(1),
    certificate=Corollary(subgradient_constant, {alpha: _TUNED}),
    note=IMPLIED,
    sibling="subgradient_constant",
)

_DECAYING = alpha0 / sqrt(k + 1)

subgradient_decaying = Theorem(
    id="subgradient_decaying",
    title="Subgradient method, convex, decaying step, step-weighted mean gap",
    source="folklore; closed form derived",
    method=gd,
    assumptions=(convex, bounded_second_moment),
    step=_DECAYING,
    measure="gap_mean",
    weights=_DECAYING,
    bound=(D**2 + alpha0**2 * second_moment * (1 + log(k))) / (4 * alpha0 * (sqrt(k + 1) - 1)),
    start=Integer(1),
    certificate=Telescope(
        potential=d2,
        weight=2 * alpha,
        noise=_NOISE,
        by=_STEP,
        weight_sum=inverse_sqrt_sharp,
        noise_sum=harmonic,
    ),
    defaults={alpha0: D**2 / gap0},
    note=IMPLIED,
    sibling="subgradient_horizon",
)

subgradient_strong = Theorem(
    id="subgradient_strong",
    title="Subgradient method, strongly convex, step 2/(mu (k+2)), average with weights k+1",
    source="Lacoste-Julien, Schmidt and Bach 2012, equation (5), without noise (number not checked)",
    method=gd,
    assumptions=(strongly_convex, bounded_second_moment),
    step=2 / (mu * (k + 2)),
    measure="gap_average",
    weights=k + 1,
    bound=2 * second_moment / (mu * (k + 1)),
    start=Integer(1),
    certificate=Telescope(
        potential=mu * k * (k + 1) / 4 * d2,
        weight=k + 1,
        noise=second_moment / mu,
        by={strong_first_order: k + 1, bounded_gradient: (k + 1) / (mu * (k + 2))},
        plus={second_moment: 1 / (mu * (k + 2))},
        weight_sum=triangular,
    ),
    note="The proof bounds the mean of f(x_j), so that the bound holds for the best iterate too.",
    sibling="sgd_sc_weighted_average",
)

_SOURCE = "Zamani and Glineur 2023; Defazio, Cutkosky, Mehta and Mishchenko 2023 (numbers not checked)"


def _linear_decay(
    name: str, what: str, method: Method, slope: Inequality, sibling: str
) -> tuple[Theorem, Theorem]:
    """Return the theorems about steps that fall to zero at the horizon: from any first one, and tuned."""
    assumed = (convex, bounded_second_moment, to_end)
    weights, floor = 1 / (K - k), alpha0 * second_moment / 2
    tuned = D * (K - k) / sqrt(second_moment * (K + 1) ** 3)
    first = Theorem(
        id=f"{name}_linear_decay",
        title=f"{what}, convex, step alpha0 (1 - k/K), last iterate",
        source=_SOURCE,
        method=method,
        assumptions=assumed,
        step=alpha0 * (K - k) / K,
        measure="gap_last",
        bound=K * D**2 / (2 * alpha0 * (K + 1) ** 2) + floor + floor / K,
        start=Integer(1),
        certificate=LastIterate(weights, Integer(1), alpha0 / K, slope),
        defaults={alpha0: D**2 / (gap0 * sqrt(K))},
        note="The last iterate is as good as the average of a constant step of half the size.",
        sibling=sibling,
    )
    second = Theorem(
        id=f"{name}_linear_decay_horizon",
        title=f"{what}, convex, tuned step that falls linearly to zero, last iterate",
        source=_SOURCE,
        method=method,
        assumptions=assumed,
        step=tuned,
        measure="gap_last",
        bound=D * sqrt(second_moment / (K + 1)),
        start=Integer(1),
        certificate=LastIterate(weights, Integer(1), D / sqrt(second_moment * (K + 1) ** 3), slope),
        note="No method of K + 1 subgradients does better on all such f (Drori and Teboulle 2016).",
        sibling=f"{name}_linear_decay",
    )
    return first, second


THEOREMS = (
    subgradient_constant,
    subgradient_horizon,
    subgradient_decaying,
    subgradient_strong,
    *_linear_decay("subgradient", "Subgradient method", gd, bounded_gradient, "subgradient_constant"),
    *_linear_decay("sgd", "SGD", sgd, bounded_moment, "sgd_convex_constant"),
)
