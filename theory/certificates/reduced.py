"""Certificates for variance reduction with stored gradients: SAGA, loopless SVRG and their like.

The estimate is ``g - s + v``: the gradients of the drawn sample at x_k and, stored, at an earlier point, and
the mean v of what is stored. Its mean is grad f(x_k). In a step every stored gradient is replaced by that at
x_k with one probability p: all together by a coin, or the one that is drawn, p = 1/n; within an epoch of SVRG
none is, p = 0. So with the letters of :mod:`ratebound.theory.symbols` (A for ``spread``, B for ``stored_sq``,
H for ``stored_gap``)

    E_k B_{k+1} = (1 - p) B_k + p A_k,    E_k H_{k+1} = (1 - p) H_k + p (f(x_k) - f*),

where of f(x_k) - f* with a penalty its share, ``penalty_gap``, is taken off: H is about the finite sum.
At the start B_0 = A_0 and H_0 = f(x_0) - f*.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sympy import Expr, Max, S, Symbol, expand

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
from ratebound.theory.certificates.telescope import JENSEN
from ratebound.theory.draws import coin
from ratebound.theory.errors import RateboundError
from ratebound.theory.letters.penalty import l1, penalty_gap, penalty_gap_next
from ratebound.theory.letters.stored import stored_gap, stored_gap_next, stored_sq, stored_sq_next
from ratebound.theory.method import Method, g, x
from ratebound.theory.methods.proximal import shrunk
from ratebound.theory.onestep import prove_step
from ratebound.theory.symbols import (
    alpha,
    d2,
    d2_next,
    delta,
    descent,
    k,
    moment,
    n,
    spread,
)

if TYPE_CHECKING:
    from ratebound.theory.statement import Theorem

_NEXT = {
    d2: d2_next,
    stored_sq: stored_sq_next,
    stored_gap: stored_gap_next,
    penalty_gap: penalty_gap_next,
}


def replaced(method: Method) -> Expr:
    """Return the probability p with which a step replaces a stored gradient.

    Raises
    ------
    RateboundError
        If the estimate of the method is not ``g - s + v`` with v the mean of what is stored.
    """
    draws = method.draws
    even = draws is not None and not draws.uneven
    if (
        draws is not None
        and even
        and method.point == x
        and set(method.update) >= {"v"}
        and "v" in draws.from_gradient
    ):
        v = Symbol("v", real=True)
        as_drawn = draws.stores is None and draws.first == "gradients"
        if draws.table and as_drawn and set(method.update) == {"x", "v"}:
            stored = Symbol(draws.table, real=True)
            mean, p = v + (g - stored) / n, 1 / n
            if vanishes(method.update["v"] - mean) and _steps(method, g - stored + v):
                return p
        if set(method.update) == {"x", "v", "w"} and "w" in method.from_start and not draws.full:
            w, ((stored_name, place),) = Symbol("w", real=True), draws.also.items()
            kept = (method.update["w"], method.update["v"], place) == (w, v, w)
            if kept and _steps(method, g - Symbol(stored_name, real=True) + v):
                return S.Zero
        there = at_snapshot(method)
        if set(method.update) == {"x", "v", "w"} and there is not None and _steps(method, g - there + v):
            return draws.coin
    raise RateboundError(f"the estimate of {method.name} is not g - s + v with v the mean of what is stored")


def at_snapshot(method: Method) -> Symbol | None:
    """Return the gradient at w of a batch whose gradient where the step is taken is ``g``.

    None for methods that keep no snapshot w of x, from x_0 on and renewed by a coin, with its gradient v.
    """
    draws, (v, w) = method.draws, (Symbol(name, real=True) for name in "vw")
    if draws is None or draws.uneven or draws.every != 0 or not len(draws.also) == len(draws.full) == 1:
        return None
    ((there, place),), ((full, at),) = draws.also.items(), draws.full.items()
    renewed = {"w": coin * x + (1 - coin) * w, "v": coin * Symbol(full, real=True) + (1 - coin) * v}
    same = all(vanishes(expand(method.update.get(name, g) - rule)) for name, rule in renewed.items())
    begun = "w" in method.from_start and "v" in draws.from_gradient
    return Symbol(there, real=True) if same and begun and (place, at) == (w, x) else None


def _steps(method: Method, estimate: Expr) -> bool:
    """Whether a step is one along an estimate, or the proximal step after it."""
    moved = x - alpha * estimate
    return method.update["x"] == shrunk(moved) or vanishes(expand(method.update["x"] - moved))


def renewal(method: Method) -> dict[Symbol, Expr]:
    """Return what a step makes, in expectation, of the distance and of the stored quantities.

    All that is known of the distance after a proximal step stands in inequalities.
    """
    p = replaced(method)
    proximal = method.update["x"].has(l1)
    return {
        **({} if proximal else {d2_next: d2 - 2 * alpha * descent + alpha**2 * moment}),
        stored_sq_next: (1 - p) * stored_sq + p * spread,
        stored_gap_next: (1 - p) * stored_gap + p * (delta - penalty_gap if proximal else delta),
    }


@dataclass(frozen=True)
class Reduced:
    """Decrease of ``V = ||x - x*||^2 + share B`` or ``+ share H`` along a method with stored gradients.

    Parameters
    ----------
    stored, share
        ``stored_sq`` or ``stored_gap``, and its factor in V.
    by, plus
        The one-step proof.
    rates
        For a distance: ``E_k V_{k+1} <= rates[0] ||x - x*||^2 + rates[1] share stored``.
    weight
        For the mean of gaps, and the gap of an average: ``E_k V_{k+1} + weight (f - f*) <= V_k``.
    start
        Multipliers of inequalities at x_0 that bound what is stored there by the gap.
    carried
        Factor of what is stored that every step adds, where nothing stored is replaced: then ``E_k V_{k+1} +
        weight (f - f*) <= V_k + carried stored``.
    near
        Multipliers of inequalities at x_0 that bound the distance there by the gap.
    tilted
        For proximal steps: the factor of ``penalty_gap`` in V.
    """

    stored: Symbol
    share: Expr
    by: Multipliers
    plus: Nonnegatives = field(default_factory=dict)
    rates: tuple[Expr, Expr] = (S.One, S.One)
    weight: Expr = S.Zero
    start: Multipliers = field(default_factory=dict)
    carried: Expr = S.Zero
    near: Multipliers = field(default_factory=dict)
    tilted: Expr = S.Zero
    cited: bool = field(default=False, init=False)

    def __post_init__(self) -> None:
        with_expressions(self)

    @property
    def potential(self) -> Expr:
        """V_k."""
        return d2 + self.share * self.stored + self.tilted * penalty_gap

    @property
    def claim(self) -> Expr:
        """The one-step claim."""
        kept = self.rates[0] * d2 + self.rates[1] * self.share * self.stored
        kept += self.carried * self.stored + self.tilted * penalty_gap
        return kept - self.weight * delta - self.potential.xreplace(_NEXT)

    def check(self, theorem: Theorem) -> None:
        """Check the step in expectation, the signs, the start, and that the bound follows for all k."""
        average = theorem.measure in ("gap_average", "gap_mean")
        if not (average or theorem.measure == "distance_sq") or average != (self.weight != 0):
            raise RateboundError(f"stored gradients with the weight {self.weight} do not bound it")
        convex = theorem.assumed & (JENSEN | {"smooth_components"})
        if average and (theorem.weights != 1 or not convex):
            raise RateboundError("the sum is of equal weights, and the gap of an average needs convexity")
        require_assumed({**self.by, **self.start, **self.near}, theorem)
        require_constant_step(theorem)
        known = self.share + self.weight + sum(self.rates) + self.carried + self.tilted
        require_known(known, "the potential, its weight or its rates")
        if self.carried != 0 and (replaced(theorem.method) != 0 or not average):
            raise RateboundError("what is stored adds up for averages, where no step replaces it")
        values = {alpha: theorem.step}
        prove_step(
            self.claim,
            self.by,
            self.plus,
            definitions=renewal(theorem.method),
            values=values,
            chart=theorem.chart,
            k=k,
            start=S.Zero,
        )
        require(self.share.xreplace(values), theorem, "the share of what is stored", S.Zero)
        require(self.tilted.xreplace(values), theorem, "the share of the penalty", S.Zero)
        for inequality, multiplier in {**self.start, **self.near}.items():
            require(multiplier, theorem, f"the multiplier of {inequality.name} at the start", S.Zero)
        found = self._stored_at_start()
        tilted = self.tilted * AT_START[penalty_gap]
        first = (self._distance_at_start() + self.share * found + tilted).xreplace(values)
        if average:
            gathered, added = ((k * each).xreplace(values) for each in (self.weight, self.carried * found))
            require(gathered, theorem, "the total weight")
            require(added, theorem, "what the steps add", S.Zero)
            require(theorem.at(k) * gathered - first - added, theorem, "the bound against the telescoped sum")
            return
        rates = [rate.xreplace(values) for rate in self.rates]
        for rate in rates:
            require(rate, theorem, "the rate", S.Zero)
        stand_in = Symbol("r", nonnegative=True)
        left = theorem.bound.xreplace({Max(*rates) ** k: stand_in})
        require_known(left, "the bound")
        if left.has(k):
            raise RateboundError(f"the bound {theorem.bound} is no multiple of the power of {Max(*rates)}")
        require(left - stand_in * first, theorem, "the bound against the potential at the start")

    def _stored_at_start(self) -> Expr:
        """Return an upper bound of what is stored at x_0, which is what is found there."""
        return _at_start({stored_sq: spread, stored_gap: delta}[self.stored], self.start)

    def _distance_at_start(self) -> Expr:
        return _at_start(d2, self.near)


def _at_start(quantity: Expr, by: Multipliers) -> Expr:
    """Return an upper bound of a quantity at x_0."""
    total = expand(quantity + sum((m * i.slack for i, m in by.items()), S.Zero)).xreplace(AT_START)
    require_known(total, "what is known at the start")
    return total
