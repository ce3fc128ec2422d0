"""False statements about noise: forgotten, that of another sampling, or divided by the wrong number."""

from __future__ import annotations

from dataclasses import replace

from ratebound.theory.assumptions import smooth_components
from ratebound.theory.families.minibatch import batch_variance_without
from ratebound.theory.families.sgd_growth import sgd_interpolation_sc
from ratebound.theory.families.sgd_variance import sgd_pl_variance
from ratebound.theory.families.sgd_weighted import sgd_importance_sc
from ratebound.theory.refutation import Counterexample, Refuted
from ratebound.theory.symbols import (
    D,
    L_max,
    b,
    k,
    mu,
    n,
    sigma_p_sq,
    sigma_star_sq,
    variance,
    variance_bound,
)

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

REFUTED_NOISE = (noise_of_rare_samples, no_floor, linear_scaling, population_variance)
