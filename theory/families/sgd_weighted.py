"""SGD with samples drawn in proportion to their smoothness, and randomized Kaczmarz, a case of it."""

from __future__ import annotations

from sympy import Integer, sqrt

from ratebound.theory.assumptions import (
    convex,
    descent_lemma,
    pl,
    pl_inequality,
    quadratic,
    quadratic_descent,
    quadratic_growth,
    smooth,
    strong_monotone,
    strongly_convex,
)
from ratebound.theory.certificates.recursion import Recursion
from ratebound.theory.certificates.telescope import Telescope
from ratebound.theory.inequalities.noise_models import (
    bounded_weighted,
    interpolation_weighted,
    partly_cocoercive,
    partly_weighted,
    weighted,
    weighted_below,
    weighted_cocoercive,
    weighted_common,
    weighted_gap,
)
from ratebound.theory.inequalities.noise_splits import noise_split
from ratebound.theory.methods import sgd_importance, sgd_partial
from ratebound.theory.statement import Theorem
from ratebound.theory.symbols import (
    D,
    L,
    L_mean,
    alpha,
    component_gap,
    d2,
    delta,
    descent,
    gap0,
    k,
    mu,
    mu_pl,
    sigma_p_sq,
    sigma_star_sq,
)

_NWS = "Needell, Srebro and Ward 2014"
_NET = 1 - alpha * L_mean

sgd_importance_sc = Theorem(
    id="sgd_importance_sc",
    title="SGD, importance sampling, strongly convex, constant step, distance",
    source=f"{_NWS}, Theorem 2.1 with the weights of section 3",
    method=sgd_importance,
    assumptions=(strongly_convex, weighted),
    step=alpha,
    where=(alpha < 1 / L_mean,),
    measure="distance_sq",
    bound=(1 - 2 * alpha * mu * _NET) ** k * D**2 + alpha * sigma_p_sq / (mu * _NET),
    certificate=Recursion(
        rate=1 - 2 * alpha * mu * _NET,
        noise=2 * alpha**2 * sigma_p_sq,
        by={strong_monotone: 2 * alpha * _NET, weighted_cocoercive: alpha**2},
    ),
    defaults={alpha: 1 / (2 * L_mean)},
    replacement=True,
    note="The mean of the L_i takes the place of their maximum; a sample of tiny L_i can bring much noise.",
    sibling="sgd_nws",
)

_ROOT = sqrt(2 * alpha * L_mean)

sgd_importance_split = Theorem(
    id="sgd_importance_split",
    title="SGD, importance sampling, strongly convex, noise split by its share, constant step",
    source=f"derived; {_NWS} split the noise in halves, which is this at the step 1/(2 L_mean)",
    method=sgd_importance,
    assumptions=(strongly_convex, weighted),
    step=alpha,
    where=(alpha < 2 / L_mean,),
    measure="distance_sq",
    bound=(1 - alpha * mu * (2 - _ROOT)) ** k * D**2 + 2 * alpha * sigma_p_sq / (mu * (2 - _ROOT) ** 2),
    certificate=Recursion(
        rate=1 - alpha * mu * (2 - _ROOT),
        noise=2 * alpha**2 * sigma_p_sq / (2 - _ROOT),
        by={
            strong_monotone: alpha * (2 - _ROOT),
            noise_split("weighted", _ROOT / 2, descent / 2): alpha**2,
        },
    ),
    defaults={alpha: 1 / (8 * L_mean)},
    replacement=True,
    note="The least floor of all splits, and steps twice as long; halves contract faster below 1/(2 L_mean).",
    sibling="sgd_importance_sc",
)

sgd_importance_convex = Theorem(
    id="sgd_importance_convex",
    title="SGD, importance sampling, convex, constant step, averaged iterate",
    source=f"derived; the co-coercivity lemma of {_NWS} has larger constants",
    method=sgd_importance,
    assumptions=(convex, weighted),
    step=alpha,
    where=(alpha < 1 / L_mean,),
    measure="gap_average",
    bound=D**2 / (2 * alpha * k) + alpha * sigma_p_sq / (2 * _NET),
    start=Integer(1),
    certificate=Telescope(
        potential=d2,
        weight=2 * alpha,
        noise=alpha**2 * sigma_p_sq / _NET,
        by={noise_split("weighted", alpha * L_mean): alpha**2},
    ),
    defaults={alpha: 1 / (4 * L_mean)},
    replacement=True,
    sibling="sgd_star_convex",
)

_HALF = 1 - 2 * alpha * L_mean

sgd_partial_sc = Theorem(
    id="sgd_partial_sc",
    title="SGD, partially biased sampling, strongly convex, constant step, distance",
    source=f"{_NWS}, the corollary on partially biased sampling (number not checked)",
    method=sgd_partial,
    assumptions=(strongly_convex, partly_weighted),
    step=alpha,
    where=(alpha < 1 / (2 * L_mean),),
    measure="distance_sq",
    bound=(1 - 2 * alpha * mu * _HALF) ** k * D**2 + 2 * alpha * sigma_star_sq / (mu * _HALF),
    certificate=Recursion(
        rate=1 - 2 * alpha * mu * _HALF,
        noise=4 * alpha**2 * sigma_star_sq,
        by={strong_monotone: 2 * alpha * _HALF, partly_cocoercive: alpha**2},
    ),
    defaults={alpha: 1 / (4 * L_mean)},
    replacement=True,
    note="Half of the samples are drawn uniformly: smoothness and noise are at most twice the best of both.",
    sibling="sgd_importance_sc",
)

_PARTLY = 2 * sqrt(alpha * L_mean)

sgd_partial_split = Theorem(
    id="sgd_partial_split",
    title="SGD, partially biased sampling, strongly convex, noise split by its share, constant step",
    source=f"derived; {_NWS} split the noise in halves, which is this at the step 1/(4 L_mean)",
    method=sgd_partial,
    assumptions=(strongly_convex, partly_weighted),
    step=alpha,
    where=(alpha < 1 / L_mean,),
    measure="distance_sq",
    bound=(1 - alpha * mu * (2 - _PARTLY)) ** k * D**2
    + 4 * alpha * sigma_star_sq / (mu * (2 - _PARTLY) ** 2),
    certificate=Recursion(
        rate=1 - alpha * mu * (2 - _PARTLY),
        noise=4 * alpha**2 * sigma_star_sq / (2 - _PARTLY),
        by={
            strong_monotone: alpha * (2 - _PARTLY),
            noise_split("weighted_partly", _PARTLY / 2, descent / 2): alpha**2,
        },
    ),
    defaults={alpha: 1 / (16 * L_mean)},
    replacement=True,
    note="The least floor of all splits, and steps twice as long; halves contract faster below 1/(4 L_mean).",
    sibling="sgd_partial_sc",
)

sgd_partial_convex = Theorem(
    id="sgd_partial_convex",
    title="SGD, partially biased sampling, convex, constant step, averaged iterate",
    source=f"derived; the co-coercivity lemma of {_NWS} has larger constants",
    method=sgd_partial,
    assumptions=(convex, partly_weighted),
    step=alpha,
    where=(alpha < 1 / (2 * L_mean),),
    measure="gap_average",
    bound=D**2 / (2 * alpha * k) + alpha * sigma_star_sq / _HALF,
    start=Integer(1),
    certificate=Telescope(
        potential=d2,
        weight=2 * alpha,
        noise=2 * alpha**2 * sigma_star_sq / _HALF,
        by={noise_split("weighted_partly", 2 * alpha * L_mean): alpha**2},
    ),
    defaults={alpha: 1 / (8 * L_mean)},
    replacement=True,
    sibling="sgd_importance_convex",
)

sgd_importance_pl = Theorem(
    id="sgd_importance_pl",
    title="SGD, importance sampling, Polyak-Łojasiewicz, function noise, constant step",
    source="derived from the one-step bound of Garrigos and Gower 2023, section 5",
    method=sgd_importance,
    assumptions=(smooth, pl, bounded_weighted),
    step=alpha,
    where=(alpha <= mu_pl / (L * L_mean),),
    measure="gap_last",
    bound=(1 - alpha * mu_pl) ** k * gap0 + alpha * L * L_mean * component_gap / mu_pl,
    certificate=Recursion(
        rate=1 - alpha * mu_pl,
        noise=L * alpha**2 * L_mean * component_gap,
        by={descent_lemma: Integer(1), pl_inequality: 2 * alpha, weighted_below: L * alpha**2 / 2},
        plus={delta: alpha * (mu_pl - L * L_mean * alpha)},
    ),
    defaults={alpha: mu_pl / (L * L_mean)},
    replacement=True,
    sibling="sgd_pl_components",
)

sgd_importance_interpolation = Theorem(
    id="sgd_importance_interpolation",
    title="SGD, importance sampling, interpolation, strongly convex, constant step, distance",
    source=f"the argument of {_NWS} without noise; Strohmer and Vershynin 2009, Theorem 2, for Kaczmarz",
    method=sgd_importance,
    assumptions=(strongly_convex, interpolation_weighted),
    step=alpha,
    where=(alpha < 2 / L_mean,),
    measure="distance_sq",
    bound=(1 - alpha * mu * (2 - alpha * L_mean)) ** k * D**2,
    certificate=Recursion(
        rate=1 - alpha * mu * (2 - alpha * L_mean),
        noise=Integer(0),
        by={strong_monotone: alpha * (2 - alpha * L_mean), weighted_common: alpha**2},
    ),
    defaults={alpha: 1 / L_mean},
    replacement=True,
    note="On consistent least squares the step 1/L_mean is randomized Kaczmarz, and this its rate.",
    sibling="sgd_interpolation_sc",
)

_KACZMARZ = "On least squares the step 1/L_mean projects onto the hyperplane of the drawn row."

kaczmarz = Theorem(
    id="kaczmarz",
    title="Randomized Kaczmarz, inconsistent system, distance to the least-squares solution",
    source="Zouzias and Freris 2013 (number not checked); without the floor Strohmer and "
    "Vershynin 2009, Theorem 2 (number not checked)",
    method=sgd_importance,
    assumptions=(strongly_convex, quadratic, bounded_weighted),
    step=1 / L_mean,
    measure="distance_sq",
    bound=(D**2 - 2 * component_gap / mu) * (1 - mu / L_mean) ** k + 2 * component_gap / mu,
    certificate=Recursion(
        rate=1 - mu / L_mean,
        noise=2 * component_gap / L_mean,
        by={
            quadratic_descent: 2 / L_mean,
            quadratic_growth: 2 / L_mean,
            weighted_below: 1 / L_mean**2,
        },
    ),
    replacement=True,
    note=f"{_KACZMARZ} mu/L_mean is sigma_min^2/||A||_F^2; a consistent system has component_gap = 0.",
    sibling="sgd_importance_interpolation",
)

kaczmarz_average = Theorem(
    id="kaczmarz_average",
    title="Randomized Kaczmarz, consistent system, averaged iterate",
    source="derived from the step of Strohmer and Vershynin 2009",
    method=sgd_importance,
    assumptions=(convex, quadratic, interpolation_weighted),
    step=1 / L_mean,
    measure="gap_average",
    bound=L_mean * D**2 / (2 * k),
    start=Integer(1),
    certificate=Telescope(
        potential=d2,
        weight=2 / L_mean,
        by={quadratic_descent: 2 / L_mean, weighted_gap: 1 / L_mean**2},
    ),
    replacement=True,
    note=f"{_KACZMARZ} No constant of strong convexity is read: the rows may be dependent.",
    sibling="sgd_interpolation_convex",
)

THEOREMS = (
    sgd_importance_sc,
    sgd_importance_split,
    sgd_importance_convex,
    sgd_partial_sc,
    sgd_partial_split,
    sgd_partial_convex,
    sgd_importance_pl,
    sgd_importance_interpolation,
    kaczmarz,
    kaczmarz_average,
)
