"""What one step does to one coordinate, as expressions: the same rules for every backend."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np
from sympy import Expr, Float, Symbol

from ratebound.experiments.plan import Plan
from ratebound.problems.constants import OF_PROBLEM, certify
from ratebound.problems.finite_sum import Problem
from ratebound.theory.errors import RateboundError
from ratebound.theory.method import REDUCED, g, p, x
from ratebound.theory.symbols import alpha, k

if TYPE_CHECKING:
    from ratebound.theory.method import Method

weight = Symbol("weight", positive=True)
"""Weight of x_k in the average."""
SUM = "weighted_sum"
"""The state that carries sum of weight_j x_j over j < k."""
tried = Symbol("tried", nonnegative=True)
"""How often a line search asks for f or its gradient in a step."""
TRIED = "tried_before"
"""The state that carries the sum of `tried` over the steps before, alike in every coordinate."""


def rules(method: Method, values: Mapping[str, Expr] = MappingProxyType({})) -> dict[str, Expr]:
    """Return the update of each state variable in symbols that every backend knows.

    Parameters
    ----------
    method
        Its symbols are meant by their names, whatever assumptions they carry.
    values
        What stands for the constants that it reads, by name.

    Returns
    -------
    dict
        State variable -> next value, an expression in the state, ``g``, ``alpha`` and ``k``; ``x`` first.

    Raises
    ------
    RateboundError
        If an update reads anything else.
    """
    return dict(_rules(method, tuple(values.items())))


@lru_cache(maxsize=256)
def _rules(method: Method, values: tuple[tuple[str, Expr], ...]) -> dict[str, Expr]:
    names = sorted(method.update, key=lambda name: (name != "x", name))
    return {name: known(method, method.update[name], dict(values)) for name in names}


def rules_of(plan: Plan) -> dict[str, Expr]:
    """Return the update rules of a run; the weighted sum of the iterates is one more state where it is read.

    So is what a line search has taken.

    Raises
    ------
    RateboundError
        As :func:`rules`, or if a constant that the method reads cannot be certified.
    """
    extra = {SUM: Symbol(SUM, real=True) + weight * x} if "gap_average" in plan.measures else {}
    extra |= {TRIED: Symbol(TRIED, real=True) + tried} if plan.method.search is not None else {}
    return rules(plan.method, constants_at(plan)) | extra


def point_of(plan: Plan) -> Expr | None:
    """Return where the gradient is taken, as an expression in the state; None where that is the iterate.

    Raises
    ------
    RateboundError
        As :func:`rules_of`.
    """
    point = known(plan.method, plan.method.point, constants_at(plan))
    return None if point == x else point


def started(method: Method, name: str) -> bool:
    """Whether a state variable starts at x_0; the others start at zero."""
    return name == "x" or name in method.from_start


def at_start(problem: Problem, method: Method, name: str) -> np.ndarray:
    """Return where a state variable starts: at x_0, at the gradient there, or at zero; shape (d,)."""
    if method.draws is not None and name in method.draws.from_gradient:
        return problem.gradient(problem.x0)
    return problem.x0 if started(method, name) else np.zeros(problem.d)


def constants_of(method: Method) -> dict[str, Expr]:
    """Return the constants of a problem that the method reads, such as mu, by name."""
    drawn = () if method.draws is None else method.draws.expressions
    read = set().union(*(expr.free_symbols for expr in (*method.update.values(), method.point, *drawn)))
    return {symbol.name: symbol for symbol in read if symbol.name in OF_PROBLEM}


def constants_at(plan: Plan) -> dict[str, Expr]:
    """Return the certified values of the constants that a plan's method reads, by name."""
    return constants_on(plan.problem, plan.method)


def constants_on(problem: Problem, method: Method) -> dict[str, Expr]:
    """Return the certified values of the constants of a problem that a method reads, by name."""
    # Repeated in full: the default precision of 15 digits would change the number.
    return {name: Float(certify(problem, name).value, 17) for name in constants_of(method)}


def with_constants(problem: Problem, method: Method) -> Method:
    """Return the method with numbers for the constants of a problem that it reads."""
    values = constants_on(problem, method)
    return method.at({symbol: values[name] for name, symbol in constants_of(method).items()})


def known(method: Method, expr: Expr, values: Mapping[str, Expr]) -> Expr:
    """Return an expression in the state of a method in symbols that every backend knows."""
    drawn = () if method.draws is None else method.draws.names
    meant: dict[str, Expr] = {name: Symbol(name, real=True) for name in (*sorted(method.update), *drawn)}
    meant |= {"x": x, "g": g, "alpha": alpha, "k": k}
    meant |= {symbol.name: symbol for symbol in REDUCED if method.sampling == "full"}
    meant |= {"p": p} if method.metric is not None else {}
    meant |= {name: value for name, value in values.items() if name not in meant}
    unknown = sorted(s.name for s in expr.free_symbols if s.name not in meant)
    if unknown:
        raise RateboundError(
            f"the update of {method.name} reads {', '.join(unknown)}; it may read {', '.join(meant)}"
        )
    return expr.xreplace({s: meant[s.name] for s in expr.free_symbols})
