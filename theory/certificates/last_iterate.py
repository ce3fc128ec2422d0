"""Certificates for the last iterate of (stochastic) subgradient steps, by reference points that move.

Let ``v_{-1} <= v_0 <= ... <= v_K`` and let z_j be the average of x* and x_0 .. x_j with
``v_j z_j = v_{-1} x* + sum_{i<=j} (v_i - v_{i-1}) x_i``. Then
``x_{j+1} - z_{j+1} = (v_j/v_{j+1}) (x_{j+1} - z_j)``, so that ``v_j^2 ||x_j - z_j||^2`` telescopes; with
``f(x_j) - f(z_j)`` below ``<g_j, x_j - z_j>`` and Jensen's inequality for f(z_j)

    2 sum_{j<=K} c_j (f(x_j) - f*) <= v_{-1}^2 D^2 + sum_{j<=K} v_j^2 alpha_j^2 E||g_j||^2,
    c_j = v_j^2 alpha_j - (v_j - v_{j-1}) sum_{i=j}^{K} v_i alpha_i.

Weights with c_j >= 0 for j < K bound the last iterate. The step alpha_K is never made: x_{K+1} is only
thought of.

Source: Zamani and Glineur 2023 (number not checked); steps that vanish at the horizon in Defazio, Cutkosky,
Mehta and Mishchenko 2023.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sympy import Expr, S

from ratebound.theory.algebra.chart import free
from ratebound.theory.algebra.prover import vanishes
from ratebound.theory.assumptions import first_order
from ratebound.theory.certificate import require, require_assumed, with_expressions
from ratebound.theory.certificates.needed import require_properties
from ratebound.theory.errors import RateboundError
from ratebound.theory.inequalities.noise_models import to_end
from ratebound.theory.inequality import Inequality
from ratebound.theory.methods import sgd
from ratebound.theory.methods.boxed import projected_sgd
from ratebound.theory.onestep import expansion
from ratebound.theory.symbols import D, K, alpha, d2, d2_next, descent, grad_sq, k, moment

if TYPE_CHECKING:
    from ratebound.theory.statement import Theorem


def bounded_square(theorem: Theorem, slope: Inequality) -> Expr:
    """Return the bound on the square of the gradient (estimate) of each step, also of the last one.

    Raises
    ------
    RateboundError
        If a step goes elsewhere than along the negative gradient, or its square is not bounded at all points.
    """
    if to_end not in theorem.assumptions:
        raise RateboundError("the proof bounds the gradient at the last point too; assume to_end")
    square = moment if theorem.stochastic else grad_sq
    stepped = d2 - 2 * alpha * descent + alpha**2 * square
    plain = theorem.method
    if plain == projected_sgd:
        # The reference points lie in the box, so that a projection brings no point further from them.
        require_properties(theorem, "boxed")
        plain = sgd
    reached = expansion(plain).get(d2_next)
    if reached is None or not vanishes(reached - stepped):
        raise RateboundError(f"{theorem.method.name} is not a step along the negative gradient")
    limit = slope.slack + square
    if limit.has(square):
        raise RateboundError(f"{slope.name!r} does not bound {square}")
    return limit


@dataclass(frozen=True)
class LastIterate:
    """Weights v_j that prove a bound on f(x_K) - f*, where ``v_j alpha_j`` is the same for all j < K.

    Parameters
    ----------
    weights
        v_j for j = -1 .. K-1, an expression in k (read as j) and K.
    final
        v_K.
    beyond
        The step alpha_K, never made.
    slope
        The inequality that bounds the square of a gradient (estimate) along the run, x_K included.
    """

    weights: Expr
    final: Expr
    beyond: Expr
    slope: Inequality
    cited: bool = field(default=False, init=False)

    def __post_init__(self) -> None:
        with_expressions(self)

    def factor(self, theorem: Theorem) -> Expr:
        """Return c_j for j < K, an expression in k (read as j) and K."""
        same, before = self._same(theorem), self.weights.subs(k, k - 1)
        return self.weights * same - (self.weights - before) * (same * (K - k) + self.final * self.beyond)

    def _same(self, theorem: Theorem) -> Expr:
        same = (self.weights * theorem.step).simplify()
        if same.has(k):
            raise RateboundError(f"the weight times the step, {same}, must not depend on k")
        return same

    def check(self, theorem: Theorem) -> None:
        """Check the step, the signs of all factors for every j < K, and the bound."""
        if theorem.measure != "gap_last" or not theorem.at_horizon:
            raise RateboundError("this certificate bounds gap_last at the horizon, for steps that know it")
        require_assumed({first_order: S.One, self.slope: S.One}, theorem)
        limit = bounded_square(theorem, self.slope)
        same, end = self._same(theorem), self.final * self.beyond
        last = self.weights.subs(k, K - 1)
        require(self.weights.subs(k, -1), theorem, "the weight of x*")
        require(self.final - last, theorem, "the growth of the last weight")
        # All j < K at once: K = j + 1 + r with r >= 0.
        later = {K: k + 1 + free("r")}
        growth, factor = self.weights - self.weights.subs(k, k - 1), self.factor(theorem)
        for what, expr in (("the growth of a weight", growth), ("the factor of f(x_j) - f*", factor)):
            require(expr.xreplace(later), theorem, what, S.Zero)
        share = self.final * self.beyond * last
        require(share, theorem, "the factor of f(x_K) - f*")
        spent = self.weights.subs(k, -1) ** 2 * D**2 + limit * (K * same**2 + end**2)
        require(2 * share * theorem.bound - spent, theorem, "the bound against the telescoped sum")
