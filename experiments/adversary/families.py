"""Worst-case instances by family: a few numbers in, a problem with certified constants out.

Units are chosen so that curvatures are of order one: every theorem scales as its measure does, so nothing is
lost. Each family says which stories it tells; ``A``, ``y`` and ``x0`` are kept tiny so that one evaluation
costs well under a millisecond.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

import numpy as np

from ratebound.problems.finite_sum import Problem
from ratebound.problems.losses import LOSSES, Loss, cauchy, sine, squared, welsch
from ratebound.theory.errors import RateboundError, nearest

_HUBER = LOSSES["huber"]
Scale = Literal["linear", "log", "integer"]


@dataclass(frozen=True)
class Axis:
    """A parameter of a family: its range and how it is spread over it."""

    low: float
    high: float
    scale: Scale = "linear"

    def value(self, fraction: float) -> float:
        """Return the value at a fraction of the range in [0, 1]."""
        t = min(max(float(fraction), 0.0), 1.0)
        if self.scale == "log":
            return float(self.low * (self.high / self.low) ** t)
        value = self.low + (self.high - self.low) * t
        return float(round(value)) if self.scale == "integer" else float(value)


@dataclass(frozen=True)
class Family:
    """A parametrised set of problems.

    Parameters
    ----------
    name, title
        What it is called.
    axes
        Parameter -> its range.
    build
        From the parameters by name to a problem.
    loss
        The loss of its problems.
    """

    name: str
    title: str
    axes: Mapping[str, Axis]
    build: Callable[..., Problem]
    loss: Loss = squared

    @property
    def quadratic(self) -> bool:
        """Whether expectations of SGD have an exact recursion."""
        return self.loss is squared

    @property
    def unbounded(self) -> bool:
        """Whether the gradients of a run are bounded on a region of its own only, which is costly."""
        return not self.quadratic and self.loss.slope_bound is None

    def at(self, fractions: np.ndarray) -> dict[str, float]:
        """Return parameters at fractions of their ranges, shape (len(axes),)."""
        return {name: axis.value(t) for (name, axis), t in zip(self.axes.items(), fractions, strict=True)}

    def problem(self, parameters: Mapping[str, float]) -> Problem:
        """Return the problem with these parameters.

        Raises
        ------
        RateboundError
            If a parameter is unknown or missing.
        """
        if set(parameters) != set(self.axes):
            raise RateboundError(
                f"the family {self.name} takes {', '.join(self.axes)}; "
                f"got {', '.join(parameters) or 'nothing'}"
            )
        return self.build(**parameters)


def _problem(name: str, A: object, y: object, x0: object, loss: Loss = squared, l2: float = 0.0) -> Problem:
    return Problem(name, np.array(A), np.array(y), loss, l2, np.array(x0), "synthetic, worst case")


def _additive(start: float, noise: float, curvature: float) -> Problem:
    a = np.sqrt(curvature)
    return _problem("additive_1d", [[a], [a]], [noise, -noise], [start])


def _line(slope: float, shift: float, start: float) -> Problem:
    return _problem("line", [[1.0], [slope]], [shift, -slope * shift], [start])


def _rare_noise(n: float, noise: float, start: float) -> Problem:
    rest = -noise / (n - 1)
    return _problem("rare_noise", np.ones((int(n), 1)), [noise] + [rest] * (int(n) - 1), [start])


def _rare_row(n: float, large: float, shift: float, start: float) -> Problem:
    rows = np.ones((int(n), 1))
    rows[0] = large
    y = np.zeros(int(n))
    y[0] = shift
    return _problem("rare_row", rows, y, [start])


def _ridge_plane(mu: float, noise: float, along: float, across: float) -> Problem:
    a = np.sqrt(1 - mu)
    return _problem("ridge_plane", [[a, 0.0], [a, 0.0]], [noise, -noise], [along, across], l2=mu)


def _axes_plane(mu: float, noise: float, noise_mu: float, along: float, across: float) -> Problem:
    high, low = np.sqrt(2.0), np.sqrt(2 * mu)
    A = [[high, 0.0], [high, 0.0], [0.0, low], [0.0, low]]
    return _problem("axes_plane", A, [noise, -noise, noise_mu, -noise_mu], [along, across])


def _plane(**p: float) -> Problem:
    A = np.array([[p["a1"], p["b1"]], [p["a2"], p["b2"]], [p["a3"], p["b3"]]])
    return _problem("plane", A, [p["y1"], p["y2"], p["y3"]], [p["u"], p["v"]])


def _interpolation(size: float, along: float, across: float, angle: float) -> Problem:
    A = [[1.0, 0.0], [size * np.cos(angle), size * np.sin(angle)]]
    return _problem("interpolation", A, [0.0, 0.0], [along, across])


def _huber(start: float) -> Problem:
    return _problem("huber_1d", [[1.0]], [0.0], [start], _HUBER)


def _huber_plane(ratio: float, along: float, across: float) -> Problem:
    A = [[1.0, 0.0], [0.0, ratio]]
    return _problem("huber_plane", A, [0.0, 0.0], [along, across], _HUBER)


def _huber_ridge(mu: float, start: float, across: float) -> Problem:
    return _problem("huber_ridge", [[np.sqrt(1 - mu), 0.0]], [0.0], [start, across], _HUBER, mu)


def _sine_line(start: float, noise: float) -> Problem:
    return _problem("sine_line", [[1.0], [1.0]], [noise, -noise], [start], sine)


def _sine_quiet(start: float) -> Problem:
    return _problem("sine_quiet", [[1.0]], [0.0], [start], sine)


def _sine_plane(along: float, across: float) -> Problem:
    return _problem("sine_plane", np.eye(2), [0.0, 0.0], [along, across], sine)


def _cauchy(start: float, gap: float) -> Problem:
    return _problem("cauchy_line", [[1.0], [1.0]], [gap, -gap], [start], cauchy)


def _welsch(start: float) -> Problem:
    return _problem("welsch_1d", [[1.0]], [0.0], [start], welsch)


_NOISE = Axis(1e-3, 1e3, "log")
_MU = Axis(1e-4, 0.9999, "log")
_START = Axis(0.0, 2.0)
_ENTRY = Axis(-1.5, 1.5)

_FAMILIES = (
    Family(
        "additive_1d",
        "one curvature, additive noise; L = mu",
        {"start": _START, "noise": _NOISE, "curvature": Axis(0.5, 2.0)},
        _additive,
    ),
    Family(
        "line",
        "two rows on a line: multiplicative noise, at shift = 0 interpolation",
        {"slope": Axis(0.0, 1.0), "shift": Axis(0.0, 3.0), "start": Axis(-3.0, 3.0)},
        _line,
    ),
    Family(
        "rare_noise",
        "one of n samples carries the noise",
        {"n": Axis(2, 40, "integer"), "noise": _NOISE, "start": _START},
        _rare_noise,
    ),
    Family(
        "rare_row",
        "one of n rows is long: L_max far above L",
        {
            "n": Axis(2, 40, "integer"),
            "large": Axis(1.0, 20.0, "log"),
            "shift": _START,
            "start": Axis(-2.0, 2.0),
        },
        _rare_row,
    ),
    Family(
        "ridge_plane",
        "extreme eigenvectors, L_max = L, noise along the steep one",
        {"mu": _MU, "noise": _NOISE, "along": _START, "across": Axis(0.0, 10.0)},
        _ridge_plane,
    ),
    Family(
        "axes_plane",
        "extreme eigenvectors, noise along both",
        {"mu": _MU, "noise": _NOISE, "noise_mu": _NOISE, "along": _START, "across": Axis(0.0, 10.0)},
        _axes_plane,
    ),
    Family(
        "plane",
        "three free rows in the plane",
        {name: _ENTRY for name in ("a1", "b1", "a2", "b2", "a3", "b3", "y1", "y2", "y3", "u", "v")},
        _plane,
    ),
    Family(
        "interpolation",
        "two rows that agree at the minimum",
        {
            "size": Axis(0.01, 10.0, "log"),
            "along": Axis(-2.0, 2.0),
            "across": Axis(-2.0, 2.0),
            "angle": Axis(0.01, np.pi / 2),
        },
        _interpolation,
    ),
    Family("huber_1d", "Huber: |x| from afar", {"start": Axis(1.0, 1e4, "log")}, _huber, _HUBER),
    Family(
        "huber_plane",
        "two Huber functions of different scale",
        {
            "ratio": Axis(0.01, 1.0, "log"),
            "along": Axis(0.01, 1e3, "log"),
            "across": Axis(0.01, 1e4, "log"),
        },
        _huber_plane,
        _HUBER,
    ),
    Family(
        "huber_ridge",
        "strongly convex, steep only near the minimum",
        {"mu": _MU, "start": Axis(0.1, 1e3, "log"), "across": Axis(0.0, 10.0)},
        _huber_ridge,
        _HUBER,
    ),
    Family("sine_quiet", "x^2 + 3 sin^2 x: PL, not convex", {"start": Axis(0.01, 6.0)}, _sine_quiet, sine),
    Family(
        "sine_line",
        "x^2 + 3 sin^2 x with noise",
        {"start": Axis(0.0, 4.0), "noise": Axis(0.01, 30.0, "log")},
        _sine_line,
        sine,
    ),
    Family(
        "sine_plane",
        "separable, PL, not convex, in the plane",
        {"along": Axis(0.0, 6.0), "across": Axis(0.0, 6.0)},
        _sine_plane,
        sine,
    ),
    Family(
        "cauchy_line",
        "two heavy-tailed residuals: uphill curvature, gradients that grow",
        {"start": Axis(0.0, 30.0), "gap": Axis(0.0, 10.0)},
        _cauchy,
        cauchy,
    ),
    Family("welsch_1d", "bounded, gradients that grow", {"start": Axis(0.1, 4.0)}, _welsch, welsch),
)
FAMILIES: Mapping[str, Family] = MappingProxyType({family.name: family for family in _FAMILIES})
"""The families by name."""


def family(name: str) -> Family:
    """Return the family of this name.

    Raises
    ------
    RateboundError
        If there is none.
    """
    if name not in FAMILIES:
        raise RateboundError(
            f"unknown family {name!r}{nearest(name, FAMILIES)} (known: {', '.join(FAMILIES)})"
        )
    return FAMILIES[name]
