"""SGD with a second moment that is affine in the squared gradient: E||g||^2 <= M + M_G ||grad f||^2."""

from __future__ import annotations

from dataclasses import replace

from sympy import Integer, Max, log, sqrt

from ratebound.theory.algebra.lemmas import harmonic, inverse_sqrt_sharp
from ratebound.theory.assumptions import (
    cocoercive,
    coercive,
    convex,
    descent_lemma,
    lower_bounded,
    pl,
    pl_inequality,
    smooth,
    strongly_convex,
)
from ratebound.theory.certificate import Corollary
from ratebound.theory.certificates.recursion import Recursion
from ratebound.theory.certificates.telescope import Telescope
from ratebound.theory.inequalities.noise_models import affine, affine_moment
from ratebound.theory.methods import sgd
from ratebound.theory.statement import Theorem
from ratebound.theory.symbols import (
    D,
    K,
    L,
    alpha,
    alpha0,
    d2,
    delta,
    gap0,
    grad_sq,
    k,
    mu,
    mu_pl,
    s0,
    theta,
)
from ratebound.theory.symbols import affine_growth as M_G
from ratebound.theory.symbols import affine_noise as M

_BCN = "Bottou, Curtis and Nocedal 2018, Theorem"
_TOP = 1 / (L * M_G)
_RANGE = (alpha <= _TOP,)
_AT_TOP = {alpha: _TOP}
_SPARE = {grad_sq: alpha * (1 - L * M_G * alpha) / 2}

_pl_recursion = Recursion(
    rate=1 - alpha * mu_pl,
    noise=L * alpha**2 * M / 2,
    by={descent_lemma: Integer(1), affine_moment: L * alpha**2 / 2, pl_inequality: alpha},
    plus=_SPARE,
)
_FLOOR = alpha * L * M / (2 * mu_pl)

sgd_affine_pl = Theorem(
    id="sgd_affine_pl",
    title="SGD, affine second moment, Polyak-Łojasiewicz, constant step",
    source=f"{_BCN} 4.6",
    method=sgd,
    assumptions=(smooth, pl, affine),
    step=alpha,
    where=_RANGE,
    measure="gap_last",
    bound=_FLOOR + (1 - alpha * mu_pl) ** k * (gap0 - _FLOOR),
    certificate=_pl_recursion,
    defaults=_AT_TOP,
    note="The paper counts iterates from 1 and assumes strong convexity; the PL inequality is what is used.",
    sibling="sgd_pl_variance",
)

sgd_affine_pl_decaying = Theorem(
    id="sgd_affine_pl_decaying",
    title="SGD, affine second moment, Polyak-Łojasiewicz, step theta/(k + s0)",
    source=f"{_BCN} 4.7",
    method=sgd,
    assumptions=(smooth, pl, affine),
    step=theta / (k + s0),
    where=(theta > 1 / mu_pl, s0 >= theta * L * M_G),
    measure="gap_last",
    bound=Max(theta**2 * L * M / (2 * (theta * mu_pl - 1)), s0 * gap0) / (k + s0),
    certificate=_pl_recursion,
    defaults={theta: 2 / mu_pl, s0: 2 * L * M_G / mu_pl},
    note="The noise term is least for theta = 2/mu; the paper counts iterates from 1: its gamma is s0 - 1.",
    sibling="sgd_pl_decaying_shifted",
)

sgd_affine_sc = Theorem(
    id="sgd_affine_sc",
    title="SGD, affine second moment, strongly convex, constant step, distance",
    source="derived by the coercivity of a smooth, strongly convex gradient",
    method=sgd,
    assumptions=(smooth, strongly_convex, affine),
    step=alpha,
    where=(alpha <= 2 / (M_G * (mu + L)),),
    measure="distance_sq",
    bound=(1 - 2 * alpha * mu * L / (mu + L)) ** k * D**2 + alpha * M * (mu + L) / (2 * mu * L),
    certificate=Recursion(
        rate=1 - 2 * alpha * mu * L / (mu + L),
        noise=alpha**2 * M,
        by={coercive: 2 * alpha, affine_moment: alpha**2},
        plus={grad_sq: 2 * alpha / (mu + L) - M_G * alpha**2},
    ),
    defaults={alpha: 2 / (M_G * (mu + L))},
    sibling="sgd_growth_sc",
)

sgd_affine_convex = Theorem(
    id="sgd_affine_convex",
    title="SGD, affine second moment, convex, constant step, averaged iterate",
    source="derived by co-coercivity",
    method=sgd,
    assumptions=(smooth, convex, affine),
    step=alpha,
    where=_RANGE,
    measure="gap_average",
    bound=D**2 / (2 * alpha * k) + alpha * M / 2,
    start=Integer(1),
    certificate=Telescope(
        potential=d2,
        weight=2 * alpha,
        noise=alpha**2 * M,
        by={cocoercive: 2 * alpha, affine_moment: alpha**2},
        plus={grad_sq: alpha / L - M_G * alpha**2},
    ),
    defaults=_AT_TOP,
    sibling="sgd_convex_variance",
)

_SLOW = 1 / (L * M_G * sqrt(K))

sgd_affine_convex_horizon = Theorem(
    id="sgd_affine_convex_horizon",
    title="SGD, affine second moment, convex, step of order 1/sqrt(K), averaged iterate",
    source="derived from the constant step",
    method=sgd,
    assumptions=(smooth, convex, affine),
    step=_SLOW,
    measure="gap_average",
    bound=(L * M_G * D**2 + M / (L * M_G)) / (2 * sqrt(K)),
    start=Integer(1),
    certificate=Corollary(sgd_affine_convex, {alpha: _SLOW}),
    sibling="sgd_star_convex_horizon",
)

_nonconvex_sum = Telescope(
    potential=delta,
    weight=alpha / 2,
    noise=L * alpha**2 * M / 2,
    by={descent_lemma: Integer(1), affine_moment: L * alpha**2 / 2},
    plus=_SPARE,
)

sgd_affine_nonconvex = Theorem(
    id="sgd_affine_nonconvex",
    title="SGD, affine second moment, nonconvex, constant step, mean squared gradient",
    source=f"{_BCN} 4.8",
    method=sgd,
    assumptions=(smooth, lower_bounded, affine),
    step=alpha,
    where=_RANGE,
    measure="grad_norm_sq_mean",
    bound=2 * gap0 / (alpha * k) + alpha * L * M,
    start=Integer(1),
    certificate=_nonconvex_sum,
    defaults=_AT_TOP,
    sibling="sgd_nonconvex_variance",
)

sgd_affine_nonconvex_horizon = Theorem(
    id="sgd_affine_nonconvex_horizon",
    title="SGD, affine second moment, nonconvex, step of order 1/sqrt(K), mean squared gradient",
    source=f"derived from {_BCN} 4.8",
    method=sgd,
    assumptions=(smooth, lower_bounded, affine),
    step=_SLOW,
    measure="grad_norm_sq_mean",
    bound=(2 * L * M_G * gap0 + M / M_G) / sqrt(K),
    start=Integer(1),
    certificate=Corollary(sgd_affine_nonconvex, {alpha: _SLOW}),
    sibling="sgd_nonconvex_variance_horizon",
)

_DECAYING = alpha0 / sqrt(k + 1)

sgd_affine_nonconvex_decaying = Theorem(
    id="sgd_affine_nonconvex_decaying",
    title="SGD, affine second moment, nonconvex, decaying step, step-weighted mean squared gradient",
    source=f"{_BCN} 4.10, whose sums are said to be finite; closed form derived",
    method=sgd,
    assumptions=(smooth, lower_bounded, affine),
    step=_DECAYING,
    where=(alpha0 <= _TOP,),
    measure="grad_norm_sq_mean",
    weights=_DECAYING,
    bound=(2 * gap0 + L * M * alpha0**2 * (1 + log(k))) / (2 * alpha0 * (sqrt(k + 1) - 1)),
    start=Integer(1),
    certificate=replace(_nonconvex_sum, weight_sum=inverse_sqrt_sharp, noise_sum=harmonic),
    defaults={alpha0: _TOP},
    sibling="sgd_nonconvex_decaying",
)

THEOREMS = (
    sgd_affine_pl,
    sgd_affine_pl_decaying,
    sgd_affine_sc,
    sgd_affine_convex,
    sgd_affine_convex_horizon,
    sgd_affine_nonconvex,
    sgd_affine_nonconvex_horizon,
    sgd_affine_nonconvex_decaying,
)
