"""AdaGrad and RMSProp on f that need not be convex, each by the proof of the other.

Per coordinate h is that of grad f(x_k), u that of the gradient estimate, A and B the roots of the accumulator
before and after u has entered, c what an average takes from the new square, one for a sum, l the length. The
descent lemma holds for every draw:

    f(x_{k+1}) <= f(x_k) - l sum of h u/B + (l^2 L/2) sum of u^2/B^2.

B reads the draw. Two roots do not, and may stand in its place:

- ``a^2 = A^2 + c E_k u^2``, which leaves half of ``h^2/a`` and costs twice ``sqrt(c) G u^2/B^2``. So RMSProp
  is proved in :mod:`ratebound.theory.certificates.decaying_squares`, and AdaGrad here: a small b0 costs a
  logarithm.
- A, which costs at most ``G^2 (1/A - 1/B) <= (G^2/(2 b0)) log(B^2/A^2)`` and nothing of ``h^2/A``. So
  AdaGrad is proved in :mod:`ratebound.theory.certificates.accumulated_batches`, where this telescopes as it
  stands, and RMSProp here: a large b0 makes the noise cheap.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sympy import Expr, log, sqrt

from ratebound.theory.algebra.chart import free
from ratebound.theory.algebra.prover import vanishes
from ratebound.theory.certificate import require
from ratebound.theory.certificates.accumulated_batches import BoundedSquares, check_replaced
from ratebound.theory.certificates.decaying_squares import DecayingSquares, check_replacement
from ratebound.theory.certificates.late_averages import check_logarithm
from ratebound.theory.letters.box import decay, grad_inf
from ratebound.theory.letters.coordinates import d
from ratebound.theory.symbols import L, b0, gamma, gap0, k

if TYPE_CHECKING:
    from ratebound.theory.statement import Theorem


@dataclass(frozen=True)
class MeanRoot:
    """AdaGrad: ``h^2/(2 a)`` adds up to at most ``gap0/l + d (2 G + l L/2) log(1 + k G^2/b0^2)``.

    No a of the first k steps exceeds ``sqrt(b0^2 + k G^2)``.
    """

    cited: bool = field(default=False, init=False)

    @staticmethod
    def implied() -> Expr:
        """Return the bound that follows."""
        shares = d * log(1 + k * grad_inf**2 / b0**2)
        paid = gap0 / gamma + (2 * grad_inf + gamma * L / 2) * shares
        return 2 * sqrt(b0**2 + k * grad_inf**2) / k * paid

    def check(self, theorem: Theorem) -> None:
        """Check the method and the shares as for the other proof, the replacement, and the bound."""
        BoundedSquares().check_words(theorem)
        check_replacement()
        if not vanishes(theorem.bound - self.implied()):
            require(theorem.bound - self.implied(), theorem, "the bound against the summed decrease")


@dataclass(frozen=True)
class RootBefore:
    """RMSProp: ``h^2/A`` adds up to at most ``gap0/l + d (G^2/(2 b0) + l L/(2 c)) W``.

    Here ``W = log(1 + G^2/b0^2) + (k - 1) log(1/decay)`` is what the ``log(B^2/A^2)`` add up to at most. No A
    exceeds ``sqrt(b0^2 + decay G^2)``.
    """

    cited: bool = field(default=False, init=False)

    @staticmethod
    def implied() -> Expr:
        """Return the bound that follows."""
        last = sqrt(b0**2 + decay * grad_inf**2)
        price = d * (grad_inf**2 / (2 * b0) + gamma * L / (2 * (1 - decay)))
        once = gap0 / gamma + price * log(decay * (1 + grad_inf**2 / b0**2))
        return last * once / k + last * price * log(1 / decay)

    def check(self, theorem: Theorem) -> None:
        """Check the method and the shares as for the other proof, the replacement, and the bound."""
        DecayingSquares().check_words(theorem)
        check_replaced()
        # 1/A - 1/B = (1 - A/B)/A, and half of log(B^2/A^2) is log(B/A).
        check_logarithm()
        v = grad_inf**2 / (1 + free("t"))
        largest = b0**2 + decay * grad_inf**2 - (b0**2 + decay * v)
        require(largest, theorem, "the largest A")
        if not vanishes(theorem.bound - self.implied()):
            require(theorem.bound - self.implied(), theorem, "the bound against the summed decrease")
