"""PAGE, SARAH and STORM: estimates that track the gradient, nonconvex and convex."""

from __future__ import annotations

from dataclasses import replace

from sympy import Expr, Integer, Max, Rational, sqrt

from ratebound.theory.assumptions import (
    descent_lemma,
    lower_bounded,
    pl,
    pl_inequality,
    smooth,
    smooth_components,
    strongly_convex,
)
from ratebound.theory.certificate import Corollary
from ratebound.theory.certificates.corrected import Corrected
from ratebound.theory.certificates.shrinking import Shrinking
from ratebound.theory.certificates.tracked_sum import TrackedSum
from ratebound.theory.certificates.tracking import Tracking
from ratebound.theory.inequalities.noise_models import bounded_sample_variance, noise_ahead
from ratebound.theory.inequalities.stored import (
    drift_below,
    drift_cocoercive,
    drift_interpolated,
    drift_strong,
    drift_strong_components,
    lipschitz_steps,
    strongly_convex_components,
)
from ratebound.theory.letters.directions import sample_variance
from ratebound.theory.methods import page, sarah, storm
from ratebound.theory.statement import Theorem
from ratebound.theory.symbols import (
    K,
    L,
    L_max,
    alpha,
    b,
    beta,
    gap0,
    grad0_sq,
    k,
    moment,
    mu,
    mu_min,
    mu_pl,
    n,
    prob,
)

_LI = "Li, Bao, Zhang and Richtárik 2021"

_LEFT = (1 / prob - 1) / b
"""How often the error of one correction by a batch is carried on, over the batch."""


def _below(factor: int) -> Expr:
    """Return the longest step, up to which an error that counts `factor` times is paid for."""
    return 1 / (L_max * (1 + sqrt(factor * _LEFT)))


page_nonconvex = Theorem(
    id="page_nonconvex",
    title="PAGE, nonconvex, constant step, mean squared gradient",
    source=f"{_LI}, Theorem 1 (number not checked)",
    method=page,
    assumptions=(smooth, lower_bounded, lipschitz_steps),
    step=alpha,
    where=(alpha <= _below(1), prob <= 1),
    measure="grad_norm_sq_mean",
    bound=2 * gap0 / (alpha * k),
    start=Integer(1),
    certificate=Tracking(
        share=alpha / (2 * prob),
        weight=alpha / 2,
        by={descent_lemma: Integer(1), drift_below: alpha * _LEFT / 2},
        plus={moment: alpha * (1 - alpha * L - alpha**2 * L_max**2 * _LEFT) / 2},
    ),
    defaults={alpha: _below(1), prob: 1 / n},
    note="The rate of gradient descent; with b = 1 and p = 1/n a step of about 1/(L_max sqrt(n)) and two "
    "gradients per step.",
    sibling="sgd_nonconvex_constant",
)

page_pl = Theorem(
    id="page_pl",
    title="PAGE, Polyak-Łojasiewicz, constant step",
    source=f"{_LI}, the theorem on the PL condition (number not checked); range and rate derived",
    method=page,
    assumptions=(smooth, pl, lipschitz_steps),
    step=alpha,
    where=(alpha <= _below(2), prob <= 1),
    measure="gap_last",
    bound=Max(1 - alpha * mu_pl, 1 - prob / 2) ** k * gap0,
    certificate=Tracking(
        share=alpha / prob,
        rates=(1 - alpha * mu_pl, 1 - prob / 2),
        by={descent_lemma: Integer(1), pl_inequality: alpha, drift_below: alpha * _LEFT},
        plus={moment: alpha * (1 - alpha * L - 2 * alpha**2 * L_max**2 * _LEFT) / 2},
    ),
    defaults={alpha: _below(2), prob: 1 / n},
    sibling="sgd_pl_variance",
)

_CUTKOSKY = "Cutkosky and Orabona 2019, without the adaptive step (number not checked)"
_KEPT = beta**2 / (b * (1 - beta**2))
"""How often what a correction errs by is carried on by the average."""
_CORRECTED = 1 / (L_max * (1 + sqrt(2 * _KEPT)))
_AVERAGED = 2 * (1 - beta) / (b * (1 + beta))
"""What the average leaves of the noise of a sample."""

storm_nonconvex = Theorem(
    id="storm_nonconvex",
    title="STORM, nonconvex, constant step and momentum, mean squared gradient",
    source=f"{_CUTKOSKY}; constants derived here",
    method=storm,
    assumptions=(smooth, lower_bounded, lipschitz_steps, bounded_sample_variance),
    step=alpha,
    where=(alpha <= _CORRECTED, beta < 1),
    measure="grad_norm_sq_mean",
    bound=2 * gap0 / (alpha * k) + _AVERAGED * sample_variance,
    start=Integer(1),
    certificate=Corrected(
        share=alpha / (2 * (1 - beta**2)),
        weight=alpha / 2,
        noise=alpha * _AVERAGED / 2 * sample_variance,
        by={descent_lemma: Integer(1), drift_below: alpha * _KEPT, noise_ahead: alpha * _AVERAGED / 2},
        plus={moment: alpha * (1 - alpha * L - 2 * alpha**2 * L_max**2 * _KEPT) / 2},
    ),
    defaults={beta: Rational(9, 10), alpha: _CORRECTED},
    note="Tuned to the horizon it is of the order K^(-2/3), see storm_horizon; two gradients per step.",
    sibling="page_nonconvex",
)

_POWER = K ** Rational(2, 3)
_PINNED = _POWER / (_POWER + 1)
_TUNED = 1 / (L_max * (1 + sqrt((_POWER + 1) / b)))
"""Below the longest step, for beta^2/(1 - beta^2) is at most (K^(2/3) + 1)/2."""

storm_horizon = replace(
    storm_nonconvex,
    id="storm_horizon",
    title="STORM, nonconvex, step and momentum tuned to the horizon, mean squared gradient",
    source=f"{_CUTKOSKY}, tuned to K alone; constants derived here",
    step=_TUNED,
    where=(beta <= _PINNED, beta >= _PINNED),
    bound=2 * gap0 / (_TUNED * K) + 2 * sample_variance / (b * (2 * _POWER + 1)),
    certificate=Corollary(storm_nonconvex, {alpha: _TUNED, beta: _PINNED}),
    defaults={beta: _PINNED},
    note="The rate K^(-2/3), where SGD has K^(-1/2): components are smooth, and steps take two gradients.",
    sibling="storm_nonconvex",
)

_LONGEST = 2 / (L_max * (1 + sqrt(1 + 4 * (K - 1) / b)))

sarah_nonconvex = Theorem(
    id="sarah_nonconvex",
    title="SARAH, one outer loop, nonconvex, horizon-tuned step, mean squared gradient",
    source="Nguyen, Liu, Scheinberg and Takáč 2017, on nonconvex problems (number not checked)",
    method=sarah,
    assumptions=(smooth, lower_bounded, lipschitz_steps),
    step=_LONGEST,
    measure="grad_norm_sq_mean",
    bound=2 * gap0 / (_LONGEST * K),
    start=Integer(1),
    certificate=Tracking(
        share=alpha * (K - k) / 2,
        weight=alpha / 2,
        by={descent_lemma: Integer(1), drift_below: alpha * (K - k - 1) / (2 * b)},
        plus={
            moment: alpha * (1 - alpha * L - alpha**2 * L_max**2 * (K - k - 1) / b) / 2,
        },
    ),
    note="One full gradient at the start; the step shrinks as 1/sqrt(K), as errors pile up.",
    sibling="page_nonconvex",
)

_SHARE = alpha * L_max / (b * (2 - alpha * L_max))
_NGUYEN = "Nguyen, Liu, Scheinberg and Takáč 2017"
_SUM = TrackedSum(
    weight=alpha / 2,
    spread=alpha / 2,
    share=_SHARE,
    by={descent_lemma: Integer(1)},
    plus={moment: alpha * (1 - alpha * L) / 2},
    falls={drift_cocoercive: 2 / (b * (2 - alpha * L_max))},
)

sarah_convex = Theorem(
    id="sarah_convex",
    title="SARAH, one outer loop, convex components, mean squared gradient",
    source=f"{_NGUYEN} (number not checked)",
    method=sarah,
    assumptions=(smooth, smooth_components),
    step=alpha,
    where=(alpha <= 1 / L_max,),
    measure="grad_norm_sq_mean",
    bound=2 * gap0 / (alpha * k) + _SHARE * grad0_sq,
    start=Integer(1),
    certificate=_SUM,
    defaults={alpha: 1 / (2 * L_max)},
    note="The error of the estimate does not grow with k, as it does where components are not convex.",
    sibling="sarah_nonconvex",
)

sarah_pl = Theorem(
    id="sarah_pl",
    title="SARAH, one outer loop, convex components, Polyak-Łojasiewicz, mean squared gradient",
    source=f"{_NGUYEN}, Theorem 4 (number not checked), for strongly convex f",
    method=sarah,
    assumptions=(smooth, pl, smooth_components),
    step=alpha,
    where=(alpha <= 1 / L_max,),
    measure="grad_norm_sq_mean",
    bound=grad0_sq / (alpha * mu_pl * k) + _SHARE * grad0_sq,
    start=Integer(1),
    certificate=replace(_SUM, start={pl_inequality: 1 / mu_pl}),
    defaults={alpha: 1 / (2 * L_max)},
    note="Outer loops that restart at a random iterate multiply this factor, the linear rate of the source.",
    sibling="svrg_sc",
)

sarah_estimate = Theorem(
    id="sarah_estimate",
    title="SARAH, one outer loop, strongly convex, the estimate itself",
    source=f"{_NGUYEN}, Theorem 1a (number not checked), with the rate 1 - (2/(alpha L) - 1) (alpha mu)^2; "
    "this one derived here",
    method=sarah,
    assumptions=(smooth_components, strongly_convex),
    step=alpha,
    where=(alpha <= 2 / L_max,),
    measure="estimate_sq",
    bound=(1 - alpha * mu * (2 - alpha * L_max)) ** k * grad0_sq,
    certificate=Shrinking(
        rate=1 - alpha * mu * (2 - alpha * L_max),
        by={drift_cocoercive: Integer(1), drift_strong: 2 / alpha - L_max},
    ),
    defaults={alpha: 1 / (2 * L_max)},
    note="Steps die out, and x_k comes to rest short of x*: hence the outer loops. Those of SVRG do not.",
    sibling="sarah_pl",
)

sarah_estimate_components = Theorem(
    id="sarah_estimate_components",
    title="SARAH, one outer loop, strongly convex components, the estimate itself",
    source=f"{_NGUYEN}, Theorem 1b (number not checked), with the rate 1 - 2 alpha mu L/(mu + L); this one, "
    "at most that in its range, derived here",
    method=sarah,
    assumptions=(smooth_components, strongly_convex_components),
    step=alpha,
    where=(alpha <= 2 / (L_max + mu_min),),
    measure="estimate_sq",
    bound=(1 - alpha * mu_min) ** (2 * k) * grad0_sq,
    certificate=Shrinking(
        rate=(1 - alpha * mu_min) ** 2,
        by={drift_interpolated: Integer(1), drift_strong_components: 2 / alpha - L_max - mu_min},
    ),
    defaults={alpha: 1 / (2 * L_max)},
    note="The rate of gradient descent, for every single path.",
    sibling="sarah_estimate",
)

THEOREMS = (
    page_nonconvex,
    page_pl,
    storm_nonconvex,
    storm_horizon,
    sarah_nonconvex,
    sarah_convex,
    sarah_pl,
    sarah_estimate,
    sarah_estimate_components,
)
