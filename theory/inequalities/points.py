"""Inequalities between x_k, the point y_k where the gradient is taken, x_{k+1} and x*, or a second point p_k.

They serve methods with memory. Vectors are letters, and a product of two of them is their inner product:
``X`` is x_k - x*, ``M`` is x_{k-1} - x*, ``Y`` is y_k - x*, ``XN`` is x_{k+1} - x*, ``GY`` is grad f(y_k);
``P`` is p_k - x*, ``PN`` is p_{k+1} - x*, ``GP`` is grad f(p_k), ``G`` is grad f(x_k), ``W`` is w_k - x* of a
snapshot w_k. A certificate replaces
Y, XN, P and PN by what the method makes of its state.

Where x_{k+1} is y_k - grad f(y_k)/L, what smoothness promises of its gap, ``f(y_k) - f* - ||grad
f(y_k)||^2/(2 L)``, takes the place of the gap (``gap_model``).
"""

from __future__ import annotations

from sympy import Symbol

from ratebound.theory.assumptions import Inequality
from ratebound.theory.letters.stored import stored_gap
from ratebound.theory.methods.katyusha import katyusha
from ratebound.theory.onestep import G, X
from ratebound.theory.symbols import (
    L,
    L_max,
    delta,
    delta_next,
    gap_aside,
    gap_aside_next,
    gap_at_point,
    gap_before,
    gap_model,
    gap_model_next,
    moment,
    mu,
    mu_pl,
    rho,
)

Y, XN, GY, M, P, PN, GP, W = (
    Symbol(name, real=True) for name in ("Y", "XN", "GY", "M", "P", "PN", "GP", "W")
)

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
convex_above_point = Inequality(
    "first-order convexity at x_k, towards y_k",
    gap_at_point - delta - G * (Y - X),
    frozenset({"convex"}),
)
convex_below_minimum = Inequality(
    "first-order convexity at y_k, towards x*", GY * Y - gap_at_point, frozenset({"convex"})
)
cocoercive_below_minimum = Inequality(
    "convexity and smoothness at y_k, towards x*",
    GY * Y - gap_at_point - GY**2 / (2 * L),
    frozenset({"convex", "smooth"}),
)
convex_below_previous = Inequality(
    "first-order convexity at y_k, towards x_{k-1}",
    gap_before - gap_at_point - GY * (M - Y),
    frozenset({"convex"}),
)
cocoercive_below_model = Inequality(
    "convexity and smoothness between y_k and y_{k-1}, with x_k = y_{k-1} - grad f(y_{k-1})/L",
    gap_model - gap_at_point - GY * (X - Y) - GY**2 / (2 * L),
    frozenset({"convex", "smooth"}),
)
model_after = Inequality(
    "the model gap of x_{k+1} (by definition)",
    gap_at_point - GY**2 / (2 * L) - gap_model_next,
    frozenset({"smooth"}),
)
pl_at_point = Inequality(
    "Polyak-Lojasiewicz inequality at y_k", GY**2 / 2 - mu_pl * gap_at_point, frozenset({"pl"})
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
growth_at_point = Inequality("strong growth at y_k", rho * GY**2 - moment, frozenset({"strong_growth"}))
reduced_at_point = Inequality(
    "second moment of the estimate at y_k, reduced by a snapshot",
    GY**2 + 2 * L_max * (stored_gap - gap_at_point - GY * (W - Y)) - moment,
    frozenset({"smooth_components"}),
    estimate=katyusha.estimate,
)
"""The noise is at most ``(1/n) sum_i ||grad f_i(y_k) - grad f_i(w_k)||^2``, by co-coercivity at most this."""
convex_below_aside = Inequality(
    "first-order convexity at x_k, towards p_k", gap_aside - delta - G * (P - X), frozenset({"convex"})
)
descent_aside = Inequality(
    "descent lemma from p_k to p_{k+1}",
    gap_aside + GP * (PN - P) + L / 2 * (PN - P) ** 2 - gap_aside_next,
    frozenset({"smooth"}),
)
lipschitz_aside = Inequality(
    "||grad f(p_k) - grad f(x_k)|| <= L ||p_k - x_k||",
    L**2 * (P - X) ** 2 - (GP - G) ** 2,
    frozenset({"smooth"}),
)

BETWEEN_POINTS = (
    convex_above_point,
    descent_from_point,
    convex_below_iterate,
    convex_below_minimum,
    strong_below_iterate,
    strong_below_minimum,
    convex_below_aside,
    descent_aside,
    lipschitz_aside,
    cocoercive_below_minimum,
    convex_below_previous,
    cocoercive_below_model,
    model_after,
    pl_at_point,
    growth_at_point,
    reduced_at_point,
)
"""All of them."""
