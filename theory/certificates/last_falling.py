"""Certificates for the last iterate of steps that know no horizon, by reference points that move.

Let ``q_{j+1} (1 - m alpha_j) <= q_j`` with m = mu or 0, and ``e_j = q_{j+1} alpha_j``. Reference points z_j
and weights v_j as in :mod:`ratebound.theory.certificates.last_iterate` give, as there,

    2 sum_{j<=k} c_j (f(x_j) - f*) <= q_0 v_{-1}^2 D^2 + sum_{j<=k} v_j^2 e_j alpha_j E||g_j||^2,
    c_j = v_j^2 e_j - (v_j - v_{j-1}) sum_{i=j}^{k} v_i e_i.

With ``v_k = v_{k-1} = 1/sqrt(e_k)`` and ``1/v_{j-1} = 1/v_j + e_j v_j`` the inner sums are ``1/v_{j-1}``: c_j
is zero for j < k, and c_k is one. As ``1/v_{j-1}^2 >= 1/v_j^2 + 2 e_j``, ``1/v_j^2`` is at least e_k plus
twice the e_i between, and at least ``(2 (k - j) - 1) e_k`` where e_j never increases:

    f(x_k) - f* <= q_0 D^2 / (2 e_k + 4 sum_{j<k} e_j)
                   + (alpha_k + sum_{j<k} e_j alpha_j / ((2 (k - j) - 1) e_k)) G^2 / 2.

The step alpha_k is only thought of. With a constant step the last sum grows like log(k)/2.

Source: derived; the reference points are those of Zamani and Glineur 2023 (number not checked). Shamir and
Zhang 2013 bound these steps by averages over suffixes.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sympy import Expr, S

from ratebound.theory.algebra.lemmas import SumLemma, harmonic, odd_harmonic
from ratebound.theory.assumptions import first_order, strong_first_order
from ratebound.theory.certificate import require, require_assumed, with_expressions
from ratebound.theory.certificates.last_iterate import bounded_square
from ratebound.theory.certificates.telescope import summed
from ratebound.theory.errors import RateboundError
from ratebound.theory.inequality import Inequality
from ratebound.theory.symbols import D, k, mu

if TYPE_CHECKING:
    from ratebound.theory.statement import Theorem


@dataclass(frozen=True)
class LastFalling:
    """Growth factors that prove a bound on f(x_k) - f* for every k.

    Parameters
    ----------
    slope
        The inequality that bounds the square of a gradient (estimate) along the run, x_k included.
    growth
        q_k, an expression in k.
    strong
        Whether strong convexity is used: m = mu.
    total
        The lemma that bounds the sum of e_j over j < k from below, where e_j depends on j.
    """

    slope: Inequality
    growth: Expr = S.One
    strong: bool = False
    total: SumLemma | None = None
    cited: bool = field(default=False, init=False)

    def __post_init__(self) -> None:
        with_expressions(self)

    @property
    def convexity(self) -> Inequality:
        """What is used between x_j and z_j."""
        return strong_first_order if self.strong else first_order

    def effective(self, theorem: Theorem) -> Expr:
        """Return e_k."""
        return (self.growth.subs(k, k + 1) * theorem.step).simplify()

    def check(self, theorem: Theorem) -> None:
        """Check the step, the growth, that e_k never increases, and the bound."""
        if theorem.measure != "gap_last" or theorem.at_horizon:
            raise RateboundError(
                "this certificate bounds gap_last at every k, for steps that know no horizon"
            )
        require_assumed({self.convexity: S.One, self.slope: S.One}, theorem)
        limit = bounded_square(theorem, self.slope)
        step, e = theorem.step, self.effective(theorem)
        kept = self.growth.subs(k, k + 1) * (1 - (mu if self.strong else 0) * step)
        for what, expr in (
            ("the growth factor", self.growth),
            ("the growth of one step", self.growth - kept),
            ("the growth factor times the step", e),
            ("the fall of the growth factor times the step", e - e.subs(k, k + 1)),
        ):
            require(expr, theorem, what, S.Zero)
        start = self.growth.subs(k, 0) * D**2
        if start != 0:
            start /= 2 * e + 4 * summed(theorem, e, self.total, "lower")
        implied = start + (step + self._spread(e * step) / e) * limit / 2
        require(theorem.bound - implied, theorem, "the bound against the telescoped sum")

    def _spread(self, term: Expr) -> Expr:
        """Return a bound on the sum of ``term_j/(2 (k - j) - 1)`` over j < k, the term constant or falling.

        ``1/((j + 1) (2 (k - j) - 1))`` is ``(1/(j + 1) + 2/(2 (k - j) - 1))/(2 k + 1)`` in partial fractions.
        """
        if not term.has(k):
            odd_harmonic.prove()
            return term * odd_harmonic.bound
        constant = (term * (k + 1)).simplify()
        if constant.has(k):
            raise RateboundError(f"{term} must be constant, or fall like 1/(k + 1)")
        for lemma in (harmonic, odd_harmonic):
            lemma.prove()
        return constant * (harmonic.bound + 2 * odd_harmonic.bound) / (2 * k + 1)
