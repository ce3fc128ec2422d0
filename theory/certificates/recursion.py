"""Certificates by induction along a recursion, with cases where a bound takes the larger of two factors."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import TYPE_CHECKING, ClassVar

from sympy import Abs, Dummy, Expr, Integer, Max, Piecewise, Pow, S, Symbol, exp, oo
from sympy.core.relational import Relational

from ratebound.theory.algebra.prover import nonnegative, vanishes
from ratebound.theory.certificate import (
    AT_START,
    LAST,
    Certificate,
    Multipliers,
    Nonnegatives,
    prove_claim,
    require,
    require_known,
    require_within,
    schedules_of,
    with_expressions,
)
from ratebound.theory.errors import RateboundError
from ratebound.theory.symbols import k

if TYPE_CHECKING:
    from ratebound.theory.statement import Theorem


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
    about_passes: ClassVar[bool] = True
    cited: bool = field(default=False, init=False)

    def __post_init__(self) -> None:
        with_expressions(self)
        object.__setattr__(self, "cited", self.before is not None and self.before[0].proof != "certified")

    def check(self, theorem: Theorem) -> None:
        """Check the one-step inequality, the start, and the induction step for all k."""
        if theorem.measure not in LAST:
            raise RateboundError(f"a recursion bounds {' or '.join(LAST)}, not {theorem.measure}")
        q, q_next = LAST[theorem.measure]
        require_known(self.rate + self.noise, "the recursion")
        if self.before is None and not theorem.start.is_Integer:
            raise RateboundError(
                f"nothing is said of the steps before k = {theorem.start}; name what governs them"
            )
        # The steps before the bound starts are those of the bound, or of the theorem that is named.
        since = S.Zero if self.before is None else theorem.start
        prove_claim(theorem, self.rate * q + self.noise - q_next, self.by, self.plus, start=since)
        values = schedules_of(theorem, since)
        rate, noise = self.rate.xreplace(values), self.noise.xreplace(values)
        if not self.never_negative(theorem):
            # q_{k+1} <= max(factor, 0) q_k + noise: where the factor is negative the noise alone must fit.
            require(theorem.at(k + 1) - noise, theorem, "the bound against the noise of one step")
        self._check_start(theorem, q, rate, noise)
        require(theorem.at(k + 1) - rate * theorem.at(k) - noise, theorem, "the induction step")

    def never_negative(self, theorem: Theorem) -> bool:
        """Whether the factor is known to be nonnegative over the admissible range, from the start on."""
        since = S.Zero if self.before is None else theorem.start
        rate = self.rate.xreplace(schedules_of(theorem, since))
        return nonnegative(rate, theorem.chart, k, theorem.start)

    def _check_start(self, theorem: Theorem, q: Symbol, rate: Expr, noise: Expr) -> None:
        if self.before is not None:
            first, values = self.before
            self._check_phase(theorem, first, values)
            reached = _exponentials(first.bound.subs(values).subs(k, theorem.start), theorem)
            require(theorem.at(theorem.start) - reached, theorem, "the bound at its start")
            return
        value = AT_START[q]
        for j in range(int(theorem.start)):
            factor = rate.subs(k, j)
            # What is known of q are upper bounds and q >= 0: a negative factor helps no more than zero.
            value = (S.Zero if nonnegative(-factor, theorem.chart) else factor) * value + noise.subs(k, j)
            if not nonnegative(factor, theorem.chart) and not nonnegative(-factor, theorem.chart):
                raise RateboundError(f"the factor {factor} of the recursion has no known sign at k = {j}")
        require(theorem.at(theorem.start) - value, theorem, f"the bound at k = {theorem.start}")

    def _check_phase(self, theorem: Theorem, first: Theorem, values: Mapping[Symbol, Expr]) -> None:
        if (first.measure, first.method) != (theorem.measure, theorem.method) or first.at_horizon:
            raise RateboundError(f"{first.id} is about another method or measure, or about a horizon")
        step = theorem.step
        earlier = step.args[0] if isinstance(step, Piecewise) else None
        taken = earlier is not None and earlier[1] == (k < theorem.start)
        if earlier is None or not taken or not vanishes(earlier[0] - first.step.subs(values)):
            raise RateboundError(f"before k = {theorem.start} the step is not that of {first.id}")
        require(theorem.start - first.start, theorem, f"the first k less that of {first.id}", S.Zero)
        require_within(first, values, theorem)


def _exponentials(expr: Expr, theorem: Theorem) -> Expr:
    """Replace powers ``(1 - u)^m`` with a symbolic m by their upper bounds ``exp(-m u)``."""
    for power in [p for p in expr.atoms(Pow) if p.exp.free_symbols]:
        require(power.base, theorem, "the base of a power")
        stand_in = Dummy("p", nonnegative=True)
        require(expr.xreplace({power: stand_in}).diff(stand_in), theorem, f"the factor of {power}")
        expr = expr.xreplace({power: exp(-(1 - power.base) * power.exp)})
    return expr


@dataclass(frozen=True)
class Cases:
    """A proof by cases of a bound that has a ``Max``: each case proves more, with one argument in its place.

    Parameters
    ----------
    cases
        Triples, by increasing step: the conditions on the parameter in this case, an argument that the Max is
        no less than in absolute value, and the certificate of the bound with that argument.
    """

    cases: tuple[tuple[tuple[Relational, ...], Expr, Certificate], ...]
    cited: bool = field(default=False, init=False)

    def check(self, theorem: Theorem) -> None:
        """Check that the cases cover the range, and each of them."""
        largest = theorem.bound.atoms(Max)
        if len(largest) != 1:
            raise RateboundError(
                f"the bound {theorem.bound} has no single Max to split; write what the cases bound as one, "
                "such as Max(a, b)**k, or take another certificate"
            )
        top = largest.pop()
        asked = {
            relation.lhs for where in (theorem.where, *(each[0] for each in self.cases)) for relation in where
        }
        if len(asked) != 1:
            raise RateboundError(f"cases are intervals of one parameter, not of {', '.join(map(str, asked))}")
        stand_in = Symbol("M", nonnegative=True)
        if not nonnegative(theorem.bound.subs(top, stand_in).diff(stand_in), theorem.chart):
            raise RateboundError(f"the bound {theorem.bound} is not proved to grow with {top}")
        self._check_cover(theorem)
        for where, argument, certificate in self.cases:
            case = replace(
                theorem, where=where, bound=theorem.bound.subs(top, argument), certificate=certificate
            )
            self._check_argument(case, theorem.bound, top, argument)

    @staticmethod
    def _check_argument(case: Theorem, bound: Expr, top: Expr, argument: Expr) -> None:
        """Check that the Max is no less than the argument in absolute value, if the sign matters as it is."""
        at_least = (
            each == Abs(argument) or nonnegative(each - Abs(argument), case.chart) for each in top.args
        )
        signed = Symbol("M", real=True)
        even = vanishes(bound.subs(top, signed) - bound.subs(top, -signed))
        if not (any(at_least) and (even or nonnegative(argument, case.chart))):
            raise RateboundError(f"{argument} may exceed {top}, or have another sign, where {case.where}")

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
