"""Gradient descent on smooth convex f: the exact worst case for every step below 2/L."""

from __future__ import annotations

from sympy import Expr, Max

from ratebound.theory.assumptions import convex, smooth
from ratebound.theory.certificate import Cited
from ratebound.theory.methods import gd
from ratebound.theory.statement import Theorem
from ratebound.theory.symbols import D, L, alpha, gap0, k

_QUADRATIC = (1 - alpha * L) ** (2 * k)
"""What the quadratic of curvature L does; the other argument of each maximum is a Huber function's."""


def _theorem(name: str, what: str, source: str, measure: str, bound: Expr, sibling: str) -> Theorem:
    return Theorem(
        id=name,
        title=f"Gradient descent, smooth convex, {what}, exact for every step below 2/L",
        source=source,
        method=gd,
        assumptions=(smooth, convex),
        step=alpha,
        where=(alpha < 2 / L,),
        measure=measure,
        bound=bound,
        certificate=Cited("its proof combines inequalities between all pairs of iterates, not one step"),
        defaults={alpha: 3 / (2 * L)},
        note="Attained: by a Huber function, and by a quadratic for long steps.",
        sibling=sibling,
    )


gd_convex_exact = _theorem(
    "gd_convex_exact",
    "function values",
    "conjectured by Drori and Teboulle 2014; proved by Kim 2025 (numbers not checked)",
    "gap_last",
    L * D**2 / 2 * Max(1 / (2 * alpha * L * k + 1), _QUADRATIC),
    "gd_convex_tight",
)
gd_convex_gradient_exact = _theorem(
    "gd_convex_gradient_exact",
    "gradient from the gap",
    "conjectured by Taylor, Hendrickx and Glineur 2017; proved by Rotaru, Glineur and Patrinos 2024 "
    "(numbers not checked)",
    "grad_norm_sq_last",
    2 * L * gap0 * Max(1 / (2 * alpha * L * k + 1), _QUADRATIC),
    "gd_convex_gradient",
)

THEOREMS = (gd_convex_exact, gd_convex_gradient_exact)
