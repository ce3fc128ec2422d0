"""Certificates for sharpness-aware minimisation with batches: both gradients are of the same batch.

A step is ``- alpha (g + e)``, g the gradient of a batch at x and ``e = grad f_B(x + r g) - g``, which is at
most ``c ||g||`` long, c = L_max r. In expectation over the batch let m be the mean of e, and v and w the
variances of g and of e. Then

    ||m||^2 + w = E||e||^2 <= c^2 (||grad f||^2 + v),

and what noise adds to the step, L alpha^2/2 times the variance of g + e, splits by Young's inequality such
that w is paid by what ``<grad f, m>`` leaves: all in all

    E f(x_{k+1}) <= f(x_k) - alpha/2 ((1 - c^2) ||grad f(x_k)||^2 - (t + c^2) V),   t = L alpha/(1 - L alpha).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sympy import Expr, S, Symbol, expand

from ratebound.theory.algebra.prover import vanishes
from ratebound.theory.assumptions import descent_lemma
from ratebound.theory.certificate import require
from ratebound.theory.certificates.needed import require_properties
from ratebound.theory.errors import RateboundError
from ratebound.theory.methods import sam_sgd
from ratebound.theory.symbols import (
    L,
    L_max,
    alpha,
    delta,
    delta_next,
    gap0,
    k,
    move_inner,
    move_sq,
    radius,
    variance_bound,
)

if TYPE_CHECKING:
    from ratebound.theory.statement import Theorem

G, M, C, W = (Symbol(name, real=True) for name in "GMCW")
"""The vectors grad f(x_k), the mean of e, and what g and e differ by from their means: a product of two of
them is the expectation of their inner product, and C and W meet G and M in zero."""
reach = L_max * radius
"""c."""
stretch = L * alpha / (1 - L * alpha)
"""t."""
noise = alpha / 2 * (stretch + reach**2) * variance_bound
weight = alpha / 2 * (1 - reach**2)
"""The factor of the squared gradient in what f falls by."""


def fallen() -> tuple[Expr, dict[str, tuple[Expr, Expr]]]:
    """Return what a step is claimed to bring, ``>= 0``, and its parts: a multiplier and what is ``>= 0``."""
    moved = {move_inner: -alpha * G * (G + M), move_sq: alpha**2 * ((G + M) ** 2 + (C + W) ** 2)}
    parts = {
        "the descent lemma": (S.One, descent_lemma.slack.xreplace(moved)),
        "||e|| <= c ||g||": (alpha / 2, reach**2 * (G**2 + C**2) - M**2 - W**2),
        "the mean step": (alpha * (1 - L * alpha) / 2, (G + M) ** 2),
        "Young's inequality": (alpha * (1 - L * alpha) / 2, (W - stretch * C) ** 2),
        "the bounded variance": (alpha / 2 * (stretch + reach**2), variance_bound - C**2),
    }
    return delta + noise - weight * G**2 - delta_next, parts


@dataclass(frozen=True)
class NoisyLookAhead:
    """The sum over the steps bounds the mean squared gradient."""

    cited: bool = field(default=False, init=False)

    @staticmethod
    def implied() -> Expr:
        """Return the bound that follows."""
        return gap0 / (k * weight) + noise / weight

    def check(self, theorem: Theorem) -> None:
        """Check the method, the assumptions, the step, and that the sum gives the bound."""
        if theorem.measure != "grad_norm_sq_mean" or theorem.weights != 1:
            raise RateboundError("this certificate bounds grad_norm_sq_mean with equal weights")
        if theorem.method != sam_sgd or theorem.step != alpha or theorem.batch is not None:
            raise RateboundError("this certificate is about sam_sgd, steps and batches of one size")
        require_properties(theorem, "bounded_variance", "lipschitz_steps", "smooth")
        claim, parts = fallen()
        left = expand(claim - sum((c * part for c, part in parts.values()), S.Zero))
        # Deviations from means meet what does not depend on the batch in zero.
        if not vanishes(left.subs({C * G: 0, C * M: 0, G * W: 0, M * W: 0})):
            raise RateboundError("the certificate does not close: the claim is not the sum of its parts")
        for name, (factor, _) in parts.items():
            require(factor, theorem, f"the multiplier of {name}")
        require(weight, theorem, "the weight of the squared gradient")
        if not vanishes(theorem.at(k) - self.implied()):
            require(theorem.at(k) - self.implied(), theorem, "the bound against what is implied")
