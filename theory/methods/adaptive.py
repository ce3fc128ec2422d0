"""AdaGrad and what follows it: steps divided by the root of a sum or an average of squared gradients."""

from __future__ import annotations

from sympy import Max, Symbol, sqrt

from ratebound.theory.letters.box import decay
from ratebound.theory.method import Method, g, x
from ratebound.theory.symbols import alpha, b0, beta, grad_sq

_v = Symbol("v", real=True)
"""The sum of the squared gradients, by coordinate or of all together."""
adagrad_norm = Method(
    "adagrad_norm",
    "AdaGrad-Norm: gradient descent with the step alpha b0/sqrt(b0^2 + sum of ||g||^2)",
    {"x": x - alpha * b0 / sqrt(b0**2 + _v + grad_sq) * g, "v": _v + grad_sq},
    "full",
)
_adagrad = {"x": x - alpha * g / sqrt(b0**2 + _v + g**2), "v": _v + g**2}
adagrad = Method(
    "adagrad", "AdaGrad, the step alpha/sqrt(b0^2 + sum of g^2) by coordinate", _adagrad, "batch"
)
adagrad_full = Method("adagrad_full", "AdaGrad with full gradients", _adagrad, "full")
_average = decay * _v + (1 - decay) * g**2
rmsprop = Method(
    "rmsprop",
    "RMSProp, the step alpha/sqrt(b0^2 + average of g^2) by coordinate: Adam without momentum",
    {"x": x - alpha * g / sqrt(b0**2 + _average), "v": _average},
    "batch",
)
_momentum = beta * Symbol("m", real=True) + (1 - beta) * g
adagrad_momentum = Method(
    "adagrad_momentum",
    "AdaGrad with momentum: an average of gradients over the root of b0^2 + sum of g^2",
    {"x": x - alpha * _momentum / sqrt(b0**2 + _v + g**2), "m": _momentum, "v": _v + g**2},
    "batch",
)
adam_uncorrected = Method(
    "adam_uncorrected",
    "Adam without bias correction: an average of gradients over the root of b0^2 + the average of g^2",
    {"x": x - alpha * _momentum / sqrt(b0**2 + _average), "m": _momentum, "v": _average},
    "batch",
)
_largest = Max(Symbol("top", real=True), _average)
amsgrad_momentum = Method(
    "amsgrad_momentum",
    "AMSGrad with momentum: an average of gradients over the root of b0^2 + the largest average of g^2",
    {
        "x": x - alpha * _momentum / sqrt(b0**2 + _largest),
        "m": _momentum,
        "v": _average,
        "top": _largest,
    },
    "batch",
)
