"""Certificates for averages over the end of a run: what it forgets before it is averaged.

The average of a run with the horizon K is over x_s, .., x_{K-1} with s = floor(dropped K). At x_s the
distance to x* is bounded by another theorem; from there the run is one of K - s steps. All s < K are proved
at once.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING

from sympy import Dummy, Expr, Integer, Piecewise, Poly, S, Symbol, expand, expand_log, floor, sqrt

from ratebound.theory.algebra.lemmas import SumLemma
from ratebound.theory.algebra.prover import nonnegative, vanishes
from ratebound.theory.certificate import (
    AT_START,
    Multipliers,
    Nonnegatives,
    prove_claim,
    require,
    require_known,
    require_within,
    with_expressions,
)
from ratebound.theory.certificates.telescope import JENSEN
from ratebound.theory.errors import RateboundError
from ratebound.theory.symbols import D, K, alpha, d2, d2_next, delta, dropped, k
from ratebound.theory.visits import INDEPENDENT

if TYPE_CHECKING:
    from ratebound.theory.statement import Theorem

FORGOTTEN = floor(dropped * K)
"""Number s of the points that the average leaves out."""
TAIL = Piecewise((Integer(0), k + 1 <= dropped * K), (Integer(1), True))
"""Weights of the average over x_s .. x_{K-1}."""
_s = Dummy("s", integer=True, positive=True)
_rest = Dummy("rest", integer=True, positive=True)


def _placed(expr: Expr) -> Expr:
    """Return the expression with s and the number of the steps from x_s on for K."""
    return expr.xreplace({FORGOTTEN: _s}).xreplace({K: _s + _rest})


def _check_first(theorem: Theorem, first: Theorem) -> None:
    """Check that the theorem averages a tail, and that another one bounds the distance before."""
    if theorem.measure != "gap_average" or theorem.weights != TAIL:
        raise RateboundError("this certificate bounds gap_average with the weights TAIL")
    if first.measure != "distance_sq" or first.method != theorem.method or first.at_horizon:
        raise RateboundError(f"{first.id} does not bound the distance of this method at every k")
    if not vanishes(first.step - theorem.step):
        raise RateboundError(f"the step {theorem.step} is not that of {first.id}")
    if (first.visits, theorem.visits) != (INDEPENDENT, INDEPENDENT):
        raise RateboundError("the average of a tail is proved for independent batches")
    require_within(first, {}, theorem)
    require(1 - dropped, theorem, "the part of the run that is averaged")
    late = (theorem.start - 1, dropped * theorem.start - first.start)
    if not all(nonnegative(each, theorem.chart) for each in late):
        raise RateboundError(
            f"the bound is claimed from k = {theorem.start} on, where s = {FORGOTTEN} may not have come to "
            f"{first.start}, the first k of {first.id}"
        )


def require_concave(
    then: Theorem, theorem: Theorem, values: Mapping[Symbol, Expr] = MappingProxyType({})
) -> None:
    """Check that the bound of a restarted theorem is a nondecreasing, concave function of ``D^2``."""
    bound = then.bound.subs(values)
    if bound.free_symbols & (set(AT_START.values()) - {D**2}):
        raise RateboundError(f"the bound of {then.id} reads more of its start than the distance")
    of_distance = Poly(bound, D)
    if of_distance.degree() > 2:
        raise RateboundError(f"the bound of {then.id} is not concave in the squared distance")
    for power in (1, 2):
        require(of_distance.coeff_monomial(D**power), theorem, f"the factor of D^{power}")


@dataclass(frozen=True)
class Restarted:
    """A theorem on averages, restarted at x_s.

    Its bound is a concave function of ``||x_s - x*||^2``, so that by Jensen's inequality it may be read at
    the expectation of that.

    Parameters
    ----------
    first
        Bounds the distance at x_s.
    then
        Bounds the average of a run that starts at x_s.
    """

    first: Theorem
    then: Theorem

    @property
    def cited(self) -> bool:
        """Whether one of the two rests on its source."""
        return "certified" not in (self.first.proof, self.then.proof) or self.first.proof != self.then.proof

    @property
    def bound(self) -> Expr:
        """The bound at K."""
        reached = self.first.bound.subs(k, FORGOTTEN)
        return self.then.bound.subs({D: sqrt(reached), k: K - FORGOTTEN})

    def check(self, theorem: Theorem) -> None:
        """Check that the two are about this run, and that one bound may be put into the other."""
        _check_first(theorem, self.first)
        then = self.then
        if then.measure != "gap_average" or then.method != theorem.method or then.visits != INDEPENDENT:
            raise RateboundError(f"{then.id} is no theorem about averages of this method")
        if then.weights != 1 or then.at_horizon or then.step.has(k) or not vanishes(then.step - theorem.step):
            raise RateboundError(f"{then.id} takes another average, or other steps from x_s on")
        require_within(then, {}, theorem)
        if not nonnegative(1 - then.start):
            raise RateboundError(f"{then.id} says nothing yet after one step")
        require_concave(then, theorem)
        spare = theorem.bound - self.bound
        # The first theorem may speak of x_0 too, and then s may be zero.
        for each in (_placed(spare), _placed(spare).subs(_s, 0)):
            require(each, theorem, "the bound of the restarted run")


@dataclass(frozen=True)
class Tail:
    """Telescoping of ``V_{k+1} + weight (f(x_k) - f*) <= V_k + noise`` from x_s on, V a multiple of ``d2``.

    Parameters
    ----------
    first
        Bounds the distance at x_s.
    potential
        V_k, an expression in ``d2`` and ``k``.
    by, plus
        The one-step proof.
    weight
        Factor of the gap, the same at every step.
    noise
        Added in each step.
    noise_sum
        Lemma on the sum of the noise, from whose proof step by step the sum over s <= j < K follows.
    """

    first: Theorem
    potential: Expr
    by: Multipliers
    weight: Expr
    noise: Expr
    noise_sum: SumLemma
    plus: Nonnegatives = field(default_factory=dict)

    def __post_init__(self) -> None:
        with_expressions(self)

    @property
    def cited(self) -> bool:
        """Whether the bound at x_s rests on its source."""
        return self.first.proof != "certified"

    def claim(self, theorem: Theorem) -> Expr:
        """Return what one step is claimed to satisfy, ``>= 0``."""
        after = self.potential.xreplace({alpha: theorem.step}).subs(k, k + 1).xreplace({d2: d2_next})
        return self.potential + self.noise - self.weight * delta - after

    def check(self, theorem: Theorem) -> None:
        """Check the one-step inequality, the sums from s on, and that they imply the bound."""
        _check_first(theorem, self.first)
        if not nonnegative(self.first.start - 1):
            # The lemma on the noise says nothing of a sum from zero on.
            raise RateboundError(f"{self.first.id} speaks of x_0, and a sum of a tail starts behind it")
        require_known(self.potential, "the potential", (d2,))
        require_known(self.weight + self.noise, "weight or noise")
        if self.weight.xreplace({alpha: theorem.step}).has(k) or not theorem.assumed & JENSEN:
            raise RateboundError(
                "equal weights and a convex f take the sum of gaps to the average; assume both"
            )
        prove_claim(theorem, self.claim(theorem), self.by, self.plus)
        factor = expand(self.potential.xreplace({alpha: theorem.step})).coeff(d2)
        if not vanishes(self.potential.xreplace({alpha: theorem.step}) - factor * d2):
            raise RateboundError(f"the potential {self.potential} is no multiple of d2")
        require(factor, theorem, "the factor of d2", S.Zero)
        weight = self.weight.xreplace({alpha: theorem.step})
        require(weight, theorem, "the weight")
        start = (factor * self.first.bound).subs(k, _s)
        total = start + self._noise_from(theorem)
        spare = expand_log(_placed(theorem.bound) * weight * _rest - total)
        require(spare, theorem, "the bound against the sum of the tail")

    def _noise_from(self, theorem: Theorem) -> Expr:
        """Return a bound on the sum of the noise over s <= j < K."""
        lemma, noise = self.noise_sum, self.noise.xreplace({alpha: theorem.step})
        factor = (noise / lemma.summand).simplify()
        if factor.has(k) or lemma.direction != "upper" or not nonnegative(1 - lemma.start):
            raise RateboundError(f"the lemma {lemma.name!r} does not bound the sum of {noise} from above")
        lemma.prove()
        require(factor, theorem, f"the factor of {lemma.summand}")
        return factor * (lemma.bound.subs(k, _s + _rest) - lemma.bound.subs(k, _s))
