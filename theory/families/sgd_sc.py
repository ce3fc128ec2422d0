"""SGD on strongly convex f under a bounded second moment, steps of order 1/(mu k), no smoothness needed."""

from __future__ import annotations

from sympy import Integer, Max, log

from ratebound.theory.algebra.lemmas import harmonic, triangular
from ratebound.theory.assumptions import (
    bounded_moment,
    bounded_second_moment,
    strong_first_order,
    strong_monotone,
    strongly_convex,
)
from ratebound.theory.certificates.recursion import Recursion
from ratebound.theory.certificates.telescope import Telescope
from ratebound.theory.methods import sgd
from ratebound.theory.statement import Theorem
from ratebound.theory.symbols import alpha, d2, delta, k, mu, second_moment, theta

_ASSUMED = (strongly_convex, bounded_second_moment)
_ONE = 1 / (mu * (k + 1))
_TWO = 2 / (mu * (k + 2))
_FIRST_STEP = "The first step is of order 1/mu: see the note of sgd_pl_decaying."

_INVERSE = Recursion(
    rate=1 - 2 * alpha * mu,
    noise=alpha**2 * second_moment,
    by={strong_monotone: 2 * alpha, bounded_moment: alpha**2},
)

sgd_sc_inverse = Theorem(
    id="sgd_sc_inverse",
    title="SGD, strongly convex, step 1/(mu k), distance",
    source="Rakhlin, Shamir and Sridharan 2012, Lemma 1 (number not checked); the constant is improved",
    method=sgd,
    assumptions=_ASSUMED,
    step=_ONE,
    measure="distance_sq",
    bound=second_moment / (mu**2 * k),
    start=Integer(1),
    certificate=_INVERSE,
    note=f"The recursion of the source, solved without loss; as published the factor is 4. {_FIRST_STEP}",
    sibling="sgd_sc_theta",
)

sgd_sc_uniform_average = Theorem(
    id="sgd_sc_uniform_average",
    title="SGD, strongly convex, step 1/(mu k), averaged iterate",
    source="Hazan, Agarwal and Kale 2007 (online to batch)",
    method=sgd,
    assumptions=_ASSUMED,
    step=_ONE,
    measure="gap_average",
    bound=second_moment * (1 + log(k)) / (2 * mu * k),
    start=Integer(1),
    certificate=Telescope(
        potential=mu * k / 2 * d2,
        weight=Integer(1),
        noise=alpha / 2 * second_moment,
        by={strong_first_order: Integer(1), bounded_moment: alpha / 2},
        noise_sum=harmonic,
    ),
    note=_FIRST_STEP,
    sibling="sgd_sc_weighted_average",
)

sgd_sc_weighted_average = Theorem(
    id="sgd_sc_weighted_average",
    title="SGD, strongly convex, step 2/(mu (k+2)), average with weights k+1",
    source="Lacoste-Julien, Schmidt and Bach 2012, equation (5) (number not checked)",
    method=sgd,
    assumptions=_ASSUMED,
    step=_TWO,
    measure="gap_average",
    weights=k + 1,
    bound=2 * second_moment / (mu * (k + 1)),
    start=Integer(1),
    certificate=Telescope(
        potential=mu * k * (k + 1) / 4 * d2,
        weight=k + 1,
        noise=second_moment / mu,
        by={strong_first_order: k + 1, bounded_moment: (k + 1) / (mu * (k + 2))},
        plus={second_moment: 1 / (mu * (k + 2))},
        weight_sum=triangular,
    ),
    note=_FIRST_STEP,
    sibling="sgd_sc_uniform_average",
)

sgd_sc_weighted_distance = Theorem(
    id="sgd_sc_weighted_distance",
    title="SGD, strongly convex, step 2/(mu (k+2)), distance",
    source="the proof of Lacoste-Julien, Schmidt and Bach 2012",
    method=sgd,
    assumptions=_ASSUMED,
    step=_TWO,
    measure="distance_sq",
    bound=4 * second_moment / (mu**2 * (k + 1)),
    start=Integer(1),
    certificate=Telescope(
        potential=mu * k * (k + 1) / 4 * d2,
        noise=second_moment / mu,
        by={strong_first_order: k + 1, bounded_moment: (k + 1) / (mu * (k + 2))},
        plus={delta: k + 1, second_moment: 1 / (mu * (k + 2))},
    ),
    note=_FIRST_STEP,
    sibling="sgd_sc_weighted_average",
)

sgd_sc_theta = Theorem(
    id="sgd_sc_theta",
    title="SGD, strongly convex, step theta/k, distance",
    source="Nemirovski, Juditsky, Lan and Shapiro 2009, (2.9)-(2.10) as remembered, corrected by 2 theta^2",
    method=sgd,
    assumptions=_ASSUMED,
    step=theta / (k + 1),
    where=(theta > 1 / (2 * mu),),
    measure="distance_sq",
    bound=Max(theta**2 / (2 * mu * theta - 1), 2 * theta**2) * second_moment / (k + 1),
    start=Integer(1),
    certificate=_INVERSE,
    defaults={theta: 1 / mu},
    note="As published, without 2 theta^2, it fails after one step: see the refuted statements.",
)

THEOREMS = (
    sgd_sc_inverse,
    sgd_sc_uniform_average,
    sgd_sc_weighted_average,
    sgd_sc_weighted_distance,
    sgd_sc_theta,
)
