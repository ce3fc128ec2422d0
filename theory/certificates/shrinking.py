"""Certificate for the estimate of SARAH itself: its mean square shrinks by a factor in every step.

With Delta_i = grad f_i(x_{k+1}) - grad f_i(x_k) and x_{k+1} - x_k = - alpha v_k,

    E_k ||v_{k+1}||^2 <= ||v_k||^2 - (2/alpha) drift_inner + drift,

and v_0 is the full gradient.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sympy import Expr, S

from ratebound.theory.certificate import (
    Multipliers,
    require,
    require_assumed,
    require_constant_step,
    require_known,
    with_expressions,
)
from ratebound.theory.certificates.tracking import only_tracked
from ratebound.theory.errors import RateboundError
from ratebound.theory.onestep import prove_step
from ratebound.theory.symbols import alpha, grad0_sq, k, moment, moment_next

if TYPE_CHECKING:
    from ratebound.theory.statement import Theorem


@dataclass(frozen=True)
class Shrinking:
    """``E_k ||v_{k+1}||^2 <= rate ||v_k||^2``, with its proof by multipliers."""

    rate: Expr
    by: Multipliers
    cited: bool = field(default=False, init=False)

    def __post_init__(self) -> None:
        with_expressions(self)

    @property
    def claim(self) -> Expr:
        """The one-step claim."""
        return self.rate * moment - moment_next

    def check(self, theorem: Theorem) -> None:
        """Check the step, the start, and the induction."""
        if theorem.measure != "estimate_sq":
            raise RateboundError("this certificate bounds the square of the estimate")
        require_constant_step(theorem)
        require_assumed(self.by, theorem)
        require_known(self.rate, "the rate")
        values = {alpha: theorem.step}
        prove_step(
            self.claim, self.by, {}, definitions=only_tracked(theorem.method), values=values,
            chart=theorem.chart, k=k, start=S.Zero,
        )  # fmt: skip
        rate = self.rate.xreplace(values)
        require(rate, theorem, "the rate", S.Zero)
        require(theorem.at(0) - grad0_sq, theorem, "the bound at the start")
        require(theorem.at(k + 1) - rate * theorem.at(k), theorem, "the induction step", S.Zero)
