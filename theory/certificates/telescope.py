"""Certificates by telescoping a potential: last iterates, averages, and best or mean gradients."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar

from sympy import Expr, S, expand

from ratebound.theory.algebra.lemmas import SumLemma
from ratebound.theory.algebra.prover import nonnegative
from ratebound.theory.certificate import (
    AT_START,
    LAST,
    Multipliers,
    Nonnegatives,
    prove_claim,
    require,
    require_known,
    with_expressions,
)
from ratebound.theory.errors import RateboundError
from ratebound.theory.letters.coordinates import d2_scaled, d2_scaled_next
from ratebound.theory.letters.penalty import penalty, penalty_gap, penalty_gap_next, penalty_next
from ratebound.theory.measures import BEST
from ratebound.theory.symbols import (
    alpha,
    b,
    d2,
    d2_next,
    delta,
    delta_next,
    grad_l1,
    grad_next_sq,
    grad_sq,
    k,
)

if TYPE_CHECKING:
    from ratebound.theory.statement import Theorem

SUMMED = {
    "gap_average": delta,
    "gap_mean": delta,
    "grad_norm_sq_mean": grad_sq,
    "grad_l1_mean": grad_l1,
    "gap_best": delta,
    "grad_norm_sq_best": grad_sq,
}
"""Measures of the points before x_k: the quantity that is summed."""
_LAST = {measure: now for measure, (now, _) in LAST.items()}
_NEXT = {
    delta: delta_next,
    d2: d2_next,
    grad_sq: grad_next_sq,
    d2_scaled: d2_scaled_next,
    penalty: penalty_next,
    penalty_gap: penalty_gap_next,
}
JENSEN = frozenset({"convex", "strongly_convex", "expected_smoothness", "convex_sum", "strongly_convex_sum"})
"""Assumptions each of which makes f convex."""


@dataclass(frozen=True)
class Telescope:
    """Telescoping of ``V_{k+1} + weight q_k <= V_k + noise``, V >= 0 a potential.

    Parameters
    ----------
    potential
        V_k, an expression in ``delta``, ``d2`` and ``k``.
    by, plus
        The one-step proof.
    weight
        Factor of the summed quantity q_k; zero for a bound on the last iterate, read off V itself.
    noise
        Added in each step.
    weight_sum, noise_sum
        Lemmas on the sums of weight and noise over j < k, where these depend on k.
    weight_floor
        A lower bound of the weight, which is summed in its place.
    share, final
        For a bound on the last iterate: a with ``V_k >= a q_k``, and the multipliers that prove it. By
        default a is the factor of q_k in V_k.
    """

    potential: Expr
    by: Multipliers
    plus: Nonnegatives = field(default_factory=dict)
    weight: Expr = S.Zero
    noise: Expr = S.Zero
    weight_sum: SumLemma | None = None
    noise_sum: SumLemma | None = None
    weight_floor: Expr | None = None
    share: Expr | None = None
    final: Multipliers = field(default_factory=dict)
    about_passes: ClassVar[bool] = True
    cited: bool = field(default=False, init=False)

    def __post_init__(self) -> None:
        with_expressions(self)

    def after(self, step: Expr = alpha) -> Expr:
        """Return the potential after a step, V_{k+1}, for the given schedule."""
        return self.potential.xreplace({alpha: step}).subs(k, k + 1).xreplace(_NEXT)

    def check(self, theorem: Theorem) -> None:
        """Check the one-step inequality, the sums, and that they imply the bound for all k."""
        V = expand(self.potential.xreplace({alpha: theorem.step}))
        require_known(V, "the potential", tuple(_NEXT))
        require_known(self.weight + self.noise, "weight or noise")
        last = theorem.measure in _LAST
        q = _LAST[theorem.measure] if last else SUMMED.get(theorem.measure)
        if q is None or last != (self.weight == 0):
            bounded = ", ".join(_LAST if self.weight == 0 else SUMMED)
            raise RateboundError(
                f"telescoping with the weight {self.weight} bounds {bounded}, not {theorem.measure}"
            )
        prove_claim(theorem, V + self.noise - self.weight * q - self.after(theorem.step), self.by, self.plus)
        for quantity in _NEXT:
            require(V.coeff(quantity), theorem, f"the potential's factor of {quantity}", S.Zero)
        rest = V.xreplace(dict.fromkeys(_NEXT, S.Zero))
        require(rest, theorem, "what the potential has beside these", S.Zero)
        total = V.subs(k, 0).xreplace(AT_START) + summed(theorem, self.noise, self.noise_sum, "upper")
        require_known(total, "the potential at the start")
        if last:
            gathered = V.coeff(q) if self.share is None else self.share
            self._check_share(theorem, V - gathered * q)
        else:
            self._check_average(theorem)
            weight = self.weight.xreplace({alpha: theorem.step})
            floor = weight if self.weight_floor is None else self.weight_floor
            require(floor, theorem, "the weight", S.Zero)
            require(weight - floor, theorem, "the weight above its lower bound", S.Zero)
            gathered = summed(theorem, floor, self.weight_sum, "lower")
        require(gathered, theorem, "the total weight")
        require(theorem.at(k) * gathered - total, theorem, "the bound against the telescoped sum")

    def _check_share(self, theorem: Theorem, rest: Expr) -> None:
        """Check that V_k minus its share of the measure is nonnegative."""
        prove_claim(
            theorem,
            rest,
            self.final,
            {quantity: c for quantity, c in self._left(rest).items() if c != 0},
            at_end=True,
        )

    def _left(self, rest: Expr) -> dict[Expr, Expr]:
        used = sum((m * inequality.slack for inequality, m in self.final.items()), S.Zero)
        left = expand(rest - used)
        return {quantity: left.coeff(quantity) for quantity in _NEXT}

    def _check_average(self, theorem: Theorem) -> None:
        if theorem.measure in BEST:
            return
        ratio = (self.weight / theorem.weights).xreplace({alpha: theorem.step}).simplify()
        if ratio.has(k):
            raise RateboundError(f"the average has weights {theorem.weights}, the proof sums {self.weight}")
        names = theorem.assumed
        if theorem.measure == "gap_average" and not names & JENSEN:
            raise RateboundError("Jensen's inequality for the averaged iterate needs a convex f; assume it")


def summed(theorem: Theorem, term: Expr, lemma: SumLemma | None, direction: str) -> Expr:
    """Return a bound on the sum of a term over j < k, by a lemma where it depends on k.

    Raises
    ------
    RateboundError
        If the lemma is lacking, or about something else.
    """
    batch = {} if theorem.batch is None else {b: theorem.batch}
    term = term.xreplace({alpha: theorem.step, **batch})
    if not term.has(k):
        return k * term
    if lemma is None or lemma.direction != direction:
        raise RateboundError(f"the sum of {term} over j < k needs a lemma that bounds it ({direction})")
    lemma.prove()
    factor = (term / lemma.summand).simplify()
    if factor.has(k):
        raise RateboundError(f"the lemma {lemma.name!r} is about {lemma.summand}, not about {term}")
    require(factor, theorem, f"the factor of {lemma.summand}")
    if not nonnegative(theorem.start - lemma.start):
        raise RateboundError(
            f"the lemma {lemma.name!r} starts at k = {lemma.start}, the bound at {theorem.start}"
        )
    return factor * lemma.bound
