"""Adam, RMSProp, which is Adam without momentum, and AMSGrad with momentum, on f that need not be convex."""

from __future__ import annotations

from dataclasses import replace

from sympy import Integer, Rational, sqrt

from ratebound.theory.assumptions import lower_bounded, smooth
from ratebound.theory.certificates.accumulated_momentum import LateSquares
from ratebound.theory.certificates.decaying_squares import DecayingSquares
from ratebound.theory.certificates.late_averages import LateAverages
from ratebound.theory.certificates.other_roots import RootBefore
from ratebound.theory.inequalities.projections import bounded_coordinates
from ratebound.theory.letters.box import decay
from ratebound.theory.methods import adam_uncorrected, amsgrad_momentum, rmsprop
from ratebound.theory.statement import Theorem
from ratebound.theory.symbols import L, b0, beta, gamma, grad0_sq

_SECOND = "Défossez, Bottou, Bach and Usunier 2022, Theorem 2 (number not checked)"

rmsprop_nonconvex = Theorem(
    id="rmsprop_nonconvex",
    title="RMSProp (Adam without momentum), nonconvex, bounded gradients, mean squared gradient",
    source=f"{_SECOND}, without bias correction; derived here",
    method=rmsprop,
    assumptions=(smooth, lower_bounded, bounded_coordinates),
    step=gamma,
    where=(decay < 1,),
    measure="grad_norm_sq_mean",
    bound=DecayingSquares().implied(),
    start=Integer(1),
    certificate=DecayingSquares(),
    defaults={
        gamma: sqrt(grad0_sq) / (20 * L),
        b0: 3 * sqrt(grad0_sq),
        decay: 1 - Rational(1, 10**4),
    },
    note=(
        "A constant decay leaves a floor, for short steps of the order sqrt(1 - decay); with the decay "
        "1 - 1/K and a length of the order 1/sqrt(K) the bound is of the order 1/sqrt(K)."
    ),
    sibling="adagrad_nonconvex",
)

_CORRECTED = DecayingSquares(corrected=True)

rmsprop_corrected_nonconvex = replace(
    rmsprop_nonconvex,
    id="rmsprop_corrected_nonconvex",
    title="RMSProp with bias correction (Adam without momentum), nonconvex, bounded gradients",
    source=f"{_SECOND}, where R is at least grad_inf + b0/sqrt(1 - decay); re-derived",
    step=_CORRECTED.step,
    bound=_CORRECTED.implied(),
    certificate=_CORRECTED,
    defaults={**rmsprop_nonconvex.defaults, b0: sqrt(grad0_sq) / 10},
    note="The average of squares starts at zero, below what it will be: first steps are shortened for it.",
    sibling="rmsprop_nonconvex",
)

rmsprop_nonconvex_large = replace(
    rmsprop_nonconvex,
    id="rmsprop_nonconvex_large",
    title="RMSProp (Adam without momentum), nonconvex, bounded gradients, for large b0",
    source="derived here, as for Adam: adam_nonconvex in the limit of no momentum",
    bound=RootBefore.implied(),
    certificate=RootBefore(),
    note="Half of what rmsprop_nonconvex pays for the gap; the noise costs grad_inf^2/(2 b0) per unit of the "
    "logarithms, and there 4 grad_inf/sqrt(1 - decay).",
    sibling="rmsprop_nonconvex",
)

amsgrad_momentum_nonconvex = Theorem(
    id="amsgrad_momentum_nonconvex",
    title="AMSGrad with momentum, nonconvex, bounded gradients, mean squared gradient",
    source=(
        "Chen, Liu, Sun and Hong 2019, for AMSGrad on nonconvex f (not checked), without bias correction; "
        "constants derived here"
    ),
    method=amsgrad_momentum,
    assumptions=(smooth, lower_bounded, bounded_coordinates),
    step=gamma,
    where=(beta < 1, decay < 1),
    weights=LateSquares.weights(),
    measure="grad_norm_sq_mean",
    bound=LateSquares(largest=True).implied(),
    start=Integer(1),
    certificate=LateSquares(largest=True),
    defaults={
        gamma: sqrt(grad0_sq) / (20 * L),
        b0: 3 * sqrt(grad0_sq),
        beta: Rational(1, 2),
        decay: Rational(9, 10),
    },
    note=(
        "As the largest average never falls the floor is of the order of the length, whatever the decay; a "
        "length of the order 1/sqrt(K) makes the bound of the order 1/sqrt(K)."
    ),
    sibling="rmsprop_nonconvex",
)

adam_nonconvex = Theorem(
    id="adam_nonconvex",
    title="Adam, nonconvex, bounded gradients, mean squared gradient",
    source=(
        "in the manner of Défossez, Bottou, Bach and Usunier 2022, Theorem 4 (not checked), without bias "
        "correction; derived here"
    ),
    method=adam_uncorrected,
    assumptions=(smooth, lower_bounded, bounded_coordinates),
    step=gamma,
    where=(decay < 1, beta < sqrt(decay)),
    weights=LateSquares.weights(),
    measure="grad_norm_sq_mean",
    bound=LateAverages().implied(),
    start=Integer(1),
    certificate=LateAverages(),
    defaults={
        gamma: sqrt(grad0_sq) / (20 * L),
        b0: 3 * sqrt(grad0_sq),
        beta: Rational(1, 2),
        decay: 1 - Rational(1, 10**3),
    },
    note=(
        "A constant decay leaves a floor of the order 1 - decay beside that of the length; with the decay "
        "1 - 1/K and a length of the order 1/sqrt(K) the bound is of the order 1/sqrt(K)."
    ),
    sibling="rmsprop_nonconvex",
)

THEOREMS = (
    rmsprop_nonconvex,
    rmsprop_corrected_nonconvex,
    rmsprop_nonconvex_large,
    amsgrad_momentum_nonconvex,
    adam_nonconvex,
)
