"""What a projection onto a box that holds x* does, in the quantities of one step.

With ``x_{k+1}`` the point of the box nearest to ``x_k - alpha g`` every z of the box obeys
``<x_{k+1} - x_k + alpha g, z - x_{k+1}> >= 0``; and the projection brings no two points further apart.
"""

from __future__ import annotations

from ratebound.theory.inequality import Assumption, Inequality, needs
from ratebound.theory.methods.boxed import projected_gd, projected_sgd
from ratebound.theory.symbols import (
    alpha,
    d2,
    d2_next,
    descent,
    grad_sq,
    moment,
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
bounded_coordinates = Assumption(
    "bounded_coordinates",
    "|(g_k)_j| <= grad_inf for every coordinate along the run, whatever is drawn",
    ("grad_inf",),
)
boxed = Assumption("boxed", "the box |x_j| <= x_inf + margin holds x_0 and x*", ("x_inf",))
