"""Certificates for schedule-free steps: gradients taken between the iterate and the average of all iterates.

``z_{k+1} = z_k - alpha g(y_k)``, x_k the mean of z_0 .. z_k, y_k a mixture of both. With x_{k-1} seen from
x_k and z_k, ``V_k = k (f(x_{k-1}) - f*) + ||z_k - x*||^2/(2 alpha)`` rises by at most the noise of a step,
whatever the mixture: the regret of the z_k online is the error of their mean.

Letters as in :mod:`ratebound.theory.inequalities.points`: X is x_k - x*, Z is z_k - x*, P is x_{k-1} - x*.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sympy import Expr, Poly, S, Symbol, expand

from ratebound.theory.algebra.prover import vanishes
from ratebound.theory.assumptions import Inequality
from ratebound.theory.certificate import require, require_assumed, require_known, with_expressions
from ratebound.theory.certificates.potential import centred
from ratebound.theory.errors import RateboundError
from ratebound.theory.inequalities.points import GY, P, Y
from ratebound.theory.method import Method
from ratebound.theory.onestep import G, X
from ratebound.theory.symbols import D, alpha, delta, gap_aside, gap_at_point, k, moment

if TYPE_CHECKING:
    from ratebound.theory.statement import Theorem

Z = Symbol("Z", real=True)
_BEFORE = ((k + 1) * X - Z) / k
"""x_{k-1} - x*: x_k is the mean of k of x_{k-1} and one of z_k."""


@dataclass(frozen=True)
class Interpolated:
    """Telescoping of ``E_k V_{k+1} <= V_k + noise``, V_k as above.

    Parameters
    ----------
    by
        Multipliers of inequalities, in which P is x_{k-1} - x* and Y is y_k - x*.
    noise
        Added in each step, free of k.
    """

    by: Mapping[Inequality, Expr]
    noise: Expr
    cited: bool = field(default=False, init=False)

    def __post_init__(self) -> None:
        with_expressions(self)

    def claim(self, method: Method) -> Expr:
        """Return ``V_k + noise - E_k V_{k+1}`` in letters and scalars."""
        moved = Poly(expand(centred(method.update["z"], method) ** 2), GY).all_coeffs()
        # The square of g has a mean of its own.
        after = sum(c * q for c, q in zip(reversed(moved), (S.One, GY, moment), strict=True))
        return k * gap_aside + Z**2 / (2 * alpha) + self.noise - (k + 1) * delta - after / (2 * alpha)

    def check(self, theorem: Theorem) -> None:
        """Check the mean, the step in expectation for every k, and the bound."""
        method = theorem.method
        if theorem.measure != "gap_last" or set(method.update) != {"x", "z"} or theorem.step.has(k):
            raise RateboundError(
                "this certificate bounds gap_last of a method with states x and z, step fixed"
            )
        if "z" not in method.from_start:
            raise RateboundError(f"z of {method.name} starts at zero, and not at x_0")
        ahead = centred(method.update["z"], method)
        if not vanishes(expand(centred(method.update["x"], method) - ((k + 1) * X + ahead) / (k + 2))):
            raise RateboundError(f"x of {method.name} is not the mean of all z")
        require_assumed(self.by, theorem)
        require(theorem.step, theorem, "the step")
        require_known(self.noise, "the noise")
        places = {P: _BEFORE, Y: centred(method.point, method)}
        total = sum((m * i.slack.xreplace(places) for i, m in self.by.items()), S.Zero)
        values = {alpha: theorem.step}
        left = expand((self.claim(method) - total).xreplace(values))
        state = (X, Z, G, GY, delta, gap_aside, gap_at_point, moment)
        if any(not vanishes(c) for c in Poly(left, *state).coeffs()):
            raise RateboundError(f"the certificate does not close: {left} is left; correct it, or the bound")
        for inequality, multiplier in self.by.items():
            require(multiplier, theorem, f"the multiplier of {inequality.name}", S.Zero)
        # V_{k+1} contains f(x_k) - f*, after k + 1 steps.
        spent = (D**2 / (2 * alpha) + (k + 1) * self.noise).xreplace(values)
        require((k + 1) * theorem.at(k) - spent, theorem, "the bound against the telescoped sum")
