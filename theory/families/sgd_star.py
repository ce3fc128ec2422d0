"""SGD under the variance at the minimiser: expected smoothness, no bound on gradients elsewhere."""

from __future__ import annotations

from sympy import Integer, Piecewise, ceiling, exp, log, sqrt

from ratebound.theory.algebra.lemmas import harmonic_shifted, inverse_sqrt_corrected
from ratebound.theory.assumptions import (
    cocoercive_components,
    convex,
    convex_components,
    expected_smoothness,
    first_order,
    smooth_components,
    strong_first_order,
    strong_monotone,
    strongly_convex,
    variance_transfer,
)
from ratebound.theory.certificate import Corollary
from ratebound.theory.certificates.recursion import Recursion
from ratebound.theory.certificates.telescope import Telescope
from ratebound.theory.inequalities.noise_splits import noise_split
from ratebound.theory.methods import sgd
from ratebound.theory.statement import Theorem
from ratebound.theory.symbols import (
    D,
    K,
    L_max,
    alpha,
    alpha0,
    d2,
    delta,
    descent,
    ell,
    k,
    mu,
    s0,
    sigma_b_sq,
    sigma_star_sq,
)

_ROOT = sqrt(2 * alpha * ell)

sgd_star_constant = Theorem(
    id="sgd_star_constant",
    title="SGD, strongly convex, expected smoothness, constant step, distance",
    source=(
        "derived; Gower, Loizou, Qian, Sailanbayev, Shulgin and Richtárik 2019, Theorem 3.1, have alpha <= "
        "1/(2 ell), the factor 1 - alpha mu and 2 alpha sigma^2/mu: this bound at the longest of those steps"
    ),
    method=sgd,
    assumptions=(strongly_convex, convex_components),
    step=alpha,
    where=(alpha < 2 / ell,),
    measure="distance_sq",
    bound=(1 - alpha * mu * (2 - _ROOT)) ** k * D**2 + 2 * alpha * sigma_b_sq / (mu * (2 - _ROOT) ** 2),
    certificate=Recursion(
        rate=1 - alpha * mu * (2 - _ROOT),
        noise=2 * alpha**2 * sigma_b_sq / (2 - _ROOT),
        by={
            strong_monotone: alpha * (2 - _ROOT),
            noise_split("expected_smoothness", _ROOT / 2, descent / 2): alpha**2,
        },
    ),
    defaults={alpha: 1 / (2 * ell)},
    note="Of all splits of the noise the one with the least floor: alpha sigma^2/(2 mu) for short steps.",
    sibling="sgd_nws",
)

_SWITCH = 4 * ceiling(ell / mu)

sgd_star_switch = Theorem(
    id="sgd_star_switch",
    title="SGD, strongly convex, expected smoothness, switching step, distance",
    source="Gower, Loizou, Qian, Sailanbayev, Shulgin and Richtárik 2019, Theorem 3.2",
    method=sgd,
    assumptions=(strongly_convex, convex_components),
    step=Piecewise((1 / (2 * ell), k < _SWITCH), ((2 * k + 1) / ((k + 1) ** 2 * mu), True)),
    measure="distance_sq",
    bound=8 * sigma_b_sq / (mu**2 * k) + _SWITCH**2 * D**2 / (exp(2) * k**2),
    start=_SWITCH,
    certificate=Recursion(
        rate=1 - alpha * mu,
        noise=2 * alpha**2 * sigma_b_sq,
        by={strong_first_order: 2 * alpha, expected_smoothness: alpha**2},
        plus={delta: 2 * alpha * (1 - 2 * alpha * ell)},
        before=(sgd_star_constant, {alpha: 1 / (2 * ell)}),
    ),
    note="The step is constant for the first 4 ceil(ell/mu) steps; the bound is claimed after them.",
)

sgd_nws = Theorem(
    id="sgd_nws",
    title="SGD, strongly convex, variance at the minimiser, constant step, distance",
    source="Needell, Srebro and Ward 2014, Theorem 2.1",
    method=sgd,
    assumptions=(strongly_convex, smooth_components),
    step=alpha,
    where=(alpha < 1 / L_max,),
    measure="distance_sq",
    bound=(
        (1 - 2 * alpha * mu * (1 - alpha * L_max)) ** k * D**2
        + alpha * sigma_star_sq / (mu * (1 - alpha * L_max))
    ),
    certificate=Recursion(
        rate=1 - 2 * alpha * mu * (1 - alpha * L_max),
        noise=2 * alpha**2 * sigma_star_sq,
        by={strong_monotone: 2 * alpha * (1 - alpha * L_max), cocoercive_components: alpha**2},
    ),
    defaults={alpha: 1 / (2 * L_max)},
)

sgd_star_convex = Theorem(
    id="sgd_star_convex",
    title="SGD, convex, variance at the minimiser, constant step, averaged iterate",
    source="derived; the co-coercivity lemma of Needell, Srebro and Ward 2014 has larger constants",
    method=sgd,
    assumptions=(convex, smooth_components),
    step=alpha,
    where=(alpha < 1 / L_max,),
    measure="gap_average",
    bound=D**2 / (2 * alpha * k) + alpha * sigma_star_sq / (2 * (1 - alpha * L_max)),
    start=Integer(1),
    certificate=Telescope(
        potential=d2,
        weight=2 * alpha,
        noise=alpha**2 * sigma_star_sq / (1 - alpha * L_max),
        by={noise_split("smooth_components", alpha * L_max): alpha**2},
    ),
    defaults={alpha: 1 / (4 * L_max)},
    note="Batches of any size; minibatch_convex says what they gain.",
    sibling="minibatch_convex",
)

_DECAYING = alpha0 / sqrt(k + 1)

sgd_handbook_decaying = Theorem(
    id="sgd_handbook_decaying",
    title="SGD, convex, variance transfer, decaying step, weighted average",
    source="Garrigos and Gower 2023, section 5 (number not checked)",
    method=sgd,
    assumptions=(convex, smooth_components),
    step=_DECAYING,
    where=(alpha0 <= 1 / (4 * L_max),),
    measure="gap_average",
    weights=_DECAYING * (1 - 2 * _DECAYING * L_max),
    bound=5 * D**2 / (4 * alpha0 * sqrt(k)) + 5 * alpha0 * sigma_star_sq * log(k + 1) / sqrt(k),
    start=Integer(1),
    certificate=Telescope(
        potential=d2,
        weight=2 * alpha * (1 - 2 * alpha * L_max),
        noise=2 * alpha**2 * sigma_star_sq,
        by={first_order: 2 * alpha, variance_transfer: alpha**2},
        weight_floor=2 * alpha0 * (1 / sqrt(k + 1) - 1 / (2 * (k + 1))),
        weight_sum=inverse_sqrt_corrected,
        noise_sum=harmonic_shifted,
    ),
    defaults={alpha0: 1 / (4 * L_max)},
    sibling="sgd_convex_decaying",
)

sgd_star_decaying = Theorem(
    id="sgd_star_decaying",
    title="SGD, strongly convex, expected smoothness, decaying step, distance",
    source="derived: the schedule of Gower et al. 2019, and less noise than their one-step bound has",
    method=sgd,
    assumptions=(strongly_convex, convex_components),
    step=(2 * (k + s0) + 1) / (mu * (k + s0 + 1) ** 2),
    where=(s0 > 2 * ell / mu,),
    measure="distance_sq",
    bound=(s0**2 * D**2 + 4 * s0 * sigma_b_sq * k / (mu * (mu * s0 - 2 * ell))) / (k + s0) ** 2,
    certificate=Recursion(
        rate=1 - alpha * mu,
        noise=alpha**2 * sigma_b_sq / (1 - alpha * ell),
        by={
            strong_first_order: 2 * alpha,
            noise_split("expected_smoothness", alpha * ell, delta): alpha**2,
        },
    ),
    defaults={s0: 4 * ell / mu},
    sibling="sgd_star_switch",
)

_TUNED = 1 / (2 * L_max * sqrt(K))

sgd_star_convex_horizon = Theorem(
    id="sgd_star_convex_horizon",
    title="SGD, convex, variance at the minimiser, step 1/(2 L_max sqrt K), averaged iterate",
    source="derived from the constant step",
    method=sgd,
    assumptions=(convex, smooth_components),
    step=_TUNED,
    measure="gap_average",
    bound=(L_max * D**2 + sigma_star_sq / (2 * L_max)) / sqrt(K),
    start=Integer(1),
    certificate=Corollary(sgd_star_convex, {alpha: _TUNED}),
    note="The step needs neither the noise nor the distance.",
    sibling="sgd_convex_horizon",
)

THEOREMS = (
    sgd_star_constant,
    sgd_star_switch,
    sgd_nws,
    sgd_star_convex,
    sgd_handbook_decaying,
    sgd_star_decaying,
    sgd_star_convex_horizon,
)
