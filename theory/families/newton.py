"""Newton's method: exact on quadratics, linear from anywhere if damped, quadratic near the minimiser."""

from __future__ import annotations

from sympy import Integer, Rational, sqrt

from ratebound.theory.assumptions import (
    convex,
    descent_lemma,
    quadratic,
    quadratic_step,
    smooth,
    strongly_convex,
)
from ratebound.theory.certificates.cubic import CubicModel
from ratebound.theory.certificates.cubic_curvature import CubicCurvature
from ratebound.theory.certificates.cubic_descent import CubicDescent
from ratebound.theory.certificates.recursion import Recursion
from ratebound.theory.certificates.squaring import Squaring
from ratebound.theory.inequalities.second_order import (
    bounded_level,
    curved_everywhere,
    curved_near,
    gradient_above_gap,
    lipschitz_hessian,
    model_near,
    near_minimum,
    newton_curved,
    newton_exact,
    newton_short,
    newton_steep,
)
from ratebound.theory.letters.metric import L_hess, damping, level_radius, mu_star
from ratebound.theory.methods.metric import cubic_newton, newton
from ratebound.theory.statement import Theorem
from ratebound.theory.symbols import D, L, gap0, k, mu

newton_quadratic = Theorem(
    id="newton_quadratic",
    title="Newton's method, least squares, damped steps",
    source="elementary",
    method=newton,
    assumptions=(quadratic, convex),
    step=damping,
    where=(damping < 2,),
    measure="gap_last",
    bound=(1 - damping) ** (2 * k) * gap0,
    certificate=Recursion(
        rate=(1 - damping) ** 2,
        noise=Integer(0),
        by={
            quadratic_step: Integer(1),
            newton_curved: damping**2 / 2,
            newton_exact: damping * (2 - damping) / 2,
        },
    ),
    defaults={damping: Rational(1, 2)},
    note="Whatever the condition number; a full step is there at once.",
    sibling="steepest_linear",
)

_LENGTH = damping * (1 - L * damping / (2 * mu))

newton_damped = Theorem(
    id="newton_damped",
    title="Newton's method, strongly convex, damped steps from any start",
    source="Boyd and Vandenberghe 2004, section 9.5.3, the damped phase, with a constant step; derived here",
    method=newton,
    assumptions=(smooth, convex, strongly_convex),
    step=damping,
    where=(damping < 2 * mu / L,),
    measure="gap_last",
    bound=(1 - 2 * mu / L * _LENGTH) ** k * gap0,
    certificate=Recursion(
        rate=1 - 2 * mu / L * _LENGTH,
        noise=Integer(0),
        by={
            descent_lemma: Integer(1),
            newton_short: L * damping**2 / (2 * mu),
            newton_steep: _LENGTH,
            gradient_above_gap: 2 * _LENGTH / L,
        },
    ),
    defaults={damping: mu / L},
    note="A worst case that Newton's method hardly meets: the price of steps that are safe from any start.",
    sibling="gd_sc_gap",
)

_GLOBAL = L_hess / (2 * mu)

newton_strong = Theorem(
    id="newton_strong",
    title="Newton's method, strongly convex, quadratic convergence",
    source="standard, such as Nesterov 2004, section 1.2.4 (number not checked); derived here",
    method=newton,
    assumptions=(lipschitz_hessian, strongly_convex),
    step=Integer(1),
    measure="distance_sq",
    bound=(_GLOBAL * D) ** (2 ** (k + 1)) / _GLOBAL**2,
    certificate=Squaring(factor=_GLOBAL, by={model_near: 1 / mu**2, curved_everywhere: 1 / mu**2}),
    note="It says something where L_hess D < 2 mu.",
    sibling="newton_local",
)

_NEAR = mu_star - L_hess * D
_LOCAL = L_hess / (2 * _NEAR)

newton_local = Theorem(
    id="newton_local",
    title="Newton's method near a minimiser, quadratic convergence",
    source="Nesterov 2004, Theorem 1.2.5 (number not checked), in closed form",
    method=newton,
    assumptions=(lipschitz_hessian, near_minimum),
    step=Integer(1),
    measure="distance_sq",
    bound=(_LOCAL * D) ** (2 ** (k + 1)) / _LOCAL**2,
    certificate=Squaring(factor=_LOCAL, by={model_near: 1 / _NEAR**2, curved_near: 1 / _NEAR**2}),
    note="f need not be convex; only the Hessian at x* must be positive.",
    sibling="newton_strong",
)

cubic_convex = Theorem(
    id="cubic_convex",
    title="Newton's method with a cubic term, convex",
    source="Nesterov and Polyak 2006, Theorem 4 (number not checked), with the start kept",
    method=cubic_newton,
    assumptions=(lipschitz_hessian, convex, bounded_level),
    step=Integer(1),
    measure="gap_last",
    bound=9 * L_hess * level_radius**3 / (k + 3 * (L_hess * level_radius**3 / gap0) ** Rational(1, 2)) ** 2,
    certificate=CubicModel(),
    note="Any start; a step costs a matrix factorisation and the root of an equation in one variable.",
    sibling="nesterov_convex",
)

cubic_convex_any = Theorem(
    id="cubic_convex_any",
    title="Newton's method with a cubic term, convex, whatever f(x_0)",
    source="Nesterov and Polyak 2006, Theorem 4 (number not checked), with k + 4, from the first step on",
    method=cubic_newton,
    assumptions=cubic_convex.assumptions,
    step=Integer(1),
    measure="gap_last",
    bound=9 * L_hess * level_radius**3 / (k + 3 * sqrt(3) - 1) ** 2,
    start=Integer(1),
    certificate=CubicModel(after_first=True),
    note="One step forgets how high the start was. cubic_convex says more where f(x_0) - f* is small beside "
    "L_hess R^3.",
    sibling="cubic_convex",
)

cubic_nonconvex = Theorem(
    id="cubic_nonconvex",
    title="Newton's method with a cubic term, nonconvex, least gradient",
    source="Nesterov and Polyak 2006, Theorem 1 (number not checked); the constant derived here",
    method=cubic_newton,
    assumptions=(lipschitz_hessian,),
    step=Integer(1),
    measure="grad_norm_sq_best",
    bound=(4 * L_hess ** Rational(1, 2) * gap0 / (k - 1)) ** Rational(4, 3),
    start=Integer(2),
    certificate=CubicDescent(factor=Integer(4), split=Rational(7, 9)),
    note="Gradients of length eps after eps^(-3/2) steps; gradient descent takes eps^(-2).",
    sibling="gd_nonconvex_tight",
)

cubic_second_order = Theorem(
    id="cubic_second_order",
    title="Newton's method with a cubic term, nonconvex, gradient and least eigenvalue",
    source="Nesterov and Polyak 2006, Theorem 1 (number not checked); the constant derived here",
    method=cubic_newton,
    assumptions=(lipschitz_hessian,),
    step=Integer(1),
    measure="second_order_best",
    bound=(12 * gap0 / (L_hess * (k - 1))) ** Rational(1, 3),
    start=Integer(2),
    certificate=CubicCurvature(factor=Integer(12)),
    note="One point has both a short gradient and a Hessian with no eigenvalue far below zero: no run stays "
    "near a strict saddle.",
    sibling="cubic_nonconvex",
)

THEOREMS = (
    newton_quadratic,
    newton_damped,
    newton_strong,
    newton_local,
    cubic_convex,
    cubic_convex_any,
    cubic_nonconvex,
    cubic_second_order,
)
