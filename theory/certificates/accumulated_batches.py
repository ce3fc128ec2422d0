"""Certificates of AdaGrad with batches, by coordinate or by norm, on f that need not be convex.

Per coordinate h is that of grad f(x_k), u that of the gradient estimate, A and B the accumulator before and
after u has entered, l the length. The descent lemma holds for every draw:

    f(x_{k+1}) <= f(x_k) - l sum of h u/B + (l^2 L/2) sum of u^2/B^2.

With batches A knows nothing of the draw, so that ``h u/A`` has the mean ``h^2/A``; where ``|h u| <= G^2``
what B changes of it is at most ``G^2 (1/A - 1/B)``, which telescopes to less than ``G^2/b0``. With full
gradients h is u, and ``u^2/B`` is at least ``B - A``, which telescopes.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sympy import Expr, S, Symbol, expand, log, sqrt

from ratebound.theory.algebra.chart import free
from ratebound.theory.algebra.prover import nonnegative, vanishes
from ratebound.theory.assumptions import descent_lemma
from ratebound.theory.certificate import require, require_assumed
from ratebound.theory.certificates.accumulated import log_above_share, log_below_tangent
from ratebound.theory.certificates.needed import require_properties
from ratebound.theory.draws import Draws, length_sq
from ratebound.theory.errors import RateboundError
from ratebound.theory.letters.box import grad_inf
from ratebound.theory.letters.coordinates import d
from ratebound.theory.method import g, x
from ratebound.theory.symbols import L, alpha, b0, gamma, gap0, k

if TYPE_CHECKING:
    from ratebound.theory.statement import Theorem

_v = Symbol("v", real=True)
_A, _B = Symbol("A", positive=True), Symbol("B", positive=True)


def _check_step(theorem: Theorem, by_norm: bool = False) -> None:
    """Check the words that both proofs share, the rules, and ``u^2/B^2 = 1 - (A/B)^2 <= log(B^2/A^2)``."""
    if theorem.measure != "grad_norm_sq_mean" or theorem.weights != 1 or theorem.step != gamma:
        raise RateboundError("this certificate bounds grad_norm_sq_mean, for steps of the length gamma")
    update, draws = theorem.method.update, theorem.method.draws
    square = length_sq if by_norm else g**2
    rules = {"x": x - alpha * g / sqrt(b0**2 + _v + square), "v": _v + square}
    follows = set(update) == set(rules) and all(vanishes(update[n] - rule) for n, rule in rules.items())
    if not follows or draws != (Draws(length=g) if by_norm else None):
        what = "||g||^2" if by_norm else "g^2"
        raise RateboundError(f"{theorem.method.name} does not divide g by the root of b0^2 + sum of {what}")
    theorem.method.require_plain()
    require_assumed({descent_lemma: S.One}, theorem)
    log_above_share()


def check_replaced() -> None:
    """Check what ``h u/B`` is less than ``h u/A`` at most, for ``|h u| <= G^2`` and B >= A."""
    product = grad_inf**2 * (1 - 2 / (1 + free("s")))
    lost = (grad_inf**2 - product) * (1 / _A - 1 / _B)
    if not nonnegative(lost.subs(_B, _A + free("r"))):
        raise RateboundError("what the last gradient changes of h u/A is not at most G^2 (1/A - 1/B)")


@dataclass(frozen=True)
class BoundedSquares:
    """The sum of ``h^2/A`` is at most ``gap0/l + d G^2/b0 + (l L d/2) log(1 + k G^2/b0^2)``.

    No A of the first k steps exceeds ``sqrt(b0^2 + (k - 1) G^2)``.

    Parameters
    ----------
    by_norm
        Whether one accumulator is for all coordinates: then h and u are whole vectors, one in place of d,
        and ``||h||^2``, ``||u||^2`` and, by Cauchy and Schwarz, ``|<h, u>|`` are at most d G^2.
    """

    by_norm: bool = False
    cited: bool = field(default=False, init=False)

    def implied(self) -> Expr:
        """Return the bound that follows."""
        count, square = (S.One, d * grad_inf**2) if self.by_norm else (d, grad_inf**2)
        paid = gap0 / gamma + count * square / b0
        paid += gamma * L * count / 2 * log(1 + k * square / b0**2)
        return sqrt(b0**2 + (k - 1) * square) / k * paid

    def check_words(self, theorem: Theorem) -> None:
        """Check what is bounded, the method, the assumptions, and what the shares ``u^2/B^2`` add up to."""
        _check_step(theorem, self.by_norm)
        require_properties(theorem, "bounded_coordinates", "lower_bounded")

    def check(self, theorem: Theorem) -> None:
        """Check the method, what is lost by the last accumulator, what is added, and the bound."""
        self.check_words(theorem)
        check_replaced()
        if not vanishes(theorem.bound - self.implied()):
            require(theorem.bound - self.implied(), theorem, "the bound against the summed decrease")


@dataclass(frozen=True)
class SummedRoots:
    """With full gradients ``sum of (l b - l^2 L log(b/b0)) <= gap0 + d l b0``, b the accumulators.

    The tangent of the logarithm at ``c = 2 l L/b0`` leaves half of each ``l b``. Of the numbers ``b - b0``
    only the sum is known, so that their squares add up to at most its square.
    """

    cited: bool = field(default=False, init=False)

    @staticmethod
    def limit() -> Expr:
        """Return b0 and what the sum of the ``b - b0`` is at most."""
        return 2 * gap0 / gamma + (d + 1) * b0 + 2 * d * gamma * L * (log(2 * gamma * L / b0) - 1)

    def check(self, theorem: Theorem) -> None:
        """Check the method, what a step gains, what the tangent leaves, and the bound."""
        if theorem.stochastic:
            raise RateboundError("this certificate is for full gradients")
        _check_step(theorem)
        require_properties(theorem, "lower_bounded")
        gained = (_B**2 - _A**2) / _B - (_B - _A)
        if not nonnegative(gained.subs(_B, _A + free("r"))):
            raise RateboundError("u^2/B is not at least the growth of the accumulator")
        b = Symbol("b", positive=True)
        tangent = log_below_tangent(b / b0, 2 * gamma * L / b0)
        kept = gamma * b - gamma**2 * L * tangent
        # Summed over d coordinates, with E the sum of the b - b0.
        E = self.limit() - b0
        left = gamma * (E + d * b0) / 2 + d * (kept - gamma * b / 2) - (gap0 + d * gamma * b0)
        if not vanishes(expand(left)):
            raise RateboundError("the limit of the accumulators does not follow from the summed decrease")
        one, other = free("e"), free("e")
        if not nonnegative((one + other) ** 2 - one**2 - other**2):
            raise RateboundError("squares of nonnegative numbers do not add up to at most that of the sum")
        implied = (expand((E + b0) ** 2) - b0**2) / k
        if not vanishes(theorem.bound - implied):
            require(theorem.bound - implied, theorem, "the bound against the limit of the accumulators")
