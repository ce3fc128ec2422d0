"""Methods that stay in the box of all x with ``|x_j| <= x_inf + margin``, which holds x_0 and x*."""

from __future__ import annotations

from typing import Literal

from sympy import Expr, Max, Min, Symbol, sign, sqrt

from ratebound.theory.letters.box import decay, margin, x_inf
from ratebound.theory.method import Method, g, x
from ratebound.theory.symbols import alpha, b0, grad_sq

HALF = x_inf + margin
"""Half the side of the box."""


def on_box(rule: Expr) -> Expr:
    """Return the point of the box nearest to a point, coordinate by coordinate."""
    # As they stand: SymPy would compare the arguments, at length, and leave them so.
    return Max(-HALF, Min(HALF, rule, evaluate=False), evaluate=False)


def aimed(method: Method) -> Expr | None:
    """Return the point that a step projects onto the box; None where it does not project."""
    rule = method.update["x"]
    inner = [each for least in rule.atoms(Min) for each in least.args if each != HALF]
    return next((each for each in inner if rule == on_box(each)), None)


projected_gd = Method(
    "projected_gd", "Projected gradient descent, onto a box", {"x": on_box(x - alpha * g)}, "full"
)
projected_sgd = Method("projected_sgd", "Projected SGD, onto a box", {"x": on_box(x - alpha * g)}, "batch")

corner = -HALF * sign(g)
"""The point of the box where a linear function of slope g is least."""
frank_wolfe = Method(
    "frank_wolfe",
    "Frank-Wolfe (conditional gradient) over a box: a part alpha of the way to its lowest corner",
    {"x": (1 - alpha) * x + alpha * corner},
    "full",
)

_v, _top = Symbol("v", real=True), Symbol("top", real=True)
"""Sums or averages of squared gradients, and the largest average so far."""


def _adagrad(name: str, title: str, square: Expr, sampling: Literal["full", "batch"]) -> Method:
    step = alpha * g / sqrt(b0**2 + _v + square)
    return Method(name, title, {"x": on_box(x - step), "v": _v + square}, sampling)


adagrad_box = _adagrad("adagrad_box", "AdaGrad with full gradients, onto a box", g**2, "full")
adagrad_norm_box = _adagrad(
    "adagrad_norm_box", "AdaGrad-Norm with full gradients, onto a box", grad_sq, "full"
)
adagrad_sgd = _adagrad("adagrad_sgd", "AdaGrad, onto a box", g**2, "batch")

_AVERAGE = decay * _v + (1 - decay) * g**2
_LARGEST = Max(_top, _AVERAGE)
amsgrad = Method(
    "amsgrad",
    "AMSGrad without momentum, onto a box",
    {
        "x": on_box(x - alpha * g / sqrt(b0**2 + _LARGEST)),
        "v": _AVERAGE,
        "top": _LARGEST,
    },
    "batch",
)
adam_box = Method(
    "adam_box",
    "Adam without momentum and without bias correction, onto a box",
    {"x": on_box(x - alpha * g / sqrt(b0**2 + _AVERAGE)), "v": _AVERAGE},
    "batch",
)
BOXED = (projected_gd, projected_sgd, frank_wolfe, adagrad_box, adagrad_norm_box, adagrad_sgd, amsgrad)
