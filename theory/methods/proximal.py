"""Methods that take a proximal step of ``h = l1 ||x||_1``: a gradient step, then soft thresholds."""

from __future__ import annotations

from sympy import Expr, Max, Min, Symbol

from ratebound.theory.letters.penalty import l1
from ratebound.theory.method import Method, g, x
from ratebound.theory.methods.drawn import lsvrg, saga, svrg
from ratebound.theory.symbols import alpha, k

_THRESHOLD = alpha * l1


def shrunk(rule: Expr) -> Expr:
    """Return ``argmin_v alpha l1 |v| + (v - rule)^2/2``: what lies within the threshold becomes zero."""
    # As they stand: SymPy would compare the arguments, at length, and leave them so.
    return rule - Max(-_THRESHOLD, Min(_THRESHOLD, rule, evaluate=False), evaluate=False)


def shrinks(method: Method) -> Expr | None:
    """Return the point of which x_{k+1} is the proximal step, such as ``y - alpha g``; None for others."""
    rule = method.update["x"]
    inner = [arg for least in rule.atoms(Min) if _THRESHOLD in least.args for arg in least.args]
    return next((arg for arg in inner if arg != _THRESHOLD and rule == shrunk(arg)), None)


prox_gd = Method("prox_gd", "Proximal gradient descent (ISTA)", {"x": shrunk(x - alpha * g)}, "full")
prox_sgd = Method("prox_sgd", "Proximal SGD", {"x": shrunk(x - alpha * g)}, "batch")

_m = Symbol("m", real=True)
_ahead = x + (k - 1) / (k + 2) * (x - _m)
fista = Method(
    "fista",
    "Accelerated proximal gradient (FISTA)",
    {"x": shrunk(_ahead - alpha * g), "m": x},
    "full",
    point=_ahead,
    from_start=("m",),
)
prox_svrg = Method(
    "prox_svrg",
    "Proximal SVRG, one epoch",
    {**svrg.update, "x": shrunk(svrg.update["x"])},
    "batch",
    from_start=svrg.from_start,
    draws=svrg.draws,
)
prox_lsvrg = Method(
    "prox_lsvrg",
    "Proximal loopless SVRG, a new snapshot with probability prob",
    {**lsvrg.update, "x": shrunk(lsvrg.update["x"])},
    "batch",
    from_start=lsvrg.from_start,
    draws=lsvrg.draws,
)
prox_saga = Method(
    "prox_saga",
    "Proximal SAGA",
    {**saga.update, "x": shrunk(saga.update["x"])},
    "batch",
    draws=saga.draws,
)
PROXIMAL = (prox_gd, prox_sgd, fista, prox_svrg, prox_lsvrg, prox_saga)
