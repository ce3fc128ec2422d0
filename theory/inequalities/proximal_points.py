"""What an accelerated proximal step gains over a point, as an inequality between vectors.

Convexity of the finite sum at y_k, its descent lemma from y_k to x_{k+1} and the proximal step, in one: for
every z, ``f(x_{k+1}) - f(z) <= <y_k - x_{k+1}, x_{k+1} - z>/alpha + (L/2) ||x_{k+1} - y_k||^2``.

Source: Beck and Teboulle 2009, Lemma 2.3 (number not checked).
"""

from __future__ import annotations

from sympy import Expr, S

from ratebound.theory.inequalities.points import XN, X, Y
from ratebound.theory.inequality import Inequality, needs
from ratebound.theory.methods.proximal import fista
from ratebound.theory.symbols import L, alpha, delta, delta_next


def _gain(name: str, gap: Expr, away: Expr) -> Inequality:
    slack = gap - delta_next + L / 2 * (XN - Y) ** 2 + (Y - XN) * (XN - away) / alpha
    return Inequality(name, slack, needs("penalised", "smooth_sum", "convex_sum"), fista)


gain_over_iterate = _gain("a proximal step from y_k seen from x_k", delta, X)
gain_over_minimum = _gain("a proximal step from y_k seen from x*", S.Zero, S.Zero)
