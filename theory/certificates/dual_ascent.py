"""Certificates for SDCA: each drawn sample moves its dual vector, and the dual function rises in expectation.

With lam = mu_min the components phi_i = f_i - (lam/2)||x||^2 are convex and (L_i - lam)-smooth, so that their
conjugates phi_i* are c_i-strongly convex, c_i = 1/(L_i - lam). The dual of f at the vectors b_i is

    D(b) = - mean_i phi_i*(b_i) - ||mean b||^2/(2 lam),    at most f*, which is its maximum,

and its point y = - mean b/lam. The method stores t_i = b_i + lam x_0, tracks their mean v, and moves the
vector of the drawn sample by a share s_i towards u = grad phi_i(y), along r = u - b_i. Then n times the rise
of D is at least

    s_i F_i + s_i (c_i (1 - s_i) - s_i/(lam n)) ||r||^2/2,    F_i = phi_i(y) + phi_i*(b_i) - <y, b_i> >= 0,

by strong convexity of phi_i* between b_i and u, where phi_i*(u) = <u, y> - phi_i(y). The mean of F_i is
f(y) - D(b), the gap f(y) - f* and the dual gap f* - D(b) together. At the start b_i = grad phi_i(x_0), and D
is the lower bound of f that strong convexity gives at x_0, f(x_0) - ||grad f(x_0)||^2/(2 lam). Source:
Shalev-Shwartz and Zhang 2013, in vectors.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sympy import Expr, Integer, Pow, Symbol, expand, together

from ratebound.theory.algebra.chart import chart_of, free
from ratebound.theory.algebra.prover import nonnegative, vanishes
from ratebound.theory.certificate import require, require_assumed, require_constant_step
from ratebound.theory.draws import L_i
from ratebound.theory.errors import RateboundError
from ratebound.theory.inequalities.stored import spread_below, steep_components
from ratebound.theory.method import Method, g
from ratebound.theory.symbols import L_max, alpha, grad0_sq, k, mu_min, n

if TYPE_CHECKING:
    from ratebound.theory.statement import Theorem

_NEEDED = (spread_below, steep_components)
"""Inequalities that need what the proof needs: smooth and strongly convex components."""


def share(method: Method) -> Expr:
    """Return the share s_i by which the dual vector of the drawn sample moves.

    Raises
    ------
    RateboundError
        If the method does something else, or starts elsewhere.
    """
    draws = method.draws
    t, v, w = (Symbol(name, real=True) for name in (getattr(draws, "table", "") or "t", "v", "w"))
    fits = draws is not None and bool(draws.table) and draws.stores is not None and draws.first == "gradients"
    if fits and set(method.update) == {"x", "v", "w"} and method.from_start == ("w",):
        assert draws is not None
        assert draws.stores is not None
        place = w - v / mu_min
        # grad phi_i(y) - b_i, as t_i - b_i = lam x_0 and y = x_0 - v/lam.
        residual = expand(g - mu_min * place - (t - mu_min * w))
        moved = together(expand(draws.stores - t).coeff(g))
        tracked = v + moved * residual / n
        rules = {
            draws.stores: t + moved * residual,
            method.update["v"]: tracked,
            method.update["w"]: w,
            method.update["x"]: place.xreplace({v: tracked}),
            method.point: place,
        }
        same = all(vanishes(expand(rule - said)) for rule, said in rules.items())
        if same and draws.from_gradient == ("v",) and not (draws.also or draws.full or draws.uneven):
            return moved
    raise RateboundError(f"{method.name} does not move the dual vector of a sample, and its point with it")


@dataclass(frozen=True)
class DualAscent:
    """The dual gap falls by the factor 1 - q, and what is measured is at most a multiple of it.

    By strong convexity of the dual the squared distance of its point is at most 2/lam times the dual gap; as
    the next dual gap is not negative, the gap of its point is at most 1/q - 1 times it, and both together,
    which is the duality gap, at most 1/q times.
    """

    cited: bool = field(default=False, init=False)

    def rate(self, theorem: Theorem) -> Expr:
        """Return q, by which a step shrinks the dual gap at least: that of the least smooth component."""
        return (share(theorem.method) / n).xreplace({alpha: theorem.step, L_i: L_max})

    def factor(self, theorem: Theorem) -> Expr:
        """Return what of the dual gap the measure is at most."""
        q = self.rate(theorem)
        return {
            "distance_sq": 2 / mu_min,
            "gap_last": 1 / q - 1,
            "duality_gap": 1 / q,
            "dual_suboptimality": Integer(1),
        }[theorem.measure]

    def start(self) -> Expr:
        """Return an upper bound of the dual gap at the start."""
        return grad0_sq / (2 * mu_min)

    def check(self, theorem: Theorem) -> None:
        """Check the rise of the dual for every sample, the rate, and that the bound follows for all k."""
        if theorem.measure not in ("distance_sq", "gap_last", "duality_gap", "dual_suboptimality"):
            raise RateboundError(f"the dual gap bounds no {theorem.measure}")
        require_assumed(dict.fromkeys(_NEEDED, n), theorem)
        require_constant_step(theorem)
        # x_0 is not the point of the first dual vectors; its distance is at most ||grad f(x_0)||/lam, too.
        if theorem.measure == "gap_last" and not nonnegative(theorem.start - 1):
            raise RateboundError("x_0 is not the point of the first dual vectors: start at k = 1")
        s, q = share(theorem.method).xreplace({alpha: theorem.step}), self.rate(theorem)
        # L_i lies between mu_min and L_max.
        chart = {**chart_of(theorem.where), L_max: L_i + free("l"), L_i: mu_min + free("l")}
        left = {
            "the share of a sample": s,
            "what is left of it": 1 - s,
            "the rise along the residual": (1 - s) / (L_i - mu_min) - s / (mu_min * n),
            "the rise of the least smooth": s / n - q,
            "the factor": self.factor(theorem),
        }
        for what, expr in left.items():
            if not nonnegative(expr, chart):
                raise RateboundError(f"{what}: {expr} is not proved to be >= 0; narrow the range")
        stand_in = Symbol("r", nonnegative=True)
        powers = [power for power in theorem.bound.atoms(Pow) if power.exp == k]
        rest = theorem.bound.xreplace(dict.fromkeys(powers, stand_in))
        if rest.has(k) or not powers or not all(vanishes(power.base - 1 + q) for power in powers):
            raise RateboundError(f"the bound {theorem.bound} is no multiple of the power of {1 - q}")
        require(rest - stand_in * self.factor(theorem) * self.start(), theorem, "the bound at the start")
