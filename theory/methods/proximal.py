"""Methods that take a proximal step of ``h = l1 ||x||_1``: a gradient step, then soft thresholds."""

from __future__ import annotations

from sympy import Expr, Max, Min, Symbol

from ratebound.theory.draws import Draws
from ratebound.theory.letters.penalty import l1
from ratebound.theory.method import Method, g, x
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
_v, _w, _there = (Symbol(name, real=True) for name in ("v", "w", "h"))
prox_svrg = Method(
    "prox_svrg",
    "Proximal SVRG, one epoch",
    {"x": shrunk(x - alpha * (g - _there + _v)), "w": _w, "v": _v},
    "batch",
    from_start=("w",),
    draws=Draws(also={"h": _w}, from_gradient=("v",)),
)
PROXIMAL = (prox_gd, prox_sgd, fista, prox_svrg)
