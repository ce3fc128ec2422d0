"""The certificate of the information exact method: its weights A_k grow from zero, its model stays tight.

With q = mu/L and m(y), the number ``>= 0`` of :mod:`ratebound.theory.certificates.strong_model`, the
potential is ``V_k = (1 - q) A_k m(y_{k-1}) + (L + mu A_k) ||x_k - x*||^2``. It never grows, and starts at
``L D^2``, so that ``||x_k - x*||^2 <= D^2/(1 + q A_k)``. From ``A_1 = 4/(1 - q)^2`` on A_k grows at least
by the factor ``1/(1 - sqrt(q))^2``.

With ``t = sqrt((1 + q A_k)/(1 + A_k))`` everything is a rational function of t and q.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sympy import QQ, Expr, Integer, Poly, S, Symbol, cancel, expand, ring

from ratebound.theory.algebra.chart import free
from ratebound.theory.algebra.prover import nonnegative, vanishes
from ratebound.theory.certificates.potential import centred
from ratebound.theory.certificates.strong_model import GB, B, W, above, rise, rise_before
from ratebound.theory.errors import RateboundError
from ratebound.theory.inequalities.points import GY, X, Y
from ratebound.theory.method import Method
from ratebound.theory.methods.optimal import item_root, share
from ratebound.theory.symbols import D, L, alpha, k, mu

if TYPE_CHECKING:
    from ratebound.theory.statement import Theorem

_T, _R = Symbol("t", positive=True), Symbol("r", positive=True)
"""t, between r and one; r, the square root of q."""
_Q = mu / L
_SHARE = (1 - _T**2) / (1 - _Q)
_LETTERS = (X, B, GB, GY, rise, rise_before)
_NOW, _BEFORE, _STAR = (rise, Y, GY), (rise_before, B, GB), (S.Zero, S.Zero, S.Zero)


def in_roots(expr: Expr) -> Expr:
    """Return an expression in the state ``share`` as a rational function of t."""
    return expr.xreplace({item_root: _T}).xreplace({share: _SHARE})


def place(expr: Expr, method: Method) -> Expr:
    """Return a point of the method, seen from x*, with w_k put in and its coefficients in lowest terms."""
    form = Poly(centred(in_roots(expr), method).xreplace({alpha: 1 / L}), X, W, GY)
    point = sum((cancel(c) * v for v in (X, W, GY) if (c := form.coeff_monomial(v)) != 0), S.Zero)
    return point.xreplace({W: B - GB / L})


def weight_of(part: Expr) -> Expr:
    """Return A for ``A/(1 + A)``."""
    return cancel(part / (1 - part))


@dataclass(frozen=True)
class ExactModel:
    """``V_{k+1} <= V_k``, hence ``||x_k - x*||^2 <= D^2/(1 + q A_k)``, and how A_k grows."""

    cited: bool = field(default=False, init=False)

    def weights(self, method: Method) -> tuple[Expr, Expr]:
        """Return A_k and A_{k+1}, in t."""
        return weight_of(_SHARE), weight_of(in_roots(method.update["share"]))

    def claim(self, method: Method) -> Expr:
        """Return ``V_k - V_{k+1}``, with x_{k+1} put in."""
        now, after = self.weights(method)
        moved = place(method.update["x"], method)
        before = (1 - _Q) * now * above(_BEFORE, _STAR) + (L + mu * now) * X**2
        return before - (1 - _Q) * after * above(_NOW, _STAR) - (L + mu * after) * moved**2

    def check(self, theorem: Theorem) -> None:
        """Check the method, the step of the potential, the growth of its weights, and the bound."""
        method = theorem.method
        states = set(method.update) == {"x", "w", "share"} and method.sampling == "full"
        if theorem.measure != "distance_sq" or not states:
            raise RateboundError(
                "this certificate bounds distance_sq of states x, w and share, with full gradients"
            )
        if not {"smooth", "strongly_convex"} <= theorem.assumed:
            raise RateboundError("interpolation needs a smooth, strongly convex f; assume both")
        if theorem.step != 1 / L or method.from_start != ("w",) or not nonnegative(theorem.start - 1):
            raise RateboundError("the step is 1/L, w starts at x_0, share at zero, and k at 1")
        point = place(method.point, method)
        if not vanishes(expand(place(method.update["w"], method) - point + GY / L)):
            raise RateboundError(f"w of {method.name} is not y - grad f(y)/L")
        now, after = self.weights(method)
        parts = {above(_BEFORE, _NOW): (1 - _Q) * now, above(_STAR, _NOW): (1 - _Q) * (after - now)}
        total = sum((multiplier * slack for slack, multiplier in parts.items()), S.Zero)
        residual = (self.claim(method) - total).xreplace({Y: point})
        # Many times faster than to expand the expression.
        forms = ring(_LETTERS, QQ.frac_field(L, mu, _T))[0]
        if forms.from_expr(residual) != 0:
            raise RateboundError("the certificate does not close: the step leaves something of its claim")
        self._check_growth(theorem)

    def _check_growth(self, theorem: Theorem) -> None:
        now, after = (cancel(each.subs(mu, L * _R**2)) for each in self.weights(theorem.method))
        rate = (1 - _R) ** -2
        kept = {"A_k": now, "A_{k+1} - A_k": after - now, "A_{k+1} - A_k/(1 - r)^2": after - rate * now}
        # A_1, from t = 1, where A_0 = 0.
        kept["A_1 - 1/(1 - r)^2"] = (after - rate).subs(_T, 1)
        s = free("s")
        chart = {_T: (1 + _R * s) / (1 + s), _R: 1 / (1 + free("u"))}
        for what, expr in kept.items():
            if not nonnegative(cancel(expr), chart):
                raise RateboundError(f"{what} is not proved to be >= 0")
        kept_share = (1 - _R) ** (2 * k)
        implied = D**2 * kept_share / (kept_share + _R**2)
        difference = theorem.bound.subs(mu, L * _R**2) - implied
        if not nonnegative(difference, {_R: 1 / (1 + free("u"))}, k, Integer(1)):
            raise RateboundError(
                f"the bound against the potential at the start: {difference} may be negative"
            )
