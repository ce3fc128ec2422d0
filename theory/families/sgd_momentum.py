"""SGD with momentum, in heavy-ball form: the rates are those of SGD, for the last iterate or the average.

The constant factor beta acts like the step alpha/(1 - beta); a growing factor turns the iterate itself into
an average, so that the last iterate has the rate of averages.
"""

from __future__ import annotations

from sympy import Expr, Integer, Symbol, sqrt

from ratebound.theory.assumptions import (
    bounded_moment,
    bounded_noise,
    bounded_second_moment,
    bounded_variance,
    cocoercive,
    convex,
    convex_components,
    first_order,
    lower_bounded,
    smooth,
)
from ratebound.theory.certificate import Corollary
from ratebound.theory.certificates.memory import Memory
from ratebound.theory.inequalities.noise_splits import noise_split
from ratebound.theory.inequalities.points import GP, convex_below_aside, descent_aside, lipschitz_aside
from ratebound.theory.inequality import Inequality
from ratebound.theory.methods import sgd_momentum, sgd_momentum_averaging, sgd_primal_averaging
from ratebound.theory.methods.plain import BETA
from ratebound.theory.onestep import G, X
from ratebound.theory.statement import Theorem
from ratebound.theory.symbols import (
    D,
    K,
    L,
    L_max,
    alpha,
    alpha0,
    delta,
    ell,
    gap0,
    k,
    second_moment,
    sigma_b_sq,
    variance_bound,
)

_M = Symbol("M", real=True)

_SLOWING = 2 * alpha0 / (k + 3)
_AVERAGED = {X - alpha0 * k / (k + 2) * _M: Integer(1)}
_BEFORE_SLOWING = X + 2 * alpha0 / (k + 2) * _M

_SHARE = 2 * alpha0 * ell / 3

sgdm_averaging_star = Theorem(
    id="sgdm_averaging_star",
    title="SGD with momentum k/(k+2), convex, expected smoothness, last iterate",
    source=(
        "derived; Sebbouh, Gower and Defazio 2021, and Garrigos and Gower 2023, section 7 (numbers not "
        "checked), have the noise 2 alpha0 sigma_b^2, for steps up to 1/(4 ell)"
    ),
    method=sgd_momentum_averaging,
    assumptions=(convex, convex_components),
    step=_SLOWING,
    where=(alpha0 < 3 / (2 * ell),),
    measure="gap_last",
    bound=D**2 / (alpha0 * (k + 1)) + alpha0 * sigma_b_sq / (1 - _SHARE),
    certificate=Memory(
        squares=_AVERAGED,
        share=alpha0 * k,
        aside=_BEFORE_SLOWING,
        # The step leaves 2 alpha0 of what convexity leaves of the inner product, and alpha0 of the gap.
        by={
            convex_below_aside: alpha0 * k,
            noise_split("expected_smoothness", _SHARE): 2 * alpha0**2 / 3,
            noise_split("expected_smoothness", _SHARE, delta): alpha0**2 / 3,
        },
        noise=alpha0**2 * sigma_b_sq / (1 - _SHARE),
    ),
    defaults={alpha0: 1 / (4 * ell)},
    note=(
        "The same as a moving average of iterates: z <- z - alpha0 g, x <- ((k+1) x + 2 z)/(k+3). "
        "No averaging is needed afterwards; the rate is that of averaged SGD."
    ),
    sibling="minibatch_convex",
)

_TUNED = 1 / (4 * ell * sqrt(K + 1))

sgdm_averaging_horizon = Theorem(
    id="sgdm_averaging_horizon",
    title="SGD with momentum k/(k+2), convex, horizon-tuned step, last iterate",
    source="derived from Sebbouh, Gower and Defazio 2021",
    method=sgd_momentum_averaging,
    assumptions=(convex, convex_components),
    step=_SLOWING.subs(alpha0, _TUNED),
    measure="gap_last",
    bound=(4 * ell * D**2 + 3 * sigma_b_sq / (10 * ell)) / sqrt(K + 1),
    certificate=Corollary(sgdm_averaging_star, {alpha0: _TUNED}),
    note="The last iterate at the rate 1/sqrt(K), without a logarithm.",
    sibling="sgd_star_convex_horizon",
)

_PRIMAL = {X - alpha0 * k / (k + 1) * _M: Integer(1)}
_BEFORE_PRIMAL = X + alpha0 / (k + 1) * _M

sgdm_primal_averaging = Theorem(
    id="sgdm_primal_averaging",
    title="SGD with momentum k/(k+1), convex, bounded second moment, last iterate",
    source="primal averaging; Taylor and Bach 2019; Sebbouh, Gower and Defazio 2021 (numbers not checked)",
    method=sgd_primal_averaging,
    assumptions=(convex, bounded_second_moment),
    step=alpha0 / (k + 2),
    measure="gap_last",
    bound=D**2 / (2 * alpha0 * (k + 1)) + alpha0 * second_moment / 2,
    certificate=Memory(
        squares=_PRIMAL,
        share=2 * alpha0 * k,
        aside=_BEFORE_PRIMAL,
        by={first_order: 2 * alpha0, convex_below_aside: 2 * alpha0 * k, bounded_moment: alpha0**2},
        noise=alpha0**2 * second_moment,
    ),
    defaults={alpha0: 1 / (4 * L_max)},
    note=(
        "The same as z <- z - alpha0 g, x <- ((k+1) x + z)/(k+2): the bound of averaged SGD with the step "
        "alpha0, on the last iterate. No smoothness is needed."
    ),
    sibling="sgd_convex_constant",
)

sgdm_primal_averaging_star = Theorem(
    id="sgdm_primal_averaging_star",
    title="SGD with momentum k/(k+1), convex, expected smoothness, last iterate",
    source="derived; the method as in Taylor and Bach 2019 and Sebbouh, Gower and Defazio 2021 (not checked)",
    method=sgd_primal_averaging,
    assumptions=(convex, convex_components),
    step=alpha0 / (k + 2),
    where=(alpha0 < 1 / ell,),
    measure="gap_last",
    bound=D**2 / (2 * alpha0 * (k + 1)) + alpha0 * sigma_b_sq / (2 * (1 - alpha0 * ell)),
    certificate=Memory(
        squares=_PRIMAL,
        share=2 * alpha0 * k,
        aside=_BEFORE_PRIMAL,
        by={
            convex_below_aside: 2 * alpha0 * k,
            noise_split("expected_smoothness", alpha0 * ell): alpha0**2,
        },
        noise=alpha0**2 * sigma_b_sq / (1 - alpha0 * ell),
    ),
    defaults={alpha0: 1 / (4 * ell)},
    note="The bound of averaged SGD after k + 1 steps of the length alpha0, on the last iterate.",
    sibling="minibatch_convex",
)

_LONG = alpha / (1 - BETA)
"""The step that momentum amounts to."""
_LEAD = X - BETA * _LONG * _M
"""z_k - x*, z_k the point that moves by plain steps: z_{k+1} = z_k - alpha/(1 - beta) g_k."""
_START = BETA * gap0 / (1 - BETA)


def _convex(noise: Expr, by: dict[Inequality, Expr], plus: dict[Expr, Expr] | None = None) -> Memory:
    # ||z - x*||^2 scaled so that the gap at x_k enters with weight one.
    return Memory(
        squares={_LEAD: 1 / (2 * _LONG)},
        share=BETA / (1 - BETA),
        aside=X + alpha * _M,
        by={convex_below_aside: BETA / (1 - BETA), **by},
        plus=plus or {},
        weight=Integer(1),
        noise=noise,
    )


sgdm_convex = Theorem(
    id="sgdm_convex",
    title=f"SGD with momentum {BETA}, convex, bounded second moment, averaged iterate",
    source="Yang, Lin and Li 2016; Ghadimi, Feyzmahdavian and Johansson 2015 without noise (not checked)",
    method=sgd_momentum,
    assumptions=(convex, bounded_second_moment),
    step=alpha,
    measure="gap_average",
    bound=(D**2 / (2 * _LONG) + _START) / k + _LONG * second_moment / 2,
    start=Integer(1),
    certificate=_convex(_LONG * second_moment / 2, {first_order: Integer(1), bounded_moment: _LONG / 2}),
    defaults={alpha: (1 - BETA) / (4 * L_max)},
    note="The bound of SGD with the step alpha/(1 - beta) = 10 alpha, and a term of the start.",
    sibling="sgd_convex_constant",
)

_QUIET_STAR = _LONG * sigma_b_sq / (2 * (1 - _LONG * ell))

sgdm_convex_star = Theorem(
    id="sgdm_convex_star",
    title=f"SGD with momentum {BETA}, convex, expected smoothness, averaged iterate",
    source="derived from Yang, Lin and Li 2016 and the variance transfer of Gower et al. 2019",
    method=sgd_momentum,
    assumptions=(convex, convex_components),
    step=alpha,
    where=(alpha < (1 - BETA) / ell,),
    measure="gap_average",
    bound=(D**2 / (2 * _LONG) + _START) / k + _QUIET_STAR,
    start=Integer(1),
    certificate=_convex(_QUIET_STAR, {noise_split("expected_smoothness", _LONG * ell): _LONG / 2}),
    defaults={alpha: (1 - BETA) / (4 * ell)},
    note="The bound of averaged SGD with the step alpha/(1 - beta) = 10 alpha, and a term of the start.",
    sibling="minibatch_convex",
)

sgdm_convex_variance = Theorem(
    id="sgdm_convex_variance",
    title=f"SGD with momentum {BETA}, smooth convex, bounded variance, averaged iterate",
    source="derived from Yang, Lin and Li 2016",
    method=sgd_momentum,
    assumptions=(smooth, convex, bounded_variance),
    step=alpha,
    where=(alpha <= (1 - BETA) / L,),
    measure="gap_average",
    bound=(D**2 / (2 * _LONG) + _START) / k + _LONG * variance_bound / 2,
    start=Integer(1),
    certificate=_convex(
        _LONG * variance_bound / 2,
        {cocoercive: Integer(1), bounded_noise: _LONG / 2},
        {G**2: (1 / L - _LONG) / 2},
    ),
    defaults={alpha: (1 - BETA) / (4 * L_max)},
    sibling="sgd_convex_variance",
)

_EIGHTH = (alpha <= (1 - BETA) ** 2 / (2 * L),)
_DRIFT = _LONG**3 * L**2 * BETA**2 / (2 * (1 - BETA))
"""The factor of ||m_k||^2 that pays for the distance between z_k and x_k."""
_QUIET = L * _LONG**2 / 2 + _DRIFT


def _nonconvex(noise: Expr, by: dict[object, Expr], plus: Expr) -> Memory:
    pull = 1 - BETA
    return Memory(
        squares={_M: _DRIFT},
        share=Integer(1),
        aside=_LEAD,
        by={descent_aside: Integer(1), lipschitz_aside: _LONG / 2, **by},  # type: ignore[dict-item]
        plus={
            GP**2: _LONG / 2,
            (pull * _M - G) ** 2: _DRIFT * BETA / pull,
            G**2: plus - _DRIFT * BETA / pull,
        },
        weight=_LONG / 4,
        noise=noise,
    )


sgdm_nonconvex = Theorem(
    id="sgdm_nonconvex",
    title=f"SGD with momentum {BETA}, nonconvex, bounded second moment, mean squared gradient",
    source="Yan, Yang, Li, Lin and Yang 2018 (number not checked); constants derived",
    method=sgd_momentum,
    assumptions=(smooth, lower_bounded, bounded_second_moment),
    step=alpha,
    where=_EIGHTH,
    measure="grad_norm_sq_mean",
    bound=4 * gap0 / (_LONG * k) + 4 * _QUIET / _LONG * second_moment,
    start=Integer(1),
    certificate=_nonconvex(_QUIET * second_moment, {bounded_moment: _QUIET}, _LONG / 4),
    defaults={alpha: (1 - BETA) ** 2 / (2 * L)},
    note="The step is (1 - beta)^2/(2 L) at most: the bound shows no gain over SGD.",
    sibling="sgd_nonconvex_constant",
)

THEOREMS = (
    sgdm_averaging_star,
    sgdm_averaging_horizon,
    sgdm_primal_averaging,
    sgdm_primal_averaging_star,
    sgdm_convex,
    sgdm_convex_star,
    sgdm_convex_variance,
    sgdm_nonconvex,
)
