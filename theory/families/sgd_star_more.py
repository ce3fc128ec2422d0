"""SGD under the variance at the minimiser: batches, weighted averages, components that need not be convex."""

from __future__ import annotations

from sympy import Expr, Integer, Max, Rational, sqrt

from ratebound.theory.algebra.lemmas import shifted_triangular
from ratebound.theory.assumptions import (
    convex_components,
    strong_first_order,
    strong_monotone,
    strongly_convex,
)
from ratebound.theory.certificate import Corollary
from ratebound.theory.certificates.recursion import Recursion
from ratebound.theory.certificates.telescope import Telescope
from ratebound.theory.inequalities.noise_models import lipschitz
from ratebound.theory.inequalities.noise_splits import lipschitz_split, noise_split
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

minibatch_convex = Theorem(
    id="minibatch_convex",
    title="Mini-batch SGD, convex, expected smoothness, constant step, averaged iterate",
    source=(
        "derived; Garrigos and Gower 2023, sections 5 and 6 (numbers not checked), have twice the noise and "
        "half of the range"
    ),
    method=sgd,
    assumptions=(convex_components,),
    step=alpha,
    where=(alpha < 1 / ell,),
    measure="gap_average",
    bound=D**2 / (2 * alpha * k) + alpha * sigma_b_sq / (2 * (1 - alpha * ell)),
    start=Integer(1),
    certificate=Telescope(
        potential=d2,
        weight=2 * alpha,
        noise=alpha**2 * sigma_b_sq / (1 - alpha * ell),
        by={noise_split("expected_smoothness", alpha * ell): alpha**2},
    ),
    defaults={alpha: 1 / (4 * ell)},
    note=(
        "Single samples have ell = L_max. As the batch grows to n without replacement, ell falls to L and "
        "the noise to zero."
    ),
    sibling="sgd_star_convex",
)

_SLOW = 1 / (4 * ell * sqrt(K))

minibatch_convex_horizon = Theorem(
    id="minibatch_convex_horizon",
    title="Mini-batch SGD, convex, expected smoothness, step 1/(4 ell sqrt K), averaged iterate",
    source="derived from the constant step",
    method=sgd,
    assumptions=(convex_components,),
    step=_SLOW,
    measure="gap_average",
    bound=(2 * ell * D**2 + sigma_b_sq / (6 * ell)) / sqrt(K),
    start=Integer(1),
    certificate=Corollary(minibatch_convex, {alpha: _SLOW}),
    sibling="sgdm_averaging_horizon",
)

_TUNED = 1 / (ell + sqrt(sigma_b_sq * K) / D)

minibatch_convex_tuned = Theorem(
    id="minibatch_convex_tuned",
    title="Mini-batch SGD, convex, expected smoothness, step tuned to K, D and noise, averaged iterate",
    source="the form of Lan 2012 and of Stich 2019 (numbers not checked); constants and step derived",
    method=sgd,
    assumptions=(convex_components,),
    step=_TUNED,
    measure="gap_average",
    bound=ell * D**2 / (2 * K) + D * sqrt(sigma_b_sq / K),
    start=Integer(1),
    certificate=Corollary(minibatch_convex, {alpha: _TUNED}),
    note=(
        "No constant step has a smaller bound by minibatch_convex. Without noise the rate is 1/K; with noise "
        "it is D sigma/sqrt(K), whatever ell is, for large K."
    ),
    sibling="minibatch_convex_horizon",
)

_WEIGHTED = sqrt(2 * ell / (mu * s0))

sgd_star_weighted = Theorem(
    id="sgd_star_weighted",
    title="SGD, strongly convex, expected smoothness, step 2/(mu (k + s0 + 1)), weighted average",
    source="derived: the weights of Lacoste-Julien, Schmidt and Bach 2012, the noise split by its share",
    method=sgd,
    assumptions=(strongly_convex, convex_components),
    step=2 / (mu * (k + s0 + 1)),
    where=(s0 > 2 * ell / mu,),
    measure="gap_average",
    weights=k + s0,
    bound=(mu * s0 * (s0 - 1) * D**2 + 4 * sigma_b_sq * k / (mu * (1 - _WEIGHTED)))
    / (2 * (1 - _WEIGHTED) * k * (k + 2 * s0 - 1)),
    start=Integer(1),
    certificate=Telescope(
        potential=mu * (k + s0) * (k + s0 - 1) / 4 * d2,
        weight=(k + s0) * (1 - _WEIGHTED),
        noise=sigma_b_sq / (mu * (1 - _WEIGHTED)),
        by={
            strong_first_order: k + s0,
            noise_split("expected_smoothness", _WEIGHTED * s0 / (k + s0 + 1), delta): (k + s0)
            / (mu * (k + s0 + 1)),
        },
        plus={
            sigma_b_sq: (1 + _WEIGHTED * k) / (mu * (1 - _WEIGHTED) * (k + s0 + 1 - _WEIGHTED * s0)),
        },
        weight_sum=shifted_triangular,
    ),
    defaults={s0: 8 * ell / mu},
    note="The rate 1/k for values, without a logarithm and without a bounded second moment.",
    sibling="sgd_sc_weighted_average",
)

_INVERSE = 2 * sqrt(ell / (mu * s0))


def _star_recursion(saved: Expr, c: Expr) -> Recursion:
    """Return the step with the noise split at c, which costs the factor at most alpha mu saved."""
    paid = alpha * ell / c
    return Recursion(
        rate=1 - alpha * mu * (2 - saved),
        noise=alpha**2 * sigma_b_sq / (1 - c),
        by={
            strong_monotone: alpha * (2 - paid),
            noise_split("expected_smoothness", c, descent / 2): alpha**2,
        },
        plus={d2: alpha * mu * (saved - paid)},
    )


sgd_star_inverse = Theorem(
    id="sgd_star_inverse",
    title="SGD, strongly convex, expected smoothness, step 2/(mu (k + s0)), distance",
    source="derived; the one-step bound of Gower et al. 2019 gives 8 sigma^2/mu^2 for s0 >= 4 ell/mu",
    method=sgd,
    assumptions=(strongly_convex, convex_components),
    step=2 / (mu * (k + s0)),
    where=(s0 > 16 * ell / (9 * mu),),
    measure="distance_sq",
    bound=Max(8 * sigma_b_sq / (mu**2 * (2 - _INVERSE) * (3 - 2 * _INVERSE)), s0 * D**2) / (k + s0),
    certificate=_star_recursion(_INVERSE, _INVERSE / 2),
    defaults={s0: 4 * ell / mu},
    note="The longer the shift, the less noise: from 8 down to 4/3 in units of sigma^2/mu^2.",
    sibling="sgd_star_decaying",
)

_LONGEST = alpha0 * ell

sgd_star_inverse_sqrt = Theorem(
    id="sgd_star_inverse_sqrt",
    title="SGD, strongly convex, expected smoothness, step alpha0/sqrt(1 + k/s0), distance",
    source=(
        "derived: the schedule of Moulines and Bach 2011, Theorem 1 with exponent 1/2 (number not checked), "
        "and the noise of Gower et al. 2019, split anew"
    ),
    method=sgd,
    assumptions=(strongly_convex, convex_components),
    step=alpha0 / sqrt(1 + k / s0),
    where=(alpha0 < 1 / ell, s0 >= 1 / (mu * alpha0)),
    measure="distance_sq",
    bound=Max(alpha0 * sigma_b_sq * (1 + 2 * _LONGEST) / (mu * (1 - _LONGEST)), D**2) / sqrt(1 + k / s0),
    certificate=_star_recursion(_LONGEST + Rational(1, 2), 2 * _LONGEST / (1 + 2 * _LONGEST)),
    defaults={alpha0: 1 / (2 * ell), s0: 2 * ell / mu},
    note="Moulines and Bach pay for a step C/sqrt(k) with a factor exp(4 L_max^2 C^2 log k); s0 spares it.",
    sibling="sgd_star_inverse",
)


def _lipschitz_recursion(root: Expr) -> Recursion:
    return Recursion(
        rate=1 - alpha * mu * (2 - root),
        noise=2 * alpha**2 * sigma_star_sq / (2 - root),
        by={strong_monotone: 2 * alpha, lipschitz_split(root / 2): alpha**2},
        plus={d2: alpha * mu * root - 2 * alpha**2 * L_max**2 / root},
    )


_CONSTANT = L_max * sqrt(2 * alpha / mu)

sgd_lipschitz_constant = Theorem(
    id="sgd_lipschitz_constant",
    title="SGD, strongly convex f, Lipschitz components, constant step, distance",
    source="derived from Moulines and Bach 2011, the recursion of Theorem 1 (number not checked), split anew",
    method=sgd,
    assumptions=(strongly_convex, lipschitz),
    step=alpha,
    where=(alpha < 2 * mu / L_max**2,),
    measure="distance_sq",
    bound=(1 - alpha * mu * (2 - _CONSTANT)) ** k * D**2
    + 2 * alpha * sigma_star_sq / (mu * (2 - _CONSTANT) ** 2),
    certificate=_lipschitz_recursion(_CONSTANT),
    defaults={alpha: mu / (2 * L_max**2)},
    note="Single components may be nonconvex: the price is a step that is L_max/mu times smaller.",
    sibling="sgd_star_constant",
)

_SHIFTED = 2 * L_max / (mu * sqrt(s0))

sgd_lipschitz_decaying = Theorem(
    id="sgd_lipschitz_decaying",
    title="SGD, strongly convex f, Lipschitz components, step 2/(mu (k + s0)), distance",
    source="derived from the recursion of Moulines and Bach 2011",
    method=sgd,
    assumptions=(strongly_convex, lipschitz),
    step=2 / (mu * (k + s0)),
    where=(s0 > 16 * L_max**2 / (9 * mu**2),),
    measure="distance_sq",
    bound=Max(8 * sigma_star_sq / (mu**2 * (2 - _SHIFTED) * (3 - 2 * _SHIFTED)), s0 * D**2) / (k + s0),
    certificate=_lipschitz_recursion(_SHIFTED),
    defaults={s0: 4 * L_max**2 / mu**2},
    note="Moulines and Bach pay for a step C/k with a factor exp(2 L_max^2 C^2); the shift s0 spares it.",
    sibling="sgd_star_inverse",
)

THEOREMS = (
    minibatch_convex,
    minibatch_convex_horizon,
    minibatch_convex_tuned,
    sgd_star_weighted,
    sgd_star_inverse,
    sgd_star_inverse_sqrt,
    sgd_lipschitz_constant,
    sgd_lipschitz_decaying,
)
