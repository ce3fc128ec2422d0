"""Certificate of Adam on f that need not be convex: gradients arrive late, and the accumulator forgets.

Per coordinate h is that of grad f(x_k), u that of the gradient estimate, v_k the average of squares before
the draw and ``B_k^2 = b0^2 + v_{k+1}``, c is one minus the decay q, l the length. A step is l times ``p_k =
(1 - beta) sum of beta^i u_{k-i}/B_k``. As averages forget at most by q a step, ``B_k^2 >= q^i B_{k-i}^2``.

- *What accumulators change.* Of the gradient of step j = k - i, ``a^2 = b0^2 + q^(i+1) v_j`` knows nothing,
  so that ``h_j u_j/a`` has the mean ``h_j^2/a``. With ``|h u| <= G^2`` and ``b0 <= a <= B_k`` what B_k
  changes of it is at most ``(G^2/b0) (1 - a/B_k) <= (G^2/(2 b0)) log(B_k^2/a^2)``. As ``a^2 >= q^(i+1)
  B_{j-1}^2`` these telescope: over all k they are at most ``(G^2/(2 b0)) (i + 1)`` times ``W = log(1 +
  G^2/b0^2) + (K - 1) log(1/q)``.
- *What squares add up to.* ``c u_k^2/B_k^2 = 1 - A^2/B_k^2 <= log(B_k^2/A^2)``, with ``A^2 = b0^2 + q v_k
  >= q B_{k-1}^2``: the sum S of ``u^2/B^2`` is at most d W/c.
- *How long moves are.* With ``w = beta/sqrt(q)`` and s_k the length of ``u_k/B_k`` that of p_k is at most
  ``(1 - beta) sum of w^i s_{k-i}``, and squared, by Cauchy and Schwarz, over all k at most ``r^2 S``, ``r =
  (1 - beta)/(1 - w)``.
- *What moves change.* grad f(x_k) is within L times the steps between of grad f(x_{k-i}). The product of
  the lengths of p_{k-m} and of ``u_{k-i}/B_k`` adds up to at most ``w^i r S``: with the weights ``(1 -
  beta) beta^i`` i moves cost ``l L r^2 S w/(1 - w)``.

Of the gradient of step j the part ``1 - beta^(K - j)`` has arrived after K steps.

Source: derived; the setting is that of Défossez, Bottou, Bach and Usunier 2022, Theorem 4 (not checked).
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
from ratebound.theory.certificates.accumulated_momentum import LateSquares, arrived, check_sums, delay
from ratebound.theory.certificates.needed import require_properties
from ratebound.theory.errors import RateboundError
from ratebound.theory.letters.box import decay, grad_inf
from ratebound.theory.letters.coordinates import d
from ratebound.theory.method import g
from ratebound.theory.methods.adaptive import adam_uncorrected
from ratebound.theory.symbols import L, b0, beta, gamma, gap0, k

if TYPE_CHECKING:
    from ratebound.theory.statement import Theorem

_v = Symbol("v", real=True)
_w = Symbol("w", positive=True)
_fading = beta / sqrt(decay)
"""How a gradient fades in a step, beside its accumulator: w."""
moved = decay * (1 - beta) ** 2 * (sqrt(decay) + beta) / (2 * (sqrt(decay) - beta) ** 3)
"""What curvature and moves cost together, in parts of l L S: ``r^2 (1/2 + w/(1 - w))``."""


def check_logarithm() -> None:
    """Check ``1 - 1/u <= log(u)`` for u >= 1: equal at one, and the slopes are in that order."""
    u = Symbol("u", positive=True)
    gain = log(u) - (1 - 1 / u)
    if gain.subs(u, 1) != 0 or not nonnegative(gain.diff(u).subs(u, 1 + free("s"))):
        raise RateboundError("log(u) >= 1 - 1/u is not proved")


def _check_series() -> None:
    """Check the sums of ``w^i`` and of ``i w^i`` by their rests from i: what they lose is the next term."""
    for rest, term in (
        (_w**k / (1 - _w), _w**k),
        (_w**k * (k + _w / (1 - _w)) / (1 - _w), k * _w**k),
    ):
        if not vanishes(rest - rest.subs(k, k + 1) - term):
            raise RateboundError(f"the terms {term} do not add up to {rest}")
    reach = (1 - beta) / (1 - _fading)
    if not vanishes(moved - reach**2 * (S.Half + _fading / (1 - _fading))):
        raise RateboundError(f"curvature and moves do not cost {moved} together")


@dataclass(frozen=True)
class LateAverages:
    """The weighted sum of ``h^2/a`` is at most ``gap0/l`` and `price` times W, and a at most `last`."""

    cited: bool = field(default=False, init=False)

    @property
    def price(self) -> Expr:
        """What accumulators and moves cost, per unit of W."""
        return d * (grad_inf**2 / (2 * b0 * (1 - beta)) + gamma * L * moved / (1 - decay))

    @property
    def last(self) -> Expr:
        """The largest a."""
        return sqrt(b0**2 + decay * grad_inf**2)

    def implied(self) -> Expr:
        """Return the bound that follows."""
        # K is at most what has arrived, and the delay.
        once = log(1 + grad_inf**2 / b0**2) + (delay - 1) * log(1 / decay)
        floor = self.last * self.price * log(1 / decay)
        return self.last * (gap0 / gamma + self.price * once) / arrived + floor

    def check(self, theorem: Theorem) -> None:
        """Check the method, what accumulators and moves change, the sums, and the bound."""
        if theorem.measure != "grad_norm_sq_mean" or theorem.step != gamma:
            raise RateboundError("this certificate bounds grad_norm_sq_mean, for steps of the length gamma")
        if not vanishes(theorem.weights - LateSquares.weights()):
            raise RateboundError(
                f"the mean has the weights {theorem.weights}, the proof {LateSquares.weights()}"
            )
        if theorem.method != adam_uncorrected or theorem.batch is not None:
            raise RateboundError(f"{theorem.method.name} is not Adam without bias correction")
        require_assumed({descent_lemma: S.One}, theorem)
        require_properties(theorem, "bounded_coordinates", "lower_bounded")
        require(1 - decay, theorem, "what an average takes from the new square")
        require(decay - beta**2, theorem, "how much slower squares fade than gradients do")
        self._check_averages(theorem)
        check_logarithm()
        log_above_share()
        step, share = free("m"), free("p")
        if not nonnegative(step**2 + share**2 - 2 * step * share):
            raise RateboundError("a product of two lengths exceeds half of both squares")
        check_sums()
        _check_series()
        if theorem.bound != (implied := self.implied()):
            require(theorem.bound - implied, theorem, "the bound against the summed decrease")

    def _check_averages(self, theorem: Theorem) -> None:
        u, v = grad_inf / (1 + free("s")), grad_inf**2 / (1 + free("t"))
        average = theorem.method.update["v"].subs({_v: v, g: u})
        for what, slack in (
            ("B^2 after a step, which forgets", b0**2 + average - decay * (b0**2 + v)),
            ("the accumulator that knows nothing of the draw", b0**2 + average - (b0**2 + decay * v)),
            ("what enters, beside it", (1 - decay) * u**2 - (average - decay * v)),
            ("the largest average", grad_inf**2 - average),
            ("the largest a", self.last**2 - (b0**2 + decay * v)),
        ):
            require(slack, theorem, what)
