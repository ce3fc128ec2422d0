"""Certificates for nonconvex rates whose one-step factor exceeds one: weights that shrink geometrically."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar

from sympy import Expr

from ratebound.theory.algebra.prover import vanishes
from ratebound.theory.certificate import (
    Multipliers,
    Nonnegatives,
    prove_claim,
    require,
    require_known,
    with_expressions,
)
from ratebound.theory.errors import RateboundError
from ratebound.theory.symbols import alpha, delta, delta_next, gap0, grad_sq, k

if TYPE_CHECKING:
    from ratebound.theory.statement import Theorem


@dataclass(frozen=True)
class Growing:
    """``delta_{k+1} <= growth delta_k - decrease ||grad f(x_k)||^2 + noise`` with a constant growth >= 1.

    Weighted by ``w_j = growth^(-j-1)`` and summed over j < k it gives ``decrease sum w_j ||grad f(x_j)||^2 <=
    gap0 + noise sum w_j``; the least squared gradient is at most the mean with these weights, which is
    bounded too. The weights sum up to ``(1 - growth^(-k))/(growth - 1)``, and ``growth^k >= 1 + k (growth -
    1)`` (Bernoulli), so that one over their sum is at most ``1/k + growth - 1``. Hence
    ``(gap0 (1/k + growth - 1) + noise)/decrease``.

    Parameters
    ----------
    growth, decrease, noise
        Expressions in a step that does not change.
    by, plus
        The one-step proof.
    """

    growth: Expr
    decrease: Expr
    noise: Expr
    by: Multipliers
    plus: Nonnegatives = field(default_factory=dict)
    about_passes: ClassVar[bool] = True
    cited: bool = field(default=False, init=False)

    def __post_init__(self) -> None:
        with_expressions(self)

    @property
    def claim(self) -> Expr:
        """The one-step claim."""
        return self.growth * delta - self.decrease * grad_sq + self.noise - delta_next

    def check(self, theorem: Theorem) -> None:
        """Check the one-step claim, the signs, and that the bound is the one that follows."""
        if theorem.measure not in ("grad_norm_sq_best", "grad_norm_sq_mean"):
            raise RateboundError(f"a growing recursion bounds squared gradients, not {theorem.measure}")
        growth, decrease, noise = (
            each.xreplace({alpha: theorem.step}) for each in (self.growth, self.decrease, self.noise)
        )
        require_known(growth + decrease + noise, "the recursion")
        if theorem.step.has(k):
            raise RateboundError("a growing recursion needs a step that does not change")
        ratio = theorem.weights.subs(k, k + 1) * growth / theorem.weights
        if theorem.averaged_over is not None and not vanishes(ratio - 1):
            raise RateboundError(f"the mean has weights {theorem.weights}; they must shrink by {growth}")
        prove_claim(theorem, self.claim, self.by, self.plus)
        require(growth - 1, theorem, "the growth, which must be at least one,")
        require(decrease, theorem, "the decrease")
        require(noise, theorem, "the noise")
        implied = (gap0 * (1 / k + growth - 1) + noise) / decrease
        require(theorem.bound - implied, theorem, "the bound against the weighted sum")
