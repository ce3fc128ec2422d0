"""SGD under a bounded second moment with steps that know the horizon, or that decay like 1/sqrt(k)."""

from __future__ import annotations

from sympy import Integer, log, sqrt

from ratebound.theory.algebra.lemmas import harmonic, harmonic_shifted, inverse_sqrt, inverse_sqrt_sharp
from ratebound.theory.assumptions import (
    bounded_moment,
    bounded_second_moment,
    convex,
    descent_lemma,
    first_order,
    lower_bounded,
    smooth,
)
from ratebound.theory.certificate import Corollary
from ratebound.theory.certificates.telescope import Telescope
from ratebound.theory.families.sgd_moment import sgd_convex_constant, sgd_nonconvex_constant
from ratebound.theory.methods import sgd
from ratebound.theory.statement import Theorem
from ratebound.theory.symbols import D, K, L, alpha, alpha0, d2, delta, gap0, k, second_moment

_DECAYING = alpha0 / sqrt(k + 1)
_QUARTER_L = {alpha0: 1 / (4 * L)}

_CONVEX_TUNED = D / sqrt(second_moment * K)

sgd_convex_horizon = Theorem(
    id="sgd_convex_horizon",
    title="SGD, convex, horizon-tuned step, averaged iterate",
    source="Nemirovski, Juditsky, Lan and Shapiro 2009 (number not checked)",
    method=sgd,
    assumptions=(convex, bounded_second_moment),
    step=_CONVEX_TUNED,
    measure="gap_average",
    bound=D * sqrt(second_moment / K),
    start=Integer(1),
    certificate=Corollary(sgd_convex_constant, {alpha: _CONVEX_TUNED}),
    note=(
        "The step depends on the second moment and the second moment on the step: the pair is certified "
        "together, as a fixed point."
    ),
)


def _convex(lower: object, upper: object) -> Telescope:
    return Telescope(
        potential=d2,
        weight=2 * alpha,
        noise=alpha**2 * second_moment,
        by={first_order: 2 * alpha, bounded_moment: alpha**2},
        weight_sum=lower,  # type: ignore[arg-type]
        noise_sum=upper,  # type: ignore[arg-type]
    )


sgd_convex_decaying = Theorem(
    id="sgd_convex_decaying",
    title="SGD, convex, decaying step, step-weighted average",
    source="the lecture's constants; Garrigos and Gower 2023, section 5 (number not checked)",
    method=sgd,
    assumptions=(smooth, convex, bounded_second_moment),
    step=_DECAYING,
    where=(alpha0 <= 1 / (4 * L),),
    measure="gap_average",
    weights=_DECAYING,
    bound=5 * D**2 / (4 * alpha0 * sqrt(k)) + 5 * alpha0 * second_moment * log(k + 1) / sqrt(k),
    start=Integer(1),
    certificate=_convex(inverse_sqrt, harmonic_shifted),
    defaults=_QUARTER_L,
    note="A bounded second moment leaves these constants room to spare; the sharper form stands beside it.",
    sibling="sgd_convex_decaying_sharp",
)

sgd_convex_decaying_sharp = Theorem(
    id="sgd_convex_decaying_sharp",
    title="SGD, convex, decaying step, step-weighted average, sharper constants",
    source="Nemirovski, Juditsky, Lan and Shapiro 2009 (number not checked); closed form derived",
    method=sgd,
    assumptions=(convex, bounded_second_moment),
    step=_DECAYING,
    measure="gap_average",
    weights=_DECAYING,
    bound=(D**2 + alpha0**2 * second_moment * (1 + log(k))) / (4 * alpha0 * (sqrt(k + 1) - 1)),
    start=Integer(1),
    certificate=_convex(inverse_sqrt_sharp, harmonic),
    defaults=_QUARTER_L,
    note="f need not be smooth, and any first step is admissible.",
    sibling="sgd_convex_decaying",
)

_NONCONVEX_TUNED = sqrt(2 * gap0 / (L * second_moment * K))

sgd_nonconvex_horizon = Theorem(
    id="sgd_nonconvex_horizon",
    title="SGD, nonconvex, horizon-tuned step, mean squared gradient",
    source="Ghadimi and Lan 2013 (number not checked)",
    method=sgd,
    assumptions=(smooth, lower_bounded, bounded_second_moment),
    step=_NONCONVEX_TUNED,
    measure="grad_norm_sq_mean",
    bound=sqrt(2 * L * gap0 * second_moment / K),
    start=Integer(1),
    certificate=Corollary(sgd_nonconvex_constant, {alpha: _NONCONVEX_TUNED}),
)

sgd_nonconvex_decaying = Theorem(
    id="sgd_nonconvex_decaying",
    title="SGD, nonconvex, decaying step, step-weighted mean squared gradient",
    source="Ghadimi and Lan 2013 (number not checked); closed form derived",
    method=sgd,
    assumptions=(smooth, lower_bounded, bounded_second_moment),
    step=_DECAYING,
    measure="grad_norm_sq_mean",
    weights=_DECAYING,
    bound=(2 * gap0 + L * second_moment * alpha0**2 * (1 + log(k))) / (4 * alpha0 * (sqrt(k + 1) - 1)),
    start=Integer(1),
    certificate=Telescope(
        potential=delta,
        weight=alpha,
        noise=L * alpha**2 * second_moment / 2,
        by={descent_lemma: Integer(1), bounded_moment: L * alpha**2 / 2},
        weight_sum=inverse_sqrt_sharp,
        noise_sum=harmonic,
    ),
    defaults=_QUARTER_L,
)

THEOREMS = (
    sgd_convex_horizon,
    sgd_convex_decaying,
    sgd_convex_decaying_sharp,
    sgd_nonconvex_horizon,
    sgd_nonconvex_decaying,
)
