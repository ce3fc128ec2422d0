"""Assumptions on the noise of estimates: it grows with the gradient, with f - f*, or with the distance."""

from __future__ import annotations

from sympy.core.relational import Relational

from ratebound.theory.inequality import Assumption, Inequality, needs
from ratebound.theory.letters.directions import sample_variance
from ratebound.theory.letters.stored import noise_next
from ratebound.theory.methods import sgd_importance, sgd_partial
from ratebound.theory.symbols import (
    L,
    L_batch,
    L_max,
    L_mean,
    R_sq,
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
    mu_pl,
    rho,
    rho_weak,
    sigma_p_sq,
    sigma_star_sq,
)

common_minimiser = Inequality(
    "co-coercive components with a common minimiser", ell * descent - moment, needs("interpolation")
)
weak_growth_moment = Inequality(
    "weak growth", 2 * rho_weak * L * delta - moment, needs("smooth", "weak_growth")
)
growth = Inequality("strong growth", rho * grad_sq - moment, needs("strong_growth"))
affine_moment = Inequality(
    "second moment affine in the squared gradient",
    affine_noise + affine_growth * grad_sq - moment,
    needs("affine_noise"),
)
batch_components = Inequality(
    "||grad f_i||^2 <= 2 L_max (f_i - inf f_i), averaged over a batch",
    2 * L_batch * (delta + component_gap) + (1 - L_batch / L_max) * grad_sq - moment,
    needs("batch_components"),
)
lipschitz_moment = Inequality(
    "Lipschitz components and variance at the minimiser",
    2 * L_max**2 * d2 + 2 * sigma_star_sq - moment,
    needs("lipschitz_components"),
)
heavy_rows = Inequality(
    "rows that R^2 H bounds, and variance at the minimiser",
    2 * R_sq * descent + 2 * sigma_star_sq - moment,
    needs("least_squares"),
)

interpolation = Assumption(
    "interpolation",
    "one point minimises every f_i, each convex and L_i-smooth; ell is the expected smoothness constant",
    ("components_convex", "smooth_components", "interpolates", "ell"),
    (common_minimiser,),
)
strong_growth = Assumption("strong_growth", "E||g||^2 <= rho ||grad f||^2 everywhere", ("rho",), (growth,))
weak_growth = Assumption(
    "weak_growth", "E||g||^2 <= 2 rho_weak L (f - f*) everywhere", ("rho_weak",), (weak_growth_moment,)
)
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
_BY_L, _PARTLY = sgd_importance.estimate, sgd_partial.estimate
weighted_cocoercive = Inequality(
    "co-coercive components, drawn in proportion to L_i",
    2 * L_mean * descent + 2 * sigma_p_sq - moment,
    needs("weighted"),
    estimate=_BY_L,
)
weighted_below = Inequality(
    "||grad f_i||^2 <= 2 L_i (f_i - inf f_i), drawn in proportion to L_i",
    2 * L_mean * (delta + component_gap) - moment,
    needs("weighted_below"),
    estimate=_BY_L,
)
weighted_common = Inequality(
    "co-coercive components with a common minimiser, drawn in proportion to L_i",
    L_mean * descent - moment,
    needs("weighted_interpolation"),
    estimate=_BY_L,
)
weighted_gap = Inequality(
    "||grad f_i||^2 <= 2 L_i (f_i - f_i(x*)), drawn in proportion to L_i",
    2 * L_mean * delta - moment,
    needs("weighted_interpolation"),
    estimate=_BY_L,
)
partly_cocoercive = Inequality(
    "co-coercive components, drawn in proportion to L_i + mean L",
    4 * L_mean * descent + 4 * sigma_star_sq - moment,
    needs("weighted_partly"),
    estimate=_PARTLY,
)
weighted = Assumption(
    "weighted",
    "every f_i is convex and L_i-smooth; samples are drawn in proportion to L_i, of mean L_mean",
    ("components_convex", "smooth_components", "L_mean", "sigma_p_sq"),
    (weighted_cocoercive,),
)
bounded_weighted = Assumption(
    "weighted_below",
    "every f_i is L_i-smooth and bounded below; samples are drawn in proportion to L_i, of mean L_mean",
    ("smooth_components", "L_mean", "component_gap"),
    (weighted_below,),
)
interpolation_weighted = Assumption(
    "weighted_interpolation",
    "one point minimises every f_i, convex and L_i-smooth; samples are drawn in proportion to L_i",
    ("components_convex", "smooth_components", "interpolates", "L_mean"),
    (weighted_common, weighted_gap),
)
partly_weighted = Assumption(
    "weighted_partly",
    "every f_i is convex and L_i-smooth; samples are drawn in proportion to L_i + L_mean, L_mean their mean",
    ("components_convex", "smooth_components", "L_mean", "sigma_star_sq"),
    (partly_cocoercive,),
)
row_space = Assumption(
    "row_space",
    "least squares: gradients of components, and the way from x_0 to x*, lie in the range of the Hessian",
    ("quadratic",),
)
least_squares = Assumption(
    "least_squares",
    "least squares without a ridge",
    ("R_sq", "residual_sq", "rank", "sigma_star_sq"),
    (heavy_rows,),
)
to_end = Assumption(
    "to_end", "bounds along the run hold at its last point too, where no step is made", ("second_moment",)
)

bounded_sample_variance = Assumption(
    "bounded_sample_variance",
    "E (1/n) sum_i ||grad f_i(x_k) - grad f(x_k)||^2 <= sample_variance at every iterate of the run",
    ("sample_variance",),
)
noise_ahead = Inequality(
    "bounded sample variance at x_{k+1}", sample_variance - noise_next, needs("bounded_sample_variance")
)
bounded_noise_l1 = Assumption(
    "bounded_noise_l1",
    "sum_j sqrt(E (1/n) sum_i (grad f_i(x_k) - grad f(x_k))_j^2) <= sample_noise_l1 along the run",
    ("sample_noise_l1",),
)

ASSUMPTIONS = (
    interpolation,
    strong_growth,
    weak_growth,
    affine,
    batched,
    lipschitz,
    row_space,
    least_squares,
    to_end,
    weighted,
    bounded_weighted,
    interpolation_weighted,
    partly_weighted,
    bounded_sample_variance,
    bounded_noise_l1,
)
"""All of them."""

FACTS: tuple[tuple[frozenset[str], Relational], ...] = (
    (needs("strongly_convex", "interpolation"), mu <= ell),
    (needs("pl", "interpolation"), mu_pl <= ell),
    (needs("pl", "expected_smoothness"), mu_pl <= ell),
    (needs("strong_growth"), rho >= 1),
    # Of a least L it follows from ||grad f||^2 <= E||g||^2; of others a larger rho is no stronger claim.
    (needs("weak_growth"), rho_weak >= 1),
    (needs("affine_noise"), affine_growth >= 1),
    (needs("strongly_convex", "lipschitz_components"), mu <= L_max),
    (needs("smooth", "batch_components"), L_max >= L),
    (needs("batch_components"), L_batch <= L_max),
    # E (a a^T)^2 is at least H^2.
    (needs("strongly_convex", "least_squares"), mu <= R_sq),
    (needs("smooth", "weighted_below"), L_mean >= L),
    (needs("strongly_convex", "weighted"), mu <= L_mean),
    (needs("strongly_convex", "weighted_below"), mu <= L_mean),
    (needs("strongly_convex", "weighted_interpolation"), mu <= L_mean),
    (needs("strongly_convex", "weighted_partly"), mu <= L_mean),
    *(
        (needs("pl", name), mu_pl <= L_mean)
        for name in ("weighted", "weighted_below", "weighted_interpolation")
    ),
)
"""Relations between constants that follow from assumptions."""
