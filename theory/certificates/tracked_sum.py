"""Certificate for the mean squared gradient along SARAH on convex components, for every k.

Besides the error ``e_k = v_k - grad f(x_k)`` of the estimate its square ``||v_k||^2``, the letter ``moment``,
is followed. With Delta_i = grad f_i(x_{k+1}) - grad f_i(x_k) and x_{k+1} - x_k = - alpha v_k,

    E_k ||v_{k+1}||^2 <= ||v_k||^2 - (2/alpha) drift_inner + drift,

a batch having less variance than one sample. So ``Q_k = ||e_k||^2 + r ||v_k||^2`` may fall: then the mean of
||e_k||^2 is at most Q_0 = r ||grad f(x_0)||^2.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sympy import Expr, S, expand

from ratebound.theory.certificate import (
    AT_START,
    Multipliers,
    Nonnegatives,
    require,
    require_assumed,
    require_known,
    with_expressions,
)
from ratebound.theory.certificates.tracking import only_tracked
from ratebound.theory.errors import RateboundError
from ratebound.theory.onestep import prove_step
from ratebound.theory.symbols import (
    alpha,
    delta,
    delta_next,
    error_next,
    error_sq,
    grad0_sq,
    grad_sq,
    k,
    moment,
    moment_next,
)

if TYPE_CHECKING:
    from ratebound.theory.statement import Theorem


@dataclass(frozen=True)
class TrackedSum:
    """``E_k f(x_{k+1}) + weight ||grad f||^2 <= f(x_k) + spread ||e_k||^2``, summed, with Q_k that falls.

    Parameters
    ----------
    by, plus
        The proof of this step.
    weight, spread
        The factors in it.
    share
        r, the factor of ||v_k||^2 in Q_k.
    falls
        The proof that Q_k falls.
    start
        Multipliers of inequalities at x_0 that bound the gap there.
    """

    by: Multipliers
    falls: Multipliers
    weight: Expr
    spread: Expr
    share: Expr
    plus: Nonnegatives = field(default_factory=dict)
    start: Multipliers = field(default_factory=dict)
    cited: bool = field(default=False, init=False)

    def __post_init__(self) -> None:
        with_expressions(self)

    @property
    def claim(self) -> Expr:
        """The step of f."""
        return delta + self.spread * error_sq - self.weight * grad_sq - delta_next

    @property
    def falling(self) -> Expr:
        """Q_k minus a bound of E_k Q_{k+1}."""
        return error_sq + self.share * moment - error_next - self.share * moment_next

    def check(self, theorem: Theorem) -> None:
        """Check both steps, the signs, and that the bound follows for all k."""
        if theorem.measure != "grad_norm_sq_mean" or theorem.weights.has(k) or theorem.step.has(k):
            raise RateboundError("this sum bounds the mean squared gradient at a constant step")
        require_assumed({**self.by, **self.falls, **self.start}, theorem)
        require_known(self.weight + self.spread + self.share, "the weight, or a share")
        values = {alpha: theorem.step}
        definitions = only_tracked(theorem.method)
        for claim, by, plus in ((self.claim, self.by, self.plus), (self.falling, self.falls, {})):
            prove_step(
                claim, by, plus, definitions=definitions, values=values, chart=theorem.chart, k=k,
                start=S.Zero,
            )  # fmt: skip
        for what, factor in (("weight", self.weight), ("spread", self.spread), ("share", self.share)):
            require(factor.xreplace(values), theorem, f"the {what}", S.Zero)
        for inequality, multiplier in self.start.items():
            require(multiplier, theorem, f"the multiplier of {inequality.name} at the start", S.Zero)
        first = expand(delta + sum((m * i.slack for i, m in self.start.items()), S.Zero)).xreplace(AT_START)
        require_known(first, "the gap at the start")
        # Q_0 has no error, and v_0 is the full gradient.
        total = (first + k * self.spread * self.share * grad0_sq).xreplace(values)
        gathered = (k * self.weight).xreplace(values)
        require(gathered, theorem, "the total weight")
        require(theorem.at(k) * gathered - total, theorem, "the bound against the telescoped sum")
