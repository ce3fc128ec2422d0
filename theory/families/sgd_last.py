"""SGD under a bounded second moment: its last iterate, with steps that fall by a rule or stay the same."""

from __future__ import annotations

from sympy import Integer, log, sqrt

from ratebound.theory.algebra.lemmas import inverse_sqrt_sharp
from ratebound.theory.assumptions import bounded_moment, bounded_second_moment, convex, strongly_convex
from ratebound.theory.certificate import Corollary
from ratebound.theory.certificates.last_falling import LastFalling
from ratebound.theory.inequalities.noise_models import to_end
from ratebound.theory.methods import sgd
from ratebound.theory.statement import Theorem
from ratebound.theory.symbols import D, K, L_max, alpha, alpha0, k, mu, second_moment

_SHAMIR = "derived, by the reference points of Zamani and Glineur 2023; after Shamir and Zhang 2013, Theorem"

sgd_convex_last_constant = Theorem(
    id="sgd_convex_last_constant",
    title="SGD, convex, constant step, last iterate",
    source="derived, by the reference points of Zamani and Glineur 2023 (number not checked)",
    method=sgd,
    assumptions=(convex, bounded_second_moment, to_end),
    step=alpha,
    measure="gap_last",
    bound=D**2 / (2 * alpha * (2 * k + 1)) + alpha * second_moment * (1 + log(k) / 4),
    start=Integer(1),
    certificate=LastFalling(bounded_moment),
    defaults={alpha: 1 / (4 * L_max)},
    note=(
        "Half of the start of the averaged iterate, and of the noise 2 + log(k)/2 times as much: the bound "
        "grows in the end, however slowly."
    ),
    sibling="sgd_convex_constant",
)

_TUNED = D / (2 * sqrt(second_moment * K))

sgd_convex_last_horizon = Theorem(
    id="sgd_convex_last_horizon",
    title="SGD, convex, horizon-tuned constant step, last iterate",
    source="derived from the constant step",
    method=sgd,
    assumptions=(convex, bounded_second_moment, to_end),
    step=_TUNED,
    measure="gap_last",
    bound=D * sqrt(second_moment / K) * (1 + log(K) / 8),
    start=Integer(1),
    certificate=Corollary(sgd_convex_last_constant, {alpha: _TUNED}),
    note="Steps that fall to zero, those of sgd_linear_decay_horizon, have no logarithm.",
    sibling="sgd_linear_decay_horizon",
)

sgd_convex_last_decaying = Theorem(
    id="sgd_convex_last_decaying",
    title="SGD, convex, step alpha0/sqrt(k+1), last iterate",
    source=f"{_SHAMIR} 2 (numbers not checked), with smaller constants and without a bounded domain",
    method=sgd,
    assumptions=(convex, bounded_second_moment, to_end),
    step=alpha0 / sqrt(k + 1),
    measure="gap_last",
    bound=(
        sqrt(k + 1)
        / 2
        * (
            D**2 / (alpha0 * (4 * k + 5 - 4 * sqrt(k + 1)))
            + alpha0 * second_moment * (5 + 2 * log(k)) / (2 * k + 1)
        )
    ),
    start=Integer(1),
    certificate=LastFalling(bounded_moment, total=inverse_sqrt_sharp),
    defaults={alpha0: 1 / (4 * L_max)},
    note="The logarithm is that of the weighted average; steps that fall to zero at a horizon lose it.",
    sibling="sgd_linear_decay",
)

sgd_sc_last = Theorem(
    id="sgd_sc_last",
    title="SGD, strongly convex, step 1/(mu k), last iterate",
    source=f"{_SHAMIR} 1 (numbers not checked), whose constant is 17",
    method=sgd,
    assumptions=(strongly_convex, bounded_second_moment, to_end),
    step=1 / (mu * (k + 1)),
    measure="gap_last",
    bound=second_moment * (5 + 2 * log(k)) / (2 * mu * (2 * k + 1)),
    start=Integer(1),
    certificate=LastFalling(bounded_moment, growth=k, strong=True),
    note="The first step is 1/mu: see the note of sgd_pl_decaying. Averages of the last half spare the log.",
    sibling="sgd_tail_sc",
)

THEOREMS = (sgd_convex_last_constant, sgd_convex_last_horizon, sgd_convex_last_decaying, sgd_sc_last)
