"""Proximal gradient methods, for a finite sum plus ``h = l1 ||x||_1``: ISTA, FISTA and proximal SGD.

A projection is the proximal step of a penalty that is zero on the box and infinite elsewhere: what is proved
of projected methods carries over, multiplier by multiplier.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TypeVar

from sympy import Abs, Expr, Integer, Max

from ratebound.theory.assumptions import (
    bounded_moment,
    bounded_second_moment,
    cocoercive_components,
    descent_lemma,
    first_order,
    strong_first_order,
    strong_monotone,
)
from ratebound.theory.certificate import Corollary
from ratebound.theory.certificates.potential import Potential
from ratebound.theory.certificates.recursion import Cases, Recursion
from ratebound.theory.certificates.telescope import Telescope
from ratebound.theory.families.accelerated import nesterov_convex
from ratebound.theory.families.projected import (
    projected_gd_convex,
    projected_gd_strong,
    projected_sgd_constant,
    projected_sgd_horizon,
)
from ratebound.theory.families.sgd_star import sgd_nws
from ratebound.theory.inequalities.points import XN, M, X, Y
from ratebound.theory.inequalities.projections import obtuse_at_iterate, obtuse_at_star
from ratebound.theory.inequalities.proximal_points import gain_over_iterate, gain_over_minimum
from ratebound.theory.inequalities.proximity import (
    between,
    cocoercive_apart,
    coercive_apart,
    convex_sum,
    lipschitz_apart,
    monotone_apart,
    penalised,
    prox_apart,
    prox_at_iterate,
    prox_at_star,
    prox_mean,
    smooth_components_of_sum,
    smooth_sum,
    steep_apart,
    step_apart,
    strongly_convex_sum,
    sum_descent,
    sum_first_order,
    sum_strong,
)
from ratebound.theory.inequality import Inequality
from ratebound.theory.letters.penalty import penalty, penalty0
from ratebound.theory.methods.proximal import fista, prox_gd, prox_sgd
from ratebound.theory.statement import Theorem
from ratebound.theory.symbols import D, K, L, alpha, d2, delta, gap0, k, move_sq, mu, second_moment

_PLACES: Mapping[Inequality, Inequality] = {
    obtuse_at_star: prox_at_star,
    obtuse_at_iterate: prox_at_iterate,
    first_order: sum_first_order,
    strong_first_order: sum_strong,
    descent_lemma: sum_descent,
}
"""What a proof about a projection says, and what takes its place where there is a penalty."""
_Proof = TypeVar("_Proof", Telescope, Recursion)


def _carried(theorem: Theorem, kind: type[_Proof]) -> _Proof:
    proof = theorem.certificate
    assert isinstance(proof, kind)
    return replace(proof, by={_PLACES[inequality]: factor for inequality, factor in proof.by.items()})


_SHORT = {alpha: 1 / L}
_BT = "Beck and Teboulle 2009"

ista_convex = Theorem(
    id="ista_convex",
    title="Proximal gradient descent (ISTA), smooth convex",
    source=f"{_BT}, Theorem 3.1",
    method=prox_gd,
    assumptions=(smooth_sum, convex_sum, penalised),
    step=alpha,
    where=projected_gd_convex.where,
    measure="gap_last",
    bound=projected_gd_convex.bound,
    start=Integer(1),
    certificate=_carried(projected_gd_convex, Telescope),
    defaults=_SHORT,
    note="f is the sum with its penalty; L and the gradients are those of the sum alone.",
    sibling="projected_gd_convex",
)

ista_strong = Theorem(
    id="ista_strong",
    title="Proximal gradient descent (ISTA), strongly convex, distance",
    source="folklore; Beck 2017, Theorem 10.29 (number not checked)",
    method=prox_gd,
    assumptions=(smooth_sum, strongly_convex_sum, penalised),
    step=alpha,
    where=projected_gd_strong.where,
    measure="distance_sq",
    bound=projected_gd_strong.bound,
    certificate=_carried(projected_gd_strong, Recursion),
    defaults=_SHORT,
    sibling="projected_gd_strong",
)

_MIDDLE = 2 / (mu + L)


def _contraction(rate: Expr, rest: Mapping[Inequality, Expr]) -> Recursion:
    by = {step_apart: Integer(1), coercive_apart: 2 * alpha, **rest}
    return Recursion(rate=rate**2, noise=Integer(0), by=by)


ista_contraction = Theorem(
    id="ista_contraction",
    title="Proximal gradient descent (ISTA), strongly convex, distance, every step below 2/L",
    source="Taylor, Hendrickx and Glineur 2018 (number not checked)",
    method=prox_gd,
    assumptions=(smooth_sum, strongly_convex_sum, penalised),
    step=alpha,
    where=(alpha < 2 / L,),
    measure="distance_sq",
    bound=Max(Abs(1 - alpha * mu), Abs(1 - alpha * L)) ** (2 * k) * D**2,
    certificate=Cases(
        (
            (
                (alpha <= _MIDDLE,),
                1 - alpha * mu,
                _contraction(1 - alpha * mu, {steep_apart: alpha * (_MIDDLE - alpha)}),
            ),
            (
                (alpha >= _MIDDLE, alpha < 2 / L),
                1 - alpha * L,
                _contraction(1 - alpha * L, {lipschitz_apart: alpha * (alpha - _MIDDLE)}),
            ),
        )
    ),
    defaults={alpha: _MIDDLE},
    note="The rate of gradient descent: proximal steps bring no two points further apart.",
    sibling="gd_sc_distance",
)

ista_strong_gap = Theorem(
    id="ista_strong_gap",
    title="Proximal gradient descent (ISTA), strongly convex, function values",
    source="Karimi, Nutini and Schmidt 2016, Theorem 5 (number not checked), by strong convexity",
    method=prox_gd,
    assumptions=(smooth_sum, strongly_convex_sum, penalised),
    step=alpha,
    where=(alpha <= 1 / L,),
    measure="gap_last",
    bound=(1 - alpha * mu) ** k * gap0,
    certificate=Recursion(
        rate=1 - alpha * mu,
        noise=Integer(0),
        by={
            sum_descent: Integer(1),
            prox_at_iterate: (1 - alpha * mu) / alpha,
            prox_at_star: mu,
            sum_strong: alpha * mu,
            between: 1 / (2 * alpha),
        },
        plus={move_sq: (1 - alpha * L) / (2 * alpha)},
    ),
    defaults=_SHORT,
    note="The proximal step is seen from the point (1 - alpha mu) x_k + alpha mu x*.",
    sibling="ista_strong",
)

_T = (k + 2) / 2
"""The t_{k+1} of FISTA that grows by one half in each step."""
_Z = M + (k + 1) / 2 * (X - M)
"""The point from which the potential measures: x_k, carried on beyond x_{k-1}."""

fista_convex = Theorem(
    id="fista_convex",
    title="Accelerated proximal gradient (FISTA), smooth convex",
    source=f"{_BT}, Theorem 4.4, with t_k = (k + 1)/2 as in Chambolle and Dossal 2015 (numbers not checked)",
    method=fista,
    assumptions=(smooth_sum, convex_sum, penalised),
    step=alpha,
    where=nesterov_convex.where,
    measure="gap_last",
    bound=nesterov_convex.bound,
    start=Integer(1),
    certificate=Potential(
        potential=alpha * (k + 1) ** 2 / 4 * delta + _Z**2 / 2,
        lower=alpha * _T * (_T - 1) * delta + _Z**2 / 2,
        by={gain_over_iterate: alpha * _T * (_T - 1), gain_over_minimum: alpha * _T},
        plus={(Y - XN) ** 2: _T**2 / 2 * (1 - alpha * L)},
    ),
    defaults=_SHORT,
    note="The bound of Nesterov's method for smooth f: the penalty costs nothing.",
    sibling="nesterov_convex",
)

_ALONG = "The gradients of the sum are bounded where its losses have bounded slopes and l2 = 0."

prox_sgd_constant = Theorem(
    id="prox_sgd_constant",
    title="Proximal SGD, convex, constant step, averaged iterate",
    source="Duchi and Singer 2009, for random samples (number not checked)",
    method=prox_sgd,
    assumptions=(convex_sum, bounded_second_moment, penalised),
    step=alpha,
    measure="gap_average",
    bound=projected_sgd_constant.bound + penalty0 / k,
    start=Integer(1),
    certificate=Telescope(
        potential=d2 + 2 * alpha * penalty,
        weight=2 * alpha,
        noise=alpha**2 * second_moment,
        by={prox_mean: Integer(1), sum_first_order: 2 * alpha, bounded_moment: alpha**2},
    ),
    defaults={alpha: projected_sgd_constant.defaults[alpha]},
    note=f"{_ALONG} Started at zero, where the penalty vanishes, the bound is that without a penalty.",
    sibling="projected_sgd_constant",
)

_TUNED = projected_sgd_horizon.step

prox_sgd_horizon = Theorem(
    id="prox_sgd_horizon",
    title="Proximal SGD, convex, horizon-tuned step, averaged iterate",
    source="Duchi and Singer 2009, for random samples (number not checked)",
    method=prox_sgd,
    assumptions=(convex_sum, bounded_second_moment, penalised),
    step=_TUNED,
    measure="gap_average",
    bound=projected_sgd_horizon.bound + penalty0 / K,
    start=Integer(1),
    certificate=Corollary(prox_sgd_constant, {alpha: _TUNED}),
    note=_ALONG,
    sibling="prox_sgd_constant",
)

_VARIANCE = sgd_nws.certificate
assert isinstance(_VARIANCE, Recursion)

prox_sgd_strong = Theorem(
    id="prox_sgd_strong",
    title="Proximal SGD, strongly convex, variance at the minimiser, constant step, distance",
    source="Garrigos and Gower 2023, section 12; constants of Needell, Srebro and Ward 2014 (not checked)",
    method=prox_sgd,
    assumptions=(strongly_convex_sum, smooth_components_of_sum, penalised),
    step=alpha,
    where=sgd_nws.where,
    measure="distance_sq",
    bound=sgd_nws.bound,
    certificate=replace(
        _VARIANCE,
        by={
            prox_apart: Integer(1),
            monotone_apart: _VARIANCE.by[strong_monotone],
            cocoercive_apart: _VARIANCE.by[cocoercive_components],
        },
    ),
    defaults=sgd_nws.defaults,
    note="The noise is the variance of the grad f_i(x*), whose mean is not zero where there is a penalty.",
    sibling="sgd_nws",
)

THEOREMS = (
    ista_convex,
    ista_strong,
    ista_contraction,
    ista_strong_gap,
    fista_convex,
    prox_sgd_constant,
    prox_sgd_horizon,
    prox_sgd_strong,
)
