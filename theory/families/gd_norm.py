"""Gradient descent with steps of a chosen length, and with clipped gradients."""

from __future__ import annotations

from sympy import Expr, Integer, Max, log, sqrt

from ratebound.theory.algebra.lemmas import harmonic, inverse_sqrt_sharp
from ratebound.theory.assumptions import (
    cocoercive,
    convex,
    descent_lemma,
    gradient_below_gap,
    lower_bounded,
    smooth,
)
from ratebound.theory.certificate import Corollary
from ratebound.theory.certificates.least_gradient import LeastGradient, N, Piece
from ratebound.theory.inequalities.relaxed import relaxed_descent, relaxed_smooth
from ratebound.theory.letters.relaxed import L_one, L_zero
from ratebound.theory.methods import clipped, normalised
from ratebound.theory.statement import Theorem
from ratebound.theory.symbols import D, K, L, alpha, clip, d2, delta, gamma, gap0, grad0_sq, k

_LENGTH = {gamma: sqrt(gap0 / L) / 5}
_ANY = "The step needs no knowledge of f; its length sets the floor."


def _descent(step: Expr) -> LeastGradient:
    return LeastGradient(
        potential=delta,
        pieces=(Piece(by={descent_lemma: Integer(1)}, factor=alpha, power=1),),
        noise=alpha**2 * L / 2,
        weight_sum=inverse_sqrt_sharp if step.has(k) else None,
        noise_sum=harmonic if step.has(k) else None,
    )


_APPROACH = LeastGradient(
    potential=d2,
    pieces=(Piece({cocoercive: 2 * alpha / N, gradient_below_gap: alpha / (N * L)}, 2 * alpha / L, power=1),),
    noise=alpha**2,
)

normalised_nonconvex = Theorem(
    id="normalised_nonconvex",
    title="Normalised gradient descent, nonconvex, mean gradient norm",
    source="folklore; in the style of Cutkosky and Mehta 2020, without noise (number not checked)",
    method=normalised,
    assumptions=(smooth, lower_bounded),
    step=gamma,
    measure="grad_norm_mean",
    bound=gap0 / (gamma * k) + L * gamma / 2,
    start=Integer(1),
    certificate=_descent(gamma),
    defaults=_LENGTH,
    note=_ANY,
    sibling="gd_nonconvex",
)

_TUNED = sqrt(2 * gap0 / (L * K))

normalised_nonconvex_horizon = Theorem(
    id="normalised_nonconvex_horizon",
    title="Normalised gradient descent, nonconvex, length tuned to the horizon",
    source="folklore; corollary of the bound for any length",
    method=normalised,
    assumptions=(smooth, lower_bounded),
    step=_TUNED,
    measure="grad_norm_mean",
    bound=sqrt(2 * L * gap0 / K),
    start=Integer(1),
    certificate=Corollary(normalised_nonconvex, {gamma: _TUNED}),
    note="Squared it is the bound of gradient descent with the step 1/L on the mean of the squares.",
    sibling="gd_nonconvex",
)

_SHRINKING = gamma / sqrt(k + 1)

normalised_nonconvex_decaying = Theorem(
    id="normalised_nonconvex_decaying",
    title="Normalised gradient descent, nonconvex, decaying length",
    source="folklore; closed form derived here",
    method=normalised,
    assumptions=(smooth, lower_bounded),
    step=_SHRINKING,
    weights=1 / sqrt(k + 1),
    measure="grad_norm_mean",
    bound=(2 * gap0 + L * gamma**2 * (1 + log(k))) / (4 * gamma * (sqrt(k + 1) - 1)),
    start=Integer(1),
    certificate=_descent(_SHRINKING),
    defaults=_LENGTH,
    sibling="normalised_nonconvex",
)

normalised_convex = Theorem(
    id="normalised_convex",
    title="Normalised gradient descent, smooth convex, mean gradient norm",
    source="Nesterov 2004, section 3.2.3, for values; derived here for gradients",
    method=normalised,
    assumptions=(smooth, convex),
    step=gamma,
    measure="grad_norm_mean",
    bound=L * D**2 / (2 * gamma * k) + L * gamma / 2,
    start=Integer(1),
    certificate=_APPROACH,
    defaults={gamma: D / 5},
    note=_ANY,
    sibling="normalised_nonconvex",
)

normalised_convex_horizon = Theorem(
    id="normalised_convex_horizon",
    title="Normalised gradient descent, smooth convex, length tuned to the horizon",
    source="Nesterov 2004, section 3.2.3, for values; corollary of the bound for any length",
    method=normalised,
    assumptions=(smooth, convex),
    step=D / sqrt(K),
    measure="grad_norm_mean",
    bound=L * D / sqrt(K),
    start=Integer(1),
    certificate=Corollary(normalised_convex, {gamma: D / sqrt(K)}),
    sibling="gd_convex_gradient_best",
)

_HALF = alpha / 2

clipped_nonconvex = Theorem(
    id="clipped_nonconvex",
    title="Gradient descent with clipped gradients, nonconvex, best gradient",
    source="Koloskova, Hendrikx and Stich 2023 for the setting; constant derived here (number not checked)",
    method=clipped,
    assumptions=(smooth, lower_bounded),
    step=alpha,
    where=(alpha <= 1 / L,),
    measure="grad_norm_sq_best",
    bound=Max(2 * gap0 / (alpha * k), (2 * gap0 / (alpha * clip * k)) ** 2),
    start=Integer(1),
    certificate=LeastGradient(
        potential=delta,
        pieces=(
            Piece({descent_lemma: Integer(1)}, _HALF, 2, high=clip, shorter=Integer(1)),
            Piece({descent_lemma: Integer(1)}, _HALF * clip, 1, low=clip, shorter=clip / N),
        ),
    ),
    defaults={alpha: 1 / L, clip: sqrt(grad0_sq) / 2},
    note="While gradients are clipped the method is normalised; then it is gradient descent. The proof "
    "bounds the mean of min(||grad f||^2, clip ||grad f||), by 2 gap0/(alpha k).",
    sibling="gd_nonconvex",
)

_TO_RELAXED = 1 / (L_zero + clip * L_one)
_RELAXED = {relaxed_descent: Integer(1)}

clipped_relaxed = Theorem(
    id="clipped_relaxed",
    title="Gradient descent with clipped gradients, relaxed smoothness, best gradient",
    source=(
        "Zhang, He, Sra and Jadbabaie 2020 for the setting; Koloskova, Hendrikx and Stich 2023, Theorem 2.1 "
        "(number not checked); constant derived here"
    ),
    method=clipped,
    assumptions=(relaxed_smooth, lower_bounded),
    step=alpha,
    where=(alpha <= _TO_RELAXED,),
    measure="grad_norm_sq_best",
    bound=clipped_nonconvex.bound,
    start=Integer(1),
    certificate=LeastGradient(
        potential=delta,
        pieces=(
            Piece(_RELAXED, _HALF, 2, high=clip, shorter=Integer(1)),
            Piece(_RELAXED, _HALF * clip, 1, low=clip, shorter=clip / N),
        ),
    ),
    defaults={alpha: _TO_RELAXED, clip: sqrt(grad0_sq) / 2},
    note=(
        "The curvature may grow with the gradient, which clipping keeps in its place: on separable data "
        "L_zero is zero, and a smaller threshold allows a longer step than 1/L."
    ),
    sibling="clipped_nonconvex",
)

THEOREMS = (
    normalised_nonconvex,
    normalised_nonconvex_horizon,
    normalised_nonconvex_decaying,
    normalised_convex,
    normalised_convex_horizon,
    clipped_nonconvex,
    clipped_relaxed,
)
