"""Certificate of RMSProp on f that need not be convex: the accumulator forgets, and a floor remains.

Per coordinate h is that of grad f(x_k), u that of the gradient estimate, c one minus the decay, v the average
before the draw, ``A^2 = b0^2 + decay v``, ``B^2 = A^2 + c u^2`` and ``a^2 = A^2 + c E_k u^2``, which knows
nothing of the draw; l is the length. The descent lemma holds for every draw:

    f(x_{k+1}) <= f(x_k) - l sum of h u/B + (l^2 L/2) sum of u^2/B^2.

In ``h u/B`` the B is replaced by a. What that changes is at most ``c |h u| (u^2 + E_k u^2)/(a B (a + B))``,
of which Young's inequality makes two quarters of ``h^2/a`` and twice ``sqrt(c) G u^2/B^2``. So the mean of
``h u/B`` is at least ``h^2/(2 a) - 2 sqrt(c) G E_k u^2/B^2``. The ``c u^2/B^2`` add up to at most
``log(1 + G^2/b0^2) + (k - 1) log(1/decay)``, for A after a step is at least the root of the decay times B.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sympy import Expr, S, Symbol, log, sqrt

from ratebound.theory.algebra.chart import free
from ratebound.theory.algebra.prover import nonnegative, vanishes
from ratebound.theory.assumptions import descent_lemma
from ratebound.theory.certificate import require, require_assumed
from ratebound.theory.certificates.accumulated import log_above_share
from ratebound.theory.certificates.needed import require_properties
from ratebound.theory.errors import RateboundError
from ratebound.theory.letters.box import decay, grad_inf
from ratebound.theory.letters.coordinates import d
from ratebound.theory.method import g, x
from ratebound.theory.symbols import L, alpha, b0, gamma, gap0, k

if TYPE_CHECKING:
    from ratebound.theory.statement import Theorem

_v = Symbol("v", real=True)
_AVERAGE = decay * _v + (1 - decay) * g**2
_RULES = {"x": x - alpha * g / sqrt(b0**2 + _AVERAGE), "v": _AVERAGE}
_a, _B, _h, _w = (Symbol(name, positive=True) for name in ("a", "B", "h", "w"))


def check_replacement() -> None:
    """Check what it costs to put a in the place of B; roots of c times u and its mean square are p and r."""
    if not vanishes((1 / _a - 1 / _B) - (_B**2 - _a**2) / (_a * _B * (_a + _B))):
        raise RateboundError("1/a - 1/B is not (B^2 - a^2)/(a B (a + B))")
    if not vanishes(_h**2 / (4 * _a) - _h * _w + _a * _w**2 - (_h - 2 * _a * _w) ** 2 / (4 * _a)):
        raise RateboundError("h w <= h^2/(4 a) + a w^2 is not a square")
    # The mean square is part of a^2, and the square of the draw part of B^2.
    r, p = _a / (1 + free("s")), _B / (1 + free("t"))
    for spent in (r**4, p**2 * r**2):
        if not nonnegative(r - spent / (_a * (_a + _B) ** 2)):
            raise RateboundError("a half of what Young's inequality leaves exceeds sqrt(c) G u^2/B^2")


def _check_correction() -> None:
    """Check ``b0^2 + q G^2 <= q (b0/sqrt(c) + G)^2`` for q between c and one."""
    c = 1 / (1 + free("s"))
    q = (1 + c * (t := free("t"))) / (1 + t)
    if not nonnegative(q * (b0 / sqrt(c) + grad_inf) ** 2 - b0**2 - q * grad_inf**2):
        raise RateboundError("a over sqrt(q) is not proved to be at most b0/sqrt(c) + G")


@dataclass(frozen=True)
class DecayingSquares:
    """The sum of ``h^2/(2 a)`` is at most ``gap0/l + d (2 sqrt(c) G + l L/2) S``, S that of ``u^2/B^2``.

    No a exceeds ``sqrt(b0^2 + G^2)``.

    Parameters
    ----------
    corrected
        Whether step k has the length ``l sqrt(q)``, q = 1 - decay^(k+1), which is at most l: the correction
        of the bias of v. As q is at least c, no a over sqrt(q) exceeds ``b0/sqrt(c) + G``.
    """

    corrected: bool = False
    cited: bool = field(default=False, init=False)

    @property
    def step(self) -> Expr:
        """The length of step k."""
        return gamma * sqrt(1 - decay ** (k + 1)) if self.corrected else gamma

    def implied(self) -> Expr:
        """Return the bound that follows."""
        c = 1 - decay
        twice = 2 * (b0 / sqrt(c) + grad_inf if self.corrected else sqrt(b0**2 + grad_inf**2))
        price = d * (2 * sqrt(c) * grad_inf + gamma * L / 2) / c
        once = gap0 / gamma + price * log(decay * (1 + grad_inf**2 / b0**2))
        return twice * once / k + twice * price * log(1 / decay)

    def check_words(self, theorem: Theorem) -> None:
        """Check what is bounded, the method, the assumptions, and what the shares ``u^2/B^2`` add up to."""
        if theorem.measure != "grad_norm_sq_mean" or theorem.weights != 1 or theorem.step != self.step:
            raise RateboundError(f"this certificate bounds grad_norm_sq_mean, for steps of {self.step}")
        update = theorem.method.update
        if set(update) != set(_RULES) or not all(vanishes(update[n] - rule) for n, rule in _RULES.items()):
            raise RateboundError(
                f"{theorem.method.name} does not divide g by the root of b0^2 + the average of g^2"
            )
        theorem.method.require_plain()
        require_assumed({descent_lemma: S.One}, theorem)
        require_properties(theorem, "bounded_coordinates", "lower_bounded")
        require(1 - decay, theorem, "what an average takes from the new square")
        log_above_share()
        v = free("v")
        require(b0**2 + decay * v - decay * (b0**2 + v), theorem, "A^2 after a step against decay B^2")

    def check(self, theorem: Theorem) -> None:
        """Check the method, the replacement, the sum of the shares, and the bound."""
        self.check_words(theorem)
        check_replacement()
        if self.corrected:
            _check_correction()
        require(theorem.bound - self.implied(), theorem, "the bound against the summed decrease")
