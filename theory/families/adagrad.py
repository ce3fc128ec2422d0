"""AdaGrad on f that need not be convex: by norm with full gradients, by coordinate with batches."""

from __future__ import annotations

from dataclasses import replace

from sympy import Integer, Rational, log, sqrt

from ratebound.theory.assumptions import lower_bounded, smooth
from ratebound.theory.certificates.accumulated import AnySteps, ShortSteps
from ratebound.theory.certificates.accumulated_batches import BoundedSquares, SummedRoots
from ratebound.theory.certificates.accumulated_momentum import LateSquares
from ratebound.theory.certificates.other_roots import MeanRoot
from ratebound.theory.inequalities.projections import bounded_coordinates
from ratebound.theory.methods import adagrad, adagrad_full, adagrad_momentum, adagrad_norm, adagrad_norm_sgd
from ratebound.theory.statement import Theorem
from ratebound.theory.symbols import L, alpha, b0, beta, gamma, gap0, grad0_sq, k

adagrad_norm_short = Theorem(
    id="adagrad_norm_short",
    title="AdaGrad-Norm, nonconvex, first step at most 1/L",
    source="Ward, Wu and Bottou 2019, Theorem 2.2, first case (number not checked); re-derived",
    method=adagrad_norm,
    assumptions=(smooth, lower_bounded),
    step=alpha,
    where=(alpha <= 1 / L,),
    measure="grad_norm_sq_mean",
    bound=(4 * gap0**2 / (alpha**2 * b0**2) + 2 * gap0 / alpha) / k,
    start=Integer(1),
    certificate=ShortSteps(),
    defaults={alpha: 1 / L, b0: sqrt(grad0_sq)},
    note="alpha b0 is the length that the literature calls eta.",
    sibling="gd_nonconvex",
)

_LAST = 2 * (b0 + gap0 / (alpha * b0) + alpha * b0 * L * (log(2 * alpha * L) - 1))

adagrad_norm_any = Theorem(
    id="adagrad_norm_any",
    title="AdaGrad-Norm, nonconvex, any first step",
    source="Ward, Wu and Bottou 2019, Theorem 2.2, second case (number not checked); constants derived here",
    method=adagrad_norm,
    assumptions=(smooth, lower_bounded),
    step=alpha,
    measure="grad_norm_sq_mean",
    bound=(_LAST**2 - b0**2) / k,
    start=Integer(1),
    certificate=AnySteps(),
    defaults={alpha: 4 / L, b0: sqrt(grad0_sq)},
    note="No step is too long: the first ones may raise f, and the accumulator then shortens the others.",
    sibling="adagrad_norm_short",
)

adagrad_nonconvex = Theorem(
    id="adagrad_nonconvex",
    title="AdaGrad, nonconvex, bounded gradients, mean squared gradient",
    source="derived here, in the setting of Défossez, Bottou, Bach and Usunier 2022, Theorem 1 (not checked)",
    method=adagrad,
    assumptions=(smooth, lower_bounded, bounded_coordinates),
    step=gamma,
    measure="grad_norm_sq_mean",
    bound=BoundedSquares().implied(),
    start=Integer(1),
    certificate=BoundedSquares(),
    defaults={gamma: sqrt(grad0_sq) / L, b0: 10 * sqrt(grad0_sq)},
    note="Gradients are bounded for every draw, which losses of bounded slopes without a ridge certify.",
    sibling="adagrad_norm_any",
)

adagrad_nonconvex_small = replace(
    adagrad_nonconvex,
    id="adagrad_nonconvex_small",
    title="AdaGrad, nonconvex, bounded gradients, mean squared gradient, for small b0",
    source="Défossez, Bottou, Bach and Usunier 2022, Theorem 1 (number not checked), where R is at least "
    "grad_inf + b0; re-derived",
    bound=MeanRoot.implied(),
    certificate=MeanRoot(),
    defaults={gamma: sqrt(grad0_sq) / L, b0: sqrt(grad0_sq) / 100},
    note="b0 stands in a logarithm only. Where it is of the size of gradients adagrad_nonconvex says more.",
    sibling="adagrad_nonconvex",
)

adagrad_norm_batches = Theorem(
    id="adagrad_norm_batches",
    title="AdaGrad-Norm with batches, nonconvex, bounded gradients, mean squared gradient",
    source="Ward, Wu and Bottou 2019, Theorem 2.1 (not checked), in expectation; derived here",
    method=adagrad_norm_sgd,
    assumptions=(smooth, lower_bounded, bounded_coordinates),
    step=gamma,
    measure="grad_norm_sq_mean",
    bound=BoundedSquares(by_norm=True).implied(),
    start=Integer(1),
    certificate=BoundedSquares(by_norm=True),
    defaults={gamma: sqrt(grad0_sq) / L, b0: 10 * sqrt(grad0_sq)},
    note="One accumulator for all coordinates. What is published holds in probability; so does this bound "
    "over the risk, by Markov's inequality (`ratebound verify --risk`).",
    sibling="adagrad_nonconvex",
)

adagrad_full_nonconvex = Theorem(
    id="adagrad_full_nonconvex",
    title="AdaGrad, nonconvex, full gradients, any length",
    source="by coordinate what Ward, Wu and Bottou 2019 prove by norm; derived here",
    method=adagrad_full,
    assumptions=(smooth, lower_bounded),
    step=gamma,
    measure="grad_norm_sq_mean",
    bound=(SummedRoots.limit() ** 2 - b0**2) / k,
    start=Integer(1),
    certificate=SummedRoots(),
    defaults={gamma: sqrt(grad0_sq) / L, b0: sqrt(grad0_sq)},
    note="The steps know neither L nor the size of gradients; coordinates cost a factor of up to d^2.",
    sibling="adagrad_norm_any",
)

adagrad_momentum_nonconvex = Theorem(
    id="adagrad_momentum_nonconvex",
    title="AdaGrad with momentum, nonconvex, bounded gradients, mean squared gradient",
    source=(
        "in the manner of Défossez, Bottou, Bach and Usunier 2022, Theorem 3 (not checked), without its "
        "logarithm of the noise; derived here"
    ),
    method=adagrad_momentum,
    assumptions=(smooth, lower_bounded, bounded_coordinates),
    step=gamma,
    where=(beta < 1,),
    weights=LateSquares.weights(),
    measure="grad_norm_sq_mean",
    bound=LateSquares().implied(),
    start=Integer(1),
    certificate=LateSquares(),
    defaults={gamma: sqrt(grad0_sq) / L, b0: 10 * sqrt(grad0_sq), beta: Rational(1, 2)},
    note="Momentum costs 1/(1 - beta) twice and gains nothing; with beta = 0 this is adagrad_nonconvex.",
    sibling="adagrad_nonconvex",
)

THEOREMS = (
    adagrad_norm_short,
    adagrad_norm_any,
    adagrad_nonconvex,
    adagrad_nonconvex_small,
    adagrad_norm_batches,
    adagrad_full_nonconvex,
    adagrad_momentum_nonconvex,
)
