"""Each letter of the theory, once, with one meaning.

Three kinds of symbols occur in a theorem:

* *constants*, which a problem must certify (``L``, ``mu``, ``second_moment``, ``D``, ...);
* *parameters*, which the user chooses within an admissible range (``alpha``, ``alpha0``, ``s0``);
* *state quantities*, the reduced scalars of one iteration that proofs speak about (``delta``, ``d2``, ...).

Squares are named as squares; the second moment of a gradient is never called a variance.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from sympy import Symbol

from ratebound.theory.letters import box as in_boxes
from ratebound.theory.letters import coordinates as on_axes
from ratebound.theory.letters import directions as of_directions
from ratebound.theory.letters import inexact
from ratebound.theory.letters import metric as in_metric
from ratebound.theory.letters import passes as in_passes
from ratebound.theory.letters import penalty as of_penalty
from ratebound.theory.letters import relaxed as of_relaxed
from ratebound.theory.letters import search as of_search
from ratebound.theory.letters import stored as of_stored
from ratebound.theory.letters.box import decay, grad_inf, margin, weight_decay, x0_inf, x_inf
from ratebound.theory.letters.coordinates import omega
from ratebound.theory.letters.metric import damping

# Counters.
k = Symbol("k", integer=True, nonnegative=True)
"""Number of updates made; ``x_0`` is the start."""
K = Symbol("K", integer=True, positive=True)
"""A horizon fixed in advance."""

# Parameters.
alpha = Symbol("alpha", positive=True)
alpha0 = Symbol("alpha0", positive=True)
s0 = Symbol("s0", positive=True)
theta = Symbol("theta", positive=True)
gamma = Symbol("gamma", positive=True)
beta = Symbol("beta", positive=True)
b0 = Symbol("b0", positive=True)
clip = Symbol("clip", positive=True)
radius = Symbol("radius", positive=True)
epoch = Symbol("epoch", integer=True, positive=True)
prob = Symbol("prob", positive=True)
tau = Symbol("tau", positive=True)
dropped = Symbol("dropped", positive=True)

# Constants: structure of the objective.
n = Symbol("n", integer=True, positive=True)
b = Symbol("b", integer=True, positive=True)
L = Symbol("L", positive=True)
L_max = Symbol("L_max", positive=True)
L_mean = Symbol("L_mean", positive=True)
L_inf = Symbol("L_inf", positive=True)
mu = Symbol("mu", positive=True)
mu_pl = Symbol("mu_pl", positive=True)
ell = Symbol("ell", positive=True)

# Constants: the start.
D = Symbol("D", positive=True)
gap0 = Symbol("gap0", positive=True)
grad0_sq = Symbol("grad0_sq", positive=True)

# Constants: the noise.
second_moment = Symbol("second_moment", positive=True)
sigma_star_sq = Symbol("sigma_star_sq", positive=True)
sigma_b_sq = Symbol("sigma_b_sq", positive=True)
variance_bound = Symbol("variance_bound", positive=True)
component_gap = Symbol("component_gap", positive=True)
L_batch = Symbol("L_batch", positive=True)
rho = Symbol("rho", positive=True)
rho_weak = Symbol("rho_weak", positive=True)
affine_noise = Symbol("affine_noise", positive=True)
affine_growth = Symbol("affine_growth", positive=True)
R_sq = Symbol("R_sq", positive=True)
residual_sq = Symbol("residual_sq", positive=True)
rank = Symbol("rank", positive=True)
sigma_p_sq = Symbol("sigma_p_sq", positive=True)
mu_min = Symbol("mu_min", positive=True)

# State quantities at x_k (conditional expectations at x_{k+1}).
delta = Symbol("delta", nonnegative=True)
delta_next = Symbol("delta_next", nonnegative=True)
d2 = Symbol("d2", nonnegative=True)
d2_next = Symbol("d2_next", nonnegative=True)
grad_sq = Symbol("grad_sq", nonnegative=True)
moment = Symbol("moment", nonnegative=True)
error_sq = Symbol("error_sq", nonnegative=True)
descent = Symbol("descent", real=True)
error_inner = Symbol("error_inner", real=True)
move_inner = Symbol("move_inner", real=True)
move_sq = Symbol("move_sq", nonnegative=True)
grad_curvature = Symbol("grad_curvature", nonnegative=True)
grad_l1 = Symbol("grad_l1", nonnegative=True)
move_inf_sq = Symbol("move_inf_sq", nonnegative=True)
accepted_step = Symbol("accepted_step", positive=True)
move_curvature = Symbol("move_curvature", nonnegative=True)
gap_at_point = Symbol("gap_at_point", nonnegative=True)
gap_aside = Symbol("gap_aside", nonnegative=True)
gap_aside_next = Symbol("gap_aside_next", nonnegative=True)
gap_before = Symbol("gap_before", nonnegative=True)
gap_model = Symbol("gap_model", nonnegative=True)
gap_model_next = Symbol("gap_model_next", nonnegative=True)
next_descent = Symbol("next_descent", real=True)
cross_descent = Symbol("cross_descent", real=True)
next_move_inner = Symbol("next_move_inner", real=True)
grad_inner = Symbol("grad_inner", real=True)
grad_next_sq = Symbol("grad_next_sq", nonnegative=True)
batch_variance = Symbol("batch_variance", nonnegative=True)
variance = Symbol("variance", nonnegative=True)
spread = Symbol("spread", nonnegative=True)
drift = Symbol("drift", nonnegative=True)
drift_inner = Symbol("drift_inner", real=True)
moment_next = Symbol("moment_next", nonnegative=True)
error_next = Symbol("error_next", nonnegative=True)
weighted_sum = Symbol("weighted_sum", nonnegative=True)
measure = Symbol("measure", nonnegative=True)

MEANING: Mapping[Symbol, str] = MappingProxyType(
    {
        k: "updates made",
        K: "horizon, fixed in advance",
        alpha: "step size",
        alpha0: "first step size of a decaying schedule",
        s0: "shift of a decaying schedule",
        theta: "factor of a step theta/(k+1) or theta/(k+s0)",
        gamma: "a length: of a normalised step, of a look ahead, or the first estimate of D",
        beta: "momentum factor, below 1",
        b0: "root of what a sum or average of squared gradients starts from",
        clip: "gradient norm above which gradients are clipped",
        radius: "how far SAM looks ahead, in parts of the gradient",
        epoch: "steps of an epoch, rounded up",
        prob: "probability with which a step takes a full gradient",
        tau: "how much shorter noise makes the steps of the second sequence of accelerated SGD",
        dropped: "part of the run that an average leaves out at its beginning, below 1",
        n: "number of components f_i",
        b: "batch size",
        L: "smoothness constant of f",
        L_max: "largest smoothness constant of a component f_i",
        L_mean: "mean smoothness constant of the components",
        L_inf: "smoothness constant of f in the maximum norm",
        mu: "strong convexity constant of f",
        mu_pl: "constant of the Polyak-Lojasiewicz inequality ||grad f||^2 >= 2 mu (f - f*)",
        ell: "expected smoothness constant of the sampling",
        D: "||x_0 - x*||, x* the minimiser nearest to x_0",
        gap0: "f(x_0) - f*, or f(x_0) minus a lower bound of f",
        grad0_sq: "||grad f(x_0)||^2",
        second_moment: "bound on E||grad f_i(x_k)||^2 along the run",
        sigma_star_sq: "mean of ||grad f_i(x*)||^2; of ||grad f_i(x*) - grad f(x*)||^2 where f has a penalty",
        sigma_b_sq: "E||g_B(x*)||^2 of the mini-batch gradient g_B",
        variance_bound: "bound on E||g_k - grad f(x_k)||^2 along the run",
        component_gap: "f* minus the mean of the infima of the components",
        L_batch: "L_max times the factor by which a batch shrinks the variance of one draw",
        rho: "constant of the strong growth condition E||g||^2 <= rho ||grad f||^2",
        rho_weak: "constant of the weak growth condition E||g||^2 <= 2 rho L (f - f*)",
        affine_noise: "the constant part of a bound on E||g||^2 that is affine in ||grad f||^2",
        affine_growth: "the factor of ||grad f||^2 in that bound",
        R_sq: "least R^2 with E ||a||^2 a a^T <= R^2 H, H the Hessian of least squares",
        residual_sq: "least s^2 with E grad f_i(x*) grad f_i(x*)^T <= s^2 H",
        rank: "rank of the Hessian H of least squares",
        sigma_p_sq: "mean of ||grad f_i(x*)||^2 (mean L)/L_i, for samples drawn in proportion to L_i",
        mu_min: "smallest strong convexity constant of a component f_i",
        delta: "f(x_k) - f*",
        delta_next: "E_k f(x_{k+1}) - f*",
        d2: "||x_k - x*||^2",
        d2_next: "E_k ||x_{k+1} - x*||^2",
        grad_sq: "||grad f(x_k)||^2",
        moment: "E_k ||g_k||^2, g_k the gradient estimate",
        error_sq: "E_k ||e_k||^2, e_k = g_k - grad f(x_k)",
        descent: "<grad f(x_k), x_k - x*>",
        error_inner: "E_k <grad f(x_k), e_k>",
        move_inner: "E_k <grad f(x_k), x_{k+1} - x_k>",
        move_sq: "E_k ||x_{k+1} - x_k||^2",
        grad_curvature: "<grad f(x_k), H grad f(x_k)>, H the Hessian",
        grad_l1: "sum of the absolute values of the coordinates of grad f(x_k)",
        move_inf_sq: "the largest (x_{k+1} - x_k)^2 of a coordinate",
        accepted_step: "the step that the line search accepts",
        move_curvature: "<x_{k+1} - x_k, H (x_{k+1} - x_k)>, H the Hessian",
        gap_at_point: "f(y_k) - f*, y_k the point where the gradient is taken",
        gap_aside: "f(p_k) - f*, p_k the second point that a potential looks at",
        gap_aside_next: "E_k f(p_{k+1}) - f*",
        gap_before: "f(x_{k-1}) - f*",
        gap_model: "f(y_{k-1}) - f* - ||grad f(y_{k-1})||^2/(2 L), which is at least f(x_k) - f*",
        gap_model_next: "f(y_k) - f* - ||grad f(y_k)||^2/(2 L)",
        next_descent: "<grad f(x_{k+1}), x_{k+1} - x*>",
        cross_descent: "<grad f(x_{k+1}), x_k - x*>",
        next_move_inner: "<grad f(x_{k+1}), x_{k+1} - x_k>",
        grad_inner: "<grad f(x_k), grad f(x_{k+1})>",
        grad_next_sq: "||grad f(x_{k+1})||^2",
        batch_variance: "E||g_B - grad f(x)||^2 of the mini-batch gradient g_B",
        variance: "(1/n) sum_i ||grad f_i(x) - grad f(x)||^2",
        spread: "(1/n) sum_i ||grad f_i(x_k) - grad f_i(x*)||^2",
        drift: "(1/n) sum_i ||grad f_i(x_{k+1}) - grad f_i(x_k)||^2",
        drift_inner: "(1/n) sum_i <grad f_i(x_{k+1}) - grad f_i(x_k), x_{k+1} - x_k>",
        moment_next: "E_k ||g_{k+1}||^2",
        error_next: "E_k ||g_{k+1} - grad f(x_{k+1})||^2",
        weighted_sum: "sum of w_j q_j over j < k, q the quantity that is averaged",
        measure: "the quantity that the theorem bounds",
        **of_stored.STORED_MEANING,
        **in_passes.PASS_MEANING,
        **on_axes.COORDINATE_MEANING,
        **in_boxes.BOX_MEANING,
        **in_metric.METRIC_MEANING,
        **of_penalty.PENALTY_MEANING,
        **inexact.INEXACT_MEANING,
        **of_directions.DIRECTION_MEANING,
        **of_search.SEARCH_MEANING,
        **of_relaxed.RELAXED_MEANING,
    }
)
"""What each symbol stands for, in words."""

LATEX: Mapping[Symbol, str] = MappingProxyType(
    {
        alpha0: r"\alpha_0",
        s0: "s_0",
        b0: "b_0",
        clip: "c",
        radius: r"\varrho",
        epoch: "m",
        prob: "p",
        dropped: r"\zeta",
        L_max: r"L_{\max}",
        L_mean: r"\bar L",
        L_inf: r"L_{\infty}",
        mu_pl: r"\mu_{\mathrm{PL}}",
        ell: r"\ell",
        D: r"\lVert x_0-x_*\rVert",
        gap0: r"(f(x_0)-f_*)",
        grad0_sq: r"\lVert\nabla f(x_0)\rVert^2",
        second_moment: r"\sigma^2",
        sigma_star_sq: r"\sigma_*^2",
        sigma_b_sq: r"\sigma_{*,b}^2",
        variance_bound: r"\nu^2",
        component_gap: r"\Delta_*",
        L_batch: r"L_{\max,b}",
        rho: r"\rho",
        rho_weak: r"\rho_w",
        affine_noise: "M",
        affine_growth: "M_G",
        R_sq: "R^2",
        residual_sq: r"\hat\sigma^2",
        rank: "r",
        sigma_p_sq: r"\sigma_{*,p}^2",
        mu_min: r"\mu_{\min}",
        delta: r"(f(x_k)-f_*)",
        delta_next: r"(\mathbb{E}_k f(x_{k+1})-f_*)",
        d2: r"\lVert x_k-x_*\rVert^2",
        d2_next: r"\mathbb{E}_k\lVert x_{k+1}-x_*\rVert^2",
        grad_sq: r"\lVert\nabla f(x_k)\rVert^2",
        moment: r"\mathbb{E}_k\lVert g_k\rVert^2",
        error_sq: r"\mathbb{E}_k\lVert e_k\rVert^2",
        descent: r"\langle\nabla f(x_k),x_k-x_*\rangle",
        error_inner: r"\mathbb{E}_k\langle\nabla f(x_k),e_k\rangle",
        move_inner: r"\mathbb{E}_k\langle\nabla f(x_k),x_{k+1}-x_k\rangle",
        move_sq: r"\mathbb{E}_k\lVert x_{k+1}-x_k\rVert^2",
        grad_curvature: r"\langle\nabla f(x_k),H\nabla f(x_k)\rangle",
        grad_l1: r"\lVert\nabla f(x_k)\rVert_1",
        move_inf_sq: r"\lVert x_{k+1}-x_k\rVert_\infty^2",
        accepted_step: r"t_k",
        move_curvature: r"\langle x_{k+1}-x_k,H(x_{k+1}-x_k)\rangle",
        gap_at_point: r"(f(y_k)-f_*)",
        gap_aside: r"(f(p_k)-f_*)",
        gap_aside_next: r"(\mathbb{E}_k f(p_{k+1})-f_*)",
        gap_before: r"(f(x_{k-1})-f_*)",
        gap_model: r"(f(y_{k-1})-f_*-\tfrac{1}{2L}\lVert\nabla f(y_{k-1})\rVert^2)",
        gap_model_next: r"(f(y_k)-f_*-\tfrac{1}{2L}\lVert\nabla f(y_k)\rVert^2)",
        next_descent: r"\langle\nabla f(x_{k+1}),x_{k+1}-x_*\rangle",
        cross_descent: r"\langle\nabla f(x_{k+1}),x_k-x_*\rangle",
        next_move_inner: r"\langle\nabla f(x_{k+1}),x_{k+1}-x_k\rangle",
        grad_inner: r"\langle\nabla f(x_k),\nabla f(x_{k+1})\rangle",
        grad_next_sq: r"\lVert\nabla f(x_{k+1})\rVert^2",
        batch_variance: r"\mathbb{E}\lVert g_B-\nabla f(x)\rVert^2",
        variance: r"\frac1n\sum_i\lVert\nabla f_i(x)-\nabla f(x)\rVert^2",
        spread: r"A_k",
        drift: r"\frac1n\sum_i\lVert\nabla f_i(x_{k+1})-\nabla f_i(x_k)\rVert^2",
        drift_inner: r"\frac1n\sum_i\langle\nabla f_i(x_{k+1})-\nabla f_i(x_k),x_{k+1}-x_k\rangle",
        moment_next: r"\mathbb{E}_k\lVert g_{k+1}\rVert^2",
        error_next: r"\mathbb{E}_k\lVert e_{k+1}\rVert^2",
        weighted_sum: r"S_k",
        measure: r"M_k",
        **of_stored.STORED_LATEX,
        **in_passes.PASS_LATEX,
        **on_axes.COORDINATE_LATEX,
        **in_boxes.BOX_LATEX,
        **in_metric.METRIC_LATEX,
        **of_penalty.PENALTY_LATEX,
        **inexact.INEXACT_LATEX,
        **of_directions.DIRECTION_LATEX,
        **of_search.SEARCH_LATEX,
        **of_relaxed.RELAXED_LATEX,
    }
)
"""How each symbol is typeset; the others print by their own name."""

PARAMETERS = (
    alpha, alpha0, s0, theta, gamma, beta, b0, clip, radius, epoch, prob, tau, dropped, omega, margin,
    damping, decay, weight_decay, *inexact.INEXACT_PARAMETERS, *of_search.SEARCH_PARAMETERS,
    *of_stored.STORED_PARAMETERS,
)  # fmt: skip
CONSTANTS = (
    n, b, L, L_max, L_mean, L_inf, mu, mu_pl, ell, D, gap0, grad0_sq, second_moment, sigma_star_sq,
    sigma_b_sq, variance_bound, component_gap, L_batch, rho, rho_weak, affine_noise, affine_growth, R_sq,
    residual_sq, rank, sigma_p_sq, mu_min, *on_axes.COORDINATE_CONSTANTS, x_inf, x0_inf,
    *in_metric.METRIC_CONSTANTS, grad_inf, *of_penalty.PENALTY_CONSTANTS, *of_directions.DIRECTION_CONSTANTS,
    *of_relaxed.RELAXED_CONSTANTS, *in_passes.PASS_CONSTANTS,
)  # fmt: skip
ALONG_RUN = (second_moment, variance_bound, grad_inf, *of_directions.DIRECTION_CONSTANTS)
"""Constants that depend on the whole run, and so on its steps."""
BY_NAME: Mapping[str, Symbol] = MappingProxyType({s.name: s for s in (k, K, *PARAMETERS, *CONSTANTS)})
"""The symbols that a user may write in an expression of his own, by name."""
