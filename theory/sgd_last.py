"""SGD under a bounded second moment: its last iterate, with steps that do not know when the run ends."""

from __future__ import annotations

from sympy import Integer, log, sqrt

from ratebound.theory.assumptions import bounded_moment, bounded_second_moment, convex, strongly_convex
from ratebound.theory.last_falling import LastFalling
from ratebound.theory.lemmas import inverse_sqrt_sharp
from ratebound.theory.methods import sgd
from ratebound.theory.noise_models import to_end
from ratebound.theory.statement import Theorem
from ratebound.theory.symbols import D, L_max, alpha0, k, mu, second_moment

_SHAMIR = "derived, by the reference points of Zamani and Glineur 2023; after Shamir and Zhang 2013, Theorem"

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

THEOREMS = (sgd_convex_last_decaying, sgd_sc_last)
