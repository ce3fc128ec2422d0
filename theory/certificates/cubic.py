"""The certificate of Newton's method with a cubic term on convex functions.

With an L_hess-Lipschitz Hessian f is within ``(L_hess/6) ||y - x||^3`` of its quadratic model at x, so that
the minimiser x_+ of the model with the cubic term obeys ``f(x_+) <= f(y) + (L_hess/3) ||y - x||^3`` for every
y. At ``y = x + t (x* - x)``, by convexity and with ``||x - x*|| <= R`` for points as low as x_0,

    delta_{k+1} <= (1 - t) delta_k + c t^3/3,    0 <= t <= 1,    c = L_hess R^3.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sympy import Expr, Integer, Rational, Symbol, sqrt

from ratebound.theory.algebra.prover import nonnegative, vanishes
from ratebound.theory.certificates.needed import require_properties
from ratebound.theory.errors import RateboundError
from ratebound.theory.letters.metric import L_hess, level_radius
from ratebound.theory.methods.metric import cubic_newton
from ratebound.theory.symbols import gap0, k

if TYPE_CHECKING:
    from ratebound.theory.statement import Theorem

scale = L_hess * level_radius**3
"""c, the gap beyond which the model reaches x* itself."""
t = Symbol("t", nonnegative=True)
"""How far towards x* the model is compared."""
u = Symbol("u", positive=True)
"""The square root of delta_k/c."""
reached = (1 - t) * u**2 + t**3 / 3
"""What delta_{k+1}/c is at most, for every t in [0, 1]."""
_NEEDED = {"lipschitz_hessian", "convex", "bounded_level"}


@dataclass(frozen=True)
class CubicModel:
    """With t = min(u, 1) a step adds at least 1/3 to 1/u, so that ``1/u_k >= 1/u_0 + k/3``.

    Parameters
    ----------
    after_first
        Whether the start is forgotten: with t = 1 the first step makes u^2 at most 1/3, whatever it was.
    """

    after_first: bool = False
    cited: bool = field(default=False, init=False)

    def check(self, theorem: Theorem) -> None:
        """Check the method, that 1/u grows by 1/3 in both cases, and the bound."""
        if theorem.method != cubic_newton or theorem.step != 1 or theorem.measure != "gap_last":
            raise RateboundError("this certificate bounds gap_last of Newton's method with a cubic term")
        require_properties(theorem, *sorted(_NEEDED))
        for case, values in self.cases().items():
            if not nonnegative(values):
                raise RateboundError(f"1/u is not proved to grow by 1/3 where {case}")
        if self.after_first and not nonnegative(theorem.start - 1):
            raise RateboundError("the start is forgotten after a step; claim the bound from k = 1")
        if self.after_first and reached.subs(t, 1) != Rational(1, 3):
            raise RateboundError("the first step does not make u^2 at most 1/3")
        grown = sqrt(3) - Rational(1, 3) if self.after_first else (scale / gap0) ** Rational(1, 2)
        implied = scale / (grown + k / Integer(3)) ** 2
        if not vanishes(theorem.bound - implied) and not nonnegative(
            theorem.bound - implied, theorem.chart, k, theorem.start
        ):
            raise RateboundError(f"the bound {theorem.bound} is not proved to be at least {implied}")

    @staticmethod
    def cases() -> dict[str, Expr]:
        """Return by case what must be nonnegative: ``1 - reached (1/u + 1/3)^2``, on a chart of the case."""
        grown = 1 - reached * (1 / u + Rational(1, 3)) ** 2
        s = Symbol("s", nonnegative=True)
        return {
            "u <= 1, with t = u": grown.subs(t, u).subs(u, 1 / (1 + s)),
            "u >= 1, with t = 1": grown.subs(t, 1).subs(u, 1 + s),
        }
