"""Certificates for variance reduction where components need not be convex: how far stored points are.

The estimate v_k is ``g - s + v`` as in :mod:`ratebound.theory.reduced`, and with the letters of
:mod:`ratebound.theory.stored_symbols` (Q for ``away_sq``) its noise is that of differences of gradients:

    E_k ||v_k||^2 <= ||grad f(x_k)||^2 + L_max^2 Q_k.

A coin of probability p puts all stored points to x_k, before the step:

    E_k Q_{k+1} = (1 - p) (Q_k - 2 alpha <grad f(x_k), mean of x_k - p_i>) + alpha^2 E_k ||v_k||^2.

A table puts the drawn point there. Then ``||x_{k+1} - x_k||^2`` takes the place of ``||x_{k+1} - p_i||^2``:

    E_k Q_{k+1} = (1 - 1/n) Q_k - 2 alpha <grad f(x_k), mean> + alpha^2 E_k ||v_k||^2
                  + (2 alpha/n) E_k <v_k, x_k - p_i>.

Source: Reddi, Hefny, Sra, Póczos and Smola 2016; Allen-Zhu and Hazan 2016.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sympy import Expr, Max, S, Symbol

from ratebound.theory.certificate import (
    AT_START,
    Multipliers,
    Nonnegatives,
    require_assumed,
    require_known,
    with_expressions,
)
from ratebound.theory.chart import Chart, free
from ratebound.theory.errors import RateboundError
from ratebound.theory.inequality import Inequality, needs
from ratebound.theory.method import Method
from ratebound.theory.methods import saga
from ratebound.theory.onestep import prove_step
from ratebound.theory.prover import nonnegative
from ratebound.theory.reduced import replaced
from ratebound.theory.stored_symbols import away_along, away_inner, away_sq, away_sq_next
from ratebound.theory.symbols import (
    K,
    L_max,
    alpha,
    delta,
    delta_next,
    grad_sq,
    k,
    moment,
    move_inner,
    move_sq,
    n,
)

if TYPE_CHECKING:
    from ratebound.theory.statement import Theorem

differences = Inequality(
    "second moment of a reduced estimate, components L_max-smooth",
    grad_sq + L_max**2 * away_sq - moment,
    needs("lipschitz_steps"),
    estimate=saga.estimate,
)


def young_gradient(factor: Expr) -> Inequality:
    """Return ``-2 <grad f(x_k), x_k - p_i> <= factor ||x_k - p_i||^2 + ||grad f(x_k)||^2/factor``."""
    slack = factor * away_sq + grad_sq / factor + 2 * away_inner
    return Inequality(f"Young's inequality for grad f(x_k) and x_k - p_i, at {factor}", slack, needs())


def young_estimate(factor: Expr) -> Inequality:
    """Return ``2 <v_k, x_k - p_i> <= factor ||x_k - p_i||^2 + ||v_k||^2/factor``, in expectation."""
    slack = factor * away_sq + moment / factor - 2 * away_along
    return Inequality(
        f"Young's inequality for v_k and x_k - p_i, at {factor}", slack, needs(), estimate=saga.estimate
    )


def departed(method: Method) -> dict[Symbol, Expr]:
    """Return what a step makes, in expectation, of f to second order and of the distance to stored points."""
    p = replaced(method)
    assert method.draws is not None
    inner = away_sq - 2 * alpha * away_inner
    after = (1 - p) * inner + alpha**2 * moment
    if method.draws.table:
        after = inner - p * away_sq + alpha**2 * moment + 2 * alpha * p * away_along
    return {move_inner: -alpha * grad_sq, move_sq: alpha**2 * moment, away_sq_next: after}


@dataclass(frozen=True)
class Away:
    """Decrease of ``V_k = f(x_k) - f* + share Q_k``; at the start Q_0 = 0.

    Parameters
    ----------
    share
        The factor of Q_k in V_k, an expression in k, K and constants.
    by, plus
        The one-step proof.
    rates
        For the gap: ``E_k V_{k+1} <= rates[0] (f - f*) + rates[1] share Q``.
    weight
        For the mean of squared gradients: ``E_k V_{k+1} + weight ||grad f||^2 <= V_k``.
    """

    share: Expr
    by: Multipliers
    plus: Nonnegatives = field(default_factory=dict)
    rates: tuple[Expr, Expr] = (S.One, S.One)
    weight: Expr = S.Zero
    cited: bool = field(default=False, init=False)

    def __post_init__(self) -> None:
        with_expressions(self)

    @property
    def potential(self) -> Expr:
        """V_k."""
        return delta + self.share * away_sq

    @property
    def claim(self) -> Expr:
        """The one-step claim."""
        kept = self.rates[0] * delta + self.rates[1] * self.share * away_sq
        return kept - self.weight * grad_sq - delta_next - self.share.subs(k, k + 1) * away_sq_next

    def check(self, theorem: Theorem) -> None:
        """Check the step in expectation, the signs, and that the bound follows for all k."""
        summed = theorem.measure == "grad_norm_sq_mean"
        if theorem.measure not in ("gap_last", "grad_norm_sq_mean") or summed != (self.weight != 0):
            raise RateboundError(f"points that are stored with the weight {self.weight} do not bound it")
        if self.weight.has(k) or theorem.weights.has(k) or sum(self.rates).has(k):
            raise RateboundError("the weight and the rates must not depend on k")
        require_assumed(self.by, theorem)
        require_known(self.share + self.weight + sum(self.rates), "the potential, its weight or its rates")
        values, chart = {alpha: theorem.step}, _in_cubes(theorem)
        prove_step(
            self.claim, self.by, self.plus, definitions=departed(theorem.method), values=values, chart=chart,
            k=k, start=S.Zero,
        )  # fmt: skip
        if summed:
            total = (k * self.weight).xreplace(values).subs(k, K if theorem.at_horizon else k)
            left = theorem.bound * total - AT_START[delta]
        else:
            base = Max(*self.rates).xreplace(values)
            stand_in = Symbol("r", nonnegative=True)
            left = theorem.bound.xreplace({base**k: stand_in})
            if left.has(k):
                raise RateboundError(f"the bound {theorem.bound} is no multiple of the power of {base}")
            left -= stand_in * AT_START[delta]
        claims = {"the share after a step": self.share.subs(k, k + 1), "the weight": self.weight}
        claims |= {f"the rate {rate}": rate for rate in self.rates}
        for what, expr in (claims | {"the bound against what is left of the start": left}).items():
            if not nonnegative(expr.xreplace(values), chart):
                raise RateboundError(f"{what}: {expr} is not proved to be >= 0; narrow the range")


def _in_cubes(theorem: Theorem) -> Chart:
    """Return the chart of a step, with cubes for n and K, of which steps take the root; k runs below K."""
    chart: dict[Symbol, Expr] = {n: (1 + free("c")) ** 3, **theorem.chart}
    if theorem.at_horizon:
        chart[K] = (1 + free("c")) ** 3
        share = free("s")
        chart[k] = (chart[K] - 1) * share / (1 + share)
    return chart
