"""Certificates for estimates that track the gradient by differences: SARAH and PAGE.

The method steps along its estimate v_k, ``x_{k+1} = x_k - alpha v_k``, and corrects it by the same batch at
two points, ``v_{k+1} = v_k + grad f_B(x_{k+1}) - grad f_B(x_k)``, or takes the full gradient where a coin
falls.
With ``e_k = v_k - grad f(x_k)``, and v_0 the full gradient,

    <grad f, v> = (||grad f||^2 + ||v||^2 - ||e||^2)/2,    E_k ||e_{k+1}||^2 <= (1 - p) (||e_k||^2 + drift),

for the correction has mean grad f(x_{k+1}) - grad f(x_k) and no more variance than ``drift``, the mean square
of the change of the component gradients.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sympy import Expr, Max, S, Symbol, expand

from ratebound.theory.certificate import (
    AT_START,
    Multipliers,
    Nonnegatives,
    require,
    require_assumed,
    require_known,
    with_expressions,
)
from ratebound.theory.chart import Chart, free
from ratebound.theory.draws import coin
from ratebound.theory.errors import RateboundError
from ratebound.theory.method import Method, g, x
from ratebound.theory.onestep import prove_step
from ratebound.theory.prover import nonnegative, vanishes
from ratebound.theory.symbols import (
    K,
    alpha,
    delta,
    delta_next,
    drift,
    error_next,
    error_sq,
    grad_sq,
    k,
    moment,
    move_inner,
    move_sq,
)

if TYPE_CHECKING:
    from ratebound.theory.statement import Theorem


def refreshed(method: Method) -> Expr:
    """Return the probability p with which the estimate becomes the full gradient.

    Raises
    ------
    RateboundError
        If the method does not step along an estimate that it corrects in this way.
    """
    v, draws = Symbol("v", real=True), method.draws
    after = x - alpha * v
    if draws is not None and set(method.update) == {"x", "v"} and draws.from_gradient == ("v",):
        places = list(draws.also.values()) == [x] and all(at == after for at in draws.full.values())
        corrected = v + g - Symbol(next(iter(draws.also), ""), real=True)
        if draws.full:
            corrected = coin * Symbol(next(iter(draws.full)), real=True) + (1 - coin) * corrected
        rules = {"x": after, "v": corrected}
        same = all(vanishes(expand(method.update[name] - rule)) for name, rule in rules.items())
        if same and places and method.point == after:
            return draws.coin
    raise RateboundError(f"{method.name} does not step along an estimate that tracks the gradient")


def tracked(method: Method) -> dict[Symbol, Expr]:
    """Return the move of a step in terms of the estimate, and its error after the step, an upper bound."""
    return {
        move_inner: -alpha * (grad_sq + moment - error_sq) / 2,
        move_sq: alpha**2 * moment,
        error_next: (1 - refreshed(method)) * (error_sq + drift),
    }


@dataclass(frozen=True)
class Tracking:
    """Decrease of ``V_k = f(x_k) - f* + share ||e_k||^2``; the error e_0 is zero.

    Parameters
    ----------
    share
        The factor of the squared error in V_k, an expression in k, K and constants.
    by, plus
        The one-step proof.
    rates
        For the gap: ``E_k V_{k+1} <= rates[0] (f - f*) + rates[1] share ||e||^2``.
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
        return delta + self.share * error_sq

    @property
    def claim(self) -> Expr:
        """The one-step claim."""
        kept = self.rates[0] * delta + self.rates[1] * self.share * error_sq
        return kept - self.weight * grad_sq - delta_next - self.share.subs(k, k + 1) * error_next

    def check(self, theorem: Theorem) -> None:
        """Check the step in expectation, the signs, and that the bound follows for all k."""
        summed = theorem.measure == "grad_norm_sq_mean"
        if theorem.measure not in ("gap_last", "grad_norm_sq_mean") or summed != (self.weight != 0):
            raise RateboundError(f"a tracked estimate with the weight {self.weight} does not bound it")
        require_assumed(self.by, theorem)
        require_known(self.share + self.weight + sum(self.rates), "the potential, its weight or its rates")
        values = {alpha: theorem.step}
        chart = _before_horizon(theorem)
        definitions = tracked(theorem.method)
        prove_step(
            self.claim, self.by, self.plus, definitions=definitions, values=values, chart=chart, k=k,
            start=S.Zero,
        )  # fmt: skip
        # The step uses an upper bound of the error, which V_{k+1} must not hold with a negative factor.
        if not nonnegative(self.share.subs(k, k + 1).xreplace(values), chart):
            raise RateboundError(f"the share {self.share} of the error may be negative")
        first = AT_START[delta]
        if summed:
            gathered = (k * self.weight).xreplace(values)
            if theorem.weights.has(k) or self.weight.has(k):
                raise RateboundError("a tracked estimate sums equal weights")
            require(gathered, theorem, "the total weight")
            last = K if theorem.at_horizon else k
            total = gathered.subs(k, last)
            require(theorem.at(last) * total - first, theorem, "the bound against the telescoped sum")
            return
        rates = [rate.xreplace(values) for rate in self.rates]
        for rate in rates:
            require(rate, theorem, "the rate", S.Zero)
        stand_in = Symbol("r", nonnegative=True)
        left = theorem.bound.xreplace({Max(*rates) ** k: stand_in})
        if left.has(k):
            raise RateboundError(f"the bound {theorem.bound} is no multiple of the power of {Max(*rates)}")
        require(left - stand_in * first, theorem, "the bound against the potential at the start")


def _before_horizon(theorem: Theorem) -> Chart:
    """Return the chart of a step: at the horizon k runs over 0 .. K - 1."""
    return {**theorem.chart, K: 1 + k + free("j")} if theorem.at_horizon else theorem.chart
