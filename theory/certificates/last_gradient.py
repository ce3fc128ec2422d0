"""The certificate of the optimised method for the gradient: a small last gradient, from a small gap.

In units with L = 1 let ``y_k = b_k y_{k-1} + (1 - b_k) g_k`` average the gradients, y_{-1} = 0, and let
``x_{k+1} = x_k - g_k - n_{k+1} y_k``. Weights q_k of what is left, q_{K-1} = 1 and q_K = 0, say how:

    b_0 = q_0/C,  b_k = q_k/q_{k-1},  n_k = 2 (q_{k-1} - q_k) - 1.

With ``c_k = C/q_k`` and all points seen from x_K, f from f(x_K),

    V_k = c_{k-1} (f_k + ||g_k||^2/2 + ||g_K||^2/2 + <y_{k-1}, n_k g_k - g_K - x_k>
                   + (q_{k-1} - n_k) ||y_{k-1}||^2) - ||g_K||^2/2

falls by c_k times interpolation at x_k and x_{k+1}, ``c_k - c_{k-1}`` times that at x_K and x_k, and a
multiple of ``||g_k - y_{k-1}||^2``. At the end V_K is ``(C - 1/2) ||g_K||^2``, and f(x_K) - f* pays the half
that lacks. It takes ``(q_{k-1} - q_k)^2 <= q_{k-1}`` and, at the start, ``2 (C - q_0)^2 <= C``.

With equality q_k is theta_{k+1}^2 and C is theta_0^2/2, in the weights of the source, and the squares vanish.

Source: Kim and Fessler 2021 (OGM-G) for the method and the inequalities; the method as an average, the
potential and the square are derived here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sympy import Expr, Rational, S, Symbol, expand

from ratebound.theory.algebra.chart import free
from ratebound.theory.algebra.prover import nonnegative, vanishes
from ratebound.theory.certificate import with_expressions
from ratebound.theory.certificates.doubling import Point, above
from ratebound.theory.errors import RateboundError
from ratebound.theory.method import g, x
from ratebound.theory.symbols import K, L, alpha, gap0, k

if TYPE_CHECKING:
    from ratebound.theory.statement import Theorem

_HALF = Rational(1, 2)
total, before, here, after = (Symbol(name, positive=True) for name in ("C", "q_before", "q", "q_after"))
"""C, q_{k-1}, q_k and q_{k+1}."""
y = Symbol("y", real=True)
_F, _FN = (Symbol(name, real=True) for name in ("f", "f_next"))
_GN, _END = (Symbol(name, real=True) for name in ("g_next", "g_K"))
_LAST = Point(S.Zero, _END, S.Zero)
"""x_K, from which all points and values are seen."""

Parts = Mapping[str, tuple[Expr, Expr]]


def ahead(weight: Expr, following: Expr) -> Expr:
    """Return n, how far along the average a step goes from one weight to the following one."""
    return 2 * (weight - following) - 1


def potential(weight: Expr, following: Expr, at: Point, average: Expr) -> Expr:
    """Return V_k at x_k, with ``q_{k-1}``, ``q_k`` and ``y_{k-1}``."""
    n = ahead(weight, following)
    slopes = average * (n * at.g - _END - at.at) + (weight - n) * average**2
    return total / weight * (at.f + at.g**2 / 2 + _END**2 / 2 + slopes) - _END**2 / 2


def moved(kept: Expr) -> dict[str, Expr]:
    """Return x_{k+1} and y_k, where the average keeps this share of y_{k-1}."""
    average = kept * y + (1 - kept) * g
    return {"x": x - g - ahead(here, after) * average, "y": average}


def fallen(first: bool = False) -> tuple[Expr, Parts]:
    """Return what V_k falls by in a step, and its parts: by name a multiplier and what is ``>= 0``.

    In the first step f(x_0) - f(x_K) stands for V_0, and y_{-1} is zero.
    """
    update = moved(here / (total if first else before))
    at, then = Point(_F, g, x), Point(_FN, _GN, update["x"])
    factor, earlier = total / here, S.One if first else total / before
    start = at.f if first else potential(before, here, at, y)
    left = (_HALF if first else earlier) - ((factor - earlier) * here) ** 2 / total
    parts = {
        "x_k above x_{k+1}": (factor, above(at, then)),
        "x_K above x_k": (factor - earlier, above(_LAST, at)),
        "a square": (left, (g - y) ** 2),
    }
    claim = start - potential(here, after, then, update["y"])
    if first:
        return claim.subs(y, 0), {name: (c, part.subs(y, 0)) for name, (c, part) in parts.items()}
    return claim, parts


def ended() -> tuple[Expr, Parts]:
    """Return what V_K and f(x_K) - f*, f here, are beyond ``C ||g_K||^2``, and its one part."""
    claim = potential(S.One, S.Zero, _LAST, y) + _F - total * _END**2
    return claim, {"x_K above x*": (S.One, above(_LAST, Point(-_F, S.Zero, x)))}


@dataclass(frozen=True)
class LastGradient:
    """A bound on ``||grad f(x_K)||^2`` by ``f(x_0) - f*``.

    Parameters
    ----------
    weights
        q_k, an expression in k and K.
    total
        C, an expression in K.
    """

    weights: Expr
    total: Expr
    cited: bool = field(default=False, init=False)

    def __post_init__(self) -> None:
        with_expressions(self)

    def check(self, theorem: Theorem) -> None:
        """Check the first step, all others, the end, the signs of the factors, and the bound."""
        if theorem.measure != "grad_norm_sq_last" or not theorem.at_horizon:
            raise RateboundError("this certificate bounds grad_norm_sq_last at the horizon")
        if not {"smooth", "convex"} <= theorem.assumed:
            raise RateboundError("interpolation needs a smooth, convex f; assume both")
        ends = [self.weights.subs(k, K - 1), self.weights.subs(k, K)] == [1, 0]
        if not ends or not nonnegative((self.weights - 1).subs(K, k + 1 + free("r"))) or self.total.has(k):
            raise RateboundError(f"the weights {self.weights} do not go down to one and zero")
        # All k < K at once.
        begun, beyond = {k: S.Zero, K: 1 + free("r")}, free("j")
        later = {k: 1 + beyond, K: 2 + beyond + free("r")}
        for what, (claim, parts), at in (
            ("the first step", fallen(first=True), begun),
            ("a later step", fallen(), later),
            ("the end", ended(), {}),
        ):
            if not vanishes(expand(claim - sum((c * part for c, part in parts.values()), S.Zero))):
                raise RateboundError(f"the certificate does not close: {what} is not the sum of its parts")
            values = self._values(at)
            if what == "a later step":
                del values[total]  # The signs do not depend on it.
            for name, (factor, _) in parts.items():
                if not nonnegative(factor.xreplace(values)):
                    raise RateboundError(f"{what}: the multiplier {factor} of {name} may be negative")
        self._check_step(theorem, begun)
        self._check_step(theorem, later)
        if not vanishes(theorem.bound - L * gap0 / self.total):
            raise RateboundError(f"the bound {theorem.bound} is not L gap0/C, with C = {self.total}")

    def _values(self, at: Mapping[Symbol, Expr]) -> dict[Symbol, Expr]:
        rows = {before: self.weights.subs(k, k - 1), here: self.weights, after: self.weights.subs(k, k + 1)}
        return {each: value.xreplace(dict(at)) for each, value in (rows | {total: self.total}).items()}

    def _check_step(self, theorem: Theorem, at: Mapping[Symbol, Expr]) -> None:
        """Check that the method goes where the proof says."""
        method, first = theorem.method, at[k] == 0
        if (set(method.update), method.from_start, method.sampling, method.point) != (
            {"x", "y"},
            (),
            "full",
            x,
        ):
            raise RateboundError(f"{method.name} has no states x and y, from zero, with full gradients at x")
        # In units with L = 1, where gradients and their averages are L-th parts.
        scaled = {alpha: theorem.step, g: L * g, y: S.Zero if first else L * y}
        wanted = moved(here / (total if first else before))
        for name, rule in wanted.items():
            found = method.update[name].xreplace(scaled).xreplace(dict(at)) / (L if name == "y" else 1)
            gap = found - rule.xreplace(self._values(at) | ({y: S.Zero} if first else {}))
            if not vanishes(expand(gap)):
                raise RateboundError(
                    f"{name} of {method.name} does not go where the proof says, at k = {at[k]}"
                )
