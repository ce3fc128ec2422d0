"""Descent along the signs of the gradient, where f is smooth in the maximum norm."""

from __future__ import annotations

from sympy import Integer, sqrt

from ratebound.theory.assumptions import (
    descent_in_signs,
    lower_bounded,
    norms,
    pl,
    pl_inequality,
    quadratic,
    smooth_inf,
    strongly_convex,
)
from ratebound.theory.certificates.recursion import Recursion
from ratebound.theory.certificates.telescope import Telescope
from ratebound.theory.inequalities.coordinatewise import pl_signs, steep_in_signs
from ratebound.theory.letters.coordinates import mu_signs
from ratebound.theory.methods import sign_descent, sign_steepest
from ratebound.theory.statement import Theorem
from ratebound.theory.symbols import L_inf, alpha, delta, gamma, gap0, k, mu_pl

_L1 = "The proof bounds the sum of the absolute values of the gradient, which is at least its norm."

sign_nonconvex = Theorem(
    id="sign_nonconvex",
    title="Sign descent, smooth in the maximum norm, mean of the sum of absolute values",
    source="folklore; Balles, Pedregosa and Le Roux 2020 (number not checked)",
    method=sign_descent,
    assumptions=(smooth_inf, lower_bounded),
    step=gamma,
    measure="grad_l1_mean",
    bound=gap0 / (gamma * k) + L_inf * gamma / 2,
    start=Integer(1),
    certificate=Telescope(
        potential=delta, weight=alpha, noise=alpha**2 * L_inf / 2, by={descent_in_signs: Integer(1)}
    ),
    defaults={gamma: sqrt(gap0 / L_inf) / 5},
    sibling="normalised_nonconvex",
)

_DECREASE = alpha * (1 - alpha * L_inf / 2)

sign_steepest_nonconvex = Theorem(
    id="sign_steepest_nonconvex",
    title="Steepest descent in the maximum norm, mean squared gradient",
    source="folklore; Balles, Pedregosa and Le Roux 2020 (number not checked)",
    method=sign_steepest,
    assumptions=(smooth_inf, lower_bounded),
    step=alpha,
    where=(alpha < 2 / L_inf,),
    measure="grad_norm_sq_mean",
    bound=gap0 / (k * _DECREASE),
    start=Integer(1),
    certificate=Telescope(
        potential=delta,
        weight=_DECREASE,
        by={descent_in_signs: Integer(1), norms: _DECREASE},
    ),
    defaults={alpha: 1 / L_inf},
    note=_L1,
    sibling="gd_nonconvex",
)

sign_steepest_pl = Theorem(
    id="sign_steepest_pl",
    title="Steepest descent in the maximum norm, Polyak-Łojasiewicz",
    source="Balles, Pedregosa and Le Roux 2020 for the setting; derived here",
    method=sign_steepest,
    assumptions=(smooth_inf, pl),
    step=alpha,
    where=(alpha < 2 / L_inf,),
    measure="gap_last",
    bound=(1 - 2 * mu_pl * _DECREASE) ** k * gap0,
    certificate=Recursion(
        rate=1 - 2 * mu_pl * _DECREASE,
        noise=Integer(0),
        by={descent_in_signs: Integer(1), norms: _DECREASE, pl_inequality: 2 * _DECREASE},
    ),
    defaults={alpha: 1 / L_inf},
    note="The PL constant is that of the Euclidean norm, the smaller of the two.",
    sibling="gd_pl",
)

sign_steepest_quadratic = Theorem(
    id="sign_steepest_quadratic",
    title="Steepest descent in the maximum norm, least squares, its own constant of growth",
    source="Balles, Pedregosa and Le Roux 2020 for the setting; derived here",
    method=sign_steepest,
    assumptions=(quadratic, strongly_convex, smooth_inf, pl_signs),
    step=alpha,
    where=(alpha < 2 / L_inf,),
    measure="gap_last",
    bound=(1 - 2 * mu_signs * _DECREASE) ** k * gap0,
    certificate=Recursion(
        rate=1 - 2 * mu_signs * _DECREASE,
        noise=Integer(0),
        by={descent_in_signs: Integer(1), steep_in_signs: 2 * _DECREASE},
    ),
    defaults={alpha: 1 / L_inf},
    note="The constant is one over the largest entry of the diagonal of the inverse Hessian, at least mu.",
    sibling="sign_steepest_pl",
)

THEOREMS = (sign_nonconvex, sign_steepest_nonconvex, sign_steepest_pl, sign_steepest_quadratic)
