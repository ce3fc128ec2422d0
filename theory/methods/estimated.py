"""Estimates of the distance to x* from below, found on the way.

D-adaptation is dual averaging whose steps follow such an estimate. With ``s_k`` the sum of the gradients
times the estimates ``d_j``, and ``Gamma_k^2 = b0^2 + sum of ||g||^2``,

    x_k = x_0 - s_k/Gamma_k,    d_{k+1} = max(d_k, (||s_{k+1}||^2/Gamma_{k+1} - A_{k+1})/(2 ||s_{k+1}||)),

A the sum of ``d_j^2 ||g_j||^2/Gamma_j``. Numbers are states that are the same in every coordinate; the
first estimate is the step alpha. That of Prodigy, here beside gradient descent with any steps, is

    e_{k+1} = max(e_k, (sum over j <= k of alpha_j <g_j, x_0 - x_j>)/||x_0 - x_{k+1}||).
"""

from __future__ import annotations

from sympy import Expr, Max, Piecewise, Symbol, sqrt

from ratebound.theory.letters.box import sum_inner
from ratebound.theory.method import Method, g, x
from ratebound.theory.symbols import alpha, b0, grad_sq

o, s, v, w, a, e = (Symbol(name, real=True) for name in ("o", "s", "v", "w", "a", "e"))
"""x_0, the sum s_k, then numbers: the summed squares, ||s_k||^2, the sum A_k, the largest estimate yet."""
ESTIMATE = Max(alpha, e)
"""d_k."""
BEFORE, ROOT = sqrt(b0**2 + v), sqrt(b0**2 + v + grad_sq)
"""Gamma_k and Gamma_{k+1}."""
summed = s + ESTIMATE * g
squared = w + 2 * ESTIMATE * sum_inner + ESTIMATE**2 * grad_sq
paid = a + ESTIMATE**2 * grad_sq / BEFORE


def estimate(square: Expr, weighed: Expr, root: Expr) -> Expr:
    """Return ``(W/Gamma - A)/(2 sqrt(W))`` where that is positive; else another number that is not.

    The larger of two is not evaluated: SymPy would compare those in a method, at length, and leave them so.
    """
    return (square / root - weighed) / (2 * sqrt(Max(square, weighed * root, evaluate=False)))


d_adaptation = Method(
    "d_adaptation",
    "D-adaptation: dual averaging with estimates of the distance, the first one alpha",
    {
        "x": o - summed / ROOT,
        "o": o,
        "s": summed,
        "v": v + grad_sq,
        "w": squared,
        "a": paid,
        "e": Max(e, estimate(squared, paid, ROOT), evaluate=False),
    },
    "full",
    from_start=("o",),
)

away = s + alpha * g
"""x_0 - x_{k+1}, s being x_0 - x_k."""
away_sq = w + 2 * alpha * sum_inner + alpha**2 * grad_sq
gathered = a + alpha * sum_inner
prodigy_gd = Method(
    "prodigy_gd",
    "Gradient descent, with Prodigy's estimate e of the distance beside it",
    {
        "x": x - alpha * g,
        "s": away,
        "w": away_sq,
        "a": gathered,
        "e": Piecewise((Max(e, gathered / sqrt(away_sq)), gathered > 0), (e, True)),
    },
    "full",
)
