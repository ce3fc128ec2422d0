"""The method of Frank and Wolfe over a box: no projection, a linear function is minimised in every step."""

from __future__ import annotations

from sympy import Integer

from ratebound.theory.assumptions import convex, descent_in_signs, first_order, smooth_inf
from ratebound.theory.certificates.recursion import Recursion
from ratebound.theory.inequalities.projections import across, boxed, lowest_corner
from ratebound.theory.letters.box import margin
from ratebound.theory.methods.boxed import HALF, frank_wolfe
from ratebound.theory.statement import Theorem
from ratebound.theory.symbols import D, L_inf, alpha, k

_CURVATURE = L_inf * (2 * HALF) ** 2
"""The curvature constant: L_inf times the squared side of the box."""

frank_wolfe_convex = Theorem(
    id="frank_wolfe_convex",
    title="Frank-Wolfe over a box, smooth convex, step 2/(k + 2)",
    source="Frank and Wolfe 1956; Jaggi 2013, Theorem 1 (number not checked), for exact linear minimisation",
    method=frank_wolfe,
    assumptions=(smooth_inf, convex, boxed),
    step=2 / (k + 2),
    measure="gap_last",
    bound=2 * _CURVATURE / (k + 2),
    start=Integer(1),
    certificate=Recursion(
        rate=1 - alpha,
        noise=alpha**2 * _CURVATURE / 2,
        by={
            descent_in_signs: Integer(1),
            lowest_corner: Integer(1),
            first_order: alpha,
            across: L_inf / 2,
        },
    ),
    defaults={margin: D / 10},
    note="The bound does not know the start: the first step goes to a corner, wherever x_0 is.",
    sibling="projected_gd_convex",
)

THEOREMS = (frank_wolfe_convex,)
