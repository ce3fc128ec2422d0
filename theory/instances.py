"""Instances of lower bounds: functions, for each k one, on which methods are as slow as they can be."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import sqrt

Values = Mapping[str, float]
"""Constants and parameters by name."""


@dataclass(frozen=True)
class Instance:
    """A least-squares problem: rows ``A`` (n, d), labels ``y`` (n,), start ``x0`` (d,).

    With a `kink` it has the Huber loss: quadratic up to this residual, linear beyond.
    """

    A: tuple[tuple[float, ...], ...]
    y: tuple[float, ...]
    x0: tuple[float, ...]
    kink: float | None = None


def line(curvature: float) -> Instance:
    """Return a parabola, and a start at distance one."""
    return Instance(((sqrt(curvature),),), (0.0,), (1.0,))


def slowest(_: int, values: Values) -> Instance:
    """Return the parabola that the step contracts least."""
    return line(max(values["mu"], values["L"], key=lambda lam: abs(1 - values["alpha"] * lam)))


def ends(_: int, values: Values) -> Instance:
    """Return two curvatures, and a start with equal parts of the gradient along both."""
    m, M = values["mu_pl"], values["L"]
    return Instance(((sqrt(2 * m), 0.0), (0.0, sqrt(2 * M))), (0.0, 0.0), (1 / m, 1 / M))


def chain(steps: int, values: Values) -> Instance:
    """Return Nesterov's chain of 2 k + 1 links: from zero k steps along gradients see k links at most."""
    d = 2 * steps + 1
    size = sqrt(values["L"] / 4 * (d + 1))
    rows = [[0.0] * d for _ in range(d + 1)]
    for i in range(d):
        rows[i][i], rows[i + 1][i] = size, -size
    return Instance(tuple(map(tuple, rows)), (size, *[0.0] * d), (0.0,) * d)


def curved_chain(steps: int, values: Values) -> Instance:
    """Return Nesterov's chain with a ridge, its links beyond the last minimised out: x*_i = q^i."""
    m, M, d = values["mu"], values["L"], 2 * steps + 1
    q = (sqrt(M) - sqrt(m)) / (sqrt(M) + sqrt(m))
    count = 2 * d + 1
    rows = [[0.0] * d for _ in range(count)]
    size = sqrt(count * (M - m) / 4)
    for i in range(d):
        rows[i][i], rows[i + 1][i] = size, -size
        rows[d + 1 + i][i] = sqrt(count * m)
    rows[d][d - 1] = size * sqrt(1 - q)
    return Instance(tuple(map(tuple, rows)), (size, *[0.0] * (count - 1)), (0.0,) * d)


def noisy_line(_: int, values: Values) -> Instance:
    """Return two parabolas that differ by a slope: noise of a constant variance."""
    m = values["mu"]
    label = sqrt(values["variance_bound"] / m)
    return Instance(((sqrt(m),), (sqrt(m),)), (label, -label), (1.0,))


def bend(values: Values, kink: float) -> Instance:
    """Return a Huber function of curvature L with this kink, and a start at distance one.

    The start is so far out that k steps see a constant slope.
    """
    return Instance(((sqrt(values["L"]),),), (0.0,), (1.0,), kink * sqrt(values["L"]))
