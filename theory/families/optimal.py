"""Methods that no method of gradients beats by much: OGM with its last step, OGM-G, information exact."""

from __future__ import annotations

from sympy import Integer, Rational, ceiling, floor, sqrt

from ratebound.theory.assumptions import convex, smooth, strongly_convex, value_below_distance
from ratebound.theory.certificates.conversion import Conversion
from ratebound.theory.certificates.exact_model import ExactModel
from ratebound.theory.certificates.in_turn import InTurn
from ratebound.theory.certificates.last_gradient import LastGradient
from ratebound.theory.certificates.last_step import LastStep
from ratebound.theory.families.momentum import ogm_convex
from ratebound.theory.methods.optimal import (
    item,
    last_weight,
    left_root,
    left_weight,
    ogm_gradient,
    ogm_last,
    ogm_twice,
)
from ratebound.theory.statement import Theorem
from ratebound.theory.symbols import D, K, L, gap0, k, mu

ogm_last_convex = Theorem(
    id="ogm_last_convex",
    title="Optimised gradient method, smooth convex, with the weight of a last step",
    source="Kim and Fessler 2016, Theorem 2, with rational weights before the last (number not checked)",
    method=ogm_last,
    assumptions=(smooth, convex),
    step=1 / L,
    measure="gap_last",
    bound=L * D**2 / (k + 1 + sqrt(Rational(1, 2))) ** 2,
    start=Integer(1),
    certificate=LastStep(ogm_convex, last_weight),
    note="Every x_k is the point at which k steps may stop: the next gradient is taken elsewhere.",
    sibling="ogm_convex",
)

_KEPT = (1 - sqrt(mu / L)) ** (2 * k)

item_distance = Theorem(
    id="item_distance",
    title="Information exact method, strongly convex, distance",
    source="Taylor and Drori 2023, Theorem 3 and its corollary (numbers not checked)",
    method=item,
    assumptions=(smooth, strongly_convex),
    step=1 / L,
    measure="distance_sq",
    bound=D**2 * _KEPT / (_KEPT + mu / L),
    start=Integer(1),
    certificate=ExactModel(),
    note="Never above D^2. The worst case is D^2/(1 + (mu/L) A_k): none is smaller (not checked).",
    sibling="triple_momentum_distance",
)

item_gap = Theorem(
    id="item_gap",
    title="Information exact method, strongly convex, function values",
    source="corollary of Taylor and Drori 2023",
    method=item,
    assumptions=(smooth, strongly_convex),
    step=1 / L,
    measure="gap_last",
    bound=L * item_distance.bound / 2,
    start=Integer(1),
    certificate=Conversion(item_distance, L / 2, {value_below_distance: Integer(1)}),
    sibling="triple_momentum_gap",
)

_HALVES = (1 + left_root(K)) ** 2

ogm_gradient_convex = Theorem(
    id="ogm_gradient_convex",
    title="Optimised method for the gradient, smooth convex, last gradient at a fixed horizon",
    source=(
        "Kim and Fessler 2021, Theorem 6.1 (number not checked); derived here for rational weights, with a "
        "smaller bound than 4 L gap0/(K + 1 + 1/sqrt(2))^2"
    ),
    method=ogm_gradient,
    assumptions=(smooth, convex),
    step=(K - k) / L,
    measure="grad_norm_sq_last",
    bound=8 * L * gap0 / _HALVES,
    certificate=LastGradient(left_weight(K - k), _HALVES / 8),
    note=(
        "The step says how many updates are left: only at x_K is the gradient as small as this. A Huber "
        "function comes within two per cent of the bound, and nearer as K grows."
    ),
    sibling="ogm_last_convex",
)

_FAR = ceiling(K / 2) + 1 + sqrt(Rational(1, 2))

ogm_twice_convex = Theorem(
    id="ogm_twice_convex",
    title="Optimised gradient method, then the one for the gradient, smooth convex, last gradient",
    source=(
        "Nesterov, Gasnikov, Guminov and Dvurechensky 2021 for two methods in turn, each for half of the "
        "steps (not checked); derived here from the bounds of the two"
    ),
    method=ogm_twice,
    assumptions=(smooth, convex),
    step=(K - k) / L,
    measure="grad_norm_sq_last",
    bound=8 * (L * D / (_FAR * (1 + left_root(floor(K / 2))))) ** 2,
    start=Integer(2),
    certificate=InTurn(ogm_last_convex, ogm_gradient_convex),
    note=(
        "The squared gradient falls like 64 L^2 D^2/K^4, the order that no method beats. The step says how "
        "many updates are left: only at x_K is the gradient as small as this."
    ),
    sibling="ogm_gradient_convex",
)

THEOREMS = (ogm_last_convex, item_distance, item_gap, ogm_gradient_convex, ogm_twice_convex)
