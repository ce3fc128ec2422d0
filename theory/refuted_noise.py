"""False statements about noise: forgotten, that of another sampling, or divided by the wrong number."""

from __future__ import annotations

from dataclasses import replace

from ratebound.theory.assumptions import smooth_components
from ratebound.theory.families.minibatch import batch_variance_without
from ratebound.theory.families.sgd_growth import sgd_interpolation_sc
from ratebound.theory.families.sgd_least_squares import sgd_least_squares_distance
from ratebound.theory.families.sgd_moment import sgd_pl_decaying
from ratebound.theory.families.sgd_star import sgd_star_constant
from ratebound.theory.families.sgd_variance import sgd_pl_variance
from ratebound.theory.families.sgd_weighted import sgd_importance_sc
from ratebound.theory.methods import gd
from ratebound.theory.refutation import Counterexample, Refuted
from ratebound.theory.symbols import (
    D,
    L_max,
    R_sq,
    alpha,
    b,
    grad0_sq,
    k,
    mu,
    n,
    second_moment,
    sigma_b_sq,
    sigma_p_sq,
    sigma_star_sq,
    variance,
    variance_bound,
)

_PACE = alpha * mu * (2 - alpha * R_sq)
"""How fast the start is forgotten on least squares."""

noise_of_rare_samples = Refuted(
    replace(
        sgd_importance_sc,
        id="sgd_importance_sc_star",
        title="SGD, importance sampling, strongly convex, with the noise of uniform sampling",
        source="a common slip: only the smoothness is taken for that of the weights",
        assumptions=(*sgd_importance_sc.assumptions, smooth_components),
        bound=sgd_importance_sc.bound.subs(sigma_p_sq, sigma_star_sq),
        certificate=None,
        note="",
    ),
    Counterexample(((1.0,), (0.1,)), (1.0, -10.0), (0.0,), 20),
    "A sample of tiny L_i is drawn rarely and then counts much: its residual at x* is multiplied.",
)

no_floor = Refuted(
    replace(
        sgd_pl_variance,
        id="sgd_pl_no_floor",
        title="SGD, Polyak-Łojasiewicz, constant step, linear convergence to the minimum",
        source="a common slip: the rate of gradient descent, in expectation",
        bound=sgd_pl_variance.bound.subs(variance_bound, 0),
        certificate=None,
    ),
    Counterexample(((1.0,), (1.0,)), (1.0, -1.0), (1.0,), 20, {"alpha": "1/(2*L)"}),
    "A constant step keeps a constant share of the noise: f - f* stops at a floor of order alpha.",
)

linear_scaling = Refuted(
    replace(
        sgd_interpolation_sc,
        id="sgd_linear_scaling",
        title="Mini-batch SGD, interpolation, strongly convex, step b/L_max, distance",
        source="the linear scaling rule of Goyal et al. 2017, without its limit",
        assumptions=(*sgd_interpolation_sc.assumptions, smooth_components),
        step=b / L_max,
        where=(b <= L_max / mu,),
        bound=(1 - b * mu / L_max) ** k * D**2,
        certificate=None,
        note="",
    ),
    Counterexample(((2.0, 0.0), (2.0, 0.0), (2.0, 0.0), (0.0, 1.0)), (0.0,) * 4, (1.0, 1.0), 5, batch=4),
    "Batches beyond L_max/L + 1 no longer lengthen the admissible step, which is b/(L_max + (b - 1) L).",
)

population_variance = Refuted(
    replace(
        batch_variance_without,
        id="batch_variance_sample",
        title="Variance of a mini-batch gradient without replacement, (n - b)/(b n) times that of one",
        source="a common slip: the factor belongs to the sample variance, with n - 1 for n",
        bound=variance * (n - b) / (b * n),
        certificate=None,
        equality=False,
    ),
    Counterexample(((1.0,), (1.0,)), (1.0, -1.0), (1.0,), 3),
    "The variance of the components around their mean, with 1/n, wants the factor (n - b)/(b (n - 1)).",
)

moment_at_start = Refuted(
    replace(
        sgd_pl_decaying,
        id="gd_pl_decaying_start",
        title="Gradient descent, Polyak-Łojasiewicz, first step 1/(2 mu), slopes read at the start",
        source="a common slip: the second moment of Karimi, Nutini and Schmidt 2016, Theorem 4, taken at x_0",
        method=gd,
        assumptions=sgd_pl_decaying.assumptions[:2],
        bound=sgd_pl_decaying.bound.subs(second_moment, grad0_sq),
        certificate=None,
        note="",
    ),
    Counterexample(((4.0, 0.0), (0.0, 1.0)), (0.0, 0.0), (1.0, 0.0), 3),
    "The first steps, of the order 1/mu, lead far away, where gradients are many times longer than at x_0.",
)

published_split = Refuted(
    replace(
        sgd_star_constant,
        id="sgd_star_long_step",
        title="SGD, strongly convex, expected smoothness, the published bound up to 2/ell",
        source="Gower et al. 2019, Theorem 3.1, without the condition alpha <= 1/(2 ell)",
        bound=(1 - alpha * mu) ** k * D**2 + 2 * alpha * sigma_b_sq / mu,
        certificate=None,
        note="",
    ),
    Counterexample(((1.0, 0.0), (0.0, 0.9)), (0.0, 0.0), (1.0, 0.0), 1, {"alpha": "19/(10*ell)"}),
    "A step near 2/ell flips the sign of an error and hardly shrinks it; the bound falls with the step.",
)

start_meets_noise = Refuted(
    replace(
        sgd_least_squares_distance,
        id="sgd_least_squares_no_cross",
        title="SGD on least squares, strongly convex, start and noise added as if they were apart",
        source="a common slip: what start and noise have in common at x* is dropped",
        bound=(1 - _PACE) ** k * D**2 + alpha**2 * sigma_star_sq / _PACE,
        certificate=None,
        note="",
    ),
    Counterexample(((1.0,), (0.9,)), (-0.9, 1.0), (9.0,), 1, {"alpha": "99/(100*R_sq)"}),
    "Where large rows have large residuals of one sign, the noise points the way of the start: their roots "
    "add up, not their squares.",
)

REFUTED_NOISE = (
    noise_of_rare_samples,
    no_floor,
    linear_scaling,
    population_variance,
    moment_at_start,
    published_split,
    start_meets_noise,
)
