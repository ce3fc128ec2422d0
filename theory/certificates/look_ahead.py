"""Certificates for sharpness-aware minimisation: the gradient is taken ahead, at ``y = x + r grad f(x)``.

A step is ``- alpha (grad f(x) + e)`` with ``e = grad f(y) - grad f(x)``, at most ``L r ||grad f(x)||`` long.
Normalised, ``y = x + gamma grad f(x)/||grad f(x)||``, the error is at most ``L gamma``: a floor remains.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sympy import Expr, S, expand

from ratebound.theory.algebra.prover import vanishes
from ratebound.theory.assumptions import Inequality
from ratebound.theory.certificate import (
    Multipliers,
    Nonnegatives,
    require,
    require_assumed,
    require_known,
    with_expressions,
)
from ratebound.theory.certificates.telescope import SUMMED
from ratebound.theory.errors import RateboundError
from ratebound.theory.inequality import needs
from ratebound.theory.method import g, x
from ratebound.theory.methods import sam, sam_normalised
from ratebound.theory.onestep import prove_step
from ratebound.theory.symbols import (
    L,
    alpha,
    delta,
    delta_next,
    error_inner,
    error_sq,
    gamma,
    gap0,
    grad_sq,
    k,
    move_inner,
    move_sq,
    radius,
)

if TYPE_CHECKING:
    from ratebound.theory.statement import Theorem

near_gradient = Inequality(
    "||grad f(y_k) - grad f(x_k)|| <= L ||y_k - x_k||, y_k = x_k + r grad f(x_k)",
    L**2 * radius**2 * grad_sq - error_sq,
    needs("smooth"),
    sam,
)
near_by_length = Inequality(
    "||grad f(y_k) - grad f(x_k)|| <= L ||y_k - x_k||, y_k at the distance gamma",
    L**2 * gamma**2 - error_sq,
    needs("smooth"),
    sam_normalised,
)
_AHEAD = (sam.point, sam_normalised.point)
_MOVED: Mapping[Expr, Expr] = {
    move_inner: -alpha * (grad_sq + error_inner),
    move_sq: alpha**2 * (grad_sq + 2 * error_inner + error_sq),
}


@dataclass(frozen=True)
class LookAhead:
    """``delta_{k+1} <= rate delta_k + noise``, or with a weight the sum of ``weight ||grad f||^2 - noise``.

    Parameters
    ----------
    by, plus
        The one-step proof; in it the error is that of the gradient taken ahead.
    rate
        Free of k.
    weight
        Factor of ||grad f(x_k)||^2; zero for a bound on the last gap.
    noise
        Added in each step.
    """

    by: Multipliers
    plus: Nonnegatives
    rate: Expr = S.One
    weight: Expr = S.Zero
    noise: Expr = S.Zero
    cited: bool = field(default=False, init=False)

    def __post_init__(self) -> None:
        with_expressions(self)

    @property
    def claim(self) -> Expr:
        """The one-step claim, ``>= 0``."""
        return self.rate * delta + self.noise - self.weight * grad_sq - delta_next

    def check(self, theorem: Theorem) -> None:
        """Check the method, the step, and that induction or the sum gives the bound."""
        method, last = theorem.method, theorem.measure == "gap_last"
        moved = expand(method.update["x"] - (x - alpha * g))
        if set(method.update) != {"x"} or moved != 0 or method.point not in _AHEAD or theorem.stochastic:
            raise RateboundError(f"{method.name} is not a step with the gradient at x + r grad f(x)")
        if last != (self.weight == 0) or not (last or SUMMED.get(theorem.measure) == grad_sq):
            raise RateboundError(f"the weight {self.weight} does not bound {theorem.measure}")
        if not last and (self.rate != 1 or theorem.weights != 1):
            raise RateboundError("a sum of squared gradients has the rate one and equal weights")
        constants = self.rate + self.weight + self.noise
        require_known(constants, "rate, weight or noise")
        if theorem.step != alpha or constants.has(k):
            raise RateboundError("the step, the rate, the weight and the noise are constants")
        require_assumed(self.by, theorem)
        prove_step(
            self.claim,
            self.by,
            self.plus,
            definitions=_MOVED,
            values={},
            chart=theorem.chart,
            k=k,
            start=S.Zero,
        )
        if last:
            require(self.rate, theorem, "the rate")
            left = 1 - self.rate
            require(left, theorem, "what a step takes off")
            implied = self.rate**k * gap0 + (self.noise / left if self.noise != 0 else S.Zero)
        else:
            require(self.weight, theorem, "the weight")
            implied = gap0 / (k * self.weight) + self.noise / self.weight
        if not vanishes(theorem.at(k) - implied):
            require(theorem.at(k) - implied, theorem, "the bound against what the steps imply")
