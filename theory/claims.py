"""What every theorem must mean, whatever its proof: a start, a range, and numbers that are real."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from sympy import Expr, Pow, Symbol, log
from sympy.core.relational import Relational

from ratebound.theory.algebra.chart import free
from ratebound.theory.algebra.prover import nonnegative
from ratebound.theory.assumptions import ASSUMPTIONS, Assumption
from ratebound.theory.errors import RateboundError
from ratebound.theory.measures import ONE_STEP, WEIGHED
from ratebound.theory.method import Method
from ratebound.theory.symbols import CONSTANTS, PARAMETERS, K, k

if TYPE_CHECKING:
    from ratebound.theory.statement import Theorem


EXPRESSIONS = ("step", "bound", "weights", "start", "batch")
"""The fields of a theorem that are expressions."""


def check_kinds(theorem: Theorem) -> None:
    """Check that what is stated is of the right kind: texts, floats and forgotten commas are not.

    Raises
    ------
    RateboundError
        Naming the field, and how to write it.
    """
    if not isinstance(theorem.method, Method):
        raise RateboundError(
            f"method = {theorem.method!r} is no Method; take one of ratebound.methods, such as "
            'ratebound.methods["gd"]'
        )
    for name in EXPRESSIONS:
        value = getattr(theorem, name)
        if not isinstance(value, Expr) and not (name == "batch" and value is None):
            raise RateboundError(
                f"{name} = {value!r} is no SymPy expression; write it in the letters of "
                "ratebound.theory.symbols, or read a text by ratebound.parse"
            )
    for name, kind in (("assumptions", Assumption), ("where", Relational)):
        value = getattr(theorem, name)
        if not isinstance(value, tuple) or not all(isinstance(each, kind) for each in value):
            raise RateboundError(
                f"{name} is no tuple of {kind.__name__}s; write (one,) for one of them, (one, two) for two"
            )
    for parameter, value in theorem.defaults.items():
        if not isinstance(parameter, Symbol) or not isinstance(value, Expr):
            raise RateboundError(
                f"the default {parameter!r}: {value!r} is no letter with an expression, as {{alpha: 1/L}} is"
            )


def check_meaning(theorem: Theorem) -> None:
    """Check what can be seen at once.

    Raises
    ------
    RateboundError
        If the bound is claimed before the run starts or at two counters, the range restricts steps or states,
        a weight is not positive or an assumption is another one under a known name.
    """
    start = theorem.start
    if start.has(k, K) or not start.is_integer or (start.is_number and start < 0):
        raise RateboundError(f"start = {start} is no first k; name an integer from 0 on")
    if theorem.at_horizon and theorem.bound.has(k):
        raise RateboundError(f"the bound {theorem.bound} is claimed at k = K only; write it in K")
    for relation in theorem.where:
        if relation.has(k) or relation.lhs not in (*PARAMETERS, *CONSTANTS):
            raise RateboundError(
                f"the range {relation} is no bound on a parameter, the same for all k; write it as such"
            )
    if theorem.weights != 1 and theorem.measure not in WEIGHED:
        raise RateboundError(f"{theorem.measure} has no weights; leave {theorem.weights} out")
    if theorem.weights.is_nonpositive:
        raise RateboundError(
            f"the weights {theorem.weights} are not positive; an average needs some that are"
        )
    proof = theorem.certificate
    if theorem.equality and not (proof is None or proof.cited or getattr(proof, "proves_equality", False)):
        raise RateboundError("this certificate proves a bound, not an identity; leave equality out")
    for each in theorem.assumptions:
        if ASSUMPTIONS.get(each.name, each) != each:
            raise RateboundError(
                f"{each.name} names another assumption; take that, or call this one otherwise"
            )


def require_real(theorem: Theorem) -> None:
    """Check that bound, step and weights are real numbers over the whole range, and finite within it.

    A radical of what is negative would be no number, though its square is one.

    Raises
    ------
    RateboundError
        Naming the root, the logarithm, or the denominator that changes its sign.
    """
    if theorem.measure in ONE_STEP:
        return
    if not nonnegative(theorem.start, theorem.chart):
        raise RateboundError(f"start = {theorem.start} may be negative; name an integer from 0 on")
    for inner, divides in dict.fromkeys(_restricted(theorem)):
        one_sign = nonnegative(inner, theorem.chart, k, theorem.start) or (
            divides and nonnegative(-inner, theorem.chart, k, theorem.start)
        )
        if not one_sign:
            what = "change its sign, and it divides" if divides else "be negative, under a root or logarithm"
            raise RateboundError(f"{inner} may {what}; narrow the range, or correct the formula")


def require_forward(theorem: Theorem) -> None:
    """Check that no step is negative; where it knows the horizon, of the K steps that a run makes.

    Raises
    ------
    RateboundError
        If one may be.
    """
    if getattr(theorem.certificate, "steps_proved", False):
        return
    step = theorem.step.xreplace({K: k + 1 + free("j")})
    if not nonnegative(step, theorem.chart, k):
        raise RateboundError(
            f"the step {theorem.step} may be negative within the admissible range; narrow the range, or "
            "choose a step that is not"
        )


def _restricted(theorem: Theorem) -> Iterator[tuple[Expr, bool]]:
    """Yield what must not be negative, and what must not change its sign because it divides."""
    for expr in (theorem.bound, *theorem.schedules, theorem.weights):
        for power in expr.atoms(Pow):
            if power.base.is_nonnegative or (power.exp.is_nonnegative and power.exp.is_integer):
                continue
            if not power.exp.is_integer:
                yield power.base, False
            elif not power.base.has(k, K):  # What counts steps is claimed from a start on.
                yield power.base, True
        for logarithm in expr.atoms(log):
            if not logarithm.args[0].is_nonnegative:
                yield logarithm.args[0], False
