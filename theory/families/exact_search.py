"""Exact line search on convex f: every step goes to the minimum along the negative gradient.

There the slope vanishes, so that gradients at both ends of a step are orthogonal; the step itself may have
any length. On a smooth convex f that alone makes f fall by ``(||grad f(x_k)||^2 + ||grad f(x_{k+1})||^2)/(2
L)``.
"""

from __future__ import annotations

from sympy import Integer

from ratebound.theory.assumptions import (
    convex,
    convex_step,
    interpolation_next,
    interpolation_now,
    interpolation_step,
    pl,
    pl_inequality,
    pl_next,
    smooth,
    strongly_convex,
)
from ratebound.theory.certificates.orthogonal import OrthogonalDescent
from ratebound.theory.certificates.recursion import Recursion
from ratebound.theory.certificates.telescope import Telescope
from ratebound.theory.inequalities.second_order import bounded_level
from ratebound.theory.inequality import Inequality, needs
from ratebound.theory.letters.metric import level_radius
from ratebound.theory.methods.searched import exact_search
from ratebound.theory.onestep import G, H, X
from ratebound.theory.statement import Theorem
from ratebound.theory.symbols import (
    L,
    accepted_step,
    alpha,
    delta,
    gap0,
    grad0_sq,
    grad_inner,
    grad_sq,
    k,
    mu,
    mu_pl,
)

no_slope_left = Inequality(
    "no slope is left at the minimum along -grad f", -grad_inner, needs("smooth"), exact_search
)
no_rise_yet = Inequality("f does not rise before it", grad_inner, needs("smooth"), exact_search)
_ORTHOGONAL = {no_rise_yet: accepted_step, no_slope_left: 1 / L}
"""Both, as the step to x_{k+1} and the gradients there and at x_k need them beside smooth convexity."""
_FALL = {convex_step: Integer(1), **_ORTHOGONAL}
"""Why f falls by the mean of both squared gradients over L."""
_DEFAULTS = {alpha: 2 / L}
_NOTE = "Trials start at alpha; the line must have a minimum. Runs count what trials cost."
_SLOWER = (L - mu_pl) / (L + mu_pl)
_SUM = L + mu
_TRIPLE = L + 3 * mu

exact_search_gradient = Theorem(
    id="exact_search_gradient",
    title="Exact line search, convex, mean squared gradient",
    source="derived here",
    method=exact_search,
    assumptions=(smooth, convex),
    step=alpha,
    measure="grad_norm_sq_mean",
    bound=(L * gap0 + grad0_sq / 2) / k,
    start=Integer(1),
    certificate=Telescope(
        potential=L * delta + grad_sq / 2,
        weight=Integer(1),
        by={inequality: L * factor for inequality, factor in _FALL.items()},
    ),
    defaults=_DEFAULTS,
    note=f"{_NOTE} Almost half of what steps 1/L are proved to do on nonconvex f.",
    sibling="gd_nonconvex",
)

exact_search_convex = Theorem(
    id="exact_search_convex",
    title="Exact line search, convex, from the radius of a level set",
    source="Nesterov 2004, section 2.1.5, with 2 L R^2/(k + 4) (number not checked); constant derived here",
    method=exact_search,
    assumptions=(smooth, convex, bounded_level),
    step=alpha,
    measure="gap_last",
    bound=1 / (1 / gap0 + 2 * k / (L * level_radius**2)),
    certificate=OrthogonalDescent(decrease=1 / (2 * L), by=_FALL, orthogonal=(no_rise_yet, no_slope_left)),
    defaults=_DEFAULTS,
    note=f"{_NOTE} Steps may lead away from the minimiser, never out of the level set.",
    sibling="steepest_convex",
)

exact_search_pl = Theorem(
    id="exact_search_pl",
    title="Exact line search, convex, Polyak-Łojasiewicz",
    source="folklore, with 1 - mu/L; constant derived here",
    method=exact_search,
    assumptions=(smooth, convex, pl),
    step=alpha,
    measure="gap_last",
    bound=_SLOWER**k * gap0,
    certificate=Recursion(
        rate=_SLOWER,
        noise=Integer(0),
        by={
            **{inequality: L / (L + mu_pl) * factor for inequality, factor in _FALL.items()},
            pl_inequality: 1 / (L + mu_pl),
            pl_next: 1 / (L + mu_pl),
        },
    ),
    defaults=_DEFAULTS,
    note=_NOTE,
    sibling="steepest_linear",
)

exact_search_sc = Theorem(
    id="exact_search_sc",
    title="Exact line search, strongly convex",
    source="de Klerk, Glineur and Taylor 2017, Theorem 1.2 (number not checked)",
    method=exact_search,
    assumptions=(smooth, strongly_convex),
    step=alpha,
    measure="gap_last",
    bound=((L - mu) / _SUM) ** (2 * k) * gap0,
    certificate=Recursion(
        rate=((L - mu) / _SUM) ** 2,
        noise=Integer(0),
        by={
            interpolation_step: (L - mu) / _SUM,
            interpolation_now: 2 * mu * (L - mu) / _SUM**2,
            interpolation_next: 2 * mu / _SUM,
            no_rise_yet: accepted_step,
            no_slope_left: 2 / _SUM,
        },
        plus={
            (X - (_SUM * (X - accepted_step * G) + (3 * L + mu) / L * G + _SUM / L * H) / _TRIPLE) ** 2: mu
            * L
            * _TRIPLE
            / (2 * _SUM**2),
            (X - accepted_step * G - (L - mu) ** 2 / (2 * mu * L * _SUM) * G - _SUM / (2 * mu * L) * H)
            ** 2: 2 * L * mu**2 / ((L - mu) * _TRIPLE),
        },
    ),
    defaults=_DEFAULTS,
    note=f"{_NOTE} Attained, on a quadratic: no strongly convex function is worse.",
    sibling="gd_sc_gap",
)

THEOREMS = (exact_search_sc, exact_search_pl, exact_search_convex, exact_search_gradient)
