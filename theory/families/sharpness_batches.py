"""Sharpness-aware minimisation with batches: both gradients of a step are of the same one."""

from __future__ import annotations

from sympy import Integer, Rational, sqrt

from ratebound.theory.assumptions import bounded_variance, lower_bounded, smooth
from ratebound.theory.certificate import Corollary
from ratebound.theory.certificates.look_ahead_batches import NoisyLookAhead, reach, stretch
from ratebound.theory.inequalities.stored import lipschitz_steps
from ratebound.theory.methods import sam_sgd
from ratebound.theory.statement import Theorem
from ratebound.theory.symbols import K, L, L_max, alpha, gap0, k, radius, variance_bound

_SOURCE = "Andriushchenko and Flammarion 2022, Theorem 2, for the setting (number not checked); derived here"
_RANGE = (alpha < 1 / L, radius < 1 / L_max)
_DEFAULTS = {alpha: 1 / (4 * L), radius: 1 / (8 * L_max)}

sam_sgd_nonconvex = Theorem(
    id="sam_sgd_nonconvex",
    title="Sharpness-aware minimisation with batches, nonconvex, mean squared gradient",
    source=_SOURCE,
    method=sam_sgd,
    assumptions=(smooth, lower_bounded, lipschitz_steps, bounded_variance),
    step=alpha,
    where=_RANGE,
    measure="grad_norm_sq_mean",
    bound=2 * gap0 / (alpha * k * (1 - reach**2)) + (stretch + reach**2) * variance_bound / (1 - reach**2),
    start=Integer(1),
    certificate=NoisyLookAhead(),
    defaults=_DEFAULTS,
    note="A step costs two gradients of the batch. Longer looks ahead keep more of the noise.",
    sibling="sam_nonconvex",
)

_SLOW = 1 / (2 * L * sqrt(K))
_SHORT = 1 / (2 * L_max * K ** Rational(1, 4))

sam_sgd_nonconvex_horizon = Theorem(
    id="sam_sgd_nonconvex_horizon",
    title="Sharpness-aware minimisation with batches, nonconvex, step and radius tuned to the horizon",
    source=_SOURCE,
    method=sam_sgd,
    assumptions=(smooth, lower_bounded, lipschitz_steps, bounded_variance),
    step=_SLOW,
    where=(radius <= _SHORT, radius >= _SHORT),
    measure="grad_norm_sq_mean",
    bound=(16 * L * gap0 + 5 * variance_bound) / (3 * sqrt(K)),
    start=Integer(1),
    certificate=Corollary(sam_sgd_nonconvex, {alpha: _SLOW, radius: _SHORT}),
    defaults={radius: _SHORT},
    note="The order of SGD: a radius of the order K^(-1/4) costs a constant factor.",
    sibling="sgd_nonconvex_variance_horizon",
)

THEOREMS = (sam_sgd_nonconvex, sam_sgd_nonconvex_horizon)
