"""Methods that step in a metric: Newton's method, quasi-Newton methods, and steps along one axis."""

from __future__ import annotations

from ratebound.theory.letters.metric import L_hess, step_curvature, step_inner
from ratebound.theory.method import Method, Metric, p, x
from ratebound.theory.symbols import alpha

newton = Method(
    "newton",
    "Newton's method, alpha times the full step",
    {"x": x - alpha * p},
    "full",
    metric=Metric("hessian"),
)
cubic_newton = Method(
    "cubic_newton",
    "Newton's method with a cubic term, alpha times the step",
    {"x": x - alpha * p},
    "full",
    metric=Metric("hessian", cubic=L_hess / 2),
)
bfgs = Method(
    "bfgs",
    "BFGS from L I, alpha times the full step",
    {"x": x - alpha * p},
    "full",
    metric=Metric("bfgs"),
)
dfp = Method(
    "dfp", "DFP from L I, alpha times the full step", {"x": x - alpha * p}, "full", metric=Metric("dfp")
)
bfgs_exact = Method(
    "bfgs_exact",
    "BFGS from L I on least squares, alpha times the exact line search",
    {"x": x - alpha * step_inner / step_curvature * p},
    "full",
    metric=Metric("bfgs"),
)
MEMORY = 5
"""How many moves L-BFGS remembers here."""
lbfgs = Method(
    "lbfgs",
    f"L-BFGS from L I with the last {MEMORY} moves, alpha times the full step",
    {"x": x - alpha * p},
    "full",
    metric=Metric("lbfgs", memory=MEMORY),
)
lbfgs_exact = Method(
    "lbfgs_exact",
    f"L-BFGS from L I with the last {MEMORY} moves on least squares, alpha times the exact line search",
    {"x": x - alpha * step_inner / step_curvature * p},
    "full",
    metric=Metric("lbfgs", memory=MEMORY),
)
greedy = Method(
    "greedy",
    "Greedy coordinate descent (Gauss-Southwell-Lipschitz), alpha times the step 1/L_j",
    {"x": x - alpha * p},
    "full",
    metric=Metric("axis"),
)
gauss_southwell = Method(
    "gauss_southwell",
    "Coordinate descent along the steepest axis (Gauss-Southwell), alpha times the step 1/L_j",
    {"x": x - alpha * p},
    "full",
    metric=Metric("steepest_axis"),
)
