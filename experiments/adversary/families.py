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

from ratebound.experiments.adversary import instances as build
from ratebound.problems.finite_sum import Problem
from ratebound.problems.losses import Loss, cauchy, logistic, sine, squared, welsch
from ratebound.theory.errors import RateboundError, nearest

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
    penalised
        Whether its problems have a penalty, which theorems about a finite sum alone do not know.
    """

    name: str
    title: str
    axes: Mapping[str, Axis]
    build: Callable[..., Problem]
    loss: Loss = squared
    penalised: bool = False

    @property
    def quadratic(self) -> bool:
        """Whether expectations of SGD have an exact recursion."""
        return self.loss is squared and not self.penalised

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


_NOISE = Axis(1e-3, 1e3, "log")
_MU = Axis(1e-4, 0.9999, "log")
_START = Axis(0.0, 2.0)
_ENTRY = Axis(-1.5, 1.5)

_FAMILIES = (
    Family(
        "additive_1d",
        "one curvature, additive noise; L = mu",
        {"start": _START, "noise": _NOISE, "curvature": Axis(0.5, 2.0)},
        build.additive,
    ),
    Family(
        "line",
        "two rows on a line: multiplicative noise, at shift = 0 interpolation",
        {"slope": Axis(0.0, 1.0), "shift": Axis(0.0, 3.0), "start": Axis(-3.0, 3.0)},
        build.line,
    ),
    Family(
        "rare_noise",
        "one of n samples carries the noise",
        {"n": Axis(2, 40, "integer"), "noise": _NOISE, "start": _START},
        build.rare_noise,
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
        build.rare_row,
    ),
    Family(
        "ridge_plane",
        "extreme eigenvectors, L_max = L, noise along the steep one",
        {"mu": _MU, "noise": _NOISE, "along": _START, "across": Axis(0.0, 10.0)},
        build.ridge_plane,
    ),
    Family(
        "axes_plane",
        "extreme eigenvectors, noise along both",
        {"mu": _MU, "noise": _NOISE, "noise_mu": _NOISE, "along": _START, "across": Axis(0.0, 10.0)},
        build.axes_plane,
    ),
    Family(
        "plane",
        "three free rows in the plane",
        {name: _ENTRY for name in ("a1", "b1", "a2", "b2", "a3", "b3", "y1", "y2", "y3", "u", "v")},
        build.plane,
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
        build.interpolation,
    ),
    Family(
        "huber_1d", "Huber: |x| from afar", {"start": Axis(1.0, 1e4, "log")}, build.huber_line, build.huber
    ),
    Family(
        "huber_plane",
        "two Huber functions of different scale",
        {
            "ratio": Axis(0.01, 1.0, "log"),
            "along": Axis(0.01, 1e3, "log"),
            "across": Axis(0.01, 1e4, "log"),
        },
        build.huber_plane,
        build.huber,
    ),
    Family(
        "huber_ridge",
        "strongly convex, steep only near the minimum",
        {"mu": _MU, "start": Axis(0.1, 1e3, "log"), "across": Axis(0.0, 10.0)},
        build.huber_ridge,
        build.huber,
    ),
    Family(
        "sine_quiet", "x^2 + 3 sin^2 x: PL, not convex", {"start": Axis(0.01, 6.0)}, build.sine_quiet, sine
    ),
    Family(
        "zigzag",
        "x^2 + 3 sin^2 x from afar: gradients rise and fall along the way",
        {"start": Axis(4.0, 60.0), "size": Axis(0.3, 3.0, "log")},
        build.zigzag,
        sine,
    ),
    Family(
        "one_sided",
        "a kink that is flat on one side: averages keep the error of single iterates",
        {"slope": Axis(0.1, 1.4), "up": Axis(-2.0, 2.0), "mu": Axis(1e-4, 0.1, "log")},
        build.one_sided,
        build.huber,
    ),
    Family(
        "sine_line",
        "x^2 + 3 sin^2 x with noise",
        {"start": Axis(0.0, 4.0), "noise": Axis(0.01, 30.0, "log")},
        build.sine_line,
        sine,
    ),
    Family(
        "sine_plane",
        "separable, PL, not convex, in the plane",
        {"along": Axis(0.0, 6.0), "across": Axis(0.0, 6.0)},
        build.sine_plane,
        sine,
    ),
    Family(
        "cauchy_line",
        "two heavy-tailed residuals: uphill curvature, gradients that grow",
        {"start": Axis(0.0, 30.0), "gap": Axis(0.0, 10.0)},
        build.cauchy_pair,
        cauchy,
    ),
    Family(
        "logistic_ridge",
        "curvature that changes along the way, strongly convex",
        {"mu": _MU, "tilt": Axis(0.0, 3.0), "start": Axis(-5.0, 5.0)},
        build.logistic_ridge,
        logistic,
    ),
    Family(
        "lasso_line",
        "one curvature, additive noise, and a kink beside the minimum or at it",
        {
            "start": Axis(-3.0, 3.0),
            "shift": Axis(0.0, 3.0),
            "noise": _NOISE,
            "weight": Axis(0.01, 3.0, "log"),
        },
        build.lasso_line,
        penalised=True,
    ),
    Family("welsch_1d", "bounded, gradients that grow", {"start": Axis(0.1, 4.0)}, build.welsch_line, welsch),
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
