"""The certificate of AdaGrad with batches on f that need not be convex, its gradients bounded by G.

Per coordinate h is that of grad f(x_k), u that of the gradient estimate, A and B the accumulator before and
after u has entered, l the length. The descent lemma holds for every draw:

    f(x_{k+1}) <= f(x_k) - l sum of h u/B + (l^2 L/2) sum of u^2/B^2.

A knows nothing of the draw, so that ``h u/A`` has the mean ``h^2/A``; and ``|h u| <= G^2``, so that what B
changes of it is at most ``G^2 (1/A - 1/B)``, which telescopes to less than ``G^2/b0``.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sympy import Expr, S, Symbol, log, sqrt

from ratebound.theory.assumptions import descent_lemma
from ratebound.theory.box_symbols import grad_inf
from ratebound.theory.certificate import require, require_assumed
from ratebound.theory.chart import free
from ratebound.theory.coordinate_symbols import d
from ratebound.theory.errors import RateboundError
from ratebound.theory.method import g, x
from ratebound.theory.prover import nonnegative, vanishes
from ratebound.theory.symbols import L, alpha, b0, gamma, gap0, k

if TYPE_CHECKING:
    from ratebound.theory.statement import Theorem

_v = Symbol("v", real=True)
_A, _B = Symbol("A", positive=True), Symbol("B", positive=True)
_RULES = {"x": x - alpha * g / sqrt(b0**2 + _v + g**2), "v": _v + g**2}


@dataclass(frozen=True)
class BoundedSquares:
    """The sum of ``h^2/A`` is at most ``gap0/l + d G^2/b0 + (l L d/2) log(1 + k G^2/b0^2)``.

    No A of the first k steps exceeds ``sqrt(b0^2 + (k - 1) G^2)``.
    """

    cited: bool = field(default=False, init=False)

    @staticmethod
    def implied() -> Expr:
        """Return the bound that follows."""
        paid = gap0 / gamma + d * grad_inf**2 / b0
        paid += gamma * L * d / 2 * log(1 + k * grad_inf**2 / b0**2)
        return sqrt(b0**2 + (k - 1) * grad_inf**2) / k * paid

    def check(self, theorem: Theorem) -> None:
        """Check the method, what is lost by the last accumulator, what is added, and the bound."""
        if theorem.measure != "grad_norm_sq_mean" or theorem.weights != 1 or theorem.step != gamma:
            raise RateboundError("this certificate bounds grad_norm_sq_mean, for steps of the length gamma")
        update = theorem.method.update
        if set(update) != set(_RULES) or not all(vanishes(update[n] - rule) for n, rule in _RULES.items()):
            raise RateboundError(f"{theorem.method.name} does not divide g by the root of b0^2 + sum of g^2")
        require_assumed({descent_lemma: S.One}, theorem)
        for needed in ("bounded_coordinates", "lower_bounded"):
            if needed not in {each.name for each in theorem.assumptions}:
                raise RateboundError(f"the proof needs the assumption {needed}")
        y = free("y")
        product = grad_inf**2 * (1 - 2 / (1 + free("s")))
        lost = (grad_inf**2 - product) * (1 / _A - 1 / _B)
        if not nonnegative(lost.subs(_B, _A + free("r"))):
            raise RateboundError("what the last gradient changes of h u/A is not at most G^2 (1/A - 1/B)")
        # u^2/B^2 = y/(1 + y) with B^2 = (1 + y) A^2: at most log(1 + y), as at 0 and by the slopes.
        room = log(1 + y) - y / (1 + y)
        if room.subs(y, 0) != 0 or not nonnegative(room.diff(y).factor()):
            raise RateboundError("u^2/B^2 <= log(B^2/A^2) is not proved")
        if not vanishes(theorem.bound - self.implied()):
            require(theorem.bound - self.implied(), theorem, "the bound against the summed decrease")
