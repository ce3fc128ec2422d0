"""Certificate of AdaGrad and AMSGrad with momentum, f nonconvex: gradients arrive late, accumulators do not.

Per coordinate h is that of grad f(x_k), u that of the gradient estimate, A_k and B_k the accumulator before
and after u_k has entered, and l the length. The momentum is ``m_k = (1 - beta) sum of beta^i u_{k-i}``. As B
never falls, for every draw:

- *What a delay changes.* With ``|h u| <= G^2``, ``h_j u_j/B_{j+i}`` is less than ``h_j u_j/A_j``, whose mean
  is ``h_j^2/A_j``, by at most ``G^2 (1/A_j - 1/B_{j+i})``: over all j that is at most ``(i + 1) G^2/b0``.
- *What a move changes.* grad f(x_k) is within L times the steps between of grad f(x_{k-i}). Neither the
  vectors ``u_{k-i}/B_k`` nor the steps over l, which are at most means of such, have more squares to add up
  than the ``u_j/B_j``, and the product of two lengths is at most half of both squares: i steps cost ``i l L
  S``, S that sum.

With the weights ``(1 - beta) beta^i`` the mean of i + 1 is ``1/(1 - beta)``, and that of i ``beta/(1 -
beta)``. Of the gradient of step j the part ``1 - beta^(K - j)`` has arrived after K steps.

Source: derived; the setting is that of Défossez, Bottou, Bach and Usunier 2022, Theorem 3 (not checked).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sympy import Expr, Integer, S, Symbol, log, sqrt

from ratebound.theory.algebra.chart import free
from ratebound.theory.algebra.prover import nonnegative, vanishes
from ratebound.theory.assumptions import descent_lemma
from ratebound.theory.certificate import require, require_assumed
from ratebound.theory.certificates.accumulated import log_above_share
from ratebound.theory.certificates.accumulated_batches import check_replaced
from ratebound.theory.certificates.needed import require_properties
from ratebound.theory.errors import RateboundError
from ratebound.theory.letters.box import decay, grad_inf
from ratebound.theory.letters.coordinates import d
from ratebound.theory.method import g
from ratebound.theory.methods.adaptive import adagrad_momentum, amsgrad_momentum
from ratebound.theory.symbols import K, L, b0, beta, gamma, gap0, k

if TYPE_CHECKING:
    from ratebound.theory.statement import Theorem

_v = Symbol("v", real=True)
delay = beta / (1 - beta)
"""The mean age of the gradients in a momentum."""
arrived = K - delay * (1 - beta**K)
"""How many gradients have arrived after K steps."""


def check_sums() -> None:
    """Check each sum by its rest from i, or up to K: what it loses, or gains, is the next term."""
    for what, rest, term, whole in (
        ("the mean of i", beta**k * (k + delay), (1 - beta) * beta**k * k, delay),
        ("the mean of i + 1", beta**k * (k + 1 + delay), (1 - beta) * beta**k * (k + 1), 1 / (1 - beta)),
    ):
        if not (vanishes(rest - rest.subs(k, k + 1) - term) and vanishes(rest.subs(k, 0) - whole)):
            raise RateboundError(f"{what} is not {whole}")
    grown = arrived.subs(K, k + 1) - arrived.subs(K, k)
    if not (vanishes(grown - (1 - beta ** (k + 1))) and vanishes(arrived.subs(K, 0))):
        raise RateboundError(f"{arrived} gradients have not arrived")


@dataclass(frozen=True)
class LateSquares:
    """The weighted sum of ``h^2/A`` is at most ``gap0/l + d G^2/(b0 (1 - beta)) + l L (1/2 + delay) S``.

    With the sum of ``u^2`` as accumulator S, the sum of ``u^2/B^2``, is at most ``d log(1 + K G^2/b0^2)``,
    and every A at most ``sqrt(b0^2 + (K - 1) G^2)``. With their largest average ``B^2`` is at least ``b0^2 +
    (1 - decay) u^2``, so that S is at most K d times `term`, and every A at most ``sqrt(b0^2 + G^2)``.

    Parameters
    ----------
    largest
        Whether the accumulator is the largest average of squares yet, as in AMSGrad, in place of their sum.
    """

    largest: bool = False
    cited: bool = field(default=False, init=False)

    @staticmethod
    def weights() -> Expr:
        """Return the part of the gradient at x_k that has arrived by the horizon."""
        return 1 - beta ** (K - k)

    @property
    def term(self) -> Expr:
        """What a step adds to S at most, per coordinate, where the accumulator is the largest average."""
        return grad_inf**2 / (b0**2 + (1 - decay) * grad_inf**2)

    @property
    def last(self) -> Expr:
        """The largest A."""
        return sqrt(b0**2 + (1 if self.largest else K - 1) * grad_inf**2)

    def implied(self) -> Expr:
        """Return the bound that follows."""
        once = gap0 / gamma + d * grad_inf**2 / (b0 * (1 - beta))
        price = gamma * L * (Integer(1) / 2 + delay) * d
        if not self.largest:
            return self.last / arrived * (once + price * log(1 + K * grad_inf**2 / b0**2))
        # K is at most what has arrived, and the delay.
        return self.last * (once + price * self.term * delay) / arrived + self.last * price * self.term

    def check(self, theorem: Theorem) -> None:
        """Check the method, what delays and moves change, the sums, and the bound."""
        if theorem.measure != "grad_norm_sq_mean" or theorem.step != gamma:
            raise RateboundError("this certificate bounds grad_norm_sq_mean, for steps of the length gamma")
        if not vanishes(theorem.weights - self.weights()):
            raise RateboundError(f"the mean has the weights {theorem.weights}, the proof {self.weights()}")
        name, method = ("AMSGrad", amsgrad_momentum) if self.largest else ("AdaGrad", adagrad_momentum)
        if theorem.method != method or theorem.batch is not None:
            raise RateboundError(f"{theorem.method.name} is not {name} with momentum")
        require_assumed({descent_lemma: S.One}, theorem)
        require_properties(theorem, "bounded_coordinates", "lower_bounded")
        require(1 - beta, theorem, "what the momentum takes from the new gradient")
        check_replaced()
        if self.largest:
            self._check_largest(theorem)
        else:
            log_above_share()
        step, share = free("m"), free("p")
        if not nonnegative((step**2 + share**2) / 2 - step * share):
            raise RateboundError("a product of two lengths exceeds half of both squares")
        check_sums()
        if theorem.bound != (implied := self.implied()):
            require(theorem.bound - implied, theorem, "the bound against the summed decrease")

    def _check_largest(self, theorem: Theorem) -> None:
        require(1 - decay, theorem, "what an average takes from the new square")
        u, v = grad_inf / (1 + free("s")), grad_inf**2 / (1 + free("t"))
        average = theorem.method.update["v"].subs({_v: v, g: u})
        for what, slack in (
            ("the size of what enters", average - (1 - decay) * u**2),
            ("the largest average", grad_inf**2 - average),
            ("a square over what has entered", self.term - u**2 / (b0**2 + (1 - decay) * u**2)),
            ("the steps beyond what has arrived", delay + arrived - K),
        ):
            require(slack, theorem, what)
