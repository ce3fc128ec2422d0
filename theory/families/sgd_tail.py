"""SGD that first forgets its start: averages over the end of a run (suffix or tail averaging), two phases."""

from __future__ import annotations

from sympy import Integer, Rational, ceiling, log

from ratebound.theory.algebra.lemmas import harmonic
from ratebound.theory.assumptions import (
    bounded_moment,
    bounded_second_moment,
    convex_components,
    strong_first_order,
    strongly_convex,
)
from ratebound.theory.certificates.phases import TwoPhases
from ratebound.theory.certificates.tails import FORGOTTEN, TAIL, Restarted, Tail
from ratebound.theory.families.sgd_least_squares import sgd_averaged_least_squares, sgd_least_squares_distance
from ratebound.theory.families.sgd_sc import sgd_sc_inverse
from ratebound.theory.families.sgd_star import sgd_star_constant, sgd_star_decaying
from ratebound.theory.families.sgd_star_more import minibatch_convex, sgd_star_weighted
from ratebound.theory.inequalities.noise_models import least_squares
from ratebound.theory.methods import sgd
from ratebound.theory.statement import Theorem
from ratebound.theory.symbols import D, K, R_sq, alpha, d2, dropped, ell, k, mu, s0, second_moment, sigma_b_sq

_HALF = Rational(1, 2)
_restarted = Restarted(sgd_star_constant, minibatch_convex)

sgd_tail_constant = Theorem(
    id="sgd_tail_constant",
    title="Mini-batch SGD, strongly convex, expected smoothness, constant step, average of the end",
    source="derived: SGD with a constant step, restarted (cf. Jain et al. 2018)",
    method=sgd,
    assumptions=(strongly_convex, convex_components),
    step=alpha,
    where=(alpha < 1 / ell, dropped < 1),
    measure="gap_average",
    weights=TAIL,
    bound=_restarted.bound,
    start=Integer(1),
    certificate=_restarted,
    defaults={alpha: 1 / (4 * ell), dropped: _HALF},
    note="The start is forgotten geometrically; the plain average keeps it as D^2/(alpha k).",
    sibling="minibatch_convex",
)

sgd_tail_sc = Theorem(
    id="sgd_tail_sc",
    title="SGD, strongly convex, step 1/(mu k), average of the end",
    source="Rakhlin, Shamir and Sridharan 2012, Theorem 5 (number not checked), with a smaller constant",
    method=sgd,
    assumptions=(strongly_convex, bounded_second_moment),
    step=1 / (mu * (k + 1)),
    where=(dropped < 1,),
    measure="gap_average",
    weights=TAIL,
    bound=second_moment * (1 + log(K / FORGOTTEN)) / (2 * mu * (K - FORGOTTEN)),
    start=ceiling(1 / dropped),
    certificate=Tail(
        first=sgd_sc_inverse,
        potential=mu * k / 2 * d2,
        weight=Integer(1),
        noise=alpha / 2 * second_moment,
        by={strong_first_order: Integer(1), bounded_moment: alpha / 2},
        noise_sum=harmonic,
    ),
    defaults={dropped: _HALF},
    note=(
        "No logarithm of k, unlike the plain average. For the last half the constant is 1 + log 2, as "
        "published 4 + 5 log 2; it is least for about the last two thirds."
    ),
    sibling="sgd_sc_uniform_average",
)

_least_squares = Restarted(sgd_least_squares_distance, sgd_averaged_least_squares)

sgd_tail_least_squares = Theorem(
    id="sgd_tail_least_squares",
    title="SGD on least squares, strongly convex, constant step, average of the end",
    source="derived: Bach and Moulines 2013, Theorem 1 (number not checked), restarted; cf. Jain et al. 2018",
    method=sgd,
    assumptions=(strongly_convex, least_squares),
    step=alpha,
    where=(alpha < 1 / R_sq, dropped < 1),
    measure="gap_average",
    weights=TAIL,
    bound=_least_squares.bound,
    start=Integer(1),
    certificate=_least_squares,
    defaults={alpha: 1 / (4 * R_sq), dropped: _HALF},
    note="Of the start only a term that decays geometrically is left, and noise of order alpha beside it.",
    sibling="sgd_averaged_least_squares",
)

_phases = TwoPhases(
    (sgd_star_constant, {alpha: 1 / (2 * ell)}),
    (sgd_star_decaying, {s0: 4 * ell / mu}),
)

sgd_star_two_phases = Theorem(
    id="sgd_star_two_phases",
    title="SGD, strongly convex, expected smoothness, constant step, from the middle on decaying, distance",
    source="derived: two phases as in Stich 2019 (number not checked), each by Gower et al. 2019",
    method=sgd,
    assumptions=(strongly_convex, convex_components),
    step=_phases.step,
    measure="distance_sq",
    bound=(1 - mu / (2 * ell)) ** ceiling(K / 2) * D**2 + 16 * sigma_b_sq / (mu**2 * K),
    start=Integer(1),
    certificate=_phases,
    note="The start is forgotten geometrically and the noise like 1/K; neither is known to the step.",
    sibling="sgd_star_switch",
)

_averaging = TwoPhases((sgd_star_constant, {alpha: 1 / (2 * ell)}), (sgd_star_weighted, {s0: 8 * ell / mu}))

sgd_star_two_phases_average = Theorem(
    id="sgd_star_two_phases_average",
    title="SGD, strongly convex, expected smoothness, constant, then decaying step, weighted average",
    source="derived: the two phases of Stich 2019 (number not checked), with less than half of its noise",
    method=sgd,
    assumptions=(strongly_convex, convex_components),
    step=_averaging.step,
    measure="gap_average",
    weights=_averaging.weights,
    bound=_averaging.implied,
    start=Integer(2),
    certificate=_averaging,
    note="Of the start a geometric term is left; the noise is at most 16 sigma^2/(mu K), or nearly so.",
    sibling="sgd_star_weighted",
)

THEOREMS = (
    sgd_tail_constant,
    sgd_tail_sc,
    sgd_tail_least_squares,
    sgd_star_two_phases,
    sgd_star_two_phases_average,
)
