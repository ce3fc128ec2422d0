"""Certificates for SDCA without duality: a vector per sample, and steps that move both along one residual.

With lam = mu_min the components phi_i = f_i - (lam/2)||x||^2 are convex. Each sample keeps b_i, which tends
to grad phi_i(x*), and always x = - (1/(lam n)) sum_i b_i. The drawn sample has the residual
r = grad phi_i(x) - b_i, and

    x <- x - alpha r,    b_i <- b_i + alpha lam n r.

The mean of r is grad f(x). With a_i = grad phi_i(x) - grad phi_i(x*), s = alpha lam n, and B (``dual_sq``)
the mean of ||b_i - grad phi_i(x*)||^2, the residual is a_i - (b_i - grad phi_i(x*)), so that

    E_k B_{k+1} = B_k + (alpha lam) (E ||a_i||^2 - B_k - (1 - s) E_k ||r||^2),

and ``E ||a_i||^2 = spread - 2 lam descent + lam^2 ||x - x*||^2``. The method keeps t_i = b_i + lam x_0, which
starts at zero: then B_0 = sigma_star_sq + lam^2 ||x_0 - x*||^2. Source: Shalev-Shwartz 2016.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sympy import Expr, S, Symbol, expand

from ratebound.theory.algebra.prover import vanishes
from ratebound.theory.certificate import (
    AT_START,
    Multipliers,
    Nonnegatives,
    require,
    require_assumed,
    require_constant_step,
    require_known,
    with_expressions,
)
from ratebound.theory.errors import RateboundError
from ratebound.theory.letters.stored import dual_sq, dual_sq_next
from ratebound.theory.method import Method, g, x
from ratebound.theory.onestep import prove_step
from ratebound.theory.symbols import (
    alpha,
    d2,
    d2_next,
    descent,
    k,
    moment,
    mu_min,
    n,
    sigma_star_sq,
    spread,
)

if TYPE_CHECKING:
    from ratebound.theory.statement import Theorem


def coupled(method: Method) -> dict[Symbol, Expr]:
    """Return what a step makes, in expectation, of the distance and of the vectors of the samples.

    Raises
    ------
    RateboundError
        If the method does not move x and the vector of the drawn sample along one residual, from zeros.
    """
    draws, w = method.draws, Symbol("w", real=True)
    fits = draws is not None and bool(draws.table) and draws.first == "zeros" and draws.stores is not None
    fits = fits and draws is not None and not draws.uneven
    if fits and set(method.update) == {"x", "w"} and method.from_start == ("w",) and method.point == x:
        assert draws is not None
        assert draws.stores is not None
        t = Symbol(draws.table, real=True)
        residual = g - mu_min * x - (t - mu_min * w)
        rules = {
            method.update["x"]: x - alpha * residual,
            method.update["w"]: w,
            draws.stores: t + alpha * mu_min * n * residual,
        }
        if all(vanishes(expand(rule - said)) for rule, said in rules.items()):
            apart = spread - 2 * mu_min * descent + mu_min**2 * d2
            kept = 1 - alpha * mu_min * n
            return {
                d2_next: d2 - 2 * alpha * descent + alpha**2 * moment,
                dual_sq_next: dual_sq + alpha * mu_min * (apart - dual_sq - kept * moment),
            }
    raise RateboundError(f"{method.name} does not move x and a stored vector along one residual")


@dataclass(frozen=True)
class DualFree:
    """Decrease of ``V = ||x - x*||^2 + share B`` by a factor.

    Parameters
    ----------
    share
        The factor of B in V, an expression in the step and in constants.
    rate
        The factor: ``E_k V_{k+1} <= rate V_k``.
    by, plus
        The one-step proof.
    """

    share: Expr
    rate: Expr
    by: Multipliers
    plus: Nonnegatives = field(default_factory=dict)
    cited: bool = field(default=False, init=False)

    def __post_init__(self) -> None:
        with_expressions(self)

    @property
    def potential(self) -> Expr:
        """V_k."""
        return d2 + self.share * dual_sq

    @property
    def claim(self) -> Expr:
        """The one-step claim."""
        return self.rate * self.potential - d2_next - self.share * dual_sq_next

    def check(self, theorem: Theorem) -> None:
        """Check the step in expectation, the signs, and that the bound is the power of the rate times V_0."""
        if theorem.measure != "distance_sq":
            raise RateboundError(f"this potential bounds the squared distance, not {theorem.measure}")
        require_assumed(self.by, theorem)
        require_constant_step(theorem)
        require_known(self.share + self.rate, "the potential, or its rate")
        values = {alpha: theorem.step}
        prove_step(
            self.claim, self.by, self.plus, definitions=coupled(theorem.method), values=values,
            chart=theorem.chart, k=k, start=S.Zero,
        )  # fmt: skip
        require(self.share.xreplace(values), theorem, "the share", S.Zero)
        require(self.rate.xreplace(values), theorem, "the rate", S.Zero)
        first = d2 + self.share * (sigma_star_sq + mu_min**2 * d2)
        stand_in = Symbol("r", nonnegative=True)
        left = theorem.bound.xreplace({self.rate.xreplace(values) ** k: stand_in})
        if left.has(k):
            raise RateboundError(f"the bound {theorem.bound} is no multiple of the power of {self.rate}")
        require(
            left - stand_in * first.xreplace(AT_START).xreplace(values), theorem, "the bound at the start"
        )
