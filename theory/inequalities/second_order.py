"""What steps in a metric obey: inequalities about ``p`` with ``B p = grad f(x_k)``, for the Hessian and for B
of the quasi-Newton methods.

On a quadratic, in the inner product of H, a quasi-Newton update keeps the inverse of B as it is on the
complement of the last move s, and sets it to one along s (DFP does so with B itself); so does each of the
updates that L-BFGS makes anew from L I in every step, with the moves that it remembers. With B_0 = L I all
eigenvalues of ``C = H^(1/2) B^(-1) H^(1/2)`` are between mu/L and 1 at the start, so they stay there, and
with ``u = H^(1/2) (x_k - x*)`` the numbers below are u^T u, u^T C u and u^T C^2 u.
"""

from __future__ import annotations

from sympy import Rational

from ratebound.theory.errors import RateboundError
from ratebound.theory.inequality import Assumption, Inequality, needs
from ratebound.theory.letters.metric import (
    L_hess,
    model_error_sq,
    mu_star,
    step_curvature,
    step_inner,
    step_sq,
)
from ratebound.theory.method import Method
from ratebound.theory.methods.metric import bfgs, dfp, lbfgs, newton
from ratebound.theory.symbols import D, L, d2, d2_next, delta, grad_sq, mu, mu_pl

gradient_above_gap = Inequality(
    "||grad f||^2 >= 2 mu (f - f*), f strongly convex", grad_sq / 2 - mu * delta, needs("strongly_convex")
)
newton_steep = Inequality(
    "<g, p> >= ||g||^2/L, p the Newton step", step_inner - grad_sq / L, needs("smooth", "convex"), newton
)
newton_short = Inequality(
    "<g, p> >= mu ||p||^2, p the Newton step", step_inner - mu * step_sq, needs("strongly_convex"), newton
)
newton_exact = Inequality(
    "<g, p> >= 2 (f - f*) on a quadratic, p the Newton step",
    step_inner - 2 * delta,
    needs("quadratic"),
    newton,
)
newton_curved = Inequality(
    "<p, H p> <= <g, p>, p the Newton step", step_inner - step_curvature, needs("quadratic"), newton
)
model_near = Inequality(
    "||H (x_k - x*) - grad f(x_k)|| <= (L_hess/2) ||x_k - x*||^2",
    (L_hess / 2) ** 2 * d2**2 - model_error_sq,
    needs("lipschitz_hessian"),
)
curved_everywhere = Inequality(
    "mu ||x_{k+1} - x*|| <= ||H (x_{k+1} - x*)||, which is the error of the model",
    model_error_sq - mu**2 * d2_next,
    needs("strongly_convex"),
    newton,
)
curved_near = Inequality(
    "within D of x* the Hessian is at least mu_star - L_hess D",
    model_error_sq - (mu_star - L_hess * D) ** 2 * d2_next,
    needs("lipschitz_hessian", "near_minimum"),
    newton,
)

_RATIO = mu_pl / L


def between(method: Method) -> tuple[Inequality, Inequality]:
    """Return that B of a quasi-Newton method lies between H and (L/mu) H: of C, and of (C - mu/L)(1 - C).

    Raises
    ------
    RateboundError
        If the method is none.
    """
    if method.metric is None or method.metric.kind not in ("bfgs", "dfp", "lbfgs"):
        raise RateboundError(f"{method.name} does not learn its metric as BFGS, DFP or L-BFGS do")
    needed = needs("quadratic", "pl", "smooth")
    return (
        Inequality("B <= (L/mu) H on a quadratic", step_inner - 2 * _RATIO * delta, needed, method),
        Inequality(
            "H <= B <= (L/mu) H on a quadratic",
            (1 + _RATIO) * step_inner - step_curvature - 2 * _RATIO * delta,
            needed,
            method,
        ),
    )


BETWEEN = {method.name: between(method) for method in (bfgs, dfp, lbfgs)}
"""The two inequalities of each quasi-Newton method."""

lipschitz_hessian = Assumption(
    "lipschitz_hessian", "the Hessian of f is L_hess-Lipschitz", ("L_hess",), (model_near,)
)
near_minimum = Assumption(
    "near_minimum", "x_0 is near x*: 3 L_hess ||x_0 - x*|| < 2 mu_star", ("mu_star", "D", "near_minimum")
)
bounded_level = Assumption(
    "bounded_level", "points as low as x_0 are within level_radius of x*", ("level_radius",)
)
ASSUMPTIONS = (lipschitz_hessian, near_minimum, bounded_level)
FACTS = ((needs("lipschitz_hessian", "near_minimum"), Rational(2, 3) * mu_star / L_hess >= D),)
INEQUALITIES = (
    gradient_above_gap,
    newton_steep,
    newton_short,
    newton_exact,
    newton_curved,
    model_near,
    curved_everywhere,
    curved_near,
    *BETWEEN["bfgs"],
    *BETWEEN["dfp"],
    *BETWEEN["lbfgs"],
)
