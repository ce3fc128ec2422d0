"""Labels by hand: proofs that the prover checks, and derivations and semidefinite programs in words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Literal

from ratebound.theory.assumptions import bounded_noise, descent_lemma
from ratebound.theory.certificate import Certificate, Corollary
from ratebound.theory.certificates.telescope import Telescope
from ratebound.theory.families.sgd_variance import sgd_nonconvex_variance, sgd_nonconvex_variance_horizon
from ratebound.theory.symbols import L, alpha, delta, gap0, k, variance_bound

_FACTOR = 1 - L * alpha / 2
_NONCONVEX = replace(
    sgd_nonconvex_variance,
    bound=gap0 / (alpha * k * _FACTOR) + L * alpha * variance_bound / (2 * _FACTOR),
    certificate=Telescope(
        potential=delta,
        weight=alpha * _FACTOR,
        noise=L * alpha**2 * variance_bound / 2,
        by={descent_lemma: 1, bounded_noise: L * alpha**2 / 2},
    ),
)

PROOFS: Mapping[str, Certificate] = {
    "sgd_nonconvex_variance_horizon": Corollary(_NONCONVEX, {alpha: sgd_nonconvex_variance_horizon.step}),
}
"""Id of a theorem -> a sharper certificate than its own, which proves some of its mutants."""

_CONTRACTION = "the factor max(|1 - alpha mu|, |1 - alpha L|) holds for every alpha > 0"
_NEWTON = "on quadratics p = x - x*, so that gap_k = (1 - damping)^(2 k) gap0 for every damping"
_PEP_1_5 = "PEP: worst ratio .75, .71, .70, .69, .69 for k = 1 .. 5"
_PEP_BEYOND = "PEP: ratio 1 at alpha = 2.2, 3.9, 7.5, mu = .1, .5, k = 1, 2"
_GRADIENTS = (
    "grad f(x+) = (I - alpha H) grad f(x), mu I <= H <= L I a mean of Hessians: the factor "
    "max(|1 - alpha mu|, |1 - alpha L|) holds for every alpha > 0"
)
_BEYOND_GAP = (
    "for alpha >= 2/L a step grows ||x - x*|| by alpha L - 1 >= 1 at most, and gap <= L ||x - x*||^2/2"
)
_BEYOND_GRADIENT = (
    "for alpha >= 2/L a step grows ||grad f|| by alpha L - 1 >= 1 at most, and ||grad f(x_0)||^2 <= 2 L gap0"
)
_FALLING = (
    "co-coercivity: ||grad f|| does not grow for alpha <= 2/L, so the last is at most the best before it"
)
_EXACT_LAST = (
    "gd_convex_exact: L/(2 alpha L k + 1) <= 1/(alpha k (2 - alpha L)), and with v = (alpha L - 1)^2, "
    "k v^k (1 - v) <= (k/(k + 1))^(k + 1) < 1"
)
_PEP_DISTANCE = (
    "PEP: ratio at most .76 (bound x 0.5), .9996 (2 k), .86 (k + 1) for mu = .1, .5, alpha = .3, 1, L = 1, "
    "k = 1, 2, 3, 5"
)
_SHARP = "sgd_convex_decaying_sharp has smaller factors of D^2 and of the second moment at every k"
_STAR = "the step of sgd_star_convex: sum 2 alpha_j gap_j <= D^2 + sum alpha_j^2 sigma*^2/(1 - alpha_j L_max)"
_SHORT = "; where that is too large, gap <= L_max E||x - x*||^2/2"
_TWO_STAGES = "E||x_j - x*||^2 <= second_moment/(mu^2 (j+1)) by recursion, put into the telescoped sum"
_HARMONIC = "the telescoped sum kept as sum (j+1)/(j+2) = k + 1 - H_{k+1} <= k (k+1)/(k+2)"
_UNIFORM = (
    "sum by parts with E||x_j - x*||^2 <= D^2 + alpha0^2 noise H_j: D^2/(2 alpha0) and noise H_k/2 + 4/3"
)

_BY_STAR = {
    "sgd_handbook_decaying": (
        "bound x 0.5",
        "k -> 2 k",
        "k -> k + 1",
        "term 5*D**2/(4*alpha0*sqrt(k)) x 0.5",
        "term 5*alpha0*sigma_star_sq*log(k + 1)/sqrt(k) x 0.5",
        "range x 1.5",
        "range x 2",
        "step x 0.5",
        "step x 2",
    ),
}
"""Theorem -> changes that the sharper sum settles."""

Known = tuple[Literal["equivalent", "open"], Literal["derived", "pep", "none"], str]

KNOWN: Mapping[str, Known] = {
    "gd_convex: step x 0.5": ("equivalent", "derived", "gd_convex_tight at alpha/2: D^2/(2 alpha k + 2/L)"),
    "gd_convex_tight: range x 1.5": ("equivalent", "pep", _PEP_1_5),
    "gd_sc_distance: range x 1.5": ("equivalent", "derived", _CONTRACTION),
    "gd_sc_distance: range x 2": ("equivalent", "derived", _CONTRACTION),
    "gd_sc_distance: range x 4": ("equivalent", "derived", _CONTRACTION),
    "gd_sc_gap: range x 1.5": ("equivalent", "pep", _PEP_BEYOND),
    "gd_sc_gap: range x 2": ("equivalent", "pep", _PEP_BEYOND),
    "gd_sc_gap: range x 4": ("equivalent", "pep", _PEP_BEYOND),
    **{
        f"gd_sc_gradient: range x {factor}": ("equivalent", "derived", _GRADIENTS)
        for factor in ("1.5", "2", "4")
    },
    **{
        f"{theorem}: range x {factor}": ("equivalent", "derived", why)
        for theorem, why in (("gd_convex_exact", _BEYOND_GAP), ("gd_convex_gradient_exact", _BEYOND_GRADIENT))
        for factor in ("1.5", "2", "4")
    },
    **{
        f"gd_sc_from_distance: {change}": ("equivalent", "pep", _PEP_DISTANCE)
        for change in ("bound x 0.5", "k -> 2 k", "k -> k + 1")
    },
    **{
        f"newton_quadratic: range x {factor}": ("equivalent", "derived", _NEWTON)
        for factor in ("1.5", "2", "4")
    },
    **{
        f"{theorem}: mu_pl <-> L": ("equivalent", "derived", "q -> -q leaves (q^k + q^(-k))^2 as it is")
        for theorem in ("bfgs_exact_quadratic", "lbfgs_exact_quadratic")
    },
    "projected_gd_strong: k -> 2 k": ("equivalent", "derived", f"{_CONTRACTION}; projections do not expand"),
    "gd_convex_gradient_best: grad_norm_sq_best -> grad_norm_sq_last": ("equivalent", "derived", _FALLING),
    "gd_convex_gradient_mean: grad_norm_sq_mean -> grad_norm_sq_last": ("equivalent", "derived", _FALLING),
    "gd_convex_average_long: gap_average -> gap_last": ("equivalent", "derived", _EXACT_LAST),
    "gd_convex_average: step x 2": (
        "equivalent",
        "pep",
        "gd_convex_average_long to alpha = 3/(4 L); PEP: ratio 1 at k = 1 and at most .67 at k = 2, 3, 5",
    ),
    "heavy_ball_convex: step x 2": (
        "equivalent",
        "pep",
        "PEP: ratio at most .78 for L = 1, alpha = .5, .9, 1, k = 1, 2, 3, 5, 8, 12, 20",
    ),
    "nesterov_convex_gradient: k -> k + 1": (
        "equivalent",
        "pep",
        "PEP: ratio at most .57 for L = 1, alpha = .03, .1, .5, 1, k = 1, 2, 3, 5, 10, 15, 20",
    ),
    "gd_pl_refined: L -> mu_pl": (
        "open",
        "none",
        "PEP: at most .683 where it claims .655 (L = alpha = 1, mu = .2)",
    ),
    "gd_sc_simple: k -> 2 k": (
        "equivalent",
        "derived",
        "gd_sc_distance: below 1/L the larger factor is 1 - alpha mu",
    ),
    "nesterov_convex: k -> k + 1": (
        "equivalent",
        "pep",
        "PEP: ratio (k + 2)/(k + 3) at alpha = 1/L and less below, k = 1, 2, 3, 5, 8",
    ),
    "sgd_sc_weighted_average: k -> k + 1": ("equivalent", "derived", _HARMONIC),
    "sgd_sc_weighted_average: step x 0.5": ("equivalent", "derived", _TWO_STAGES),
    "sgd_convex_decaying: k -> 2 k": ("equivalent", "derived", _SHARP),
    "sgd_convex_decaying: k -> k + 1": ("equivalent", "derived", _SHARP),
    "sgd_convex_decaying: term 5*alpha0*second_moment*log(k + 1)/sqrt(k) x 0.1": (
        "equivalent",
        "derived",
        f"from k = 8 on {_SHARP}; before, gap <= L E||x - x*||^2/2 with L <= 1/(4 alpha0)",
    ),
    "sgd_convex_decaying: equal weights": ("equivalent", "derived", _UNIFORM),
    "sgd_handbook_decaying: equal weights": ("equivalent", "derived", f"{_UNIFORM}; {_STAR}"),
    **{
        f"{theorem}: {change}": ("equivalent", "derived", _STAR + _SHORT)
        for theorem, changes in _BY_STAR.items()
        for change in changes
    },
}
"""Name of the mutant -> its label, how it was reached, and why."""
