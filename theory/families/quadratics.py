"""Full-gradient methods on least squares, where every eigenvector can be followed by itself."""

from __future__ import annotations

from sympy import Expr, Integer, sqrt

from ratebound.theory.assumptions import convex, pl, quadratic, smooth
from ratebound.theory.certificates.spectral import Chebyshev, Peak
from ratebound.theory.methods import gd, heavy_ball_polyak
from ratebound.theory.statement import Theorem
from ratebound.theory.symbols import D, L, alpha, gap0, k, mu_pl


def _theorem(name: str, what: str, measure: str, bound: Expr, certificate: Peak, sibling: str) -> Theorem:
    return Theorem(
        id=name,
        title=f"Gradient descent, least squares, {what}",
        source="elementary, eigenvalue by eigenvalue; derived here",
        method=gd,
        assumptions=(quadratic, smooth, convex),
        step=alpha,
        where=(alpha <= 1 / L,),
        measure=measure,
        bound=bound,
        certificate=certificate,
        defaults={alpha: 1 / L},
        note="Attained at every k by a quadratic whose curvature depends on k.",
        sibling=sibling,
    )


_ODD, _EVEN = 2 * k + 1, k + 1

gd_quadratic_gap = _theorem(
    "gd_quadratic_gap",
    "function values from the distance",
    "gap_last",
    D**2 / (2 * alpha * _ODD) * (2 * k / _ODD) ** (2 * k),
    Peak(D**2, 1 / (alpha * _ODD)),
    "gd_convex_tight",
)
gd_quadratic_gradient = _theorem(
    "gd_quadratic_gradient",
    "gradient from the distance",
    "grad_norm_sq_last",
    D**2 / (alpha**2 * _EVEN**2) * (k / _EVEN) ** (2 * k),
    Peak(D**2, 1 / (alpha * _EVEN)),
    "gd_convex_gradient_distance",
)
gd_quadratic_gradient_gap = _theorem(
    "gd_quadratic_gradient_gap",
    "gradient from function values",
    "grad_norm_sq_last",
    2 * gap0 / (alpha * _ODD) * (2 * k / _ODD) ** (2 * k),
    Peak(gap0, 1 / (alpha * _ODD)),
    "gd_convex_gradient",
)

RHO = (sqrt(L) - sqrt(mu_pl)) / (sqrt(L) + sqrt(mu_pl))
"""The asymptotic factor of heavy ball per step."""

heavy_ball_quadratic = Theorem(
    id="heavy_ball_quadratic",
    title="Heavy ball with Polyak's parameters, least squares, distance",
    source="Polyak 1964, with the factor that his limit hides (derived here)",
    method=heavy_ball_polyak,
    assumptions=(quadratic, smooth, pl),
    step=4 / (sqrt(L) + sqrt(mu_pl)) ** 2,
    measure="distance_sq",
    bound=RHO ** (2 * k) * (k + 1 + k * RHO) ** 2 * D**2,
    start=Integer(0),
    certificate=Chebyshev(RHO),
    note="The bare rate rho^(2 k) D^2 is false. Attained at the eigenvalue L; not valid beyond quadratics.",
    sibling="gd_sc_distance",
)

THEOREMS = (gd_quadratic_gap, gd_quadratic_gradient, gd_quadratic_gradient_gap, heavy_ball_quadratic)
