"""A potential of the gap and one more quantity of the method, whose decrease is proved in one step.

What the quantity Q_k is, and what a step makes of it, is said by each method: the error of an estimate
(:mod:`ratebound.theory.certificates.tracking`), or how far stored points are
(:mod:`ratebound.theory.certificates.away`). It is zero at the start.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar

from sympy import Expr, Max, S, Symbol

from ratebound.theory.algebra.chart import Chart
from ratebound.theory.algebra.prover import nonnegative
from ratebound.theory.certificate import (
    AT_START,
    Multipliers,
    Nonnegatives,
    require_assumed,
    require_constant_step,
    require_known,
    with_expressions,
)
from ratebound.theory.errors import RateboundError
from ratebound.theory.method import Method
from ratebound.theory.onestep import prove_step
from ratebound.theory.symbols import K, alpha, delta, delta_next, grad_sq, k

if TYPE_CHECKING:
    from ratebound.theory.statement import Theorem


@dataclass(frozen=True)
class BesideGap(ABC):
    """Decrease of ``V_k = f(x_k) - f* + share Q_k``; at the start Q_0 = 0.

    Parameters
    ----------
    share
        The factor of Q_k in V_k, an expression in k, K and constants.
    by, plus
        The one-step proof.
    rates
        For the gap: ``E_k V_{k+1} <= rates[0] (f - f*) + rates[1] share Q``.
    weight
        For the mean of squared gradients: ``E_k V_{k+1} + weight ||grad f||^2 <= V_k + noise``.
    noise
        Added in each step; for that mean only.
    """

    share: Expr
    by: Multipliers
    plus: Nonnegatives = field(default_factory=dict)
    rates: tuple[Expr, Expr] = (S.One, S.One)
    weight: Expr = S.Zero
    noise: Expr = S.Zero
    cited: bool = field(default=False, init=False)

    letters: ClassVar[tuple[Symbol, Symbol]]
    """Q_k, and its expectation after a step."""
    said: ClassVar[tuple[str, str]]
    """How a written proof leads to the definitions, and what Q_0 = 0 means."""

    def __post_init__(self) -> None:
        with_expressions(self)

    @staticmethod
    @abstractmethod
    def definitions(method: Method) -> Mapping[Symbol, Expr]:
        """Return what a step of the method makes of x and of Q, an upper bound."""

    @staticmethod
    @abstractmethod
    def chart(theorem: Theorem) -> Chart:
        """Return the chart of a step: at the horizon k runs over 0 .. K - 1."""

    @property
    def potential(self) -> Expr:
        """V_k."""
        return delta + self.share * self.letters[0]

    @property
    def claim(self) -> Expr:
        """The one-step claim."""
        now, after = self.letters
        kept = self.rates[0] * delta + self.rates[1] * self.share * now
        return kept + self.noise - self.weight * grad_sq - delta_next - self.share.subs(k, k + 1) * after

    def check(self, theorem: Theorem) -> None:
        """Check the step in expectation, the signs, and that the bound follows for all k."""
        summed = theorem.measure == "grad_norm_sq_mean"
        if theorem.measure not in ("gap_last", "grad_norm_sq_mean") or summed != (self.weight != 0):
            raise RateboundError(f"a decrease with the weight {self.weight} does not bound {theorem.measure}")
        if self.weight.has(k) or theorem.weights.has(k) or (sum(self.rates) + self.noise).has(k):
            raise RateboundError("the weight, the rates and the noise must not depend on k")
        if self.noise != 0 and not summed:
            raise RateboundError(f"what each step adds, {self.noise}, is summed for a mean only")
        require_assumed(self.by, theorem)
        require_constant_step(theorem)
        require_known(
            self.share + self.weight + sum(self.rates) + self.noise,
            "the potential, its weight, rates or noise",
        )
        values, chart = {alpha: theorem.step}, self.chart(theorem)
        prove_step(
            self.claim, self.by, self.plus, definitions=self.definitions(theorem.method), values=values,
            chart=chart, k=k, start=S.Zero,
        )  # fmt: skip
        if summed:
            last = K if theorem.at_horizon else k
            total = (theorem.at(k) * self.weight - self.noise) * k - AT_START[delta]
            left = total.xreplace(values).subs(k, last)
        else:
            base = Max(*self.rates).xreplace(values)
            stand_in = Symbol("r", nonnegative=True)
            left = theorem.bound.xreplace({base**k: stand_in})
            if left.has(k):
                raise RateboundError(f"the bound {theorem.bound} is no multiple of the power of {base}")
            left -= stand_in * AT_START[delta]
        # A step uses an upper bound of Q, which V_{k+1} must not hold with a negative factor.
        claims = {"the share after a step": self.share.subs(k, k + 1), "the weight": self.weight}
        claims |= {f"the rate {rate}": rate for rate in self.rates}
        for what, expr in (claims | {"the bound against what is left of the start": left}).items():
            value = expr.xreplace(values)
            if not (value.is_nonnegative or nonnegative(value, chart)):
                raise RateboundError(f"{what}: {expr} is not proved to be >= 0; narrow the range")
