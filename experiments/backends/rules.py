"""What one step does to one coordinate, as expressions: the same rules for every backend."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sympy import Expr, Symbol

from ratebound.experiments.plan import Plan
from ratebound.theory.errors import RateboundError
from ratebound.theory.methods import g, x
from ratebound.theory.symbols import alpha, k

if TYPE_CHECKING:
    from ratebound.theory.methods import Method

weight = Symbol("weight", positive=True)
"""Weight of x_k in the average."""
SUM = "weighted_sum"
"""The state that carries sum of weight_j x_j over j < k."""


def rules(method: Method) -> dict[str, Expr]:
    """Return the update of each state variable in symbols that every backend knows.

    Parameters
    ----------
    method
        Its symbols are meant by their names, whatever assumptions they carry.

    Returns
    -------
    dict
        State variable -> next value, an expression in the state, ``g``, ``alpha`` and ``k``; ``x`` first.

    Raises
    ------
    RateboundError
        If an update reads anything else.
    """
    known = {name: Symbol(name, real=True) for name in sorted(method.update)}
    known |= {"x": x, "g": g, "alpha": alpha, "k": k}
    out = {}
    for name in sorted(method.update, key=lambda name: (name != "x", name)):
        expr = method.update[name]
        unknown = sorted(s.name for s in expr.free_symbols if s.name not in known)
        if unknown:
            raise RateboundError(
                f"the update of {method.name} reads {', '.join(unknown)}; it may read {', '.join(known)}"
            )
        out[name] = expr.xreplace({s: known[s.name] for s in expr.free_symbols})
    return out


def rules_of(plan: Plan) -> dict[str, Expr]:
    """Return the update rules of a run; the weighted sum of the iterates is one more state where it is read.

    Raises
    ------
    RateboundError
        As :func:`rules`.
    """
    extra = {SUM: Symbol(SUM, real=True) + weight * x} if "gap_average" in plan.measures else {}
    return rules(plan.method) | extra
