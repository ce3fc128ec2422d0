"""The certificate of Newton's method with a cubic term on functions that need not be convex.

A step s of length r minimises the model: with M = L_hess, ``g + H s + (M/2) r s = 0``, and ``H + (M/2) r I``
has no negative eigenvalue. Along the step the Hessian changes by what ``xi(t) = (H(x + t s) - H) s`` tells,
of length at most ``M r^2 t``. With its integral e over 0 <= t <= 1

    grad f(x_+) = e - (M/2) r s,    f(x) - f(x_+) >= (M/4) r^3 - integral of (1 - t) <xi, s>.

For every a the integral is at most ``(1 - a) <e, s> + M r^3 c(a)`` with c(a) the integral of t |a - t|, and
``<e, s>`` is at most ``M r^3/2 - ||grad f(x_+)||^2/(M r)``, since ``||e|| <= M r^2/2``. In units of M and r
both sides are numbers: with ``w^2 = ||grad f(x_+)||/(M r^2)`` f falls by at least ``fallen`` times M r^3.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sympy import Expr, Rational, Symbol, integrate, sqrt

from ratebound.theory.algebra.prover import nonnegative, vanishes
from ratebound.theory.certificate import with_expressions
from ratebound.theory.certificates.needed import require_properties
from ratebound.theory.errors import RateboundError
from ratebound.theory.letters.metric import L_hess
from ratebound.theory.methods.metric import cubic_newton
from ratebound.theory.symbols import gap0, k

if TYPE_CHECKING:
    from ratebound.theory.statement import Theorem

w = Symbol("w", nonnegative=True)
"""The root of ||grad f(x_+)||/(M r^2)."""
_t = Symbol("t", nonnegative=True)


@dataclass(frozen=True)
class CubicDescent:
    """``||grad f(x_{k+1})||^(3/2) <= factor sqrt(L_hess) (f(x_k) - f(x_{k+1}))``, which is summed.

    Parameters
    ----------
    factor
        How much f must fall for a gradient that stays large.
    split
        a, between 0 and 1.
    """

    factor: Expr
    split: Expr
    cited: bool = field(default=False, init=False)

    def __post_init__(self) -> None:
        with_expressions(self)

    @property
    def fallen(self) -> Expr:
        """What f falls by at least, in units of M r^3."""
        a = self.split
        c = integrate(_t * (a - _t), (_t, 0, a)) + integrate(_t * (_t - a), (_t, a, 1))
        return Rational(1, 4) - (1 - a) * (Rational(1, 2) - w**4) - c

    @property
    def bound(self) -> Expr:
        """What is proved of the least squared gradient norm at x_1 .. x_{k-1}."""
        return (self.factor * sqrt(L_hess) * gap0 / (k - 1)) ** Rational(4, 3)

    def check(self, theorem: Theorem) -> None:
        """Check the method, the claim about one step, and the bound."""
        if theorem.method != cubic_newton or theorem.step != 1 or theorem.measure != "grad_norm_sq_best":
            raise RateboundError(
                "this certificate bounds grad_norm_sq_best of Newton's method with a cubic term"
            )
        require_properties(theorem, "lipschitz_hessian")
        if not (nonnegative(self.split) and nonnegative(1 - self.split)):
            raise RateboundError(f"split = {self.split} is not between 0 and 1")
        if not nonnegative(self.factor * self.fallen - w**3):
            raise RateboundError(
                f"f is not proved to fall by w^3 in parts of {self.factor}; give a larger factor"
            )
        if not nonnegative(theorem.start - 2) or not (
            vanishes(theorem.bound - self.bound)
            or nonnegative(theorem.bound / self.bound - 1, theorem.chart, k, theorem.start)
        ):
            raise RateboundError(f"the bound {theorem.bound} is not proved to be at least {self.bound}")
