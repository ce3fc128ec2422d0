"""Passes over the data without convexity: random reshuffling, and any fixed or random order."""

from __future__ import annotations

from dataclasses import replace

from sympy import Expr, Integer, Rational, sqrt

from ratebound.theory.assumptions import descent_lemma, pl, pl_inequality, smooth
from ratebound.theory.certificate import Corollary
from ratebound.theory.certificates.growing import Growing
from ratebound.theory.certificates.recursion import Recursion
from ratebound.theory.certificates.telescope import Telescope
from ratebound.theory.inequalities.noise_models import affine, affine_moment, batch_components, batched
from ratebound.theory.inequalities.passes import away_any, away_reshuffled, mean_gradient
from ratebound.theory.inequalities.stored import lipschitz_steps
from ratebound.theory.inequality import Inequality
from ratebound.theory.letters.passes import pass_away
from ratebound.theory.methods import sgd
from ratebound.theory.statement import Theorem
from ratebound.theory.symbols import (
    K,
    L,
    L_batch,
    L_max,
    affine_growth,
    affine_noise,
    alpha,
    component_gap,
    delta,
    gap0,
    grad_sq,
    k,
    moment,
    move_sq,
    mu_pl,
    n,
)
from ratebound.theory.visits import CYCLIC, RESHUFFLE

_PAPER = "Mishchenko, Khaled and Richtárik 2020"
_SHARE = Rational(2, 3) * alpha * L_max**2
"""The multiplier of the distance that a pass goes, for steps up to 1/(2 L_max n)."""


def _proof(
    away: Inequality, drawn: Expr, own: Expr, noise: Inequality = affine_moment, slope: Expr = affine_growth
) -> tuple[dict[Inequality, Expr], dict[Expr, Expr]]:
    """Return multipliers and rests of one pass: it keeps a quarter of ``alpha n ||grad f||^2``.

    `away` bounds the distance by `drawn` second moments and `own` squared gradients, times alpha^2; `noise`
    bounds a second moment, by `slope` squared gradients and more.
    """
    by = {
        descent_lemma: Integer(1),
        mean_gradient: Integer(1),
        away: _SHARE,
        noise: _SHARE * alpha**2 * drawn,
    }
    spent = _SHARE * alpha**2 * (own + drawn * slope)
    plus = {
        grad_sq: alpha * n / 4 - spent,
        move_sq: 1 / (2 * alpha * n) - L / 2,
        pass_away: _SHARE * (1 - alpha**2 * L_max**2 * n * (n - 1)) - alpha * L_max**2 / 2,
    }
    return by, plus


def _counted(inequality: Inequality) -> tuple[Expr, Expr]:
    """Return how many second moments and squared gradients an inequality counts, per alpha^2."""
    counted = (inequality.slack / alpha**2).expand()
    return counted.coeff(moment), counted.coeff(grad_sq)


_RESHUFFLED = _counted(away_reshuffled)
_ANY = _counted(away_any)
_RESHUFFLED_NOISE = _SHARE * alpha**2 * _RESHUFFLED[0] * affine_noise
_ANY_NOISE = _SHARE * alpha**2 * _ANY[0] * affine_noise
_RESHUFFLED_BY, _RESHUFFLED_PLUS = _proof(away_reshuffled, *_RESHUFFLED)
_ANY_BY, _ANY_PLUS = _proof(away_any, *_ANY)
_RESHUFFLED_STEP = 1 / (2 * L_max * (n + affine_growth))
_ANY_STEP = 1 / (2 * L_max * n * sqrt(affine_growth))

rr_nonconvex = Theorem(
    id="rr_nonconvex",
    title="Random reshuffling, nonconvex, mean squared gradient at the starts of passes",
    source=f"derived from the lemmas of {_PAPER} for Theorem 4 (number not checked), affine second moment",
    method=sgd,
    visits=RESHUFFLE,
    assumptions=(smooth, lipschitz_steps, affine),
    step=alpha,
    where=(alpha <= _RESHUFFLED_STEP,),
    measure="grad_norm_sq_mean",
    bound=4 * gap0 / (alpha * n * k) + Rational(8, 9) * alpha**2 * L_max**2 * (n + 1) * affine_noise,
    start=Integer(1),
    certificate=Telescope(
        potential=delta,
        weight=alpha * n / 4,
        noise=_RESHUFFLED_NOISE,
        by=_RESHUFFLED_BY,
        plus=_RESHUFFLED_PLUS,
    ),
    defaults={alpha: _RESHUFFLED_STEP},
    note="affine_noise and affine_growth are about one sample: the mean of ||grad f_i(x)||^2.",
    sibling="sgd_affine_nonconvex",
)

_TUNED = _RESHUFFLED_STEP / K ** Rational(1, 3)

rr_nonconvex_horizon = Theorem(
    id="rr_nonconvex_horizon",
    title="Random reshuffling, nonconvex, step of order K^(-1/3), mean squared gradient",
    source=f"{_PAPER}, Corollary 4 (number not checked), for a step that does not know the gap",
    method=sgd,
    visits=RESHUFFLE,
    assumptions=(smooth, lipschitz_steps, affine),
    step=_TUNED,
    measure="grad_norm_sq_mean",
    bound=(
        8 * L_max * gap0 * (n + affine_growth) / n
        + Rational(2, 9) * (n + 1) * affine_noise / (n + affine_growth) ** 2
    )
    / K ** Rational(2, 3),
    start=Integer(1),
    certificate=Corollary(rr_nonconvex, {alpha: _TUNED}),
    note="K passes give K^(-2/3); of independent samples the rate is K^(-1/2).",
    sibling="sgd_affine_nonconvex_horizon",
)

rr_pl = Theorem(
    id="rr_pl",
    title="Random reshuffling, Polyak-Łojasiewicz, function values after passes",
    source=f"derived from the lemmas of {_PAPER}; see Ahn, Yun and Sra 2020, Nguyen et al. 2021",
    method=sgd,
    visits=RESHUFFLE,
    assumptions=(smooth, pl, lipschitz_steps, affine),
    step=alpha,
    where=(alpha <= _RESHUFFLED_STEP,),
    measure="gap_last",
    bound=(1 - alpha * n * mu_pl / 2) ** k * gap0
    + Rational(4, 9) * alpha**2 * L_max**2 * (n + 1) * affine_noise / mu_pl,
    certificate=Recursion(
        rate=1 - alpha * n * mu_pl / 2,
        noise=_RESHUFFLED_NOISE,
        by={**_RESHUFFLED_BY, pl_inequality: alpha * n / 2},
        plus=_RESHUFFLED_PLUS,
    ),
    defaults={alpha: _RESHUFFLED_STEP},
    note="affine_noise and affine_growth are about one sample: the mean of ||grad f_i(x)||^2.",
    sibling="sgd_affine_pl",
)

_RISE = (_SHARE * alpha**2 * _RESHUFFLED[0] * 2 * L_max).factor()
"""The part of f - f* and of component_gap that the noise of a pass may add to f - f*."""
_BY_COMPONENTS, _LEFT = _proof(away_reshuffled, *_RESHUFFLED, batch_components, 1 - L_batch / L_max)
_BELOW_L_MAX = _RISE * (1 - L_batch / L_max)
_LONGEST = 1 / (2 * L_max * n)

rr_nonconvex_components = Theorem(
    id="rr_nonconvex_components",
    title="Random reshuffling, nonconvex, bounded components, weighted mean of squared gradients",
    source=f"{_PAPER}, Theorem 4 (number not checked), a line in k for its power; constants derived here",
    method=sgd,
    visits=RESHUFFLE,
    assumptions=(smooth, lipschitz_steps, batched),
    step=alpha,
    where=(alpha <= _LONGEST,),
    measure="grad_norm_sq_mean",
    weights=(1 + _RISE) ** (-k),
    bound=4 * gap0 / (alpha * n * k)
    + Rational(16, 9) * alpha**2 * L_max**3 * (n + 1) * (gap0 + component_gap),
    start=Integer(1),
    certificate=Growing(
        growth=1 + _RISE,
        decrease=alpha * n / 4,
        noise=_RISE * component_gap,
        by=_BY_COMPONENTS,
        plus={**_LEFT, delta: _BELOW_L_MAX, component_gap: _BELOW_L_MAX},
    ),
    defaults={alpha: _LONGEST},
    note="The noise may grow with f - f*, as 2 A (f - f*) + B^2 with A = L_max. Early passes weigh more.",
    sibling="rr_nonconvex",
)

_SLOW = _LONGEST / K ** Rational(1, 3)

rr_nonconvex_components_horizon = Theorem(
    id="rr_nonconvex_components_horizon",
    title="Random reshuffling, nonconvex, bounded components, step of order K^(-1/3)",
    source=f"{_PAPER}, Corollary 4 (number not checked), for a step that does not know the gap",
    method=sgd,
    visits=RESHUFFLE,
    assumptions=(smooth, lipschitz_steps, batched),
    step=_SLOW,
    measure="grad_norm_sq_mean",
    weights=((1 + _RISE) ** (-k)).subs(alpha, _SLOW),
    bound=(8 * gap0 + Rational(4, 9) * (n + 1) / n**2 * (gap0 + component_gap)) * L_max / K ** Rational(2, 3),
    start=Integer(1),
    certificate=Corollary(rr_nonconvex_components, {alpha: _SLOW}),
    note="K passes give K^(-2/3); of independent samples the rate is K^(-1/2).",
    sibling="sgd_batched_nonconvex",
)

ig_nonconvex = replace(
    rr_nonconvex,
    id="ig_nonconvex",
    title="Incremental gradient, nonconvex, mean squared gradient at the starts of passes",
    source=f"derived as for random reshuffling by {_PAPER}",
    visits=CYCLIC,
    where=(alpha <= _ANY_STEP,),
    bound=4 * gap0 / (alpha * n * k) + Rational(8, 3) * alpha**2 * L_max**2 * n * (n - 1) * affine_noise,
    certificate=Telescope(
        potential=delta, weight=alpha * n / 4, noise=_ANY_NOISE, by=_ANY_BY, plus=_ANY_PLUS
    ),
    defaults={alpha: _ANY_STEP},
    note="The samples as they lie, in the worst of orders: the floor is of the order n larger.",
    sibling="rr_nonconvex",
)

ig_pl = replace(
    rr_pl,
    id="ig_pl",
    title="Incremental gradient, Polyak-Łojasiewicz, function values after passes",
    source=f"derived as for random reshuffling by {_PAPER}",
    visits=CYCLIC,
    where=(alpha <= _ANY_STEP,),
    bound=(1 - alpha * n * mu_pl / 2) ** k * gap0
    + Rational(4, 3) * alpha**2 * L_max**2 * n * (n - 1) * affine_noise / mu_pl,
    certificate=Recursion(
        rate=1 - alpha * n * mu_pl / 2,
        noise=_ANY_NOISE,
        by={**_ANY_BY, pl_inequality: alpha * n / 2},
        plus=_ANY_PLUS,
    ),
    defaults={alpha: _ANY_STEP},
    note="The samples as they lie, in the worst of orders: the floor is of the order n larger.",
    sibling="rr_pl",
)

THEOREMS = (
    rr_nonconvex,
    rr_nonconvex_horizon,
    rr_nonconvex_components,
    rr_nonconvex_components_horizon,
    rr_pl,
    ig_nonconvex,
    ig_pl,
)
