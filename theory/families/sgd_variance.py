"""SGD under a bounded variance, ``E||g_k - grad f(x_k)||^2 <= variance_bound`` along the run."""

from __future__ import annotations

from sympy import Integer, sqrt

from ratebound.theory.assumptions import (
    bounded_noise,
    bounded_variance,
    cocoercive,
    coercive,
    convex,
    descent_lemma,
    lower_bounded,
    pl,
    pl_inequality,
    smooth,
    strong_gradient,
    strongly_convex,
)
from ratebound.theory.certificate import Corollary
from ratebound.theory.certificates.recursion import Recursion
from ratebound.theory.certificates.telescope import Telescope
from ratebound.theory.methods import sgd
from ratebound.theory.statement import Theorem
from ratebound.theory.symbols import (
    D,
    K,
    L,
    L_max,
    alpha,
    d2,
    delta,
    gap0,
    grad_sq,
    k,
    mu,
    mu_pl,
    variance_bound,
)

_QUARTER = {alpha: 1 / (4 * L_max)}
_TO_INVERSE_L = (alpha <= 1 / L,)
_MIDDLE = 2 / (mu + L)

sgd_nonconvex_variance = Theorem(
    id="sgd_nonconvex_variance",
    title="SGD, nonconvex, bounded variance, mean squared gradient",
    source="Ghadimi and Lan 2013, Corollary 2.2 (number not checked)",
    method=sgd,
    assumptions=(smooth, lower_bounded, bounded_variance),
    step=alpha,
    where=_TO_INVERSE_L,
    measure="grad_norm_sq_mean",
    bound=2 * gap0 / (alpha * k) + L * alpha * variance_bound,
    start=Integer(1),
    certificate=Telescope(
        potential=delta,
        weight=alpha / 2,
        noise=L * alpha**2 * variance_bound / 2,
        by={descent_lemma: Integer(1), bounded_noise: L * alpha**2 / 2},
        plus={grad_sq: alpha * (1 - L * alpha) / 2},
    ),
    defaults=_QUARTER,
    sibling="sgd_nonconvex_constant",
)

sgd_pl_variance = Theorem(
    id="sgd_pl_variance",
    title="SGD, Polyak-Łojasiewicz, bounded variance, constant step",
    source="folklore; Bottou, Curtis and Nocedal 2018, Theorem 4.6 with M_G = 1 (number not checked)",
    method=sgd,
    assumptions=(smooth, pl, bounded_variance),
    step=alpha,
    where=_TO_INVERSE_L,
    measure="gap_last",
    bound=(1 - alpha * mu_pl) ** k * gap0 + L * alpha * variance_bound / (2 * mu_pl),
    certificate=Recursion(
        rate=1 - alpha * mu_pl,
        noise=L * alpha**2 * variance_bound / 2,
        by={descent_lemma: Integer(1), bounded_noise: L * alpha**2 / 2, pl_inequality: alpha},
        plus={grad_sq: alpha * (1 - L * alpha) / 2},
    ),
    defaults=_QUARTER,
    sibling="sgd_pl_constant",
)

_LEFT = alpha * variance_bound / (mu * (2 - alpha * mu))
"""The floor of the squared distance."""

sgd_sc_variance = Theorem(
    id="sgd_sc_variance",
    title="SGD, strongly convex, bounded variance, constant step, distance",
    source="folklore",
    method=sgd,
    assumptions=(smooth, strongly_convex, bounded_variance),
    step=alpha,
    where=(alpha <= _MIDDLE,),
    measure="distance_sq",
    bound=(1 - alpha * mu) ** (2 * k) * (D**2 - _LEFT) + _LEFT,
    certificate=Recursion(
        rate=(1 - alpha * mu) ** 2,
        noise=alpha**2 * variance_bound,
        by={coercive: 2 * alpha, strong_gradient: alpha * (_MIDDLE - alpha), bounded_noise: alpha**2},
    ),
    defaults=_QUARTER,
    note="Attained at every k by a parabola whose noise does not depend on x.",
    sibling="sgd_sc_constant",
)

sgd_convex_variance = Theorem(
    id="sgd_convex_variance",
    title="SGD, smooth convex, bounded variance, constant step, averaged iterate",
    source="Lan 2012 (number not checked); constants derived here, for the average of x_0 .. x_{k-1}",
    method=sgd,
    assumptions=(smooth, convex, bounded_variance),
    step=alpha,
    where=_TO_INVERSE_L,
    measure="gap_average",
    bound=D**2 / (2 * alpha * k) + alpha * variance_bound / 2,
    start=Integer(1),
    certificate=Telescope(
        potential=d2,
        weight=2 * alpha,
        noise=alpha**2 * variance_bound,
        by={cocoercive: 2 * alpha, bounded_noise: alpha**2},
        plus={grad_sq: alpha * (1 / L - alpha)},
    ),
    defaults=_QUARTER,
    note="The bound of gd_convex_average and the noise: where f is smooth, the variance is all that counts.",
    sibling="sgd_convex_constant",
)

_TUNED = 1 / (2 * L * sqrt(K))

sgd_nonconvex_variance_horizon = Theorem(
    id="sgd_nonconvex_variance_horizon",
    title="SGD, nonconvex, bounded variance, step 1/(2 L sqrt K), mean squared gradient",
    source="Ghadimi and Lan 2013 (number not checked)",
    method=sgd,
    assumptions=(smooth, lower_bounded, bounded_variance),
    step=_TUNED,
    measure="grad_norm_sq_mean",
    bound=(4 * L * gap0 + variance_bound / 2) / sqrt(K),
    start=Integer(1),
    certificate=Corollary(sgd_nonconvex_variance, {alpha: _TUNED}),
    note="The step does not need the variance.",
    sibling="sgd_nonconvex_horizon",
)

THEOREMS = (
    sgd_nonconvex_variance,
    sgd_pl_variance,
    sgd_sc_variance,
    sgd_convex_variance,
    sgd_nonconvex_variance_horizon,
)
