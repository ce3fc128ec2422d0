"""Gradient descent on smooth convex f: the exact worst case for long steps, and for gradients."""

from __future__ import annotations

from sympy import Max

from ratebound.theory.assumptions import convex, smooth
from ratebound.theory.certificate import Cited
from ratebound.theory.methods import gd
from ratebound.theory.statement import Theorem
from ratebound.theory.symbols import D, L, alpha, gap0, k

_QUADRATIC = (1 - alpha * L) ** (2 * k)
"""What the quadratic of curvature L does; the other argument of each maximum is a Huber function's."""


_ALL_PAIRS = Cited("its proof combines inequalities between all pairs of iterates, not one step")
_ATTAINED = "Attained: by a Huber function, and by a quadratic for long steps."
_LONG = {alpha: 3 / (2 * L)}

gd_convex_exact = Theorem(
    id="gd_convex_exact",
    title="Gradient descent, smooth convex, function values, exact for steps between 1/L and 2/L",
    source="conjectured by Drori and Teboulle 2014; proved by Kim 2025 (numbers not checked)",
    method=gd,
    assumptions=(smooth, convex),
    step=alpha,
    where=(alpha >= 1 / L, alpha < 2 / L),
    measure="gap_last",
    bound=L * D**2 / 2 * Max(1 / (2 * alpha * L * k + 1), _QUADRATIC),
    certificate=_ALL_PAIRS,
    defaults=_LONG,
    note=_ATTAINED,
    sibling="gd_convex_tight",
)
gd_convex_gradient_exact = Theorem(
    id="gd_convex_gradient_exact",
    title="Gradient descent, smooth convex, gradient from the gap, exact for every step below 2/L",
    source="conjectured by Taylor, Hendrickx and Glineur 2017; proved by Rotaru, Glineur and Patrinos 2024 "
    "(numbers not checked)",
    method=gd,
    assumptions=(smooth, convex),
    step=alpha,
    where=(alpha < 2 / L,),
    measure="grad_norm_sq_last",
    bound=2 * L * gap0 * Max(1 / (2 * alpha * L * k + 1), _QUADRATIC),
    certificate=_ALL_PAIRS,
    defaults=_LONG,
    note=_ATTAINED,
    sibling="gd_convex_gradient",
)

THEOREMS = (gd_convex_exact, gd_convex_gradient_exact)
