"""Nonconvex variance reduction: PAGE and SARAH, by estimates that track the gradient."""

from __future__ import annotations

from sympy import Integer, Max, sqrt

from ratebound.theory.assumptions import descent_lemma, lower_bounded, pl, pl_inequality, smooth
from ratebound.theory.methods import page, sarah
from ratebound.theory.statement import Theorem
from ratebound.theory.stored import drift_below, lipschitz_steps
from ratebound.theory.symbols import K, L, L_max, alpha, gap0, k, moment, mu_pl, n
from ratebound.theory.tracking import Tracking

_LI = "Li, Bao, Zhang and Richtárik 2021"

page_nonconvex = Theorem(
    id="page_nonconvex",
    title="PAGE, nonconvex, constant step, mean squared gradient",
    source=f"{_LI}, Theorem 1 (number not checked), with p = 1/n and b = 1",
    method=page,
    assumptions=(smooth, lower_bounded, lipschitz_steps),
    step=alpha,
    where=(alpha <= 1 / (L_max * (1 + sqrt(n - 1))),),
    measure="grad_norm_sq_mean",
    bound=2 * gap0 / (alpha * k),
    start=Integer(1),
    certificate=Tracking(
        share=alpha * n / 2,
        weight=alpha / 2,
        by={descent_lemma: Integer(1), drift_below: alpha * (n - 1) / 2},
        plus={moment: alpha * (1 - alpha * L - alpha**2 * L_max**2 * (n - 1)) / 2},
    ),
    defaults={alpha: 1 / (L_max * (1 + sqrt(n - 1)))},
    note="The rate of gradient descent, with a step of about 1/(L_max sqrt(n)) and two gradients per step.",
    sibling="sgd_nonconvex_constant",
)

_DOUBLE = (alpha <= 1 / (L_max * (1 + sqrt(2 * (n - 1)))),)

page_pl = Theorem(
    id="page_pl",
    title="PAGE, Polyak-Łojasiewicz, constant step",
    source=f"{_LI}, the theorem on the PL condition (number not checked); range and rate derived",
    method=page,
    assumptions=(smooth, pl, lipschitz_steps),
    step=alpha,
    where=_DOUBLE,
    measure="gap_last",
    bound=Max(1 - alpha * mu_pl, 1 - 1 / (2 * n)) ** k * gap0,
    certificate=Tracking(
        share=alpha * n,
        rates=(1 - alpha * mu_pl, 1 - 1 / (2 * n)),
        by={descent_lemma: Integer(1), pl_inequality: alpha, drift_below: alpha * (n - 1)},
        plus={moment: alpha * (1 - alpha * L - 2 * alpha**2 * L_max**2 * (n - 1)) / 2},
    ),
    defaults={alpha: 1 / (L_max * (1 + sqrt(2 * (n - 1))))},
    sibling="sgd_pl_variance",
)

_LONGEST = 2 / (L_max * (1 + sqrt(4 * K - 3)))

sarah_nonconvex = Theorem(
    id="sarah_nonconvex",
    title="SARAH, one outer loop, nonconvex, horizon-tuned step, mean squared gradient",
    source="Nguyen, Liu, Scheinberg and Takáč 2017, on nonconvex problems (number not checked)",
    method=sarah,
    assumptions=(smooth, lower_bounded, lipschitz_steps),
    step=_LONGEST,
    measure="grad_norm_sq_mean",
    bound=L_max * (1 + sqrt(4 * K - 3)) * gap0 / K,
    start=Integer(1),
    certificate=Tracking(
        share=alpha * (K - k) / 2,
        weight=alpha / 2,
        by={descent_lemma: Integer(1), drift_below: alpha * (K - k - 1) / 2},
        plus={
            moment: alpha * (1 - alpha * L - alpha**2 * L_max**2 * (K - k - 1)) / 2,
        },
    ),
    note="One full gradient at the start; the step shrinks as 1/sqrt(K), as errors pile up.",
    sibling="page_nonconvex",
)

THEOREMS = (page_nonconvex, page_pl, sarah_nonconvex)
