"""Certificates: from assumed inequalities to the bound, in two halves that are both checked symbolically.

The first half is a one-step claim (:mod:`ratebound.theory.onestep`). The second takes it to the bound for
all k at once: induction (:mod:`ratebound.theory.certificates.recursion`), telescoping
(:mod:`ratebound.theory.certificates.telescope`), or another theorem. Nothing is sampled.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, ClassVar, Protocol

from sympy import Expr, Integer, Piecewise, S, Symbol

from ratebound.theory.admitted import require_admitted, require_along
from ratebound.theory.algebra.chart import free
from ratebound.theory.algebra.prover import nonnegative, vanishes
from ratebound.theory.algebra.strict import holds
from ratebound.theory.assumptions import Inequality
from ratebound.theory.errors import RateboundError
from ratebound.theory.inequalities.passes import pass_step
from ratebound.theory.letters.coordinates import D_scaled_sq, d2_scaled
from ratebound.theory.letters.penalty import penalty, penalty0, penalty_gap
from ratebound.theory.onestep import STATE, expansion, prove_step
from ratebound.theory.printed import printed
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
    grad0_sq,
    grad_next_sq,
    grad_sq,
    k,
)

if TYPE_CHECKING:
    from ratebound.theory.statement import Theorem

LAST = {
    "gap_last": (delta, delta_next),
    "distance_sq": (d2, d2_next),
    "grad_norm_sq_last": (grad_sq, grad_next_sq),
}
"""Measures of the last iterate: the quantity at x_k and at x_{k+1}."""
AT_START = {
    delta: gap0, d2: D**2, grad_sq: grad0_sq, d2_scaled: D_scaled_sq, penalty: penalty0, penalty_gap: gap0
}  # fmt: skip
"""What the quantities are at x_0, or an upper bound."""
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


def with_expressions(certificate: object) -> None:
    """Turn plain integers in the fields of a frozen dataclass into SymPy ones."""
    for each in fields(certificate):  # type: ignore[arg-type]
        value = getattr(certificate, each.name)
        if isinstance(value, Mapping):
            value = {key: Integer(v) if type(v) is int else v for key, v in value.items()}
        elif type(value) is int:
            value = Integer(value)
        object.__setattr__(certificate, each.name, value)


def step_of(theorem: Theorem, start: Expr = S.Zero) -> Expr:
    """Return the schedule as it reads for k >= start: the branch of a Piecewise that is then taken."""
    step = theorem.step
    if not isinstance(step, Piecewise):
        return step
    later = start + free("j")
    for value, condition in step.args:
        taken = condition.subs(k, later).simplify()
        if taken == True:  # noqa: E712 -- SymPy's own true
            return value
        if taken != False:  # noqa: E712 -- or it is taken at times
            break
    raise RateboundError(f"no branch of the step {step} is the one that is taken for all k >= {start}")


def schedules_of(theorem: Theorem, start: Expr = S.Zero) -> dict[Symbol, Expr]:
    """Return what stands for the letters of step k >= start: its length alpha and the size b of its batch."""
    if theorem.batch is None:
        return {alpha: step_of(theorem, start)}
    require(theorem.batch, theorem, "the size of a batch", Integer(0))
    return {alpha: step_of(theorem, start), b: theorem.batch}


def require_assumed(by: Multipliers, theorem: Theorem, at_end: bool = False) -> None:
    """Check that the theorem assumes what the inequalities of a proof need.

    Parameters
    ----------
    by
        Their multipliers.
    theorem
        What is proved.
    at_end
        Whether they are read at x_k itself, from which no step may be made any more.

    Raises
    ------
    RateboundError
        Naming the inequality, and the assumption that is lacking or what may be negative.
    """
    known = schedules_of(theorem) if any(i.positive != 1 or i.slack.has(alpha) for i in by) else {}
    for inequality, multiplier in by.items():
        require_admitted(inequality, theorem, known)
        require_along(inequality, multiplier, theorem, at_end)


def prove_claim(
    theorem: Theorem,
    claim: Expr,
    by: Multipliers,
    plus: Nonnegatives,
    pathwise: bool = False,
    start: Expr = S.Zero,
    at_end: bool = False,
) -> None:
    """Check that ``claim >= 0`` follows from what is assumed, for k >= start; see :func:`prove_step`."""
    require_assumed(by, theorem, at_end)
    method = theorem.method
    prove_step(
        claim,
        by,
        plus,
        definitions=pass_step(method) if theorem.in_passes else expansion(method, pathwise),
        values=schedules_of(theorem, start),
        chart=theorem.chart,
        k=k,
        start=start,
    )


def require(expr: Expr, theorem: Theorem, what: str, start: Expr | None = None) -> None:
    """Check that ``expr >= 0`` for all admissible values and all k from `start`, by default the theorem's.

    Raises
    ------
    RateboundError
        If that is not proved.
    """
    if not nonnegative(expr, theorem.chart, k, theorem.start if start is None else start):
        raise RateboundError(
            f"{what}: {printed(expr)} is not proved to be >= 0; correct the bound, or narrow the range"
        )


def require_constant_step(theorem: Theorem) -> None:
    """Check that all steps are as long: a potential that reads the step is then the same in every step.

    Raises
    ------
    RateboundError
        If the step depends on k.
    """
    if theorem.step.has(k):
        raise RateboundError(f"this proof is about steps of one length, and {theorem.step} depends on k")


def require_known(expr: Expr, what: str, allowed: tuple[Symbol, ...] = ()) -> None:
    """Check that no state quantity but the allowed ones occurs.

    Raises
    ------
    RateboundError
        If another one does.
    """
    stray = (expr.free_symbols & set(STATE)) - set(allowed)
    if stray:
        raise RateboundError(f"{what} reads {', '.join(sorted(map(str, stray)))}, which it must not")


def require_within(parent: Theorem, values: Mapping[Symbol, Expr], theorem: Theorem) -> None:
    """Check that another theorem applies at these values of its parameters.

    Raises
    ------
    RateboundError
        If it is not proved or cited, is about other batches, assumes more, or the values may leave its range.
    """
    if parent.certificate is None:
        raise RateboundError(f"{parent.id} is a conjecture, from which nothing follows; prove it first")
    batch = None if parent.batch is None else parent.batch.subs(values)
    if batch != theorem.batch or parent.replacement not in (None, theorem.replacement):
        raise RateboundError(f"{parent.id} is about other batches than {theorem.id}")
    if parent.visits != theorem.visits:
        raise RateboundError(f"{parent.id} is about samples visited by {parent.visits}")
    for symbol, value in values.items():
        if symbol not in parent.parameters or value.has(k) or (symbol.is_integer and not value.is_integer):
            raise RateboundError(
                f"{value} cannot be put in for {symbol} in {parent.id}: values are those of its parameters, "
                "the same for all k"
            )
        require(value, theorem, f"the value of {symbol}", S.Zero)
    given = theorem.assumed
    given |= {"convex"} if "strongly_convex" in given else set()
    if not parent.assumed <= given:
        raise RateboundError(f"{parent.id} assumes more than {theorem.id}")
    for relation in parent.where:
        if not holds(relation, values, theorem):
            at = f"{relation} at {dict(values)}"
            raise RateboundError(f"the range of {parent.id}: {at} is not proved; narrow it")


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
    about_passes: ClassVar[bool] = True
    cited: bool = field(default=False, init=False)

    def __post_init__(self) -> None:
        with_expressions(self)
        # What follows from a cited theorem rests on its source too.
        object.__setattr__(self, "cited", self.of.proof != "certified")

    def check(self, theorem: Theorem) -> None:
        """Check that step, assumptions, range and bound are those of the theorem at these values."""
        parent = self.of
        if (parent.measure, parent.method) != (theorem.measure, theorem.method):
            raise RateboundError(f"{parent.id} is about another method or measure")
        if not vanishes(theorem.step - parent.step.subs(self.values)):
            raise RateboundError(f"the step {theorem.step} is not that of {parent.id} at {dict(self.values)}")
        if not vanishes(theorem.weights - parent.weights.subs(self.values)):
            raise RateboundError(f"the averages of {parent.id} have other weights")
        for parameter in set(self.values) & set(theorem.parameters):
            if not vanishes(theorem.chart.get(parameter, parameter) - self.values[parameter]):
                raise RateboundError(f"the range must hold {parameter} at {self.values[parameter]}")
        require_within(parent, self.values, theorem)
        if parent.at_horizon or not nonnegative(theorem.start - parent.start):
            raise RateboundError(f"{parent.id} says nothing yet at k = {theorem.start}")
        last = K if theorem.at_horizon else k
        implied = parent.bound.subs(k, last).subs(self.values)
        require(theorem.bound - implied, theorem, f"the bound of {parent.id} at these values")


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

    def __post_init__(self) -> None:
        with_expressions(self)

    def check(self, theorem: Theorem) -> None:
        """Check the inequality."""
        if theorem.measure != "gap_next":
            raise RateboundError(f"a one-step certificate bounds gap_next, not {theorem.measure}")
        prove_claim(theorem, theorem.bound - delta_next, self.by, self.plus, self.pathwise)
