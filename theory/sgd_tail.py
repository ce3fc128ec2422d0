"""SGD averaged over the last half of its iterates, suffix or tail averaging: first it forgets the start."""

from __future__ import annotations

from sympy import Integer, log

from ratebound.theory.assumptions import (
    bounded_moment,
    bounded_second_moment,
    convex_components,
    strong_first_order,
    strongly_convex,
)
from ratebound.theory.lemmas import harmonic
from ratebound.theory.methods import sgd
from ratebound.theory.noise_models import least_squares
from ratebound.theory.sgd_least_squares import sgd_averaged_least_squares, sgd_least_squares_distance
from ratebound.theory.sgd_sc import sgd_sc_inverse
from ratebound.theory.sgd_star import sgd_star_constant
from ratebound.theory.sgd_star_more import minibatch_convex
from ratebound.theory.statement import Theorem
from ratebound.theory.symbols import K, R_sq, alpha, d2, ell, k, mu, second_moment
from ratebound.theory.tails import LAST_HALF, Restarted, Tail

_restarted = Restarted(sgd_star_constant, minibatch_convex)

sgd_tail_constant = Theorem(
    id="sgd_tail_constant",
    title="Mini-batch SGD, strongly convex, expected smoothness, constant step, average of the last half",
    source="derived: the constant step of Gower et al. 2019, restarted at the middle (cf. Jain et al. 2018)",
    method=sgd,
    assumptions=(strongly_convex, convex_components),
    step=alpha,
    where=(alpha < 1 / (2 * ell),),
    measure="gap_average",
    weights=LAST_HALF,
    bound=_restarted.bound,
    start=Integer(2),
    certificate=_restarted,
    defaults={alpha: 1 / (4 * ell)},
    note="The start is forgotten geometrically; the plain average keeps it as D^2/(alpha k).",
    sibling="minibatch_convex",
)

sgd_tail_sc = Theorem(
    id="sgd_tail_sc",
    title="SGD, strongly convex, step 1/(mu k), average of the last half",
    source="Rakhlin, Shamir and Sridharan 2012, Theorem 5 (number not checked), with a smaller constant",
    method=sgd,
    assumptions=(strongly_convex, bounded_second_moment),
    step=1 / (mu * (k + 1)),
    measure="gap_average",
    weights=LAST_HALF,
    bound=(1 + log(2)) * second_moment / (mu * K),
    start=Integer(2),
    certificate=Tail(
        first=sgd_sc_inverse,
        potential=mu * k / 2 * d2,
        weight=Integer(1),
        noise=alpha / 2 * second_moment,
        by={strong_first_order: Integer(1), bounded_moment: alpha / 2},
        noise_sum=harmonic,
    ),
    note="No logarithm of k, unlike the plain average. As published the constant is 4 + 5 log 2.",
    sibling="sgd_sc_uniform_average",
)

_least_squares = Restarted(sgd_least_squares_distance, sgd_averaged_least_squares)

sgd_tail_least_squares = Theorem(
    id="sgd_tail_least_squares",
    title="SGD on least squares, strongly convex, constant step, average of the last half",
    source="derived: Bach and Moulines 2013, Theorem 1 (number not checked), restarted; cf. Jain et al. 2018",
    method=sgd,
    assumptions=(strongly_convex, least_squares),
    step=alpha,
    where=(alpha < 1 / R_sq,),
    measure="gap_average",
    weights=LAST_HALF,
    bound=_least_squares.bound,
    start=Integer(2),
    certificate=_least_squares,
    defaults={alpha: 1 / (4 * R_sq)},
    note="Of the start only a term that decays geometrically is left, and noise of order alpha beside it.",
    sibling="sgd_averaged_least_squares",
)

THEOREMS = (sgd_tail_constant, sgd_tail_sc, sgd_tail_least_squares)
