"""What a step onto or within a box that holds x* does, in the quantities of one step.

With ``x_{k+1}`` the point of the box nearest to ``x_k - alpha g`` every z of the box obeys
``<x_{k+1} - x_k + alpha g, z - x_{k+1}> >= 0``; and the projection brings no two points further apart.
A step of Frank and Wolfe goes the part alpha of the way to the corner s with ``<g, s> <= <g, x*>``; in every
coordinate that way is no longer than the box, which holds x_k while ``alpha <= 1``.
"""

from __future__ import annotations

from ratebound.theory.inequality import Assumption, Inequality, needs
from ratebound.theory.methods.boxed import HALF, frank_wolfe, projected_gd, projected_sgd
from ratebound.theory.symbols import (
    alpha,
    d2,
    d2_next,
    descent,
    grad_sq,
    moment,
    move_inf_sq,
    move_inner,
    move_sq,
)

_BOXED = needs("boxed")
obtuse_at_star = Inequality(
    "the projection seen from x*",
    (d2 - d2_next - move_sq) / 2 - alpha * (descent + move_inner),
    _BOXED,
    projected_gd,
)
obtuse_at_iterate = Inequality(
    "the projection seen from x_k", -alpha * move_inner - move_sq, _BOXED, projected_gd
)
nonexpansive = Inequality(
    "the projection brings x_{k+1} no further from x*",
    d2 - 2 * alpha * descent + alpha**2 * grad_sq - d2_next,
    _BOXED,
    projected_gd,
)
nonexpansive_mean = Inequality(
    "the projection brings x_{k+1} no further from x*, in the mean",
    d2 - 2 * alpha * descent + alpha**2 * moment - d2_next,
    _BOXED,
    projected_sgd,
)
lowest_corner = Inequality(
    "the corner is no higher than x*, by the linear model",
    -move_inner - alpha * descent,
    _BOXED,
    frank_wolfe,
)
across = Inequality(
    "no step is longer than alpha of the box",
    (2 * alpha * HALF) ** 2 - move_inf_sq,
    _BOXED,
    frank_wolfe,
    positive=1 - alpha,
)
bounded_coordinates = Assumption(
    "bounded_coordinates",
    "|(g_k)_j| <= grad_inf for every coordinate along the run, whatever is drawn",
    ("grad_inf",),
)
boxed = Assumption("boxed", "the box |x_j| <= x_inf + margin holds x_0 and x*", ("x_inf",))
