"""Certificates on quadratics, eigenvalue by eigenvalue: each error coordinate is multiplied by a polynomial.

Along an eigenvector of curvature lam the gradient is lam times the error, so that a measure after k steps is
a sum over eigenvalues of squared start coordinates times a factor r(lam); the largest factor bounds it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING

from sympy import Expr, Symbol, diff, expand, simplify

from ratebound.theory.algebra.chart import free
from ratebound.theory.algebra.prover import nonnegative, vanishes
from ratebound.theory.assumptions import quadratic
from ratebound.theory.certificate import require, require_constant_step
from ratebound.theory.errors import RateboundError
from ratebound.theory.method import Method, g, x
from ratebound.theory.symbols import D, L, alpha, gap0, grad0_sq, k, mu_pl

if TYPE_CHECKING:
    from ratebound.theory.statement import Theorem

lam = Symbol("lambda", positive=True)
"""An eigenvalue of the Hessian."""

_MEASURES = {"gap_last": lam / 2, "grad_norm_sq_last": lam**2, "distance_sq": lam**0}
_STARTS: Mapping[Expr, Expr] = MappingProxyType({D**2: lam**0, gap0: lam / 2, grad0_sq: lam**2})
"""What measures and starts weigh the squared coordinate of an eigenvector with."""


def _coordinate(theorem: Theorem) -> Expr:
    """Return what a step makes of the coordinate x along an eigenvector, x* being zero."""
    method: Method = theorem.method
    if quadratic.name not in theorem.assumed or theorem.stochastic:
        raise RateboundError("a spectral certificate is about full gradients of a quadratic f; assume it")
    place = method.point.xreplace({g: lam * x})
    rule = method.update["x"].xreplace({g: lam * place, alpha: theorem.step})
    return expand(rule)


@dataclass(frozen=True)
class Peak:
    """Gradient descent with steps up to 1/L: r(lam) rises up to one eigenvalue and falls behind it.

    Parameters
    ----------
    start
        What of the start the bound is in terms of: ``D**2``, ``gap0`` or ``grad0_sq``.
    at
        The eigenvalue where r is largest, an expression in the step and k.
    """

    start: Expr
    at: Expr
    cited: bool = field(default=False, init=False)

    def check(self, theorem: Theorem) -> None:
        """Check the factor of one step, that r has its peak there, and the bound."""
        contraction = 1 - alpha * lam
        if set(theorem.method.update) != {"x"} or not vanishes(_coordinate(theorem) - contraction * x):
            raise RateboundError(f"a step of {theorem.method.name} is not 1 - alpha lambda on eigenvectors")
        require(1 / L - alpha, theorem, "the range of the step below 1/L")
        if theorem.measure not in _MEASURES or self.start not in _STARTS:
            starts = ", ".join(map(str, _STARTS))
            raise RateboundError(
                f"a peak bounds {', '.join(_MEASURES)} by {starts}, not {theorem.measure} by {self.start}"
            )
        ratio = _MEASURES[theorem.measure] / _STARTS[self.start]
        # The logarithmic derivative of r, as a positive multiple of the distance to the peak.
        slope = diff(ratio, lam) / ratio - 2 * k * alpha / contraction
        multiple = simplify(slope / (self.at - lam))
        if not nonnegative(multiple.subs(lam, 1 / (alpha * (1 + free("s"))))):
            raise RateboundError(f"the factor is not proved to rise up to {self.at} and to fall behind it")
        largest = ratio.subs(lam, self.at) * simplify(1 - alpha * self.at) ** (2 * k)
        if not vanishes(theorem.at(k) - self.start * largest):
            require(theorem.at(k) - self.start * largest, theorem, "the bound against the largest factor")


@dataclass(frozen=True)
class Slowest:
    """Each step multiplies the error along an eigenvector by at most the factor at the least eigenvalue.

    The nonzero eigenvalues lie between mu_pl and L; the gap has no part along the others.
    """

    cited: bool = field(default=False, init=False)

    def factor(self, theorem: Theorem) -> Expr:
        """Return the factor of the error along an eigenvector."""
        return expand(_coordinate(theorem) / x)

    def check(self, theorem: Theorem) -> None:
        """Check that the factor is nonnegative and falls over the spectrum, and the bound."""
        require_constant_step(theorem)
        factor = self.factor(theorem)
        if set(theorem.method.update) != {"x"} or factor.has(x) or theorem.measure != "gap_last":
            raise RateboundError("this certificate bounds gap_last of a method that keeps x only")
        least, s = factor.subs(lam, mu_pl), free("s")
        along = factor.subs(lam, (mu_pl + L * s) / (1 + s))
        require(along, theorem, "the factor over the spectrum")
        require(least - along, theorem, "the factor at mu_pl less that over the spectrum")
        if not vanishes(theorem.at(k) - least ** (2 * k) * gap0):
            require(theorem.at(k) - least ** (2 * k) * gap0, theorem, "the bound against the largest factor")


@dataclass(frozen=True)
class Chebyshev:
    """Heavy ball: the coordinate is ``rho^k (U_k(t) - rho U_{k-1}(t))``, U_k of the second kind, |t| <= 1.

    The nonzero eigenvalues lie between mu_pl and L; x_0 - x* has no part along the others.

    With x_{-1} = x_0 both sides obey ``e_{k+1} = 2 rho t e_k - rho^2 e_{k-1}``, and ``|U_k| <= k + 1``.

    Parameters
    ----------
    rho
        The square root of the momentum.
    """

    rho: Expr
    cited: bool = field(default=False, init=False)

    def check(self, theorem: Theorem) -> None:
        """Check the recursion, that t stays within [-1, 1] on the spectrum, and the bound."""
        require_constant_step(theorem)
        method, m = theorem.method, Symbol("m", real=True)
        if theorem.measure != "distance_sq" or method.update.get("m") != x or "m" not in method.from_start:
            raise RateboundError("this certificate bounds distance_sq of a method that keeps x_{k-1} as m")
        rule = _coordinate(theorem)
        if not vanishes(rule.coeff(m) + self.rho**2) or rule.xreplace({x: 0 * x, m: 0 * m}) != 0:
            raise RateboundError(f"the momentum of {method.name} is not {self.rho} squared")
        t = rule.coeff(x) / (2 * self.rho)
        if not vanishes(diff(t, lam, 2)):
            raise RateboundError(f"{t} is not affine in the eigenvalue")
        require(self.rho, theorem, "rho")
        for end in (mu_pl, L):
            for side in (1 - t, 1 + t):
                if not vanishes(side.subs(lam, end)):
                    require(side.subs(lam, end), theorem, f"t at the eigenvalue {end}, within [-1, 1]")
        implied = self.rho ** (2 * k) * (k + 1 + self.rho * k) ** 2 * D**2
        if not vanishes(theorem.at(k) - implied):
            require(theorem.at(k) - implied, theorem, "the bound against rho^(2 k) (k + 1 + rho k)^2 D^2")
