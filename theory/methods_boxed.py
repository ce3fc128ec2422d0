"""Methods that project onto the box of all x with ``|x_j| <= x_inf + margin``, which holds x_0 and x*."""

from __future__ import annotations

from sympy import Expr, Max, Min

from ratebound.theory.box_symbols import margin, x_inf
from ratebound.theory.method import Method, g, x
from ratebound.theory.symbols import alpha

HALF = x_inf + margin
"""Half the side of the box."""


def on_box(rule: Expr) -> Expr:
    """Return the point of the box nearest to a point, coordinate by coordinate."""
    return Max(-HALF, Min(HALF, rule))


def aimed(method: Method) -> Expr | None:
    """Return the point that a step projects onto the box; None where it does not project."""
    rule = method.update["x"]
    inner = [each for least in rule.atoms(Min) for each in least.args if each != HALF]
    return next((each for each in inner if rule == on_box(each)), None)


projected_gd = Method(
    "projected_gd", "Projected gradient descent, onto a box", {"x": on_box(x - alpha * g)}, "full"
)
projected_sgd = Method("projected_sgd", "Projected SGD, onto a box", {"x": on_box(x - alpha * g)}, "batch")
