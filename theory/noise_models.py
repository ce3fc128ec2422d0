"""Assumptions on the noise of estimates: it grows with the gradient, with f - f*, or with the distance."""

from __future__ import annotations

from sympy.core.relational import Relational

from ratebound.theory.inequality import Assumption, Inequality, needs
from ratebound.theory.symbols import (
    L,
    L_batch,
    L_max,
    affine_growth,
    affine_noise,
    component_gap,
    d2,
    delta,
    descent,
    ell,
    grad_sq,
    moment,
    mu,
    rho,
    sigma_star_sq,
)

common_minimiser = Inequality(
    "co-coercive components with a common minimiser", ell * descent - moment, needs("interpolation")
)
growth = Inequality("strong growth", rho * grad_sq - moment, needs("strong_growth"))
affine_moment = Inequality(
    "second moment affine in the squared gradient",
    affine_noise + affine_growth * grad_sq - moment,
    needs("affine_noise"),
)
batch_components = Inequality(
    "||grad f_i||^2 <= 2 L_max (f_i - inf f_i), averaged over a batch",
    2 * L_batch * (delta + component_gap) + grad_sq - moment,
    needs("batch_components"),
)
lipschitz_moment = Inequality(
    "Lipschitz components and variance at the minimiser",
    2 * L_max**2 * d2 + 2 * sigma_star_sq - moment,
    needs("lipschitz_components"),
)

interpolation = Assumption(
    "interpolation",
    "one point minimises every f_i, each convex and L_i-smooth; ell is the expected smoothness constant",
    ("components_convex", "smooth_components", "interpolates", "ell"),
    (common_minimiser,),
)
strong_growth = Assumption("strong_growth", "E||g||^2 <= rho ||grad f||^2 everywhere", ("rho",), (growth,))
affine = Assumption(
    "affine_noise",
    "E||g||^2 <= affine_noise + affine_growth ||grad f||^2 everywhere",
    ("affine_noise", "affine_growth"),
    (affine_moment,),
)
batched = Assumption(
    "batch_components",
    "every f_i is L_max-smooth and bounded below; L_batch is L_max times the batch factor of the variance",
    ("smooth_components", "L_max", "L_batch", "component_gap"),
    (batch_components,),
)
lipschitz = Assumption(
    "lipschitz_components",
    "every f_i is L_max-smooth, convex or not",
    ("smooth_components", "L_max", "sigma_star_sq"),
    (lipschitz_moment,),
)
least_squares = Assumption(
    "least_squares",
    "least squares without a ridge",
    ("R_sq", "residual_sq", "rank"),
)

ASSUMPTIONS = (interpolation, strong_growth, affine, batched, lipschitz, least_squares)
"""All of them."""

FACTS: tuple[tuple[frozenset[str], Relational], ...] = (
    (needs("strongly_convex", "interpolation"), mu <= ell),
    (needs("strong_growth"), rho >= 1),
    (needs("affine_noise"), affine_growth >= 1),
    (needs("strongly_convex", "lipschitz_components"), mu <= L_max),
    (needs("smooth", "batch_components"), L_max >= L),
    (needs("batch_components"), L_batch <= L_max),
)
"""Relations between constants that follow from assumptions."""
