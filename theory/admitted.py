"""Which inequalities a proof may use: where they hold, under what is assumed, and with which factors."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from sympy import Expr, S, Symbol

from ratebound.theory.algebra.chart import on_chart
from ratebound.theory.algebra.numbers import nonzero, real
from ratebound.theory.algebra.prover import nonnegative
from ratebound.theory.algebra.strict import less
from ratebound.theory.errors import RateboundError
from ratebound.theory.inequalities.noise_models import to_end
from ratebound.theory.inequality import Inequality
from ratebound.theory.letters.coordinates import move_scaled_sq
from ratebound.theory.letters.penalty import moment_apart
from ratebound.theory.onestep import STATE
from ratebound.theory.symbols import ALONG_RUN, k, moment

if TYPE_CHECKING:
    from ratebound.theory.statement import Theorem

_OF_ESTIMATE = (moment, moment_apart, move_scaled_sq)


def require_admitted(inequality: Inequality, theorem: Theorem, known: Mapping[Symbol, Expr]) -> None:
    """Check that an inequality holds for every step of a theorem.

    Parameters
    ----------
    inequality
        It is slack >= 0.
    theorem
        What assumes it.
    known
        What stands for the letters of a step.

    Raises
    ------
    RateboundError
        Naming the assumption that is lacking, or what may be negative or no number.
    """
    name = inequality.name
    if inequality.about not in (None, theorem.method):
        raise RateboundError(f"{name!r} is about another method than {theorem.method.name}")
    if not inequality.requires <= theorem.assumed:
        lacking = ", ".join(sorted(inequality.requires - theorem.assumed))
        raise RateboundError(f"the proof uses {name!r}, which needs the assumption {lacking}")
    positive = inequality.positive.xreplace(dict(known))
    open_end = inequality.strict and not less(S.Zero, positive, theorem.where, theorem.facts)
    # What is zero throughout would be divided by.
    vain = positive.free_symbols and not nonzero(on_chart(positive, theorem.chart))
    if open_end or vain or not nonnegative(positive, theorem.chart, k, theorem.start):
        raise RateboundError(
            f"{name!r} needs {inequality.positive} > 0, which is not proved within the "
            "admissible range; narrow it, or choose another factor"
        )
    slack = inequality.slack.xreplace(dict(known))
    if not real(slack, lambda expr: nonnegative(expr, theorem.chart, k, theorem.start)):
        raise RateboundError(f"{name!r} may be about numbers that are not real, or divide by zero: {slack}")
    if inequality.visits and theorem.visits not in inequality.visits:
        raise RateboundError(
            f"{name!r} is about samples visited by {' or '.join(inequality.visits)}, and "
            f"the theorem about {theorem.visits}"
        )
    if inequality.slack.has(*_OF_ESTIMATE) and inequality.estimate != theorem.method.estimate:
        raise RateboundError(
            f"the proof uses {name!r}, about an estimate {inequality.estimate}; that of "
            f"{theorem.method.name} is {theorem.method.estimate}"
        )


def require_along(inequality: Inequality, multiplier: Expr, theorem: Theorem, at_end: bool) -> None:
    """Check that what is assumed along a run only is used where a step is made, and with a known factor.

    Raises
    ------
    RateboundError
        If it is read at the last point, or its factor varies with the point: it holds for expectations.
    """
    if not inequality.slack.has(*ALONG_RUN):
        return
    if at_end and to_end not in theorem.assumptions:
        raise RateboundError(f"{inequality.name!r} is not assumed at the last point; assume to_end")
    if theorem.stochastic and multiplier.has(*STATE):
        raise RateboundError(
            f"{inequality.name!r} holds in expectation, and its multiplier {multiplier} varies with x_k"
        )
