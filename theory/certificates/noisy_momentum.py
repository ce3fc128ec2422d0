"""Certificate of normalised SGD with momentum: the momentum averages the noise, and lags behind the gradient.

With h_k = grad f(x_k), the estimate ``g_k = h_k + e_k`` and the momentum m_k after it has entered,

    m_k - h_k = beta (m_{k-1} - h_{k-1}) + beta (h_{k-1} - h_k) + (1 - beta) e_k,    m_0 - h_0 = e_0,

which is the sum of what lags, at most ``beta alpha L/(1 - beta)``, as no step is longer than alpha, and of
noise, whose terms are uncorrelated: with ``a = (1 - beta)/(1 + beta)`` its mean square is at most
``(a + (1 - a) beta^(2 k)) s^2``, and a root of a sum at most the sum of the roots. What the direction of m
loses is at most twice ``||m - h||``, for every draw, whatever it depends on.

Source: Cutkosky and Mehta 2020, Theorem 1 (number not checked); constants derived here.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sympy import Expr, S, Symbol, sqrt

from ratebound.theory.algebra.chart import free
from ratebound.theory.algebra.prover import nonnegative, vanishes
from ratebound.theory.assumptions import descent_lemma
from ratebound.theory.certificate import require, require_assumed
from ratebound.theory.certificates.noisy_directions import require_parts
from ratebound.theory.errors import RateboundError
from ratebound.theory.letters.directions import sample_variance
from ratebound.theory.methods.drawn import normalised_momentum
from ratebound.theory.symbols import L, b, beta, gamma, gap0, k

if TYPE_CHECKING:
    from ratebound.theory.statement import Theorem

share = (1 - beta) / (1 + beta)
"""a: the part of the noise of one estimate that stays in the momentum."""
fades = 2 * beta / (1 + beta)
"""1 - a: the part that fades."""


def _require(expr: Expr, what: str) -> None:
    if not nonnegative(expr):
        raise RateboundError(f"{what}: {expr} is not proved to be >= 0")


def _check_direction() -> None:
    """Check ``H - <h, m>/||m|| <= 2 ||m - h||``, with t or -t the cosine, r the norm of m and H = 1."""
    r, t = free("r"), 1 / (1 + free("s"))
    ahead = 4 * (r**2 - 2 * r * t + 1) - (1 - t) ** 2
    if not vanishes(ahead - 4 * (r - t) ** 2 - (1 - t) * (3 + 5 * t)):
        raise RateboundError("the square of what a direction ahead leaves is not the sum of two terms")
    _require((1 - t) * (3 + 5 * t), "the second of them")
    _require(4 * (r**2 + 2 * r * t + 1) - (1 + t) ** 2, "the square of what a direction back leaves")


def _check_error() -> None:
    """Check the recursion of m - h, and the mean square of its noise by induction."""
    m, before, now, e = (Symbol(name, real=True) for name in ("m", "before", "now", "e"))
    after = beta * m + (1 - beta) * (now + e) - now
    if not vanishes(after - (beta * (m - before) + beta * (before - now) + (1 - beta) * e)):
        raise RateboundError("the error of the momentum does not obey its recursion")
    q = free("q")
    held = share + fades * q
    if not vanishes(held.subs(q, 1) - 1):
        raise RateboundError("the noise at the start is not that of one estimate")
    if not vanishes(beta**2 * held + (1 - beta) ** 2 - held.subs(q, beta**2 * q)):
        raise RateboundError("the mean square of the noise does not obey its recursion")


@dataclass(frozen=True)
class NoisyMomentum:
    """The mean of ``E||grad f||`` is at most ``gap0/(l k) + l L/2`` and twice that of ``E||m - grad f||``."""

    cited: bool = field(default=False, init=False)

    @staticmethod
    def lag() -> Expr:
        """Return what the momentum lags behind the gradient at most."""
        return beta * gamma * L / (1 - beta)

    @classmethod
    def implied(cls) -> Expr:
        """Return the bound that follows; the powers of beta add up to at most ``1/(1 - beta)``."""
        noise = 2 * sqrt(sample_variance / b)
        spent = gap0 / gamma + noise * sqrt(fades) / (1 - beta)
        return spent / k + gamma * L / 2 + 2 * cls.lag() + noise * sqrt(share)

    def check(self, theorem: Theorem) -> None:
        """Check the method, what a direction loses, the error of the momentum, and the bound."""
        if theorem.measure != "grad_norm_mean" or theorem.weights != 1 or theorem.step != gamma:
            raise RateboundError("this certificate bounds grad_norm_mean, for steps of the length gamma")
        if theorem.method != normalised_momentum or theorem.batch is not None:
            raise RateboundError(f"{theorem.method.name} is not normalised SGD with momentum")
        require_assumed({descent_lemma: S.One}, theorem)
        require_parts(theorem, "bounded_sample_variance")
        require(1 - beta, theorem, "what the momentum takes from the new gradient")
        _check_direction()
        _check_error()
        if not vanishes(beta * (self.lag() + gamma * L) - self.lag()):
            raise RateboundError(f"{self.lag()} is not where what lags comes to rest")
        if not vanishes(theorem.bound - self.implied()):
            require(theorem.bound - self.implied(), theorem, "the bound against the summed decrease")
