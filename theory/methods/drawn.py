"""Methods that draw more than a batch: importance sampling, variance reduction, models, axes."""

from __future__ import annotations

from sympy import Max, Min, Piecewise, S, Symbol, sqrt

from ratebound.theory.draws import Draws, L_i, L_j, coin, length_sq, norm_sq, rise
from ratebound.theory.letters.coordinates import omega
from ratebound.theory.method import Method, g, x
from ratebound.theory.symbols import L_mean, alpha, b0, beta, k, mu_min, n, prob, radius

sgd_importance = Method(
    "sgd_importance",
    "SGD, samples drawn in proportion to L_i",
    {"x": x - alpha * g},
    "batch",
    draws=Draws(weight=L_i),
)
sgd_partial = Method(
    "sgd_partial",
    "SGD, samples drawn in proportion to L_i + mean L_i",
    {"x": x - alpha * g},
    "batch",
    draws=Draws(weight=L_i + L_mean),
)
sam_sgd = Method(
    "sam_sgd",
    "Sharpness-aware minimisation, not normalised, both gradients of one batch",
    {"x": x - alpha * Symbol("h", real=True)},
    "batch",
    draws=Draws(also={"h": x + radius * g}),
)
_v, _w, _there, _full, _stored = (Symbol(name, real=True) for name in ("v", "w", "h", "u", "t"))
lsvrg = Method(
    "lsvrg",
    "Loopless SVRG, a new snapshot with probability prob",
    {
        "x": x - alpha * (g - _there + _v),
        "w": coin * x + (1 - coin) * _w,
        "v": coin * _full + (1 - coin) * _v,
    },
    "batch",
    from_start=("w",),
    draws=Draws(also={"h": _w}, full={"u": x}, coin=prob, from_gradient=("v",)),
)
svrg = Method(
    "svrg",
    "SVRG, one epoch",
    {"x": x - alpha * (g - _there + _v), "w": _w, "v": _v},
    "batch",
    from_start=("w",),
    draws=Draws(also={"h": _w}, from_gradient=("v",)),
)
saga = Method(
    "saga",
    "SAGA",
    {"x": x - alpha * (g - _stored + _v), "v": _v + (g - _stored) / n},
    "batch",
    draws=Draws(table="t", from_gradient=("v",)),
)
sag = Method(
    "sag",
    "SAG",
    {"x": x - alpha * (_v + (g - _stored) / n), "v": _v + (g - _stored) / n},
    "batch",
    draws=Draws(table="t", first="zeros"),
)
sag_centred = Method(
    "sag_centred",
    "SAG, from the gradients at x_0 less their mean",
    sag.update,
    "batch",
    draws=Draws(table="t", first="centred"),
)
_residual = g - mu_min * (x - _w) - _stored
sdca_dual_free = Method(
    "sdca_dual_free",
    "SDCA without duality: steps along g - mu_min (x - x_0) - t",
    {"x": x - alpha * _residual, "w": _w},
    "batch",
    from_start=("w",),
    draws=Draws(table="t", stores=_stored + alpha * mu_min * n * _residual, first="zeros"),
)
_of_dual = Symbol("dual", real=True)
"""The dual vector of the sample, and mu_min x_0."""
_part = alpha * mu_min / (L_i + (n - 1) * mu_min)
"""The share of its dual vector that a sample moves, over n."""
_tracked = _v + _part * (g - _of_dual + _v)
sdca = Method(
    "sdca",
    "SDCA, omega times the step of the sample that ascends its dual safely, from the gradients at x_0",
    {"x": _w - _tracked / mu_min, "w": _w, "v": _tracked},
    "batch",
    point=_w - _v / mu_min,
    from_start=("w",),
    draws=Draws(
        table="dual",
        stores=_of_dual + n * _part * (g - _of_dual + _v),
        from_gradient=("v",),
        smoothness=True,
    ),
)
page = Method(
    "page",
    "PAGE, a full gradient with probability prob",
    {"x": x - alpha * _v, "v": coin * _full + (1 - coin) * (_v + g - _there)},
    "batch",
    point=x - alpha * _v,
    draws=Draws(also={"h": x}, full={"u": x - alpha * _v}, coin=prob, from_gradient=("v",)),
)
sarah = Method(
    "sarah",
    "SARAH, one outer loop",
    {"x": x - alpha * _v, "v": _v + g - _there},
    "batch",
    point=x - alpha * _v,
    draws=Draws(also={"h": x}, from_gradient=("v",)),
)
storm = Method(
    "storm",
    "STORM: an average of gradients, corrected by those of the same batch at the last point",
    {"x": x - alpha * _v, "v": g + beta * (_v - _there)},
    "batch",
    point=x - alpha * _v,
    draws=Draws(also={"h": x}, from_gradient=("v",)),
)
newton_model = Method(
    "newton_model",
    "SGD on the quadratic model of f at x_0",
    {"x": x - alpha * (g + _there), "w": _w},
    "batch",
    point=_w,
    from_start=("w",),
    draws=Draws(hessian={"h": (_w, x - _w)}),
)
_sum, _count = Symbol("s", real=True), Symbol("c", real=True)
_ends = 2 * (_count + 1) >= k + 1
"""Whether x_k is the last point of its block: those are x_0, x_1, then x_2 and x_3, then x_4 to x_7, ..."""
newton_doubling = Method(
    "newton_doubling",
    "SGD on the quadratic model of f at the average of the last whole block, blocks doubling",
    {
        "x": x - alpha * (g + _there),
        "w": Piecewise(((_sum + x) / (_count + 1), _ends), (_w, True)),
        "s": Piecewise((0, _ends), (_sum + x, True)),
        "c": Piecewise((0, _ends), (_count + 1, True)),
    },
    "batch",
    point=_w,
    from_start=("w",),
    draws=Draws(hessian={"h": (_w, x - _w)}),
)
rcd = Method(
    "rcd",
    "Coordinate descent, axes drawn evenly",
    {"x": x - alpha * g / L_j},
    "batch",
    draws=Draws(axis=S.One),
)
rcd_lipschitz = Method(
    "rcd_lipschitz",
    "Coordinate descent, axes drawn in proportion to L_j",
    {"x": x - alpha * g / L_j},
    "batch",
    draws=Draws(axis=L_j),
)
_seen = Symbol("v", real=True)
adagrad_norm_sgd = Method(
    "adagrad_norm_sgd",
    "AdaGrad-Norm with batches, the step alpha/sqrt(b0^2 + sum of ||g||^2)",
    {"x": x - alpha * g / sqrt(b0**2 + _seen + length_sq), "v": _seen + length_sq},
    "batch",
    draws=Draws(length=g),
)
_m = Symbol("m", real=True)
_momentum = Piecewise((g, k < 1), (beta * _m + (1 - beta) * g, True))
unit_length = sqrt(Piecewise((1, length_sq <= 0), (length_sq, True)))
"""What turns a vector into one of the length one; where the vector vanishes nothing moves."""
normalised_sgd = Method(
    "normalised_sgd",
    "Normalised SGD",
    {"x": x - alpha * g / unit_length},
    "batch",
    draws=Draws(length=g),
)
normalised_momentum = Method(
    "normalised_momentum",
    "Normalised SGD with momentum, which starts at the first gradient",
    {"x": x - alpha * _momentum / unit_length, "m": _momentum},
    "batch",
    draws=Draws(length=_momentum),
)
sps_max = Method(
    "sps_max",
    "SGD, omega times Polyak's step of the sample, at most alpha",
    {"x": x - Min(omega * rise / norm_sq, alpha) * g},
    "batch",
    draws=Draws(values="infimum"),
)
sps_star = Method(
    "sps_star",
    "SGD, alpha times Polyak's step of the sample towards its value at the minimiser of f",
    {"x": x - alpha * Max(rise, 0) / norm_sq * g},
    "batch",
    draws=Draws(values="minimiser"),
)
