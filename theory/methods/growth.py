"""Nesterov's method with the gradients of batches, for noise that vanishes with the gradient.

A step of length alpha lets f fall by ``alpha/2 ||grad f||^2`` in the mean, as without noise, if ``E||g||^2 <=
rho ||grad f||^2`` and ``alpha <= 1/(rho L)``. The second sequence z pays for the noise: its steps are tau
times shorter than Nesterov's for convex f, sqrt(tau) times for strongly convex ones, tau = rho at least.
"""

from __future__ import annotations

from sympy import Symbol, sqrt

from ratebound.theory.method import Method, g, x
from ratebound.theory.symbols import alpha, k, mu, tau

_z = Symbol("z", real=True)
_ahead = (k * x + 2 * _z) / (k + 2)
nesterov_growth = Method(
    "nesterov_growth",
    "Accelerated SGD under strong growth",
    {"x": _ahead - alpha * g, "z": _z - alpha * (k + 2) / (2 * tau) * g},
    "batch",
    point=_ahead,
    from_start=("z",),
)
growth_root = sqrt(alpha * mu / tau)
"""The weight of y - g/mu in the next z."""
_mixed = (x + growth_root * _z) / (1 + growth_root)
nesterov_growth_constant = Method(
    "nesterov_growth_constant",
    "Accelerated SGD under strong growth, constant momentum",
    {"x": _mixed - alpha * g, "z": (1 - growth_root) * _z + growth_root * (_mixed - g / mu)},
    "batch",
    point=_mixed,
    from_start=("z",),
)

UNDER_GROWTH = (nesterov_growth, nesterov_growth_constant)
