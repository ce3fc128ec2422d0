"""SGD with steps of a chosen length, along the normalised gradient estimate or along its signs, nonconvex."""

from __future__ import annotations

from sympy import Integer, Rational, log, sqrt

from ratebound.theory.algebra.lemmas import harmonic, inverse_sqrt_sharp
from ratebound.theory.assumptions import lower_bounded, smooth, smooth_inf
from ratebound.theory.certificate import Corollary
from ratebound.theory.certificates.noisy_directions import NoisyDirection
from ratebound.theory.certificates.noisy_momentum import NoisyMomentum
from ratebound.theory.inequalities.noise_models import bounded_noise_l1, bounded_sample_variance
from ratebound.theory.letters.directions import sample_noise_l1, sample_variance
from ratebound.theory.methods import normalised_momentum, normalised_sgd, sign_sgd
from ratebound.theory.statement import Theorem
from ratebound.theory.symbols import K, L, L_inf, b, beta, gamma, gap0, k

_ONE = "The usual proof has twice the noise."

normalised_sgd_nonconvex = Theorem(
    id="normalised_sgd_nonconvex",
    title="Normalised SGD, nonconvex, mean gradient norm",
    source="Cutkosky and Mehta 2020 for the setting (number not checked); constant of the noise derived here",
    method=normalised_sgd,
    assumptions=(smooth, lower_bounded, bounded_sample_variance),
    step=gamma,
    measure="grad_norm_mean",
    bound=gap0 / (gamma * k) + L * gamma / 2 + sqrt(sample_variance / b),
    start=Integer(1),
    certificate=NoisyDirection(),
    defaults={gamma: sqrt(gap0 / L) / 5},
    note=f"Large batches shrink the floor, short steps only their own part of it. {_ONE}",
    sibling="normalised_nonconvex",
)

_BERNSTEIN = "Bernstein, Wang, Azizzadenesheli and Anandkumar 2018"

sign_sgd_floor = Theorem(
    id="sign_sgd_floor",
    title="SignSGD, nonconvex, smooth in the maximum norm, mean of the sum of absolute values",
    source=f"{_BERNSTEIN}, Theorem 1 (number not checked), for any step; constant of the noise derived here",
    method=sign_sgd,
    assumptions=(smooth_inf, lower_bounded, bounded_noise_l1),
    step=gamma,
    measure="grad_l1_mean",
    bound=gap0 / (gamma * k) + L_inf * gamma / 2 + sample_noise_l1 / sqrt(b),
    start=Integer(1),
    certificate=NoisyDirection(),
    defaults={gamma: sqrt(gap0 / L_inf) / 5},
    note=f"{_ONE} L_inf is at most the sum of smoothness constants along the axes, which the source takes, "
    "with batches of K and the length 1/sqrt(L_inf K).",
    sibling="sign_nonconvex",
)

_TUNED = sqrt(2 * gap0 / (L_inf * K))

sign_sgd_horizon = Theorem(
    id="sign_sgd_horizon",
    title="SignSGD, nonconvex, length and batches tuned to the horizon",
    source=f"{_BERNSTEIN}, Theorem 1 (number not checked), with half of its noise",
    method=sign_sgd,
    assumptions=(smooth_inf, lower_bounded, bounded_noise_l1),
    step=_TUNED,
    measure="grad_l1_mean",
    bound=(sqrt(2 * L_inf * gap0) + sample_noise_l1) / sqrt(K),
    start=Integer(1),
    certificate=NoisyDirection(),
    batch=K,
    replacement=False,
    note="The rate 1/sqrt(K) costs K^2 gradients; a batch that would exceed the data is all of them.",
    sibling="sign_sgd_growing",
)

normalised_momentum_nonconvex = Theorem(
    id="normalised_momentum_nonconvex",
    title="Normalised SGD with momentum, nonconvex, mean gradient norm",
    source="Cutkosky and Mehta 2020, Theorem 1 (number not checked); constants derived here",
    method=normalised_momentum,
    assumptions=(smooth, lower_bounded, bounded_sample_variance),
    step=gamma,
    where=(beta < 1,),
    measure="grad_norm_mean",
    bound=NoisyMomentum.implied(),
    start=Integer(1),
    certificate=NoisyMomentum(),
    defaults={gamma: sqrt(gap0 / L) / 100, beta: Rational(9, 10)},
    note=(
        "No large batches: with 1 - beta of the order 1/sqrt(K) and a length of the order K^(-3/4) the bound "
        "is of the order K^(-1/4), see normalised_momentum_horizon."
    ),
    sibling="normalised_sgd_nonconvex",
)

_ROOT = sqrt(K)
_PINNED = _ROOT / (_ROOT + 2)
_SHORT = sqrt(2 * gap0 / (L * K * (2 * _ROOT + 1)))

normalised_momentum_horizon = Theorem(
    id="normalised_momentum_horizon",
    title="Normalised SGD with momentum, nonconvex, length and momentum tuned to the horizon",
    source="Cutkosky and Mehta 2020, Theorem 1 (number not checked), tuned to K alone; constants derived",
    method=normalised_momentum,
    assumptions=(smooth, lower_bounded, bounded_sample_variance),
    step=_SHORT,
    where=(beta <= _PINNED, beta >= _PINNED),
    measure="grad_norm_mean",
    bound=(
        sqrt(2 * L * gap0 * (2 * _ROOT + 1) / K)
        + sqrt(sample_variance / b) * (2 + (_ROOT + 2) / K ** Rational(3, 4)) / sqrt(1 + _ROOT)
    ),
    start=Integer(1),
    certificate=Corollary(normalised_momentum_nonconvex, {gamma: _SHORT, beta: _PINNED}),
    defaults={beta: _PINNED},
    note="One sample per step. Without noise the step 1/L of gradient descent has the rate K^(-1/2).",
    sibling="normalised_momentum_nonconvex",
)

_SHRINKING = gamma / sqrt(k + 1)

sign_sgd_growing = Theorem(
    id="sign_sgd_growing",
    title="SignSGD, nonconvex, decaying length and batches that grow like k",
    source=f"{_BERNSTEIN} for the setting; derived here",
    method=sign_sgd,
    assumptions=(smooth_inf, lower_bounded, bounded_noise_l1),
    step=_SHRINKING,
    weights=1 / sqrt(k + 1),
    measure="grad_l1_mean",
    bound=(gap0 / gamma + (L_inf * gamma / 2 + sample_noise_l1) * (1 + log(k))) / (2 * (sqrt(k + 1) - 1)),
    start=Integer(1),
    certificate=NoisyDirection(inverse_sqrt_sharp, harmonic, harmonic),
    defaults={gamma: sqrt(gap0 / L_inf) / 5},
    batch=k + 1,
    replacement=False,
    note="Neither horizon nor floor; a batch that would exceed the data is all of them.",
    sibling="sign_sgd_floor",
)

THEOREMS = (
    normalised_sgd_nonconvex,
    normalised_momentum_nonconvex,
    normalised_momentum_horizon,
    sign_sgd_floor,
    sign_sgd_horizon,
    sign_sgd_growing,
)
