"""The second moment of SGD, split between what components differ from x* and their noise at x*.

With ``a = grad f_i(x_k) - grad f_i(x*)`` and ``e = grad f_i(x*)``

    ||a + e||^2 <= ||a||^2/c + ||e||^2/(1 - c),    0 < c < 1,

the difference being ``||(1 - c) a - c e||^2/(c (1 - c))``. Convex components that are L-smooth have

    E||a||^2 <= 2 L (<grad f(x_k), x_k - x*> - (f(x_k) - f*)).

With ``c = alpha L`` a step pays with its inner product for all but the noise;
``2 alpha (f(x_k) - f*)`` stays. As good a bound on ``E||a||^2`` is ``2 L (f(x_k) - f*)``: where a method
leaves some of the gap too, it pays for a share of the second moment. Expected smoothness is this at c = 1/2.
Their mean, ``L <grad f(x_k), x_k - x*>``, is what strong monotonicity pays for. Components that are only
Lipschitz, convex or not, have ``E||a||^2 <= L^2 ||x_k - x*||^2``.
"""

from __future__ import annotations

from sympy import Expr

from ratebound.theory.errors import RateboundError
from ratebound.theory.inequality import Inequality, needs
from ratebound.theory.methods import sgd_importance, sgd_partial
from ratebound.theory.symbols import (
    L_max,
    L_mean,
    d2,
    delta,
    descent,
    ell,
    moment,
    sigma_b_sq,
    sigma_p_sq,
    sigma_star_sq,
)

SAMPLED = {
    "smooth_components": (L_max, sigma_star_sq, "batch"),
    "expected_smoothness": (ell, sigma_b_sq, "batch"),
    "weighted": (L_mean, sigma_p_sq, sgd_importance.estimate),
    # Samples of a small L_i are drawn at least half as often as evenly, and others in proportion to L_i.
    "weighted_partly": (2 * L_mean, 2 * sigma_star_sq, sgd_partial.estimate),
}
"""Assumption -> smoothness and noise of the estimate that it is about, and that estimate."""


SLOPES = {descent - delta: "co-coercive", delta: "smooth", descent / 2: "monotone"}
"""What bounds ``E||a||^2/(2 L)`` where components are convex, and a word for each."""


def noise_split(assumption: str, c: Expr, slope: Expr = descent - delta) -> Inequality:
    """Return the bound on E||g_k||^2, split at c, under an assumption of :data:`SAMPLED`.

    Parameters
    ----------
    assumption, c
        The assumption, and the factor of the split.
    slope
        What bounds ``E||a||^2/(2 L)``, one of :data:`SLOPES`.

    Raises
    ------
    RateboundError
        If the slope is another one.
    """
    if slope not in SLOPES:
        raise RateboundError(f"{slope} does not bound E||a||^2/(2 L); known: {', '.join(map(str, SLOPES))}")
    smoothness, noise, estimate = SAMPLED[assumption]
    return Inequality(
        f"{SLOPES[slope]} components and their noise at the minimiser, split at {c}",
        2 * smoothness * slope / c + noise / (1 - c) - moment,
        needs(assumption),
        estimate=estimate,
        positive=c * (1 - c),
    )


def lipschitz_split(c: Expr) -> Inequality:
    """Return the bound on E||g_k||^2, split at c, where components are Lipschitz, convex or not."""
    return Inequality(
        f"Lipschitz components and their noise at the minimiser, split at {c}",
        L_max**2 * d2 / c + sigma_star_sq / (1 - c) - moment,
        needs("lipschitz_components"),
        positive=c * (1 - c),
    )
