"""Certificates: from assumed inequalities to the bound, in two halves that are both checked symbolically.

The first half is a one-step claim (:mod:`ratebound.theory.onestep`). The second takes it to the bound for
all k at once: induction for recursions, telescoping for potentials and averages. Nothing is sampled.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import TYPE_CHECKING, Protocol

from sympy import Expr, Integer, Max, Piecewise, Pow, Symbol, exp, oo
from sympy.core.relational import Relational

from ratebound.theory.assumptions import Inequality
from ratebound.theory.errors import RateboundError
from ratebound.theory.lemmas import SumLemma
from ratebound.theory.onestep import expansion, prove_step
from ratebound.theory.prover import free, nonnegative, vanishes
from ratebound.theory.symbols import (
    D,
    K,
    alpha,
    b,
    d2,
    d2_next,
    delta,
    delta_next,
    gap0,
    grad_sq,
    k,
    n,
    variance,
)

if TYPE_CHECKING:
    from ratebound.theory.statement import Theorem

_NOW_NEXT = {"gap_last": (delta, delta_next), "distance_sq": (d2, d2_next)}
_SUMMED = {"gap_average": delta, "grad_norm_sq_mean": grad_sq, "grad_norm_sq_best": grad_sq}
_START = {delta: gap0, d2: D**2}
_NEXT = {delta: delta_next, d2: d2_next}
Multipliers = Mapping[Inequality, Expr]
Nonnegatives = Mapping[Expr, Expr]


class Certificate(Protocol):
    """A proof of a theorem."""

    @property
    def cited(self) -> bool:
        """Whether the proof rests on the source instead of being checked here."""
        ...

    def check(self, theorem: Theorem) -> None:
        """Check the proof; a :class:`RateboundError` says where it does not close."""
        ...


def step_of(theorem: Theorem) -> Expr:
    """Return the schedule as it reads for k >= start: the branch of a Piecewise that is then taken."""
    step = theorem.step
    if not isinstance(step, Piecewise):
        return step
    later = theorem.start + free("j")
    for value, condition in step.args:
        if condition.subs(k, later).simplify() == True:  # noqa: E712 -- SymPy's own true
            return value
    raise RateboundError(
        f"no branch of the step {step} is the one that is taken for all k >= {theorem.start}"
    )


def _prove(
    theorem: Theorem, claim: Expr, by: Multipliers, plus: Nonnegatives, pathwise: bool = False
) -> None:
    names = {each.name for each in theorem.assumptions}
    for inequality in by:
        if not inequality.requires <= names:
            lacking = ", ".join(sorted(inequality.requires - names))
            raise RateboundError(f"the proof uses {inequality.name!r}, which needs the assumption {lacking}")
    prove_step(
        claim,
        by,
        plus,
        definitions=expansion(theorem.method, pathwise),
        values={alpha: step_of(theorem)},
        chart=theorem.chart,
        k=k,
        start=theorem.start if isinstance(theorem.step, Piecewise) else Integer(0),
    )


def _require(expr: Expr, theorem: Theorem, what: str, start: Expr | None = None) -> None:
    if not nonnegative(expr, theorem.chart, k, theorem.start if start is None else start):
        raise RateboundError(
            f"{what}: {expr} is not proved to be >= 0; correct the bound, or narrow the range"
        )


@dataclass(frozen=True)
class Cited:
    """No proof is checked here.

    Parameters
    ----------
    reason
        Why, in one line.
    """

    reason: str
    cited: bool = field(default=True, init=False)

    def check(self, theorem: Theorem) -> None:
        """Nothing to check: the statement rests on its source."""


@dataclass(frozen=True)
class Recursion:
    """Induction along ``q_{k+1} <= rate q_k + noise``, q the bounded measure.

    Parameters
    ----------
    rate, noise
        Expressions in the step ``alpha`` (and ``k``).
    by, plus
        The one-step proof of ``rate q + noise - q_next >= 0``.
    before
        For a bound that starts later: the theorem, and the values of its parameters, that governs the steps
        before.
    """

    rate: Expr
    noise: Expr
    by: Multipliers
    plus: Nonnegatives = field(default_factory=dict)
    before: tuple[Theorem, Mapping[Symbol, Expr]] | None = None
    cited: bool = field(default=False, init=False)

    def check(self, theorem: Theorem) -> None:
        """Check the one-step inequality, the start, and the induction step for all k."""
        if theorem.measure not in _NOW_NEXT:
            raise RateboundError(f"a recursion bounds {' or '.join(_NOW_NEXT)}, not {theorem.measure}")
        q, q_next = _NOW_NEXT[theorem.measure]
        _prove(theorem, self.rate * q + self.noise - q_next, self.by, self.plus)
        values = {alpha: step_of(theorem)}
        rate, noise = self.rate.xreplace(values), self.noise.xreplace(values)
        _require(rate, theorem, "the factor of the recursion", Integer(0) if self.before is None else None)
        self._check_start(theorem, q, rate, noise)
        _require(theorem.at(k + 1) - rate * theorem.at(k) - noise, theorem, "the induction step")

    def _check_start(self, theorem: Theorem, q: Symbol, rate: Expr, noise: Expr) -> None:
        if self.before is not None:
            first, values = self.before
            self._check_phase(theorem, first, values)
            reached = first.bound.subs(values).subs(k, theorem.start)
            excess = theorem.at(theorem.start) - _exponentials(reached)
            _require(excess, theorem, "the bound at its start", theorem.start)
            return
        value = _START[q]
        for j in range(int(theorem.start)):
            value = rate.subs(k, j) * value + noise.subs(k, j)
        _require(theorem.at(theorem.start) - value, theorem, f"the bound at k = {theorem.start}")

    def _check_phase(self, theorem: Theorem, first: Theorem, values: Mapping[Symbol, Expr]) -> None:
        step = theorem.step
        earlier = step.args[0] if isinstance(step, Piecewise) else None
        if earlier is None or not vanishes(earlier[0] - first.step.subs(values)):
            raise RateboundError(f"before k = {theorem.start} the step is not that of {first.id}")
        if not {a.name for a in first.assumptions} <= {a.name for a in theorem.assumptions}:
            raise RateboundError(f"{first.id} assumes more than {theorem.id}")
        for relation in first.where:
            slack = (relation.gts - relation.lts).subs(values)
            _require(slack, theorem, f"the range of {first.id}")


def _exponentials(expr: Expr) -> Expr:
    """Replace powers ``(1 - u)^m``, u the rest of the base, by their upper bounds ``exp(-m u)``."""
    swaps = {p: exp(-(1 - p.base) * p.exp) for p in expr.atoms(Pow) if not p.exp.is_number}
    return expr.xreplace(swaps)


@dataclass(frozen=True)
class Cases:
    """A proof by cases of a bound that has a ``Max``: each case proves more, with one argument in its place.

    Parameters
    ----------
    cases
        Triples, by increasing step: the conditions on the parameter in this case, the argument of the Max
        (up to its sign), and the certificate of the bound with that argument.
    """

    cases: tuple[tuple[tuple[Relational, ...], Expr, Certificate], ...]
    cited: bool = field(default=False, init=False)

    def check(self, theorem: Theorem) -> None:
        """Check that the cases cover the range, and each of them."""
        largest = theorem.bound.atoms(Max)
        if len(largest) != 1:
            raise RateboundError(f"the bound {theorem.bound} has no single Max to split")
        top = largest.pop()
        stand_in = Symbol("M", nonnegative=True)
        if not nonnegative(theorem.bound.subs(top, stand_in).diff(stand_in), theorem.chart):
            raise RateboundError(f"the bound {theorem.bound} is not proved to grow with {top}")
        self._check_cover(theorem)
        for where, argument, certificate in self.cases:
            if not any(vanishes(each**2 - argument**2) for each in top.args):
                raise RateboundError(f"{argument} is no argument of {top}, up to sign")
            replace(theorem, bound=theorem.bound.subs(top, argument), where=where, certificate=certificate)

    def _check_cover(self, theorem: Theorem) -> None:
        ends = [_ends(where) for where, _, _ in self.cases]
        outer = _ends(theorem.where)
        joined = all(first[1] == second[0] for first, second in pairwise(ends))
        if not joined or (ends[0][0], ends[-1][1]) != outer:
            raise RateboundError(f"the cases do not cover the range {outer[0]} .. {outer[1]} without gaps")


def _ends(where: tuple[Relational, ...]) -> tuple[Expr, Expr]:
    low, high = Integer(0), oo
    for relation in where:
        if relation.rel_op in (">", ">="):
            low = relation.rhs
        else:
            high = relation.rhs
    return low, high


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
    """

    potential: Expr
    by: Multipliers
    plus: Nonnegatives = field(default_factory=dict)
    weight: Expr = Integer(0)
    noise: Expr = Integer(0)
    weight_sum: SumLemma | None = None
    noise_sum: SumLemma | None = None
    cited: bool = field(default=False, init=False)

    def check(self, theorem: Theorem) -> None:
        """Check the one-step inequality, the sums, and that they imply the bound for all k."""
        V = self.potential
        after = V.subs(k, k + 1).xreplace(_NEXT)
        last = theorem.measure in _NOW_NEXT
        q = _NOW_NEXT[theorem.measure][0] if last else _SUMMED.get(theorem.measure)
        if q is None or last != (self.weight == 0):
            raise RateboundError(
                f"telescoping with the weight {self.weight} does not bound {theorem.measure}"
            )
        _prove(theorem, V + self.noise - self.weight * q - after, self.by, self.plus)
        for quantity in (delta, d2):
            _require(V.coeff(quantity), theorem, f"the potential's factor of {quantity}", Integer(0))
        total = V.subs(k, 0).xreplace(_START) + self._sum(theorem, self.noise, self.noise_sum, "upper")
        if last:
            gathered = V.coeff(q)
        else:
            self._check_average(theorem)
            gathered = self._sum(theorem, self.weight, self.weight_sum, "lower")
        _require(gathered, theorem, "the total weight")
        _require(theorem.at(k) * gathered - total, theorem, "the bound against the telescoped sum")

    def _check_average(self, theorem: Theorem) -> None:
        if theorem.measure == "grad_norm_sq_best":
            return
        ratio = (self.weight / theorem.weights).xreplace({alpha: theorem.step}).simplify()
        if ratio.has(k):
            raise RateboundError(f"the average has weights {theorem.weights}, the proof sums {self.weight}")
        names = {each.name for each in theorem.assumptions}
        if theorem.measure == "gap_average" and not names & {
            "convex",
            "strongly_convex",
            "expected_smoothness",
        }:
            raise RateboundError("Jensen's inequality for the averaged iterate needs a convex f; assume it")

    def _sum(self, theorem: Theorem, term: Expr, lemma: SumLemma | None, direction: str) -> Expr:
        term = term.xreplace({alpha: theorem.step})
        if not term.has(k):
            return k * term
        if lemma is None or lemma.direction != direction:
            raise RateboundError(f"the sum of {term} over j < k needs a lemma that bounds it ({direction})")
        factor = (term / lemma.summand).simplify()
        if factor.has(k):
            raise RateboundError(f"the lemma {lemma.name!r} is about {lemma.summand}, not about {term}")
        _require(factor, theorem, f"the factor of {lemma.summand}")
        if not nonnegative(theorem.start - lemma.start):
            raise RateboundError(
                f"the lemma {lemma.name!r} starts at k = {lemma.start}, the bound at {theorem.start}"
            )
        return factor * lemma.bound


@dataclass(frozen=True)
class Corollary:
    """The bound of another theorem with values put in for its parameters.

    Parameters
    ----------
    of
        The theorem.
    values
        Parameter -> value; the horizon K may occur.
    """

    of: Theorem
    values: Mapping[Symbol, Expr]
    cited: bool = field(default=False, init=False)

    def check(self, theorem: Theorem) -> None:
        """Check that step, assumptions, range and bound are those of the theorem at these values."""
        parent = self.of
        if parent.measure != theorem.measure or parent.method != theorem.method:
            raise RateboundError(f"{parent.id} is about another method or measure")
        if not {a.name for a in parent.assumptions} <= {a.name for a in theorem.assumptions}:
            raise RateboundError(f"{parent.id} assumes more than {theorem.id}")
        if not vanishes(theorem.step - parent.step.subs(self.values)):
            raise RateboundError(f"the step {theorem.step} is not that of {parent.id} at {dict(self.values)}")
        if not vanishes(theorem.weights - parent.weights):
            raise RateboundError(f"the averages of {parent.id} have other weights")
        for relation in parent.where:
            _require((relation.gts - relation.lts).subs(self.values), theorem, f"the range of {parent.id}")
        last = K if theorem.at_horizon else k
        implied = parent.bound.subs(k, last).subs(self.values)
        _require(theorem.bound - implied, theorem, f"the bound of {parent.id} at these values")


@dataclass(frozen=True)
class OneStep:
    """A statement about one step, at any point.

    Parameters
    ----------
    by, plus
        The proof of ``bound - measure >= 0``.
    pathwise
        Whether it holds for every single gradient estimate, not only in expectation.
    """

    by: Multipliers
    plus: Nonnegatives = field(default_factory=dict)
    pathwise: bool = False
    cited: bool = field(default=False, init=False)

    def check(self, theorem: Theorem) -> None:
        """Check the inequality."""
        if theorem.measure != "gap_next":
            raise RateboundError(f"a one-step certificate bounds gap_next, not {theorem.measure}")
        _prove(theorem, theorem.bound - delta_next, self.by, self.plus, self.pathwise)


@dataclass(frozen=True)
class BatchVariance:
    """The variance of a batch mean, by the expected inner product of two draws.

    With ``v_i = grad f_i - grad f``, sum_i v_i = 0, and ``E||(1/b) sum_t v_{i_t}||^2`` the mean of b squares
    and b (b-1) products of different draws.
    """

    cited: bool = field(default=False, init=False)

    def check(self, theorem: Theorem) -> None:
        """Check the identity from the law of two draws."""
        if theorem.measure != "batch_variance" or not theorem.equality or theorem.replacement is None:
            raise RateboundError("this certificate is for the identity of batch_variance under one sampling")
        squares, total = n * variance, Integer(0)
        # Independent draws meet each ordered pair (i, j) with probability 1/n^2; distinct ones only i != j.
        product = total / n**2 if theorem.replacement else (total - squares) / (n * (n - 1))
        exact = (b * variance + b * (b - 1) * product) / b**2
        if not vanishes(theorem.bound - exact):
            raise RateboundError(f"the variance of the batch mean is {exact.factor()}, not {theorem.bound}")
