"""The certificate of Newton's method with a cubic term for gradient and least eigenvalue together.

A step s of length r minimises the model: with M = L_hess, ``g + H s + (M/2) r s = 0``, and ``H + (M/2) r I``
has no negative eigenvalue. The Hessian H_+ at the new point is within M r of H, and the gradient there within
M r^2/2 of ``g + H s``. In units of M and r

    ||grad f(x_+)|| <= 1/2 + 1/2,    lambda_min(H_+) >= -1/2 - 1,    f(x) - f(x_+) >= 1/12,

the last from :class:`ratebound.theory.certificates.cubic_descent.CubicDescent` at a = 1. So both lengths of
the measure are at most r, and the sum of r^3 over all steps is at most 12 (f(x_0) - f*)/M. One step on
``M (s^3 - 3 s u^2)/6``, whose Hessian is M-Lipschitz, attains the last two at once.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sympy import Expr, Integer, Rational, sqrt

from ratebound.theory.algebra.prover import nonnegative, vanishes
from ratebound.theory.certificate import with_expressions
from ratebound.theory.certificates.cubic_descent import CubicDescent
from ratebound.theory.certificates.needed import require_properties
from ratebound.theory.errors import RateboundError
from ratebound.theory.letters.metric import L_hess
from ratebound.theory.measures import BENT
from ratebound.theory.methods.metric import cubic_newton
from ratebound.theory.symbols import gap0, k

if TYPE_CHECKING:
    from ratebound.theory.statement import Theorem

_MODEL = Rational(1, 2)
"""``||g + H s||``, and the least that ``-lambda_min(H)`` is bounded by, in units of M and r."""
_CHANGED = {"gradient": Rational(1, 2), "Hessian": Integer(1)}
"""How far both are off at the end of a step: the integral of t, and t = 1."""


@dataclass(frozen=True)
class CubicCurvature:
    """Each step is at least as long as what it leaves, and f pays for its cube.

    Parameters
    ----------
    factor
        ``L_hess r^3 <= factor (f(x_k) - f(x_{k+1}))``.
    """

    factor: Expr
    cited: bool = field(default=False, init=False)

    def __post_init__(self) -> None:
        with_expressions(self)

    @property
    def fallen(self) -> Expr:
        """What f falls by at least, in units of M r^3."""
        return CubicDescent(factor=self.factor, split=Integer(1)).fallen

    @staticmethod
    def lengths() -> dict[str, Expr]:
        """Return what the two lengths of the measure are at most at the new point, in units of r."""
        bent = Rational(BENT.numerator, BENT.denominator)
        return {
            "of the gradient": sqrt(_MODEL + _CHANGED["gradient"]),
            "of the curvature": bent * (_MODEL + _CHANGED["Hessian"]),
        }

    @property
    def bound(self) -> Expr:
        """What is proved of the least of x_1 .. x_{k-1}."""
        return (self.factor * gap0 / (L_hess * (k - 1))) ** Rational(1, 3)

    def check(self, theorem: Theorem) -> None:
        """Check the method, the claims about one step, and the bound."""
        if theorem.method != cubic_newton or theorem.step != 1 or theorem.measure != "second_order_best":
            raise RateboundError(
                "this certificate bounds second_order_best of Newton's method with a cubic term"
            )
        require_properties(theorem, "lipschitz_hessian")
        for what, length in self.lengths().items():
            if not nonnegative(1 - length):
                raise RateboundError(f"the length {what} is not proved to be at most that of the step")
        if not nonnegative(self.factor * self.fallen - 1):
            raise RateboundError(
                f"f is not proved to fall by L_hess r^3 in parts of {self.factor}; give a larger factor"
            )
        if not nonnegative(theorem.start - 2) or not (
            vanishes(theorem.bound - self.bound)
            or nonnegative(theorem.bound / self.bound - 1, theorem.chart, k, theorem.start)
        ):
            raise RateboundError(f"the bound {theorem.bound} is not proved to be at least {self.bound}")
