"""Passes over the data without convexity: random reshuffling, and any fixed or random order."""

from __future__ import annotations

from dataclasses import replace

from sympy import Expr, Integer, Rational, sqrt

from ratebound.theory.assumptions import descent_lemma, pl, pl_inequality, smooth
from ratebound.theory.certificate import Corollary
from ratebound.theory.inequality import Inequality
from ratebound.theory.methods import sgd
from ratebound.theory.noise_models import affine, affine_moment
from ratebound.theory.pass_symbols import pass_away
from ratebound.theory.passes import away_any, away_reshuffled, mean_gradient
from ratebound.theory.recursion import Recursion
from ratebound.theory.statement import Theorem
from ratebound.theory.stored import lipschitz_steps
from ratebound.theory.symbols import (
    K,
    L,
    L_max,
    affine_growth,
    affine_noise,
    alpha,
    delta,
    gap0,
    grad_sq,
    k,
    moment,
    move_sq,
    mu_pl,
    n,
)
from ratebound.theory.telescope import Telescope
from ratebound.theory.visits import CYCLIC, RESHUFFLE

_PAPER = "Mishchenko, Khaled and Richtárik 2020"
_SHARE = Rational(2, 3) * alpha * L_max**2
"""The multiplier of the distance that a pass goes, for steps up to 1/(2 L_max n)."""


def _proof(away: Inequality, drawn: Expr, own: Expr) -> tuple[dict[Inequality, Expr], dict[Expr, Expr]]:
    """Return multipliers and rests of one pass: it keeps a quarter of ``alpha n ||grad f||^2``.

    `away` bounds the distance by `drawn` second moments and `own` squared gradients, times alpha^2.
    """
    by = {
        descent_lemma: Integer(1),
        mean_gradient: Integer(1),
        away: _SHARE,
        affine_moment: _SHARE * alpha**2 * drawn,
    }
    spent = _SHARE * alpha**2 * (own + drawn * affine_growth)
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

THEOREMS = (rr_nonconvex, rr_nonconvex_horizon, rr_pl, ig_nonconvex, ig_pl)
