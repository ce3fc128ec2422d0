"""SGD where the noise vanishes with the gradient: interpolation, and strong and weak growth."""

from __future__ import annotations

from sympy import Integer

from ratebound.theory.assumptions import (
    cocoercive,
    coercive,
    convex,
    descent_lemma,
    first_order,
    lower_bounded,
    pl,
    pl_inequality,
    quadratic_growth,
    smooth,
    strong_first_order,
    strong_monotone,
    strongly_convex,
)
from ratebound.theory.certificates.recursion import Recursion
from ratebound.theory.certificates.telescope import Telescope
from ratebound.theory.inequalities.noise_models import (
    common_minimiser,
    growth,
    interpolation,
    strong_growth,
    weak_growth,
    weak_growth_moment,
)
from ratebound.theory.methods import sgd
from ratebound.theory.statement import Theorem
from ratebound.theory.symbols import D, L, alpha, d2, delta, ell, gap0, grad_sq, k, mu, mu_pl, rho, rho_weak

_TO_GROWTH = (alpha <= 1 / (rho * L),)
_AT_GROWTH = {alpha: 1 / (rho * L)}
_VASWANI = "Vaswani, Bach and Schmidt 2019"

sgd_interpolation_sc = Theorem(
    id="sgd_interpolation_sc",
    title="SGD, interpolation, strongly convex, constant step, distance",
    source="Ma, Bassily and Belkin 2018, Theorem 1, for the step 1/ell (number not checked); range derived",
    method=sgd,
    assumptions=(strongly_convex, interpolation),
    step=alpha,
    where=(alpha < 2 / ell,),
    measure="distance_sq",
    bound=(1 - alpha * mu * (2 - alpha * ell)) ** k * D**2,
    certificate=Recursion(
        rate=1 - alpha * mu * (2 - alpha * ell),
        noise=Integer(0),
        by={strong_monotone: alpha * (2 - alpha * ell), common_minimiser: alpha**2},
    ),
    defaults={alpha: 1 / ell},
    note=(
        "With replacement ell = (L_max + (b - 1) L)/b. At the step 1/ell, where the factor is 1 - mu/ell, a "
        "batch of b saves b steps up to about b = L_max/L + 1, and nearly nothing beyond."
    ),
    sibling="sgd_nws",
)

sgd_interpolation_convex = Theorem(
    id="sgd_interpolation_convex",
    title="SGD, interpolation, convex, constant step, averaged iterate",
    source="Vaswani, Bach and Schmidt 2019 (weak growth); constants and range derived by co-coercivity",
    method=sgd,
    assumptions=(convex, interpolation),
    step=alpha,
    where=(alpha < 2 / ell,),
    measure="gap_average",
    bound=D**2 / (alpha * (2 - alpha * ell) * k),
    start=Integer(1),
    certificate=Telescope(
        potential=d2,
        weight=alpha * (2 - alpha * ell),
        by={first_order: alpha * (2 - alpha * ell), common_minimiser: alpha**2},
    ),
    defaults={alpha: 1 / ell},
    note="The rate 1/k of gradient descent, with one component per step.",
    sibling="sgd_star_convex",
)

sgd_growth_pl = Theorem(
    id="sgd_growth_pl",
    title="SGD, strong growth, Polyak-Łojasiewicz, constant step",
    source=f"Schmidt and Le Roux 2013; {_VASWANI} (numbers not checked)",
    method=sgd,
    assumptions=(smooth, pl, strong_growth),
    step=alpha,
    where=_TO_GROWTH,
    measure="gap_last",
    bound=(1 - alpha * mu_pl) ** k * gap0,
    certificate=Recursion(
        rate=1 - alpha * mu_pl,
        noise=Integer(0),
        by={descent_lemma: Integer(1), growth: L * alpha**2 / 2, pl_inequality: alpha},
        plus={grad_sq: alpha * (1 - rho * L * alpha) / 2},
    ),
    defaults=_AT_GROWTH,
    sibling="sgd_pl_variance",
)

sgd_growth_sc = Theorem(
    id="sgd_growth_sc",
    title="SGD, strong growth, strongly convex, constant step, distance",
    source="Schmidt and Le Roux 2013 (number not checked); form derived by coercivity",
    method=sgd,
    assumptions=(smooth, strongly_convex, strong_growth),
    step=alpha,
    where=(alpha <= 2 / (rho * (mu + L)),),
    measure="distance_sq",
    bound=(1 - 2 * alpha * mu * L / (mu + L)) ** k * D**2,
    certificate=Recursion(
        rate=1 - 2 * alpha * mu * L / (mu + L),
        noise=Integer(0),
        by={coercive: 2 * alpha, growth: alpha**2},
        plus={grad_sq: 2 * alpha / (mu + L) - rho * alpha**2},
    ),
    defaults={alpha: 2 / (rho * (mu + L))},
    note="The rate of gradient descent, at a step that is rho times smaller.",
    sibling="gd_sc_coercive",
)

sgd_growth_convex = Theorem(
    id="sgd_growth_convex",
    title="SGD, strong growth, convex, constant step, averaged iterate",
    source=f"{_VASWANI} (number not checked)",
    method=sgd,
    assumptions=(smooth, convex, strong_growth),
    step=alpha,
    where=_TO_GROWTH,
    measure="gap_average",
    bound=D**2 / (2 * alpha * k),
    start=Integer(1),
    certificate=Telescope(
        potential=d2,
        weight=2 * alpha,
        by={cocoercive: 2 * alpha, growth: alpha**2},
        plus={grad_sq: alpha / L - rho * alpha**2},
    ),
    defaults=_AT_GROWTH,
    sibling="sgd_interpolation_convex",
)

sgd_growth_nonconvex = Theorem(
    id="sgd_growth_nonconvex",
    title="SGD, strong growth, nonconvex, mean squared gradient",
    source=f"{_VASWANI}, Theorem 3 (number not checked)",
    method=sgd,
    assumptions=(smooth, lower_bounded, strong_growth),
    step=alpha,
    where=_TO_GROWTH,
    measure="grad_norm_sq_mean",
    bound=2 * gap0 / (alpha * k),
    start=Integer(1),
    certificate=Telescope(
        potential=delta,
        weight=alpha / 2,
        by={descent_lemma: Integer(1), growth: L * alpha**2 / 2},
        plus={grad_sq: alpha * (1 - rho * L * alpha) / 2},
    ),
    defaults=_AT_GROWTH,
    note="The rate 1/k of gradient descent without a floor.",
    sibling="sgd_nonconvex_variance",
)

_BELOW = rho_weak * L
"""What ell is for components with a common minimiser, which are convex."""

sgd_weak_growth_sc = Theorem(
    id="sgd_weak_growth_sc",
    title="SGD, weak growth, strongly convex, constant step, distance",
    source=f"{_VASWANI}, for the step 1/(rho L) (number not checked); rate at shorter steps derived",
    method=sgd,
    assumptions=(smooth, strongly_convex, weak_growth),
    step=alpha,
    where=(alpha <= 1 / _BELOW,),
    measure="distance_sq",
    bound=(1 - alpha * mu * (2 - alpha * _BELOW)) ** k * D**2,
    certificate=Recursion(
        rate=1 - alpha * mu * (2 - alpha * _BELOW),
        noise=Integer(0),
        by={
            strong_first_order: 2 * alpha,
            weak_growth_moment: alpha**2,
            quadratic_growth: 2 * alpha * (1 - alpha * _BELOW),
        },
    ),
    defaults={alpha: 1 / _BELOW},
    note="Components may be concave, and unbounded below; at the longest step the factor is 1 - mu/(rho L).",
    sibling="sgd_interpolation_sc",
)

sgd_weak_growth_convex = Theorem(
    id="sgd_weak_growth_convex",
    title="SGD, weak growth, convex, constant step, averaged iterate",
    source=f"{_VASWANI} (number not checked); range derived",
    method=sgd,
    assumptions=(smooth, convex, weak_growth),
    step=alpha,
    where=(alpha < 1 / _BELOW,),
    measure="gap_average",
    bound=D**2 / (2 * alpha * (1 - alpha * _BELOW) * k),
    start=Integer(1),
    certificate=Telescope(
        potential=d2,
        weight=2 * alpha * (1 - alpha * _BELOW),
        by={first_order: 2 * alpha, weak_growth_moment: alpha**2},
    ),
    defaults={alpha: 1 / (2 * _BELOW)},
    note="Components may be concave, and unbounded below.",
    sibling="sgd_interpolation_convex",
)

THEOREMS = (
    sgd_interpolation_sc,
    sgd_interpolation_convex,
    sgd_growth_pl,
    sgd_growth_sc,
    sgd_growth_convex,
    sgd_growth_nonconvex,
    sgd_weak_growth_sc,
    sgd_weak_growth_convex,
)
