"""Sharpness-aware minimisation with full gradients: the gradient a little way uphill."""

from __future__ import annotations

from sympy import Expr, Integer, Rational, sqrt

from ratebound.theory.assumptions import descent_lemma, lower_bounded, pl, pl_inequality, quadratic, smooth
from ratebound.theory.certificates.look_ahead import LookAhead, near_by_length, near_gradient
from ratebound.theory.certificates.spectral import Slowest
from ratebound.theory.methods import sam, sam_normalised
from ratebound.theory.onestep import E, G
from ratebound.theory.statement import Theorem
from ratebound.theory.symbols import L, alpha, gamma, gap0, k, mu_pl, radius

_KEPT = 1 - L * radius
"""What is left of the gradient, along itself, after looking ahead."""
_DECREASE = alpha * _KEPT * (1 - L * alpha * _KEPT / 2)
_HALF = alpha * (1 - L * alpha) / (2 * L * radius)
_BY: dict[object, Expr] = {descent_lemma: Integer(1), near_gradient: L * alpha**2 / 2 + _HALF}
_PLUS = {(E + L * radius * G) ** 2: _HALF}
_RANGE = (alpha <= 1 / L, radius < 1 / L)
_DEFAULTS = {alpha: 1 / L, radius: 1 / (4 * L)}

sam_nonconvex = Theorem(
    id="sam_nonconvex",
    title="Sharpness-aware minimisation, nonconvex, mean squared gradient",
    source="Andriushchenko and Flammarion 2022, Theorem 1, without noise (number not checked); derived here",
    method=sam,
    assumptions=(smooth, lower_bounded),
    step=alpha,
    where=_RANGE,
    measure="grad_norm_sq_mean",
    bound=gap0 / (k * _DECREASE),
    start=Integer(1),
    certificate=LookAhead(by=_BY, plus=_PLUS, weight=_DECREASE),  # type: ignore[arg-type]
    defaults=_DEFAULTS,
    note="A step costs two gradients. Normalised SAM keeps a floor: see sam_normalised_nonconvex.",
    sibling="gd_nonconvex",
)

sam_pl = Theorem(
    id="sam_pl",
    title="Sharpness-aware minimisation, Polyak-Łojasiewicz",
    source="Andriushchenko and Flammarion 2022 for the setting; derived here",
    method=sam,
    assumptions=(smooth, pl),
    step=alpha,
    where=_RANGE,
    measure="gap_last",
    bound=(1 - 2 * mu_pl * _DECREASE) ** k * gap0,
    certificate=LookAhead(
        by={**_BY, pl_inequality: 2 * _DECREASE},  # type: ignore[dict-item]
        plus=_PLUS,
        rate=1 - 2 * mu_pl * _DECREASE,
    ),
    defaults=_DEFAULTS,
    note="No faster than gradient descent: looking ahead costs a part of each step.",
    sibling="gd_pl",
)

_C = L * radius
_LONG = alpha * (_KEPT - L * alpha * (1 + _C) ** 2 / 2)

sam_nonconvex_long = Theorem(
    id="sam_nonconvex_long",
    title="Sharpness-aware minimisation, nonconvex, steps beyond 1/L",
    source="Andriushchenko and Flammarion 2022, Theorem 1, without noise (number not checked); derived here",
    method=sam,
    assumptions=(smooth, lower_bounded),
    step=alpha,
    where=(alpha < 2 * _KEPT / (L * (1 + _C) ** 2), radius < 1 / L),
    measure="grad_norm_sq_mean",
    bound=gap0 / (k * _LONG),
    start=Integer(1),
    certificate=LookAhead(
        by={descent_lemma: Integer(1), near_gradient: alpha / (2 * _C) + L * alpha**2 / 2 * (1 + 1 / _C)},
        plus={(E + _C * G) ** 2: alpha / (2 * _C), (E - _C * G) ** 2: L * alpha**2 / (2 * _C)},
        weight=_LONG,
    ),
    defaults={alpha: Rational(6, 5) / L, radius: 1 / (20 * L)},
    note="Every step and radius for which the bound is positive. Up to 1/L sam_nonconvex says more.",
    sibling="sam_nonconvex",
)

sam_quadratic = Theorem(
    id="sam_quadratic",
    title="Sharpness-aware minimisation, least squares: gradient descent with the Hessian H + r H^2",
    source="elementary, eigenvalue by eigenvalue; derived here",
    method=sam,
    assumptions=(quadratic, smooth, pl),
    step=alpha,
    where=(alpha <= 1 / (2 * L), radius <= 1 / L),
    measure="gap_last",
    bound=(1 - alpha * mu_pl * (1 + radius * mu_pl)) ** (2 * k) * gap0,
    certificate=Slowest(),
    defaults={alpha: 1 / (2 * L), radius: 1 / L},
    note="Attained along the flattest direction. Sharp minima are left: see the lower bound sam_threshold.",
    sibling="sam_pl",
)

_FLOOR = L**2 * gamma**2
_BY_LENGTH: dict[object, Expr] = {descent_lemma: Integer(1), near_by_length: alpha / 2}
_REST = {(E + G) ** 2: alpha * (1 - L * alpha) / 2}
_SHORT = {alpha: 1 / L, gamma: sqrt(gap0 / L) / 10}

sam_normalised_nonconvex = Theorem(
    id="sam_normalised_nonconvex",
    title="Normalised sharpness-aware minimisation, nonconvex, mean squared gradient",
    source="Andriushchenko and Flammarion 2022 for the setting; derived here",
    method=sam_normalised,
    assumptions=(smooth, lower_bounded),
    step=alpha,
    where=(alpha <= 1 / L,),
    measure="grad_norm_sq_mean",
    bound=2 * gap0 / (alpha * k) + _FLOOR,
    start=Integer(1),
    certificate=LookAhead(
        by=_BY_LENGTH,  # type: ignore[arg-type]
        plus=_REST,
        weight=alpha / 2,
        noise=alpha * _FLOOR / 2,
    ),
    defaults=_SHORT,
    note="The floor is attained: on a parabola with alpha = 1/L the iterate jumps between gamma and -gamma.",
    sibling="sam_nonconvex",
)

sam_normalised_pl = Theorem(
    id="sam_normalised_pl",
    title="Normalised sharpness-aware minimisation, Polyak-Łojasiewicz",
    source="Andriushchenko and Flammarion 2022 for the setting; derived here",
    method=sam_normalised,
    assumptions=(smooth, pl),
    step=alpha,
    where=(alpha <= 1 / L,),
    measure="gap_last",
    bound=(1 - alpha * mu_pl) ** k * gap0 + _FLOOR / (2 * mu_pl),
    certificate=LookAhead(
        by={**_BY_LENGTH, pl_inequality: alpha},  # type: ignore[dict-item]
        plus=_REST,
        rate=1 - alpha * mu_pl,
        noise=alpha * _FLOOR / 2,
    ),
    defaults=_SHORT,
    note="However small alpha is, the iterate does not settle: the floor is that of the length gamma.",
    sibling="sam_pl",
)

THEOREMS = (
    sam_nonconvex,
    sam_nonconvex_long,
    sam_pl,
    sam_quadratic,
    sam_normalised_nonconvex,
    sam_normalised_pl,
)
