"""Inequalities between x_k, the point y_k where the gradient is taken, x_{k+1} and x*.

They serve methods with memory. Vectors are letters, and a product of two of them is their inner product:
``X`` is x_k - x*, ``Y`` is y_k - x*, ``XN`` is x_{k+1} - x*, ``GY`` is grad f(y_k). A certificate replaces Y
and XN by what the method makes of its state.
"""

from __future__ import annotations

from sympy import Symbol

from ratebound.theory.assumptions import Inequality
from ratebound.theory.onestep import X
from ratebound.theory.symbols import L, delta, delta_next, gap_at_point, mu

Y, XN, GY = (Symbol(name, real=True) for name in ("Y", "XN", "GY"))

descent_from_point = Inequality(
    "descent lemma from y_k to x_{k+1}",
    gap_at_point + GY * (XN - Y) + L / 2 * (XN - Y) ** 2 - delta_next,
    frozenset({"smooth"}),
)
convex_below_iterate = Inequality(
    "first-order convexity at y_k, towards x_k",
    delta - gap_at_point - GY * (X - Y),
    frozenset({"convex"}),
)
convex_below_minimum = Inequality(
    "first-order convexity at y_k, towards x*", GY * Y - gap_at_point, frozenset({"convex"})
)
strong_below_iterate = Inequality(
    "strong convexity at y_k, towards x_k",
    delta - gap_at_point - GY * (X - Y) - mu / 2 * (X - Y) ** 2,
    frozenset({"strongly_convex"}),
)
strong_below_minimum = Inequality(
    "strong convexity at y_k, towards x*",
    GY * Y - gap_at_point - mu / 2 * Y**2,
    frozenset({"strongly_convex"}),
)

BETWEEN_POINTS = (
    descent_from_point,
    convex_below_iterate,
    convex_below_minimum,
    strong_below_iterate,
    strong_below_minimum,
)
"""All of them."""
