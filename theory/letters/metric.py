"""The letters of methods with a metric: of the Hessian, and of the step ``p`` with ``B p = grad f(x_k)``."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from sympy import Symbol

damping = Symbol("damping", positive=True)
L_hess = Symbol("L_hess", positive=True)
mu_star = Symbol("mu_star", positive=True)
level_radius = Symbol("level_radius", positive=True)
METRIC_CONSTANTS = (L_hess, mu_star, level_radius)
"""Those that a problem must certify."""

# State quantities.
step_inner = Symbol("step_inner", nonnegative=True)
step_sq = Symbol("step_sq", nonnegative=True)
step_curvature = Symbol("step_curvature", nonnegative=True)
model_error_sq = Symbol("model_error_sq", nonnegative=True)

METRIC_STATE = (step_inner, step_sq, step_curvature, model_error_sq)
"""The quantities of one step in a metric in which claims are linear."""

METRIC_MEANING: Mapping[Symbol, str] = MappingProxyType(
    {
        damping: "factor of the Newton step",
        L_hess: "Lipschitz constant of the Hessian of f",
        mu_star: "smallest eigenvalue of the Hessian of f at x*",
        level_radius: "bound on ||x - x*|| where f(x) <= f(x_0)",
        step_inner: "<grad f(x_k), p_k>, where B p_k = grad f(x_k) with the metric B of the method",
        step_sq: "||p_k||^2",
        step_curvature: "<p_k, H p_k>, H the Hessian at x_k",
        model_error_sq: "||H (x_k - x*) - grad f(x_k)||^2, H the Hessian at x_k",
    }
)
METRIC_LATEX: Mapping[Symbol, str] = MappingProxyType(
    {
        damping: r"\gamma",
        L_hess: "L_H",
        mu_star: r"\mu_*",
        level_radius: "R_0",
        step_inner: r"\langle\nabla f(x_k),p_k\rangle",
        step_sq: r"\lVert p_k\rVert^2",
        step_curvature: r"\langle p_k,Hp_k\rangle",
        model_error_sq: r"\lVert H(x_k-x_*)-\nabla f(x_k)\rVert^2",
    }
)
