"""Steps that read f: Polyak's step, and the exact line search on least squares."""

from __future__ import annotations

from sympy import Integer, Rational, sqrt

from ratebound.theory.assumptions import (
    bounded_gradient,
    bounded_second_moment,
    cauchy_schwarz,
    cocoercive,
    convex,
    convex_step,
    first_order,
    gradient_below_gap,
    pl,
    quadratic,
    quadratic_growth,
    quadratic_step,
    smooth,
    spectrum,
    strong_first_order,
    strongly_convex,
)
from ratebound.theory.certificates.least_gradient import LeastGradient, N, Piece
from ratebound.theory.certificates.orthogonal import OrthogonalDescent
from ratebound.theory.certificates.recursion import Recursion
from ratebound.theory.certificates.telescope import Telescope
from ratebound.theory.families.subgradient import IMPLIED
from ratebound.theory.inequality import Inequality, needs
from ratebound.theory.letters.metric import damping
from ratebound.theory.methods import polyak, steepest
from ratebound.theory.statement import Theorem
from ratebound.theory.symbols import (
    D,
    L,
    alpha,
    d2,
    delta,
    gap0,
    grad_curvature,
    grad_inner,
    grad_sq,
    k,
    mu,
    mu_pl,
    second_moment,
)

_STEP = delta / grad_sq

polyak_convex = Theorem(
    id="polyak_convex",
    title="Polyak's step, smooth convex, mean gap",
    source="Polyak 1969; Hazan and Kakade 2019, with 2 L D^2/k (numbers not checked); constant derived here",
    method=polyak,
    assumptions=(smooth, convex),
    step=Integer(1),
    measure="gap_mean",
    bound=2 * L * D**2 / (3 * k),
    start=Integer(1),
    certificate=Telescope(
        potential=d2,
        weight=3 / (2 * L),
        by={cocoercive: 2 * _STEP, gradient_below_gap: delta / (2 * L * grad_sq)},
    ),
    note=f"The step needs f* and no L. {IMPLIED}",
    sibling="gd_convex_average",
)

polyak_convex_double = Theorem(
    id="polyak_convex_double",
    title="Twice Polyak's step, smooth convex, mean gap",
    source="the step of Barré, Taylor and d'Aspremont 2020; derived here",
    method=polyak,
    assumptions=(smooth, convex),
    step=Integer(2),
    measure="gap_mean",
    bound=L * D**2 / (2 * k),
    start=Integer(1),
    certificate=Telescope(potential=d2, weight=2 / L, by={cocoercive: 4 * _STEP}),
    note=IMPLIED,
    sibling="polyak_convex",
)

polyak_strong = Theorem(
    id="polyak_strong",
    title="Polyak's step, strongly convex, distance",
    source="Hazan and Kakade 2019, with 1 - mu/(4 L) (number not checked); constant derived here",
    method=polyak,
    assumptions=(smooth, strongly_convex),
    step=Integer(1),
    measure="distance_sq",
    bound=(1 - 3 * mu / (4 * L)) ** k * D**2,
    certificate=Recursion(
        rate=1 - 3 * mu / (4 * L),
        noise=Integer(0),
        by={
            strong_first_order: 2 * _STEP,
            gradient_below_gap: (mu * d2 + delta) / (2 * L * grad_sq),
            quadratic_growth: 1 / (2 * L),
        },
    ),
    sibling="gd_sc_distance",
)

polyak_subgradient = Theorem(
    id="polyak_subgradient",
    title="Polyak's step, convex, best iterate",
    source="Polyak 1969 (number not checked)",
    method=polyak,
    assumptions=(convex, bounded_second_moment),
    step=Integer(1),
    measure="gap_best",
    bound=D * sqrt(second_moment / k),
    start=Integer(1),
    certificate=LeastGradient(
        potential=d2,
        pieces=(
            Piece(
                by={
                    first_order: 2 * N / grad_sq,
                    bounded_gradient: N**2 / (grad_sq * second_moment),
                },
                factor=1 / second_moment,
                power=2,
            ),
        ),
        norm=delta,
    ),
    note="f need not be smooth, and the step knows neither the horizon nor a bound on the slopes.",
    sibling="subgradient_horizon",
)

_BEST = 2 / (mu_pl + L)

steepest_linear = Theorem(
    id="steepest_linear",
    title="Steepest descent with exact line search, least squares",
    source="Kantorovich 1948; de Klerk, Glineur and Taylor 2017, Theorem 1.2 (numbers not checked)",
    method=steepest,
    assumptions=(quadratic, smooth, pl),
    step=Integer(1),
    measure="gap_last",
    bound=((L - mu_pl) / (L + mu_pl)) ** (2 * k) * gap0,
    certificate=Recursion(
        rate=((L - mu_pl) / (L + mu_pl)) ** 2,
        noise=Integer(0),
        by={quadratic_step: Integer(1), spectrum: _BEST**2 / 2},
        plus={(grad_sq - _BEST * grad_curvature) ** 2: 1 / (2 * grad_curvature)},
    ),
    note="Attained: the worst start has equal parts of the gradient along both ends of the spectrum.",
    sibling="gd_sc_gap",
)

_KEPT = damping * (2 - damping)
"""The share of the best decrease along a gradient that a relaxed step keeps."""

steepest_relaxed = Theorem(
    id="steepest_relaxed",
    title="Steepest descent, a share of the exact line search, least squares",
    source="Raydan and Svaiter 2002 (number not checked); constants by Kantorovich's inequality",
    method=steepest,
    assumptions=(quadratic, smooth, pl),
    step=damping,
    where=(damping < 2,),
    measure="gap_last",
    bound=(1 - _KEPT * 4 * mu_pl * L / (mu_pl + L) ** 2) ** k * gap0,
    certificate=Recursion(
        rate=1 - _KEPT * 4 * mu_pl * L / (mu_pl + L) ** 2,
        noise=Integer(0),
        by={quadratic_step: Integer(1), spectrum: _KEPT * _BEST**2 / 2},
        plus={(grad_sq - _BEST * grad_curvature) ** 2: _KEPT / (2 * grad_curvature)},
    ),
    defaults={damping: Rational(3, 2)},
    note="On least squares Wolfe's conditions with c1 and c2 say 1 - c2 <= damping <= 2 (1 - c1).",
    sibling="steepest_linear",
)

no_slope_left = Inequality(
    "slope left at the end of a step, f quadratic",
    (1 - alpha) * grad_sq - grad_inner,
    needs("quadratic"),
    steepest,
)
slope_left = Inequality(
    "slope at the end of a step, f quadratic",
    grad_inner - (1 - alpha) * grad_sq,
    needs("quadratic"),
    steepest,
)

steepest_convex = Theorem(
    id="steepest_convex",
    title="Steepest descent with exact line search, least squares, without a smallest eigenvalue",
    source="Nesterov 2004, section 2.1.5, for a monotone distance; derived here",
    method=steepest,
    assumptions=(quadratic, smooth, convex),
    step=Integer(1),
    measure="gap_last",
    bound=L * gap0 * D**2 / (L * D**2 + 2 * k * gap0),
    certificate=OrthogonalDescent(
        decrease=1 / (2 * L),
        by={convex_step: Integer(1), slope_left: grad_sq / grad_curvature, no_slope_left: 1 / L},
        orthogonal=(slope_left, no_slope_left),
        shrink={first_order: 2 * grad_sq / grad_curvature, cauchy_schwarz: grad_sq / grad_curvature**2},
    ),
    sibling="steepest_linear",
)

THEOREMS = (
    polyak_convex,
    polyak_convex_double,
    polyak_strong,
    polyak_subgradient,
    steepest_linear,
    steepest_relaxed,
    steepest_convex,
)
