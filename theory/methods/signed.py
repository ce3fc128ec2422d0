"""Lion and Adam, whose steps have about the same length in every coordinate, whatever the gradients."""

from __future__ import annotations

from sympy import Symbol, sign, sqrt

from ratebound.theory.letters.box import decay, weight_decay
from ratebound.theory.method import Method, g, x
from ratebound.theory.symbols import alpha, b0, beta, k

m, v = (Symbol(name, real=True) for name in ("m", "v"))
"""The averages of gradients and of their squares."""

lion = Method(
    "lion",
    "Lion: steps along the signs of an average of gradients, with decoupled weight decay",
    {
        "x": (1 - alpha * weight_decay) * x - alpha * sign(beta * m + (1 - beta) * g),
        "m": decay * m + (1 - decay) * g,
    },
    "batch",
)
average, square = beta * m + (1 - beta) * g, decay * v + (1 - decay) * g**2
step = -alpha * average / (1 - beta ** (k + 1)) / sqrt(b0**2 + square / (1 - decay ** (k + 1)))
adam = Method(
    "adam",
    "Adam; u is its last step",
    {"x": x + step, "m": average, "v": square, "u": step},
    "batch",
)
SIGNED = (lion, adam)
