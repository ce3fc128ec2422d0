"""The methods of full gradients and of plain batches: descent, momentum, steps of a chosen length, ahead."""

from __future__ import annotations

from sympy import Expr, Min, Rational, Symbol, sign, sqrt

from ratebound.theory.method import Method, g, x
from ratebound.theory.symbols import (
    L,
    alpha,
    beta,
    clip,
    delta,
    gamma,
    grad_curvature,
    grad_l1,
    grad_sq,
    k,
    mu,
    mu_pl,
    radius,
)

gd = Method("gd", "Gradient descent", {"x": x - alpha * g}, "full")
sgd = Method("sgd", "Stochastic gradient descent", {"x": x - alpha * g}, "batch")

m = Symbol("m", real=True)
"""One coordinate of the momentum, a weighted sum of past gradient estimates."""
BETA = Rational(9, 10)
"""The constant momentum factor of practice."""


def _momentum(name: str, title: str, factor: Expr) -> Method:
    """Return SGD in heavy-ball form: ``m_{k+1} = factor m_k + g_k``, ``x_{k+1} = x_k - alpha_k m_{k+1}``."""
    ahead = factor * m + g
    return Method(name, title, {"x": x - alpha * ahead, "m": ahead}, "batch")


sgd_momentum = _momentum("sgd_momentum", f"SGD with momentum {BETA}", BETA)
sgd_momentum_averaging = _momentum(
    "sgd_momentum_averaging", "SGD with momentum k/(k+2), a moving average of iterates", k / (k + 2)
)
sgd_primal_averaging = _momentum(
    "sgd_primal_averaging", "SGD with momentum k/(k+1), a uniform average of iterates", k / (k + 1)
)

_z = Symbol("z", real=True)
sgd_schedule_free = Method(
    "sgd_schedule_free",
    f"Schedule-free SGD, gradients at {BETA} of the average",
    {"x": ((k + 1) * x + _z - alpha * g) / (k + 2), "z": _z - alpha * g},
    "batch",
    point=(1 - BETA) * _z + BETA * x,
    from_start=("z",),
)
_ahead = (k * x + 2 * _z) / (k + 2)
nesterov = Method(
    "nesterov",
    "Nesterov's accelerated gradient",
    {"x": _ahead - alpha * g, "z": _z - alpha * (k + 2) / 2 * g},
    "full",
    point=_ahead,
    from_start=("z",),
)
_root = sqrt(alpha * mu)
_mixed = (x + _root * _z) / (1 + _root)
nesterov_constant = Method(
    "nesterov_constant",
    "Nesterov's accelerated gradient, constant momentum",
    {"x": _mixed - alpha * g, "z": (1 - _root) * _z + _root * (_mixed - g / mu)},
    "full",
    point=_mixed,
    from_start=("z",),
)

_w = Symbol("w", real=True)
_between = (2 * _root * x + (1 - _root) * _w) / (1 + _root)
triple_momentum = Method(
    "triple_momentum",
    "Triple momentum",
    {"x": (1 - _root) * x + _root * (_between - g / mu), "w": _between - alpha * g},
    "full",
    point=_between,
    from_start=("w",),
)

_m = Symbol("m", real=True)
heavy_ball_pl = Method(
    "heavy_ball_pl",
    "Heavy ball, momentum sqrt((1 - alpha mu)(1 - alpha L))",
    {"x": x - alpha * g + sqrt((1 - alpha * mu_pl) * (1 - alpha * L)) * (x - _m), "m": x},
    "full",
    from_start=("m",),
)
heavy_ball_polyak = Method(
    "heavy_ball_polyak",
    "Heavy ball, Polyak's momentum for quadratics",
    {"x": x - alpha * g + ((sqrt(L) - sqrt(mu_pl)) / (sqrt(L) + sqrt(mu_pl))) ** 2 * (x - _m), "m": x},
    "full",
    from_start=("m",),
)
heavy_ball_decaying = Method(
    "heavy_ball_decaying",
    "Heavy ball, momentum k/(k + 2) and step alpha/(k + 2)",
    {"x": x - alpha / (k + 2) * g + k / (k + 2) * (x - _m), "m": x},
    "full",
    from_start=("m",),
)
ogm = Method(
    "ogm",
    "Optimised gradient method, rational weights",
    {"x": _ahead - alpha * g, "z": _z - alpha * (k + 2) * g},
    "full",
    point=_ahead,
    from_start=("z",),
)
polyak = Method(
    "polyak",
    "Gradient descent, alpha times Polyak's step",
    {"x": x - alpha * delta / grad_sq * g},
    "full",
)
steepest = Method(
    "steepest",
    "Steepest descent on least squares, alpha times the exact line search",
    {"x": x - alpha * grad_sq / grad_curvature * g},
    "full",
)

normalised = Method(
    "normalised",
    "Normalised gradient descent",
    {"x": x - alpha / sqrt(grad_sq) * g},
    "full",
)
clipped = Method(
    "clipped",
    "Gradient descent with clipped gradients",
    {"x": x - alpha * Min(1, clip / sqrt(grad_sq)) * g},
    "full",
)
sign_descent = Method("sign_descent", "Sign descent", {"x": x - alpha * sign(g)}, "full")
sign_sgd = Method(
    "sign_sgd", "SGD along the signs of the gradient estimate", {"x": x - alpha * sign(g)}, "batch"
)
sign_steepest = Method(
    "sign_steepest",
    "Steepest descent in the maximum norm",
    {"x": x - alpha * grad_l1 * sign(g)},
    "full",
)
sam = Method(
    "sam",
    "Sharpness-aware minimisation, not normalised, full gradients",
    {"x": x - alpha * g},
    "full",
    point=x + radius * g,
)
sam_normalised = Method(
    "sam_normalised",
    "Sharpness-aware minimisation, full gradients, the length gamma ahead",
    {"x": x - alpha * g},
    "full",
    point=x + gamma * g / sqrt(grad_sq),
)
heavy_ball = Method(
    "heavy_ball",
    "Heavy ball",
    {"x": x - alpha * (beta * m + g), "m": beta * m + g},
    "full",
)
