"""Certificates for SAG, whose step is along the mean of what is stored, biased as it is.

Sample i has t_i stored, v is the mean of the t_i, which the method keeps. The drawn sample stores its
gradient at x_k, and the step is along the new mean:

    v_{k+1} = v_k + (grad f_i(x_k) - t_i)/n,    x_{k+1} = x_k - alpha v_{k+1}.

As grad f(x*) = 0, with B (``stored_sq``) the mean of ||t_i - grad f_i(x*)||^2 and A that at x_k (``spread``)

    E_k <x_k - x*, v_{k+1}> = (1 - 1/n) <x_k - x*, v_k> + <grad f(x_k), x_k - x*>/n,
    E_k B_{k+1} = (1 - 1/n) B_k + A_k/n,

and E_k ||v_{k+1}||^2 drops out of a potential with the right factors. At the start the t_i have the mean
zero: all are, or they are the gradients at x_0 less their mean, so that B_0 is the variance of what these
differ by from the grad f_i(x*), at most ``2 L_max (f(x_0) - f*)``. Source: Le Roux, Schmidt and Bach 2012,
whose Lyapunov function this is.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sympy import Expr, S, Symbol, expand

from ratebound.theory.algebra.prover import vanishes
from ratebound.theory.certificate import (
    AT_START,
    Multipliers,
    Nonnegatives,
    require,
    require_assumed,
    require_constant_step,
    require_known,
    with_expressions,
)
from ratebound.theory.errors import RateboundError
from ratebound.theory.inequalities.stored import spread_below
from ratebound.theory.inequality import Inequality, needs
from ratebound.theory.letters.stored import (
    mean_inner,
    mean_inner_next,
    mean_sq,
    mean_sq_next,
    stored_sq,
    stored_sq_next,
)
from ratebound.theory.method import Method, g, x
from ratebound.theory.onestep import prove_step
from ratebound.theory.symbols import (
    L_max,
    alpha,
    d2,
    d2_next,
    delta,
    descent,
    gap0,
    k,
    moment,
    n,
    sigma_star_sq,
    spread,
)

if TYPE_CHECKING:
    from ratebound.theory.statement import Theorem

_NEXT = {d2: d2_next, mean_inner: mean_inner_next, mean_sq: mean_sq_next, stored_sq: stored_sq_next}
_FIRST = {"zeros": sigma_star_sq, "centred": 2 * L_max * gap0}
"""At most the mean of ||t_i - grad f_i(x*)||^2 at the start, by what is stored there."""

mean_below = Inequality("the square of a mean and the mean of squares", stored_sq - mean_sq, needs())


def stored_square(c: Expr) -> Inequality:
    """Return that ``||x_k - x* + c v_k||^2 >= 0``."""
    return Inequality(
        f"the square of x_k - x* + c v_k, c = {c}", d2 + 2 * c * mean_inner + c**2 * mean_sq, needs()
    )


def averaged(method: Method) -> Mapping[Symbol, Expr]:
    """Return what a step makes, in expectation, of the distance, of v and of what is stored.

    Raises
    ------
    RateboundError
        If the method does not step along the mean of what is stored, or that is not zero at first.
    """
    draws, v = method.draws, Symbol("v", real=True)
    whole = draws is not None and draws.table and draws.stores is None and not draws.from_gradient
    if whole and draws is not None and draws.first in _FIRST:
        ahead = v + (g - Symbol(draws.table, real=True)) / n
        rules = {"x": x - alpha * ahead, "v": ahead}
        fits = (
            not draws.uneven
            and set(method.update) == set(rules)
            and method.point == x
            and not method.from_start
        )
        if fits and all(vanishes(expand(method.update[name] - rule)) for name, rule in rules.items()):
            inner = (1 - 1 / n) * mean_inner + descent / n
            return {
                d2_next: d2 - 2 * alpha * inner + alpha**2 * moment,
                mean_inner_next: inner - alpha * moment,
                mean_sq_next: moment,
                stored_sq_next: (1 - 1 / n) * stored_sq + spread / n,
            }
    raise RateboundError(f"{method.name} does not step along the mean of what is stored, zero at first")


@dataclass(frozen=True)
class StoredMean:
    """Decrease of a potential V in the distance, ``<x - x*, v>``, ``||v||^2`` and B.

    Parameters
    ----------
    potential
        V_k.
    by, plus
        The one-step proof.
    share
        ``V_k >= share ||x_k - x*||^2``.
    final, left
        The proof of that: inequalities, and nonnegative quantities.
    rate
        For a distance: ``E_k V_{k+1} <= rate V_k``.
    weight
        For the gap of an average: ``E_k V_{k+1} + weight (f - f*) <= V_k``.
    """

    potential: Expr
    by: Multipliers
    plus: Nonnegatives
    share: Expr
    final: Multipliers
    left: Nonnegatives
    rate: Expr = S.One
    weight: Expr = S.Zero
    cited: bool = field(default=False, init=False)

    def __post_init__(self) -> None:
        with_expressions(self)

    @property
    def claim(self) -> Expr:
        """The one-step claim."""
        return self.rate * self.potential - self.weight * delta - self.potential.xreplace(_NEXT)

    def check(self, theorem: Theorem) -> None:
        """Check the step in expectation, what V is at least, the start, and the bound for all k."""
        average = theorem.measure == "gap_average"
        if theorem.measure not in ("distance_sq", "gap_average") or average != (self.weight != 0):
            raise RateboundError(f"a mean of what is stored with the weight {self.weight} does not bound it")
        if theorem.weights != 1 or (self.potential + self.rate + self.weight).has(k):
            raise RateboundError("the potential of a stored mean and its weights do not depend on k")
        require_assumed({**self.by, **self.final, spread_below: S.One}, theorem)
        require_constant_step(theorem)
        require_known(self.rate + self.weight + self.share, "rate, weight or share")
        values = {alpha: theorem.step}
        for claim, by, plus, definitions in (
            (self.claim, self.by, self.plus, averaged(theorem.method)),
            (self.potential - self.share * d2, self.final, self.left, {}),
        ):
            prove_step(
                claim,
                by,
                plus,
                definitions=definitions,
                values=values,
                chart=theorem.chart,
                k=k,
                start=S.Zero,
            )
        rate, share, weight = (each.xreplace(values) for each in (self.rate, self.share, self.weight))
        for what, expr in (("rate", rate), ("share", share), ("weight", weight)):
            require(expr, theorem, f"the {what}", S.Zero)
        draws = theorem.method.draws
        assert draws is not None  # By the step.
        at_start = {**AT_START, mean_inner: S.Zero, mean_sq: S.Zero, stored_sq: _FIRST[draws.first]}
        stored = expand(self.potential).coeff(stored_sq).xreplace(values)
        require(stored, theorem, "the share of what is stored", S.Zero)
        first = expand(self.potential).xreplace(at_start).xreplace(values)
        require_known(first, "the potential at the start")
        if average:
            require(theorem.at(k) * k * weight - first, theorem, "the bound against the telescoped sum")
            return
        stand_in = Symbol("r", nonnegative=True)
        bound = theorem.bound.xreplace({rate**k: stand_in})
        if bound.has(k):
            raise RateboundError(f"the bound {theorem.bound} is no multiple of the power of {rate}")
        require(share * bound - stand_in * first, theorem, "the bound against the potential at the start")
