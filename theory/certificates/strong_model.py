"""The certificate of triple momentum: a potential whose gap is that of a smooth, strongly convex model.

For f with curvatures between mu and L, and ``c = mu/(2 (1 - mu/L))``, the number

    m(y) = f(y) - f* - ||grad f(y)||^2/(2 L) - c ||y - grad f(y)/L - x*||^2

is nonnegative: it is the slack of interpolation at y and x* (Taylor, Hendrickx and Glineur 2017, Theorem 4;
not checked). The potential is ``V_k = m(y_{k-1}) + 2 c ||x_k - x*||^2``. By interpolation at y_{k-1} and y_k,
and at x* and y_k, it is multiplied by at most ``factor`` in a step; the first step needs the latter only.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sympy import Expr, Poly, S, Symbol, expand

from ratebound.theory.algebra.chart import free
from ratebound.theory.algebra.prover import nonnegative, vanishes
from ratebound.theory.certificate import with_expressions
from ratebound.theory.certificates.potential import centred
from ratebound.theory.errors import RateboundError
from ratebound.theory.inequalities.points import GY, X, Y
from ratebound.theory.method import Method
from ratebound.theory.symbols import D, L, alpha, k, mu

if TYPE_CHECKING:
    from ratebound.theory.statement import Theorem

B, GB, W = (Symbol(name, real=True) for name in ("B", "GB", "W"))
"""The vectors y_{k-1} - x*, grad f(y_{k-1}) and w_k - x*; products are inner products."""
rise, rise_before = Symbol("rise", real=True), Symbol("rise_before", real=True)
"""f(y_k) - f* and f(y_{k-1}) - f*."""
half = mu / (2 * (1 - mu / L))
"""c."""
_RATIO = Symbol("r", positive=True)
"""The square root of mu/L: with it everything is a rational function."""
_ROOTED = L * _RATIO**2


def above(high: tuple[Expr, Expr, Expr], low: tuple[Expr, Expr, Expr]) -> Expr:
    """Return the slack of interpolation, ``>= 0``: how far one point lies above the model at another.

    Each point is its value, its vector from x* and its gradient.
    """
    (f1, y1, g1), (f2, y2, g2) = high, low
    return f1 - f2 - g2 * (y1 - y2) - (g1 - g2) ** 2 / (2 * L) - half * (y1 - y2 - (g1 - g2) / L) ** 2


_NOW, _BEFORE, _STAR = (rise, Y, GY), (rise_before, B, GB), (S.Zero, S.Zero, S.Zero)


@dataclass(frozen=True)
class StrongModel:
    """``V_{k+1} <= factor V_k``, from ``V_0 = 2 c (L/mu) D^2`` on.

    Parameters
    ----------
    factor
        An expression in constants.
    """

    factor: Expr
    cited: bool = field(default=False, init=False)

    def __post_init__(self) -> None:
        with_expressions(self)

    def places(self, method: Method) -> dict[Expr, Expr]:
        """Return what y_k and w_k are, seen from x*."""
        return {Y: centred(method.point, method), W: B - GB / L}

    def claim(self, method: Method) -> Expr:
        """Return ``factor V_k - V_{k+1}``, with x_{k+1} put in."""
        after = above(_NOW, _STAR) + 2 * half * centred(method.update["x"], method) ** 2
        return self.factor * (above(_BEFORE, _STAR) + 2 * half * X**2) - after

    def first(self, method: Method) -> Expr:
        """Return ``factor 2 c (L/mu) ||x_0 - x*||^2 - V_1``, where y_0 = w_0 = x_0."""
        after = above(_NOW, _STAR) + 2 * half * centred(method.update["x"], method) ** 2
        return self.factor * 2 * half * L / mu * X**2 - after

    def check(self, theorem: Theorem) -> None:
        """Check the method, both steps, and the bound."""
        method, values = theorem.method, {alpha: theorem.step}
        if theorem.measure != "distance_sq" or set(method.update) != {"x", "w"} or theorem.stochastic:
            raise RateboundError("this certificate bounds distance_sq of a method with the states x and w")
        if not {"smooth", "strongly_convex"} <= theorem.assumed:
            raise RateboundError("interpolation needs a smooth, strongly convex f; assume both")
        if "w" not in method.from_start:
            raise RateboundError("w starts at x_0")
        step = (centred(method.update["w"], method) - self.places(method)[Y] + GY / L).xreplace(values)
        if not vanishes(expand(step)):
            raise RateboundError(f"w of {method.name} is not y - grad f(y)/L")
        weights = {above(_BEFORE, _NOW): self.factor, above(_STAR, _NOW): 1 - self.factor}
        self._check_closed(self.claim(method), weights, self.places(method), values)
        started = {W: X, Y: centred(method.point, method).xreplace({W: X})}
        # <grad f(y_0), y_0 - x*> <= L ||y_0 - x*||^2, by interpolation both ways and a square.
        share, both = self.factor * 2 * half / mu, above(_STAR, _NOW) + above(_NOW, _STAR)
        first = {above(_STAR, _NOW): S.One, both: share, (L * Y - GY) ** 2: share / (L - mu)}
        self._check_closed(self.first(method), first, started, values)
        self._require(self.factor, theorem, "the factor")
        self._require(1 - self.factor, theorem, "one less the factor")
        implied = self.factor**k * L / mu * D**2
        if theorem.bound != implied:
            self._require(theorem.bound - implied, theorem, "the bound against the potential at the start")

    @staticmethod
    def _require(expr: Expr, theorem: Theorem, what: str) -> None:
        on_roots = expr.subs(mu, _ROOTED)
        if not nonnegative(on_roots, {_RATIO: 1 / (1 + free("s"))}, k, theorem.start):
            raise RateboundError(f"{what}: {expr} is not proved to be >= 0; correct the bound")

    @staticmethod
    def _check_closed(
        claim: Expr, parts: dict[Expr, Expr], places: dict[Expr, Expr], values: dict[Expr, Expr]
    ) -> None:
        total = sum((multiplier * slack for slack, multiplier in parts.items()), S.Zero)
        residual = (claim - total).xreplace(places).xreplace(places).xreplace(values).subs(mu, _ROOTED)
        poly = Poly(expand(residual), X, B, GB, GY, rise, rise_before)
        if not all(vanishes(c) for c in poly.coeffs()):
            raise RateboundError("the certificate does not close: the step leaves something of its claim")
