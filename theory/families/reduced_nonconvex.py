"""Variance reduction without convexity: SVRG, loopless SVRG and SAGA, squared gradients and PL."""

from __future__ import annotations

from sympy import Expr, Integer, Max, Rational, S

from ratebound.theory.assumptions import descent_lemma, lower_bounded, pl, pl_inequality, smooth
from ratebound.theory.certificates.away import Away, differences, young_estimate, young_gradient
from ratebound.theory.inequalities.stored import lipschitz_steps
from ratebound.theory.letters.stored import away_sq
from ratebound.theory.methods import lsvrg, saga, svrg
from ratebound.theory.statement import Theorem
from ratebound.theory.symbols import K, L, L_max, alpha, gap0, grad_sq, k, mu_pl, n, prob

_NONCONVEX, _PL = (smooth, lower_bounded, lipschitz_steps), (smooth, pl, lipschitz_steps)
_REDDI = "Reddi, Hefny, Sra, Póczos and Smola 2016"


def _away(share: Expr, factor: Expr, coin: Expr = S.Zero, table: Expr = S.Zero, fade: Expr = S.Zero) -> Away:
    """Return the certificate with half of a step's descent for the gradient, or for the gap under PL.

    Parameters
    ----------
    share
        The factor of what is away in the potential.
    factor
        That of Young's inequality for the gradient, which keeps stored points near.
    coin, table
        Probability that all stored points are renewed by a coin, or that one is by the draw.
    fade
        For the gap under PL: by how much the share of what is away falls.
    """
    later, stay = share.subs(k, k + 1), 1 - coin
    noise = alpha**2 * (L / 2 + later) + 2 * table * alpha**2 * later
    turned = alpha * later * stay
    by = {
        descent_lemma: Integer(1),
        differences: noise,
        young_gradient(factor): turned,
    }
    if table != 0:
        by[young_estimate(1 / (2 * alpha))] = table * alpha * later
    lost = later * (stay - table / 2) + noise * L_max**2 + turned * factor
    half = alpha / 2
    plus = {grad_sq: half - noise - turned / factor, away_sq: (1 - fade) * share - lost}
    if fade == 0:
        return Away(share=share, weight=half, by=by, plus=plus)
    rates = 1 - alpha * mu_pl, 1 - fade
    return Away(share=share, rates=rates, by={**by, pl_inequality: alpha}, plus=plus)


def _longest(share: Expr, of: Expr) -> Expr:
    """Return the longest step, a share of ``1/(L_max of^(2/3))``."""
    return share / (L_max * of ** Rational(2, 3))


_CUBE = alpha**2 * L_max**3
_SVRG = _longest(Rational(2, 5), K)
_LOOPLESS, _LOOPLESS_PL = _longest(Rational(2, 5), 1 / prob), _longest(Rational(1, 3), 1 / prob)
_TABLE, _TABLE_PL = _longest(Rational(1, 5), n), _longest(Rational(1, 6), n)

svrg_nonconvex = Theorem(
    id="svrg_nonconvex",
    title="SVRG, one epoch, nonconvex, horizon-tuned step, mean squared gradient",
    source=f"{_REDDI}, Theorem 2 (number not checked); constants derived",
    method=svrg,
    assumptions=_NONCONVEX,
    step=_SVRG,
    measure="grad_norm_sq_mean",
    bound=2 * gap0 / (_SVRG * K),
    start=Integer(1),
    certificate=_away(Rational(3, 2) * _CUBE * (K - k), 1 / (2 * alpha * K)),
    note="One full gradient and 2 K gradients of components; with K = n the step shrinks as n^(-2/3).",
    sibling="sarah_nonconvex",
)

lsvrg_nonconvex = Theorem(
    id="lsvrg_nonconvex",
    title="Loopless SVRG, nonconvex, constant step, mean squared gradient",
    source=f"derived, after {_REDDI}",
    method=lsvrg,
    assumptions=_NONCONVEX,
    step=alpha,
    where=(alpha <= _LOOPLESS, prob <= 1),
    measure="grad_norm_sq_mean",
    bound=2 * gap0 / (alpha * k),
    start=Integer(1),
    certificate=_away(Rational(3, 2) * _CUBE / prob, prob / (2 * alpha), coin=prob),
    defaults={alpha: _LOOPLESS, prob: 1 / n},
    note="With p = 1/n the rate of gradient descent with a step n^(2/3) times shorter, at about three "
    "gradients per step.",
    sibling="page_nonconvex",
)

saga_nonconvex = Theorem(
    id="saga_nonconvex",
    title="SAGA, nonconvex, constant step, mean squared gradient",
    source="derived, after Reddi, Sra, Póczos and Smola 2016, who draw two samples per step",
    method=saga,
    assumptions=_NONCONVEX,
    step=alpha,
    where=(alpha <= _TABLE,),
    measure="grad_norm_sq_mean",
    bound=2 * gap0 / (alpha * k),
    start=Integer(1),
    certificate=_away(4 * _CUBE * n, 1 / (4 * alpha * n), table=1 / n),
    defaults={alpha: _TABLE},
    note="One sample is drawn, for the step and for the table; the cross term is paid by the constant.",
    sibling="lsvrg_nonconvex",
)

lsvrg_pl = Theorem(
    id="lsvrg_pl",
    title="Loopless SVRG, Polyak-Łojasiewicz, constant step",
    source=f"derived, after {_REDDI}",
    method=lsvrg,
    assumptions=_PL,
    step=alpha,
    where=(alpha <= _LOOPLESS_PL, prob <= 1),
    measure="gap_last",
    bound=Max(1 - alpha * mu_pl, 1 - prob / 4) ** k * gap0,
    certificate=_away(Rational(18, 5) * _CUBE / prob, prob / (2 * alpha), coin=prob, fade=prob / 4),
    defaults={alpha: _LOOPLESS_PL, prob: 1 / n},
    note="No component need be convex, nor f.",
    sibling="page_pl",
)

saga_pl = Theorem(
    id="saga_pl",
    title="SAGA, Polyak-Łojasiewicz, constant step",
    source="derived, after Reddi, Sra, Póczos and Smola 2016",
    method=saga,
    assumptions=_PL,
    step=alpha,
    where=(alpha <= _TABLE_PL,),
    measure="gap_last",
    bound=Max(1 - alpha * mu_pl, 1 - 1 / (8 * n)) ** k * gap0,
    certificate=_away(12 * _CUBE * n, 1 / (4 * alpha * n), table=1 / n, fade=1 / (8 * n)),
    defaults={alpha: _TABLE_PL},
    note="No component need be convex, nor f.",
    sibling="lsvrg_pl",
)

THEOREMS = (svrg_nonconvex, lsvrg_nonconvex, saga_nonconvex, lsvrg_pl, saga_pl)
